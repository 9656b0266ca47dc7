package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

func kroner(t *testing.T, minor int64) money.Amount {
	t.Helper()
	c, err := money.ParseCurrency("DKK")
	if err != nil {
		t.Fatal(err)
	}
	a, err := money.New(minor, c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A stage that contradicts the ledger is noticed: a rehearsal that could not
// fail would say nothing.
func TestContradiction(t *testing.T) {
	now := func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }
	a := &app{env: Env{Now: now}}
	cfg := &schema.Config{Dir: t.TempDir(), Ledger: schema.Ledger{Path: "flexform.ledger"}, Merchants: []schema.Merchant{{Name: "shop", ID: "12345678", Mode: schema.ModeTest, SettleWindow: time.Minute}}}
	action := plan.Action{Address: "transaction.x", Merchant: "12345678", Transact: "11111111", OrderID: "1", Verb: statefile.Refund, Currency: "DKK", AmountMinor: 20000, ToMinor: 5000, Attempt: 1, Status: 5}
	p := &plan.Plan{Body: plan.Body{Actions: []plan.Action{action}}, Envelope: plan.Envelope{Positions: []plan.Position{{Address: "transaction.x", Captured: plan.Figure{Minor: 20000}}}}}
	s, err := a.setStage(t.Context(), cfg, p, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	}()
	says := func(state statefile.ActionState) string { return s.contradiction(action, state) }
	if says(statefile.ActionDone) != "the ledger has it as done, and the gateway did not do it" || says(statefile.ActionDeclined) != "" || says(statefile.ActionUnknown) != "" {
		t.Errorf("before: %q, %q, %q", says(statefile.ActionDone), says(statefile.ActionDeclined), says(statefile.ActionUnknown))
	}
	refund := func() {
		t.Helper()
		if _, err := s.runner.Merchants["12345678"].Gateway.Refund(context.Background(), dibs.RefundRequest{Transact: "11111111", OrderID: "1", Amount: kroner(t, 5000)}); err != nil {
			t.Fatal(err)
		}
	}
	refund()
	if says(statefile.ActionDone) != "" || says(statefile.ActionNotDone) != "the ledger has it as not done, and the gateway did it" || says(0) == "" {
		t.Errorf("after: %q, %q, %q", says(statefile.ActionDone), says(statefile.ActionNotDone), says(0))
	}
	refund()
	if says(statefile.ActionDone) != "the gateway carried it out 2 times" {
		t.Errorf("after two: %q", says(statefile.ActionDone))
	}
}

// Each mishap is one that the sandbox can play, for each kind of action that
// it is drawn for, and the same seed draws the same ones.
func TestDrawMishaps(t *testing.T) {
	p := &plan.Plan{}
	for i, verb := range []statefile.Verb{statefile.Capture, statefile.Refund, statefile.Cancel, statefile.Charge, statefile.Reauthorise, statefile.Delete} {
		p.Body.Actions = append(p.Body.Actions, plan.Action{Address: "x." + string(verb), Transact: "1111111" + string(rune('1'+i)), OrderID: "order-1", Verb: verb})
	}
	p.Body.Actions = append(p.Body.Actions, plan.Action{Address: "y.charge", Transact: "11111119", OrderID: "order 1", Verb: statefile.Charge})
	drawn := drawMishaps(p, 7, 60)
	if len(drawn) != 60 {
		t.Fatalf("%d mishaps, want 60", len(drawn))
	}
	gateway, err := sandbox.Open(sandbox.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer gateway.Close()
	for i, m := range drawn {
		if err := gateway.AddFaults(m.Fault); err != nil {
			t.Errorf("%s: %v", m.Title, err)
		}
		if again := drawMishaps(p, 7, 60)[i]; again.Title != m.Title || again.Fault != m.Fault {
			t.Errorf("seed 7 drew %q, and then %q", m.Title, again.Title)
		}
		if strings.Contains(m.Title, "x.reauthorise") || strings.Contains(m.Title, "x.delete") {
			t.Errorf("%s: no money moves", m.Title)
		}
	}
	if drawn := drawMishaps(&plan.Plan{Body: plan.Body{Actions: p.Body.Actions[5:6]}}, 1, 6); len(drawn) != 0 {
		t.Errorf("a plan that only deletes tickets got %d mishaps", len(drawn))
	}
}
