package cli

import (
	"bytes"
	"fmt"
	"io"

	"flexform/internal/durable"
	"flexform/internal/report"
	"flexform/plan"
)

// writeForms writes the files that a plan was asked for in, beside what is
// printed.
func (a *app) writeForms(p *plan.Plan, shown report.PlanOptions, o planOptions) error {
	for _, form := range []struct {
		path, begin, what, advice string
		write                     func(io.Writer) error
	}{
		{o.html, report.HTMLBegin, "page of a plan", "Open it in a browser.", func(w io.Writer) error { return report.PlanHTML(w, p, shown) }},
		{o.csv, report.CSVBegin, "table of a plan", "It holds one action a row.", func(w io.Writer) error { return report.PlanCSV(w, p) }},
	} {
		if form.path == "" {
			continue
		}
		if err := writeForm(a.env.FS, form.path, form.begin, form.what, form.write); err != nil {
			return err
		}
		fmt.Fprintf(a.env.Stderr, "Wrote the %s to %s. %s\n", form.what, form.path, form.advice)
	}
	return nil
}

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
