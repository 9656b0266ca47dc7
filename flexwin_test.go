package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"flexform/dibs"
)

// flexwinDoc is the page that the code cites as flexwin.md.
const flexwinDoc = "docs/flexwin.md"

// TestFlexWinCoverage holds the table of docs/flexwin.md against the code: every
// service is a row, with its path and login; each method is there and says its
// section; each file is there, and calls the method where it is said to, and no
// other file of flexform's does; each test is there.
func TestFlexWinCoverage(t *testing.T) {
	page := readFile(t, flexwinDoc)
	methods := clientMethods(t)
	tests := testNames(t)
	sources := map[string]string{} // that may use the client
	everyFile(t, func(name string) bool {
		return regexp.MustCompile(`^(plan|apply|internal/cli)/.*\.go$`).MatchString(filepath.ToSlash(name)) && !strings.HasSuffix(name, "_test.go")
	}, func(name, text string) { sources[filepath.ToSlash(name)] = text })
	services := map[string]dibs.Service{}
	for _, s := range dibs.Services() {
		services[s.Name] = s
	}
	for _, row := range tableRows(t, page, "§", 9) {
		section, name, client, used := row[0], row[1], row[5], row[7]
		s, known := services[name]
		if !known {
			t.Errorf("%s: no such service, or a second row of it", name)
			continue
		}
		delete(services, name)
		if login := map[bool]string{true: "yes", false: "no"}[s.Login]; s.Path != row[2] || login != row[3] || s.Source != "flexwin.md "+section {
			t.Errorf("%s: the row has %q, %q and %q, the code %q, %q and %q", name, section, row[2], row[3], s.Source, s.Path, login)
		}
		var called []string
		for method := range strings.FieldsSeq(client) {
			method = strings.TrimPrefix(method, "Client.")
			doc, there := methods[method]
			if !there || !regexp.MustCompile(`flexwin\.md\s`+regexp.QuoteMeta(section)+`\b`).MatchString(doc) {
				t.Errorf("%s: dibs.Client has no method %s that says flexwin.md %s: %q", name, method, section, doc)
			}
			called = append(called, "."+method+"(")
		}
		for _, file := range links(row[6]) {
			if !strings.HasPrefix(file, "dibs/sandbox/") {
				t.Errorf("%s: %s is no file of the sandbox", name, file)
			}
		}
		var callers []string
		for file, text := range sources {
			if slices.ContainsFunc(called, func(call string) bool { return strings.Contains(text, call) }) {
				callers = append(callers, file)
			}
		}
		slices.Sort(callers)
		if listed := slices.Sorted(slices.Values(links(used))); !slices.Equal(listed, callers) {
			t.Errorf("%s: used by %s, and called %s in %s", name, listed, called, callers)
		}
		if len(called) == 0 || row[4] == "" || len(links(row[6])) == 0 && name != "FlexWin" || strings.Fields(row[8]) == nil {
			t.Errorf("%s: the row is not complete: %q", name, row)
		}
		for test := range strings.FieldsSeq(row[8]) {
			if !tests[test] {
				t.Errorf("%s: there is no %s", name, test)
			}
		}
	}
	for name := range services {
		t.Errorf("%s is no row of %s", name, flexwinDoc)
	}
	for _, row := range tableRows(t, page, "§", 5) {
		for test := range strings.FieldsSeq(row[4]) {
			if !tests[test] {
				t.Errorf("%s: there is no %s", row[1], test)
			}
		}
	}
	for _, file := range links(page) {
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s points to nothing: %v", flexwinDoc, err)
		}
	}
}

// TestFlexWinCitations looks for every section and row that anything in the
// repository cites.
func TestFlexWinCitations(t *testing.T) {
	page := readFile(t, flexwinDoc)
	there := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^##+ ([0-9.]+) `).FindAllStringSubmatch(page, -1) {
		there[heading[1]] = true
	}
	for _, row := range regexp.MustCompile(`(?m)^\| ([0-9.]+) \|`).FindAllStringSubmatch(page, -1) {
		there[row[1]] = true
	}
	for n, last := range map[string]int{"6": 11, "9": 7} { // told in their sections, a sentence each
		for i := range last {
			there[n+"."+strconv.Itoa(i+1)] = true
		}
	}
	choices := map[string]bool{}
	for i, row := range tableRows(t, page, "#", 4) {
		if choices[row[0]] = true; row[0] != strconv.Itoa(i+1) || len(links(row[3])) == 0 {
			t.Errorf("choice %d is %q", i+1, row)
		}
	}
	cited := regexp.MustCompile(`flexwin\.md[ \n/]+(?:// )?([0-9]+(?:\.[0-9]+)?)((?:, rows? [0-9]+(?: and [0-9]+)?)?)`)
	number := regexp.MustCompile(`[0-9]+`)
	found := 0
	everyFile(t, func(name string) bool {
		return strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".md") || strings.HasSuffix(name, ".txtar") || strings.HasSuffix(name, ".txt")
	}, func(name, text string) {
		for _, match := range cited.FindAllStringSubmatch(text, -1) {
			found++
			if !there[match[1]] {
				t.Errorf("%s cites flexwin.md %s, which %s lacks", name, match[1], flexwinDoc)
			}
			for _, row := range number.FindAllString(match[2], -1) {
				if !choices[row] {
					t.Errorf("%s cites row %s of flexwin.md 12, which %s lacks", name, row, flexwinDoc)
				}
			}
		}
	})
	if found < 100 {
		t.Errorf("found %d citations only", found)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tableRows returns the rows of the tables of a page whose first heading is
// that and that have so many columns.
func tableRows(t *testing.T, page, heading string, columns int) [][]string {
	t.Helper()
	var rows [][]string
	within := false
	for line := range strings.Lines(page) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			within = false
		case cells[0] == heading:
			within = len(cells) == columns
		case within && len(cells) != columns:
			t.Errorf("a row of %d cells in a table of %d: %q", len(cells), columns, line)
		case within && !strings.HasPrefix(cells[0], "---"):
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("no table of %d columns that begins with %q", columns, heading)
	}
	return rows
}

// links returns the files that a text of docs points to, from the root.
func links(text string) []string {
	var files []string
	for _, match := range regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(text, -1) {
		files = append(files, filepath.ToSlash(filepath.Join("docs", match[1])))
	}
	return files
}

// everyFile reads the files of the repository that are wanted.
func everyFile(t *testing.T, wanted func(name string) bool, read func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case d.IsDir() || !wanted(name):
			return nil
		}
		text, err := os.ReadFile(name)
		if err == nil {
			read(name, string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// clientMethods returns the comments of dibs.Client's methods.
func clientMethods(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{}
	functions(t, "dibs", false, func(f *ast.FuncDecl) {
		if f.Recv != nil && f.Name.IsExported() {
			if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok && star.X.(*ast.Ident).Name == "Client" {
				docs[f.Name.Name] = f.Doc.Text()
			}
		}
	})
	return docs
}

// testNames returns the names of all tests, examples and fuzz targets of the
// client, its bulk files and the sandbox.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, dir := range []string{"dibs", "dibs/bulk", "dibs/sandbox"} {
		functions(t, dir, true, func(f *ast.FuncDecl) {
			if f.Recv == nil {
				names[f.Name.Name] = true
			}
		})
	}
	return names
}

func functions(t *testing.T, dir string, tests bool, see func(*ast.FuncDecl)) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") != tests {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				see(f)
			}
		}
	}
}
