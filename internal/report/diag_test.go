package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"

	"flexform/plan"
	"flexform/schema"
)

const mainHCL = `merchant "shop" {
  id = "12345678"
}

transaction "order_1001" {
	transact = "11111111"
  orderid  = "Ærø 1"
  amount   = "200.00 DKK"
  captured = full
  refunded = "50.000 DKK"
  reason   = "a very long reason that goes on and on, ` + "\u202e" + `with a bidi override in it, and then some more text so that it does not fit"
}
`

// at returns the range of text in src, by its own count of lines.
func at(t *testing.T, file, src, text string) schema.Range {
	t.Helper()
	i := strings.Index(src, text)
	if i < 0 {
		t.Fatalf("no %q in %s", text, file)
	}
	pos := func(byte int) schema.Pos {
		before := src[:byte]
		line := strings.Count(before, "\n") + 1
		return schema.Pos{Line: line, Column: len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1, Byte: byte}
	}
	return schema.Range{File: file, Start: pos(i), End: pos(i + len(text))}
}

func diagnosticsOf(t *testing.T, diags hcl.Diagnostics, sources map[string][]byte, s Style) string {
	t.Helper()
	var b strings.Builder
	if err := Diagnostics(&b, sources, diags, s); err != nil {
		t.Fatalf("Diagnostics: %v", err)
	}
	return b.String()
}

func sampleDiagnostics(t *testing.T) (hcl.Diagnostics, map[string][]byte) {
	csv := "transact,orderid,amount\n11111111,11223344,200.00\n11111112,11223345,\x1b[2J20\n" + strings.Repeat("9", 5000) + ",x,bad\n"
	sources := map[string][]byte{"main.hcl": []byte(mainHCL), "recall.csv": []byte(csv)}
	diags := ProblemDiagnostics([]plan.Problem{
		{Address: "transaction.order_1001", Summary: "Irreversible", Place: at(t, "main.hcl", mainHCL, `"50.000 DKK"`),
			Detail: "80.00 DKK were refunded already, and money only moves forward. Declare at least 80.00 DKK, or see what happened:\n\n    flexform history --about 11111111\n"},
		{Address: "transaction.order_1001", Summary: "Irreversible", Place: at(t, "main.hcl", mainHCL, "with a bidi"), Detail: "About transaction.order_1001."},
		{Address: "transaction.x", Summary: "No place", Detail: "Nowhere to point at."},
	})
	diags = append(diags,
		&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Tab", Subject: hclRange(at(t, "main.hcl", mainHCL, `"11111111"`))},
		&hcl.Diagnostic{Severity: hcl.DiagWarning, Summary: "At the block", Subject: hclRange(at(t, "main.hcl", mainHCL, `transaction "order_1001"`))},
		&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Not a number", Detail: "Write digits.", Subject: hclRange(at(t, "recall.csv", csv, "\x1b[2J20"))},
		&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "In a long line", Subject: hclRange(at(t, "recall.csv", csv, "bad"))},
		&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Empty range", Subject: &hcl.Range{Filename: "main.hcl", Start: hcl.Pos{Line: 13, Column: 1, Byte: len(mainHCL)}, End: hcl.Pos{Line: 13, Column: 1, Byte: len(mainHCL)}}},
		&hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Other file", Subject: &hcl.Range{Filename: "gone.hcl", Start: hcl.Pos{Line: 3, Column: 7, Byte: 99}}},
	)
	return diags, sources
}

func TestDiagnostics(t *testing.T) {
	diags, sources := sampleDiagnostics(t)
	for name, style := range map[string]Style{"diag.txt": {}, "diag-80.txt": {Width: 80}, "diag-color.txt": {Width: 80, Color: true}, "diag-cut.txt": {Width: 80, Rows: 2}} {
		t.Run(name, func(t *testing.T) { golden(t, name, diagnosticsOf(t, diags, sources, style)) })
	}
}

func TestDiagnosticsJSON(t *testing.T) {
	diags, _ := sampleDiagnostics(t)
	var b strings.Builder
	if err := DiagnosticsJSON(&b, 7, 3, diags); err != nil {
		t.Fatal(err)
	}
	golden(t, "diag.json", b.String())
	b.Reset()
	if err := DiagnosticsJSON(&b, 2, 0, nil); err != nil {
		t.Fatal(err)
	}
	golden(t, "diag-none.json", b.String())
}

// A thousand mistakes in a large file must not take a thousand readings of it:
// then this test would take minutes.
func TestDiagnosticsOfLargeFile(t *testing.T) {
	row := "11111111,11223344,200.00,DKK\n"
	src := bytes.Repeat([]byte(row), 200000)
	var diags hcl.Diagnostics
	for i := range 1000 {
		start := len(src) - (i+1)*len(row)
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "S", Subject: &hcl.Range{Filename: "big.csv",
			Start: hcl.Pos{Line: 200000 - i, Column: 1, Byte: start}, End: hcl.Pos{Line: 200000 - i, Column: 9, Byte: start + 8}}})
	}
	out := diagnosticsOf(t, diags, map[string][]byte{"big.csv": src}, Style{Width: 80})
	if n := strings.Count(out, "11111111,11223344"); n != 1000 {
		t.Errorf("%d snippets, want 1000", n)
	}
}

// Whatever the range and the source, a snippet neither fails nor shows a raw
// control character. R68
func FuzzSnippet(f *testing.F) {
	f.Add([]byte(mainHCL), 5, 9, 40)
	f.Add([]byte("\xff\xff\n\x1b"), 1, 3, 1)
	f.Add([]byte(""), 0, 0, 80)
	f.Fuzz(func(t *testing.T, src []byte, start, end, width int) {
		r := hcl.Range{Filename: "f.hcl", Start: hcl.Pos{Line: 1, Column: 1, Byte: start}, End: hcl.Pos{Line: 1, Column: 1, Byte: end}}
		out := diagnosticsOf(t, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "S", Subject: &r}}, map[string][]byte{"f.hcl": src}, Style{Width: width % 200})
		if r, bad := dangerous(out); bad {
			t.Errorf("source %q: %U in %q", src, r, out)
		}
		if n := strings.Count(out, "\n"); n != 4 && n != 6 {
			t.Errorf("source %q: %d lines: %q", src, n, out)
		}
	})
}

func TestCountDiagnostics(t *testing.T) {
	diags, _ := sampleDiagnostics(t)
	if diff := cmp.Diff("8 errors, 1 warning", countDiagnostics(diags)); diff != "" {
		t.Errorf("countDiagnostics mismatch (-want +got):\n%s", diff)
	}
	if got := fmt.Sprint(countDiagnostics(nil)); got != "" {
		t.Errorf("countDiagnostics(nil) = %q", got)
	}
}
