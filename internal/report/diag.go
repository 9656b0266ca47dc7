package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"flexform/plan"
	"flexform/schema"
)

// Diagnostics writes the mistakes of a configuration's author, each with the
// line it stands on. Sources holds the files' bytes by name; a file that is
// not in it is named without a snippet.
//
// hcl's own text writer prints source lines raw (hazards R68), adds values of
// the configuration that the message does not quote, and reads the file from
// its beginning for every message, so this is not built on it.
func Diagnostics(w io.Writer, sources map[string][]byte, diags hcl.Diagnostics, s Style) error {
	b := bufio.NewWriter(w)
	shown := s.rows(len(diags))
	for _, d := range diags[:shown] {
		writeDiagnostic(b, sources, d, s)
	}
	writeRest(b, len(diags)-shown, "", "message")
	if len(diags) > 1 {
		fmt.Fprintf(b, "%s.\n", countDiagnostics(diags))
	}
	return b.Flush()
}

// Problems writes what the author asks for and can never be, like
// [Diagnostics].
func Problems(w io.Writer, sources map[string][]byte, problems []plan.Problem, s Style) error {
	return Diagnostics(w, sources, ProblemDiagnostics(problems), s)
}

// ProblemDiagnostics turns a plan's problems into diagnostics. Their addresses
// are kept for [DiagnosticsJSON].
func ProblemDiagnostics(problems []plan.Problem) hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, p := range problems {
		diags = append(diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: p.Summary, Detail: p.Detail, Subject: hclRange(p.Place), Extra: Address(p.Address),
		})
	}
	return diags
}

// An Address in a diagnostic's Extra says which transaction it is about.
type Address string

// hclRange returns nil for no place.
func hclRange(r schema.Range) *hcl.Range {
	if !r.Valid() {
		return nil
	}
	pos := func(p schema.Pos) hcl.Pos { return hcl.Pos{Line: p.Line, Column: p.Column, Byte: p.Byte} }
	return &hcl.Range{Filename: r.File, Start: pos(r.Start), End: pos(r.End)}
}

func addressOf(d *hcl.Diagnostic) string {
	a, _ := hcl.DiagnosticExtra[Address](d)
	return string(a)
}

func writeDiagnostic(b *bufio.Writer, sources map[string][]byte, d *hcl.Diagnostic, s Style) {
	label, paint := severity(d)
	fmt.Fprintf(b, "%s %s\n\n", s.paint(paint, label+":"), s.paint(inkBold, Visible(d.Summary)))
	if d.Subject != nil {
		writeSnippet(b, sources[d.Subject.Filename], *d.Subject, s)
	}
	if a := addressOf(d); a != "" && !strings.Contains(d.Detail, a) {
		fmt.Fprintf(b, "  %s\n\n", Ident(a))
	}
	if d.Detail != "" {
		writeWrapped(b, Lines(d.Detail), "", s.Width)
		b.WriteByte('\n')
	}
}

func severity(d *hcl.Diagnostic) (string, ink) {
	if d.Severity == hcl.DiagWarning {
		return "Warning", inkYellow
	}
	return "Error", inkRed
}

func countDiagnostics(diags hcl.Diagnostics) string {
	errs, warnings := tallyDiagnostics(diags)
	var parts []string
	if errs > 0 {
		parts = append(parts, Count(errs, "error"))
	}
	if warnings > 0 {
		parts = append(parts, Count(warnings, "warning"))
	}
	return strings.Join(parts, ", ")
}

func tallyDiagnostics(diags hcl.Diagnostics) (errs, warnings int) {
	for _, d := range diags {
		if d.Severity == hcl.DiagWarning {
			warnings++
		} else {
			errs++
		}
	}
	return errs, warnings
}
