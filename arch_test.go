package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports says which packages of this module each package may import. Data
// flows one way; a new edge or a new package is a design decision, made here
// with its reason in the commit. Test files may import anything.
var imports = map[string][]string{
	"main":                      {"internal/cli"},
	"internal/cli":              {"internal/report", "apply", "plan/policy", "plan/approval", "plan/proof", "plan", "schema", "statefile", "statefile/anchor", "statefile/postgres", "dibs", "dibs/bulk", "dibs/sandbox", "internal/durable", "money"},
	"internal/report":           {"internal/inert", "apply", "plan/policy", "plan/proof", "plan", "schema", "statefile", "statefile/anchor", "dibs", "money"},
	"apply":                     {"plan/policy", "plan", "schema", "statefile", "dibs", "dibs/bulk", "money"},
	"plan/approval":             {"plan", "schema"},                                                   // what is signed and who signed it; policy alone counts
	"plan/proof":                {"plan/approval", "plan", "schema", "statefile", "statefile/anchor"}, // puts together what others verify
	"plan/policy":               {"plan/approval", "plan", "schema", "statefile", "dibs", "money"},
	"plan":                      {"internal/inert", "schema", "statefile", "dibs", "money"},
	"schema":                    {"money"},
	"statefile":                 {"internal/durable", "money"},
	"statefile/anchor":          {"schema"},        // for the keys of those who may sign
	"statefile/postgres":        {"statefile"},     // the same lines in a database; statefile knows of no driver
	"statefile/ledgertest":      {"statefile"},     // for tests only: what every store promises
	"statefile/postgres/pgtest": {"internal/need"}, // for tests only: servers to try it on
	"dibs":                      {"money"},
	"dibs/bulk":                 {"dibs", "money"},
	"dibs/bulk/bulktest":        {"dibs/bulk", "dibs"}, // for tests only
	"dibs/sandbox":              {"money"},             // never dibs: the judge shares no protocol code with the client
	"internal/durable":          {},
	"internal/inert":            {},                   // which characters act on a terminal: files and screens agree
	"internal/durable/disktest": {"internal/durable"}, // for tests only
	"internal/need":             {},                   // for tests only
	"internal/need/browser":     {"internal/need"},    // for tests only: pages are looked at in one way
	// For tests only: it plays all that decides and moves against a made-up world.
	"internal/sim": {"internal/report", "apply", "plan/policy", "plan", "schema", "statefile", "dibs", "dibs/bulk", "dibs/bulk/bulktest", "internal/durable", "internal/durable/disktest", "money"},
	"money":        {},
}

// guests says which packages may know a library at all.
var guests = map[string][]string{
	"github.com/hashicorp/hcl/": {"schema", "plan/policy", "internal/report", "internal/cli"},
	"github.com/hiddeco/sshsig": {"plan/approval", "statefile/anchor"},
	"github.com/jackc/pgx/":     {"statefile/postgres"},
	"github.com/zclconf/go-cty": {"schema", "plan/policy", "internal/report", "internal/cli"},
}

// outside lists what of the standard library touches the world around the
// process: arguments, environment, streams, clock and exit. Only internal/cli
// does; everything else is handed what it needs. The empty name stands for the
// whole package.
var outside = map[string][]string{
	"os":   {"Args", "Exit", "Getenv", "LookupEnv", "Environ", "ExpandEnv", "Setenv", "Unsetenv", "Stdin", "Stdout", "Stderr"},
	"time": {"Now", "Since", "Until"},
	"fmt":  {"Print", "Printf", "Println"},
	"flag": {""},
	"log":  {""},
}

// worldly packages may use what is listed in outside.
var worldly = []string{"main", "internal/cli", "internal/need"}

// excepted uses of the outside have their reason here.
var excepted = map[string][]string{
	// A process that was stopped must see that a deadline is past before it
	// sends, even when no timer has fired yet (R21).
	"dibs": {"time.Until"},
}

func TestArchitecture(t *testing.T) {
	got, err := violations(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range got {
		t.Error(v)
	}
}

// violations reads all Go files below root and returns what breaks the rules of
// this file, each with its place.
func violations(root fs.FS) ([]string, error) {
	t := tree{fset: token.NewFileSet(), docs: map[string][]string{}}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch base := d.Name(); {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		source, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		return t.check(name, source)
	})
	if err != nil {
		return nil, err
	}
	t.checkDocs()
	if mod, err := fs.ReadFile(root, "go.mod"); err == nil {
		for i, line := range strings.Split(string(mod), "\n") {
			if retries(line) {
				t.addf("go.mod:%d: no retry library near money: %s", i+1, strings.TrimSpace(line))
			}
		}
	}
	return t.found, nil
}

// A tree collects what is wrong with the files that were checked.
type tree struct {
	fset  *token.FileSet
	docs  map[string][]string // files with a package comment, by package
	found []string
}

