package report

import (
	"io"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

type jsonDiagnostics struct {
	FormatVersion string           `json:"format_version"`
	Valid         bool             `json:"valid"`
	Transactions  int              `json:"transactions"`
	Tickets       int              `json:"tickets"`
	ErrorCount    int              `json:"error_count"`
	WarningCount  int              `json:"warning_count"`
	Diagnostics   []jsonDiagnostic `json:"diagnostics"`
}

type jsonDiagnostic struct {
	Severity string     `json:"severity"` // "error" or "warning"
	Summary  string     `json:"summary"`
	Detail   string     `json:"detail"`
	Address  string     `json:"address,omitempty"`
	Range    *jsonRange `json:"range,omitempty"`
}

type jsonRange struct {
	Filename string  `json:"filename"`
	Start    jsonPos `json:"start"`
	End      jsonPos `json:"end"`
}

type jsonPos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// DiagnosticsJSON writes what validate found: whether the configuration is
// valid, how many transactions and tickets it declares, and every message.
func DiagnosticsJSON(w io.Writer, transactions, tickets int, diags hcl.Diagnostics) error {
	errs, warnings := tallyDiagnostics(diags)
	doc := jsonDiagnostics{
		FormatVersion: formatVersion, Valid: errs == 0, Transactions: transactions, Tickets: tickets,
		ErrorCount: errs, WarningCount: warnings, Diagnostics: []jsonDiagnostic{},
	}
	for _, d := range diags {
		severity := "error"
		if d.Severity == hcl.DiagWarning {
			severity = "warning"
		}
		doc.Diagnostics = append(doc.Diagnostics, jsonDiagnostic{severity, d.Summary, strings.TrimSpace(d.Detail), addressOf(d), newJSONRange(d.Subject)})
	}
	return writeJSON(w, doc)
}

func newJSONRange(r *hcl.Range) *jsonRange {
	if r == nil {
		return nil
	}
	return &jsonRange{r.Filename, jsonPos(r.Start), jsonPos(r.End)}
}
