package report

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// A plan of 10,000 actions says the same exact totals in every form, and each
// row once where all rows stand. How long that takes, and how much memory, is
// measured by "go test -bench Plan".
func TestLargePlanInEveryForm(t *testing.T) {
	p := newPlan(schema.ModeLive, recall(10000))
	want := oracle(p.Body.Actions)
	var table bytes.Buffer
	if err := PlanCSV(&table, p); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&table).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var listed []plan.Action
	for _, row := range rows[1:] {
		c, err := money.ParseCurrency(row[7])
		if err != nil {
			t.Fatal(err)
		}
		amount, err := money.ParseDecimal(row[6], c)
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, plan.Action{Currency: row[7], Verb: statefile.Verb(row[5]), ToMinor: amount.Minor()})
	}
	if got := oracle(listed); !slices.Equal(got, want) {
		t.Errorf("the table's rows come to %v, want %v", got, want)
	}

	markdown := markdownOf(t, p, PlanOptions{})
	if got := tableSums(t, markdown); !slices.Equal(got, inOrder(want)) || len(markdown) > markdownLimit {
		t.Errorf("Markdown of %d characters has the totals %v, want %v", len(markdown), got, want)
	}
	text, page := render(t, p, PlanOptions{}), htmlOf(t, p, PlanOptions{})
	for _, s := range want {
		_, sum, largest := sumTexts(s)
		for form, doc := range map[string]string{"text": text, "page": page} {
			if !strings.Contains(doc, sum) || !strings.Contains(doc, largest) {
				t.Errorf("the %s has no %s or no %s", form, sum, largest)
			}
		}
	}
	for _, a := range p.Body.Actions {
		if n := strings.Count(a.Address, a.Transact); n == 1 && !strings.Contains(text, a.Address) {
			t.Errorf("the text leaves %s out", a.Address)
		}
	}
	if n := strings.Count(page[strings.Index(page, `id="rows"`):], "<tr data-verb="); n != len(p.Body.Actions) {
		t.Errorf("the page has %d rows of %d", n, len(p.Body.Actions))
	}
}