func (t *tree) addf(format string, args ...any) {
	t.found = append(t.found, fmt.Sprintf(format, args...))
}

func (t *tree) at(pos token.Pos, format string, args ...any) {
	p := t.fset.Position(pos)
	t.addf("%s:%d: %s", p.Filename, p.Line, fmt.Sprintf(format, args...))
}

func (t *tree) check(name string, source []byte) error {
	file, err := parser.ParseFile(t.fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	pkg := path.Dir(name)
	if pkg == "." {
		pkg = "main"
	}
	if strings.HasSuffix(name, "_test.go") {
		t.checkSkips(file)
		return nil
	}
	if _, listed := imports[pkg]; !listed {
		t.at(file.Package, "package %s is not in the table of imports", pkg)
		return nil
	}
	docs := t.docs[pkg]
	if file.Doc.Text() != "" { // directives such as //go:build are no text
		docs = append(docs, name)
	}
	t.docs[pkg] = docs
	t.checkImports(pkg, file)
	t.checkOutside(pkg, file)
	t.checkCalls(pkg, file)
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			t.at(f.Pos(), "no init functions: say in main or in a constructor what happens first")
		}
	}
	return nil
}

func (t *tree) checkImports(pkg string, file *ast.File) {
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if ours, ok := strings.CutPrefix(imported, "flexform/"); ok && !slices.Contains(imports[pkg], ours) {
			t.at(spec.Pos(), "%s may not import %s", pkg, ours)
		}
		for library, packages := range guests {
			if strings.HasPrefix(imported, library) && !slices.Contains(packages, pkg) {
				t.at(spec.Pos(), "%s may not know %s", pkg, imported)
			}
		}
		if retries(imported) {
			t.at(spec.Pos(), "no retry library near money: %s", imported)
		}
	}
}

// untouchable are calls of the client that flexform never makes by itself, with
// the words that name them: they rewrite the gateway's books and move nothing.
// A person can, by name, with flexform call.
var untouchable = []string{"ChangeStatus", "changestatus"}

// checkCalls finds calls that only a person may ask for, made outside the client
// and the gateway's double: as a method, or by their service's name.
func (t *tree) checkCalls(pkg string, file *ast.File) {
	if pkg == "dibs" || strings.HasPrefix(pkg, "dibs/") {
		return
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if slices.Contains(untouchable, n.Sel.Name) {
				t.at(n.Pos(), "flexform never calls %s by itself", n.Sel.Name)
			}
		case *ast.BasicLit:
			for _, word := range untouchable {
				if n.Kind == token.STRING && strings.Contains(n.Value, word) {
					t.at(n.Pos(), "flexform never calls %s by itself", word)
				}
			}
		}
		return true
	})
}

// checkOutside finds uses of what is listed in outside, under whatever name the
// file imports it.
func (t *tree) checkOutside(pkg string, file *ast.File) {
	if slices.Contains(worldly, pkg) {
		return
	}
	local := map[string]string{}
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		names, listed := outside[imported]
		switch {
		case !listed:
		case slices.Contains(names, ""), spec.Name != nil && spec.Name.Name == ".":
			t.at(spec.Pos(), "only internal/cli may use %s", imported)
		case spec.Name != nil:
			local[spec.Name.Name] = imported
		default:
			local[imported] = imported
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, ok := selector.X.(*ast.Ident)
		if !ok || !slices.Contains(outside[local[x.Name]], selector.Sel.Name) {
			return true
		}
		if use := local[x.Name] + "." + selector.Sel.Name; !slices.Contains(excepted[pkg], use) {
			t.at(selector.Pos(), "only internal/cli may use %s", use)
		}
		return true
	})
}

// checkSkips holds tests to internal/need. A fuzz target may skip an input, and
// any test may skip in short mode.
func (t *tree) checkSkips(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			return !strings.HasPrefix(n.Name.Name, "Fuzz")
		case *ast.IfStmt:
			return !isCall(n.Cond, "testing", "Short")
		case *ast.CallExpr:
			for _, tb := range []string{"t", "tb", "b"} {
				for _, skip := range []string{"Skip", "Skipf", "SkipNow"} {
					if isCall(n, tb, skip) {
						t.at(n.Pos(), "a test that skips proves nothing: ask internal/need for the missing part")
					}
				}
			}
		}
		return true
	})
}

func isCall(e ast.Expr, x, name string) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	on, ok := selector.X.(*ast.Ident)
	return ok && on.Name == x && selector.Sel.Name == name
}

func (t *tree) checkDocs() {
	for _, pkg := range slices.Sorted(maps.Keys(t.docs)) {
		if files := t.docs[pkg]; len(files) != 1 {
			t.addf("%s: %d package comments, want one: %q", pkg, len(files), files)
		}
	}
}

// retries reports whether a module or import path looks like a library that
// sends things again by itself.
func retries(path string) bool {
	path = strings.ToLower(path)
	return strings.Contains(path, "retry") || strings.Contains(path, "backoff")
}
