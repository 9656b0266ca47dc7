package policy

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// However many actions are too large, what forbids the plan is said whole.
func TestByKind(t *testing.T) {
	dkk, _ := money.ParseCurrency("DKK")
	limit := func(action string, minor int64, line int) schema.Limit {
		l := schema.Limit{Action: action, Currency: dkk, Source: schema.Range{File: "main.hcl", Start: schema.Pos{Line: line}}}
		l.PerAction, _ = money.New(minor, dkk)
		return l
	}
	config := &schema.Config{Merchants: []schema.Merchant{{Name: "shop", ID: "12345678", Mode: schema.ModeTest}}}
	config.Limits = []schema.MerchantLimits{{Merchant: "12345678", Limits: []schema.Limit{limit("refund", 50000, 4), limit("capture", 50000, 7)}}}
	p := &plan.Plan{}
	add := func(verb statefile.Verb, currency string, minor int64) {
		p.Body.Actions = append(p.Body.Actions, plan.Action{Address: fmt.Sprintf("transaction.x[%d]", len(p.Body.Actions)), Merchant: "12345678", Verb: verb, Currency: currency, ToMinor: minor})
	}
	for i := range int64(10000) { // the first 500 are within the limit
		add(statefile.Refund, "DKK", 100*(i+1))
	}
	add(statefile.Capture, "DKK", 60001)
	add(statefile.Refund, "EUR", 1)
	found := Limits(p, Facts{Now: noon, Config: config, State: &statefile.State{}})
	if len(found) != 9502 {
		t.Fatalf("%d breaches, want 9,502", len(found))
	}
	want := []string{
		// The sum of 501.00 to 10000.00.
		"9500 actions to refund, 49879750.00 DKK together, are each more than the 500.00 DKK that one may have (main.hcl:4): " +
			"transaction.x[500], transaction.x[501], transaction.x[502], transaction.x[503], transaction.x[504] and 9495 more.",
		"transaction.x[10000]: This capture of 600.01 DKK is more than the 500.00 DKK that one may have (main.hcl:7).",
		`The limits of merchant "shop" at :0 name no refund in EUR, and what they do not name is not allowed.`,
	}
	if diff := cmp.Diff(want, ByKind(found)); diff != "" {
		t.Errorf("ByKind (-want +got):\n%s", diff)
	}
}
