package cli

import (
	"bytes"
	"fmt"
	"io"

	"flexform/internal/durable"
	"flexform/internal/report"
	"flexform/plan"
)

// A form is a file that something is written to when it was asked for, beside
// what is printed.
type form struct {
	path                string // empty: it was not asked for
	begin, what, advice string
	write               func(io.Writer) error
}

// writeForms writes the forms that were asked for, and tells where.
func (a *app) writeForms(forms ...form) error {
	for _, f := range forms {
		if f.path == "" {
			continue
		}
		if err := writeForm(a.env.FS, f.path, f.begin, f.what, f.write); err != nil {
			return err
		}
		fmt.Fprintf(a.env.Stderr, "Wrote the %s to %s. %s\n", f.what, f.path, f.advice)
	}
	return nil
}

func planForms(p *plan.Plan, shown report.PlanOptions, o planOptions) []form {
	return []form{
		{o.html, report.HTMLBegin, "page of a plan", "Open it in a browser.", func(w io.Writer) error { return report.PlanHTML(w, p, shown) }},
		{o.csv, report.CSVBegin, "table of a plan", "It holds one action a row.", func(w io.Writer) error { return report.PlanCSV(w, p) }},
	}
}

func moveForms(moves report.Moves, o historyOptions) []form {
	return []form{
		{o.html, report.MovesHTMLBegin, "page of a history", "Open it in a browser.", func(w io.Writer) error { return report.MovesHTML(w, moves) }},
		{o.csv, report.MovesCSVBegin, "table of a history", "It holds one move a row.", func(w io.Writer) error { return report.MovesCSV(w, moves) }},
	}
}

// writeForm writes one file, over an earlier one of its kind and over nothing
// else.
func writeForm(fsys durable.FS, path, begin, what string, write func(io.Writer) error) error {
	if err := replaceable(path, begin, what); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	if err := durable.WriteFile(fsys, path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write %s %s: %w", what, path, err)
	}
	return nil
}
