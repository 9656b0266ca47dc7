package report

import (
	"fmt"
	"io"
	"strings"

	"flexform/statefile"
)

// Adopted confirms that a person's statement is in the ledger.
func Adopted(w io.Writer, v statefile.Adopted, s Style) error {
	return recorded(w, s, fmt.Sprintf("%s (%s) stands at %s", Ident(v.Address), Ident(v.Transact), AdoptedTotals(v)))
}

// Resolved confirms that a person's decision about an action is in the ledger.
func Resolved(w io.Writer, v statefile.Resolved, s Style) error {
	return recorded(w, s, decisionText(v))
}

// ResolvedEach confirms several of a person's decisions, one a line.
func ResolvedEach(w io.Writer, list []statefile.Resolved, s Style) error {
	var lines strings.Builder
	for _, v := range list {
		lines.WriteString("\n  " + decisionText(v))
	}
	_, err := fmt.Fprintf(w, "Recorded:\n%s\n\nNo money was moved. What is left to do:\n\n    %s\n", lines.String(), s.command("plan"))
	return err
}

func decisionText(v statefile.Resolved) string {
	if v.Done {
		return ActionText(v.Action) + " did happen"
	}
	return ActionText(v.Action) + " did not happen"
}

// ResolvedFile confirms that a person's decision about the rows of a bulk file
// is in the ledger.
func ResolvedFile(w io.Writer, name string, rows int, done bool, s Style) error {
	what := "did not happen"
	if done {
		what = "did happen"
	}
	return recorded(w, s, fmt.Sprintf("%s of bulk file %s %s", Count(rows, "row"), Ident(name), what))
}

func recorded(w io.Writer, s Style, what string) error {
	_, err := fmt.Fprintf(w, "Recorded: %s. No money was moved. What is left to do:\n\n    %s\n", what, s.command("plan"))
	return err
}
