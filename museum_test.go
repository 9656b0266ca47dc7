package main_test

import (
	"go/ast"
	"os"
	"regexp"
	"strings"
	"testing"
)

// museum is the page of bugs that were found, each with the test that holds it.
const museum = "docs/museum.md"

// TestMuseum wants every row of the museum to be complete, and every test and
// file that it names to be there.
func TestMuseum(t *testing.T) {
	page := readFile(t, museum)
	rows := tableRows(t, page, "what went wrong", 4)
	rows = append(rows, tableRows(t, page, "what would have gone unnoticed", 2)...)
	byPackage := map[string]map[string]bool{}
	in := func(pkg string) map[string]bool {
		if byPackage[pkg] == nil {
			byPackage[pkg] = map[string]bool{}
			functions(t, pkg, true, func(f *ast.FuncDecl) { byPackage[pkg][f.Name.Name] = true })
		}
		return byPackage[pkg]
	}
	tests := regexp.MustCompile("((?:`(?:Test|Fuzz)\\w+`(?:, )?)+) in `([\\w/.]+)`")
	files := regexp.MustCompile("`([\\w/-]+/[\\w./-]+)`")
	seen := map[string]bool{}
	for _, row := range rows {
		held := row[len(row)-1]
		named := tests.FindAllStringSubmatch(held, -1)
		for _, m := range named {
			for name := range strings.SplitSeq(m[1], ", ") {
				if name = strings.Trim(name, "`"); !in(m[2])[name] {
					t.Errorf("%.60s...: there is no %s in %s", row[0], name, m[2])
				}
			}
		}
		rest := tests.ReplaceAllString(held, "")
		paths := files.FindAllStringSubmatch(rest, -1)
		for _, m := range paths {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%.60s...: %v", row[0], err)
			}
		}
		rest = strings.Trim(files.ReplaceAllString(rest, ""), ", ")
		if len(named)+len(paths) == 0 || rest != "" {
			t.Errorf("%.60s...: %q is not `TestName` in `package`, nor a file", row[0], held)
		}
		for _, cell := range row {
			if cell == "" {
				t.Errorf("the row is not complete: %q", row)
			}
		}
		if seen[row[0]] {
			t.Errorf("it stands here twice: %q", row[0])
		}
		seen[row[0]] = true
	}
	if len(rows) < 30 {
		t.Errorf("%d rows only", len(rows))
	}
}
