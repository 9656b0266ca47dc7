package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// deciders says which files may name what decides an action. What the gateway's
// answers prove is said by the table in plan/evidence_table.go and by the two
// things that no status tells: the sums of a split capture and the order of a
// charge. Everything else passes it on; a file more is a second opinion about
// money. Package statefile says what each means for the totals.
var deciders = map[string][]string{
	// What the gateway's answer proves.
	"plan.DidNotHappen": {
		"plan/evidence.go", "plan/evidence_table.go", "plan/sums.go", // say it
		"plan/statement.go", // holds a person's word against it
		"apply/finding.go",  // writes it down
	},
	"plan.Reversed": {
		"plan/evidence.go", "plan/evidence_table.go", "plan/sums.go", "plan/chargeevidence.go", // say it
		"plan/stand.go", "plan/statement.go", "apply/ticket.go", "apply/finding.go", // use it
	},
	// What the ledger is told of an action whose end was open: made of a
	// judgement, and of nothing else; and in words.
	"statefile.VerdictDone":     {"apply/finding.go", "internal/report/history.go"},
	"statefile.VerdictNotDone":  {"apply/finding.go", "internal/report/history.go"},
	"statefile.VerdictSettled":  {"apply/finding.go", "internal/report/history.go"},
	"statefile.VerdictReversed": {"apply/finding.go", "internal/report/history.go"},
	// What it is told right after a call: by the answer itself, or by the row of
	// a response file.
	"statefile.Declined": {"apply/proof.go", "apply/act.go", "apply/bulkfollow.go", "internal/report/history.go"},
	"statefile.NotSent":  {"apply/proof.go", "apply/act.go", "apply/bulkfollow.go", "internal/report/history.go"},
	// What a person says.
	"statefile.Resolved": {"internal/cli/resolve.go", "internal/cli/resolveeach.go", "internal/cli/resolvebulk.go", "internal/cli/adoptticket.go", "internal/report/history.go", "internal/report/recorded.go"},
	"statefile.Adopted":  {"internal/cli/adopt.go", "internal/cli/adoptticket.go", "internal/report/history.go", "internal/report/recorded.go"},
}

// The rules of evidence stand in one place (hazards.md 1), and nothing else
// decides what became of money.
func TestNothingElseDecides(t *testing.T) {
	found := map[string]map[string]bool{}
	root := os.DirFS(".")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (base == "testdata" || base[0] == '.' || name == "statefile" || name == "internal/sim"):
			return fs.SkipDir // the simulator is a test
		case d.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for word := range named(file) {
			if found[word] == nil {
				found[word] = map[string]bool{}
			}
			found[word][name] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for word, allowed := range deciders {
		for _, file := range slices.Sorted(maps.Keys(found[word])) {
			if !slices.Contains(allowed, file) {
				t.Errorf("%s names %s, which says what became of money: only %s may", file, word, strings.Join(allowed, ", "))
			}
		}
		for _, file := range allowed {
			if !found[word][file] {
				t.Errorf("%s does not name %s any more: take it off the list", file, word)
			}
		}
	}
}

// named returns the names that a file uses, as "package.Name".
func named(file *ast.File) map[string]bool {
	words := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				words[x.Name+"."+n.Sel.Name] = true
			}
		case *ast.Ident:
			words[file.Name.Name+"."+n.Name] = true
		}
		return true
	})
	return words
}
