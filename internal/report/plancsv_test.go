package report

import (
	"encoding/csv"
	"strings"
	"testing"

	"flexform/plan"
	"flexform/schema"
)

func csvOf(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var b strings.Builder
	if err := PlanCSV(&b, p); err != nil {
		t.Fatalf("PlanCSV: %v", err)
	}
	return b.String()
}

func TestPlanCSV(t *testing.T) {
	full, _ := fullPlan()
	mixed := recall(3)
	mixed[1].Currency, mixed[2].Currency = "JPY", "KWD"
	for name, p := range map[string]*plan.Plan{"full.csv": full, "empty.csv": newPlan(schema.ModeTest, nil), "currencies.csv": newPlan(schema.ModeTest, mixed)} {
		t.Run(name, func(t *testing.T) {
			out := csvOf(t, p)
			if !strings.HasPrefix(out, CSVBegin) {
				t.Errorf("begins with %q", out[:40])
			}
			golden(t, name, out)
		})
	}
}

// R66: no cell of a hostile plan is a formula, and each row is one line.
func TestCSVInjection(t *testing.T) {
	for _, payload := range payloads(t) {
		checkCSV(t, payload, 4)
	}
}

func checkCSV(t *testing.T, payload string, n int) {
	t.Helper()
	p, _ := hostilePlan(payload, n)
	out := csvOf(t, p)
	if r, bad := dangerous(strings.ReplaceAll(out, "\r\n", "\n")); bad {
		t.Errorf("payload %q: %U in the CSV", payload, r)
	}
	if strings.Count(out, "\n") != n+1 {
		t.Errorf("payload %q: %d lines of %d actions", payload, strings.Count(out, "\n")-1, n)
	}
	records, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatalf("payload %q: %v", payload, err)
	}
	for _, record := range records {
		for _, cell := range record {
			if strings.IndexAny(strings.TrimLeft(cell, " \""), "=+-@＝＋－＠\t\r\n") == 0 {
				t.Errorf("payload %q: the cell %q is a formula", payload, cell)
			}
		}
	}
}

func TestCSVCell(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "RMA 4411": "RMA 4411", "a=b": "a=b", "=1+1": "'=1+1", "  =1": "'  =1", "\"=1": "'\"=1", "'=1": "''=1", "-": "'-", "＝1": "'＝1", "\t=1": `\t=1`,
	} {
		if got := csvCell(in); got != want {
			t.Errorf("csvCell(%q) = %q, want %q", in, got, want)
		}
	}
}
