package main_test

import (
	"fmt"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// safetyRows are those that docs/safety.md is about.
var safetyRows = [][2]int{{1, 13}, {20, 25}, {30, 39}, {40, 50}, {80, 86}, {88, 88}}

// The page names, for each row of the hazards, tests that there are.
func TestSafetyPage(t *testing.T) {
	const page = "docs/safety.md"
	text := readFile(t, page)
	rows := map[string][]string{}
	var order []string
	for _, line := range strings.Split(text, "\n") {
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if !regexp.MustCompile(`^R[0-9]+$`).MatchString(cells[0]) {
			continue
		}
		if _, twice := rows[cells[0]]; twice {
			t.Errorf("%s has %s twice", page, cells[0])
		}
		rows[cells[0]], order = cells, append(order, cells[0])
	}
	var want []string
	for _, span := range safetyRows {
		for n := span[0]; n <= span[1]; n++ {
			want = append(want, fmt.Sprintf("R%d", n))
		}
	}
	if got, want := strings.Join(order, " "), strings.Join(want, " "); got != want {
		t.Errorf("%s has the rows\n%s\nwant\n%s", page, got, want)
	}
	tests := map[string]map[string]bool{} // by folder
	exists := func(name string) bool {
		if story, ok := strings.CutSuffix(name, ".txtar"); ok {
			_, err := os.Stat(filepath.Join("testdata", "script", story+".txtar"))
			return err == nil
		}
		dir, test := ".", name
		if at := strings.LastIndex(name, "."); at >= 0 {
			dir, test = name[:at], name[at+1:]
		}
		if tests[dir] == nil {
			tests[dir] = map[string]bool{}
			functions(t, dir, true, func(f *ast.FuncDecl) { tests[dir][f.Name.Name] = true })
		}
		return tests[dir][test]
	}
	named := regexp.MustCompile("`((?:[a-z/]+\\.)?(?:Test|Fuzz)[A-Za-z0-9]+|[a-z_]+\\.txtar)`")
	for id, cells := range rows {
		found := named.FindAllStringSubmatch(strings.Join(cells, " "), -1)
		if len(found) == 0 && !strings.Contains(strings.Join(cells, " "), "not yet") {
			t.Errorf("%s: %s names no test and does not say that there is none yet", page, id)
		}
	}
	for _, match := range named.FindAllStringSubmatch(text, -1) {
		if name := match[1]; name != "package.TestName" && name != "name.txtar" && name != "TestName" && !exists(name) {
			t.Errorf("%s names %s, and there is no such test", page, name)
		}
	}
	for _, from := range []string{"README.md", "docs/architecture.md"} {
		link, err := filepath.Rel(path.Dir(from), page)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(readFile(t, from), "("+filepath.ToSlash(link)+")") {
			t.Errorf("%s does not link to %s", from, page)
		}
	}
	for _, link := range regexp.MustCompile(`\]\(([^)#]+)\)`).FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join("docs", filepath.FromSlash(link[1]))); err != nil {
			t.Errorf("%s links to %s: %v", page, link[1], err)
		}
	}
}
