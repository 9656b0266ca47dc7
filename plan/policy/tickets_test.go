package policy

import (
	"strings"
	"testing"

	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// newTicketWorld wants two charges of one ticket, one of which is done, and a
// deletion.
func newTicketWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	charge := func(order string, capture bool) schema.Charge {
		return schema.Charge{Address: `ticket.gold.charge["` + order + `"]`, OrderID: order, Amount: dkk(t, 9900), Capture: capture, Reason: "renewal"}
	}
	w.config.Transactions = nil
	w.config.Tickets = []schema.Ticket{
		{Address: "ticket.gold", Merchant: "12345678", Ticket: "270000543", Charges: []schema.Charge{charge("A", true), charge("B", false), charge("C", false)}},
		{Address: "ticket.old", Merchant: "12345678", Ticket: "270000544", Deleted: true},
	}
	w.write(t, statefile.Adopted{
		Merchant: "12345678", Transact: "270000543", OrderID: "B", Currency: "DKK", AmountMinor: 9900, Payment: "270000599", Status: 13, Evidence: "seen",
	})
	w.plan = w.makeTickets(t)
	w.facts.State = w.file.State()
	return w
}

func (w *world) makeTickets(t *testing.T) *plan.Plan {
	t.Helper()
	d, problems := plan.Build(plan.BuildInput{Config: w.config, State: w.file.State(), Tickets: []plan.TicketObservation{
		{Looked: true, Status: 13, Charges: []plan.ChargeObservation{{Looked: true}, {}, {Looked: true}}},
		{Looked: true, Status: 13},
	}})
	if len(problems) > 0 || len(d.Body.Actions) != 3 {
		t.Fatalf("Build = %+v, %v", d.Body, problems)
	}
	return w.seal(t, d)
}

func TestCheckApprovesTickets(t *testing.T) {
	w := newTicketWorld(t)
	if _, err := Check(w.plan, w.facts); err != nil {
		t.Fatal(err)
	}
	d := plan.Draft{Body: w.plan.Body, Counts: w.plan.Envelope.Counts}
	d.Body.Actions = d.Body.Actions[1:2] // a part of a plan can be made too
	d.Body.Summary = []plan.Sum{{Currency: "DKK", Verb: statefile.Charge, Count: 1, Minor: 9900, LargestMinor: 9900}}
	if _, err := Check(w.seal(t, d), w.facts); err != nil {
		t.Errorf("a plan of one of two charges: %v", err)
	}
}

// R31: a file with right hashes gains nothing: each action must be one that the
// configuration and the ledger lead to.
func TestCheckRefusesCraftedTickets(t *testing.T) {
	first := func(change func(*plan.Action)) func(*plan.Draft) {
		return func(d *plan.Draft) { change(&d.Body.Actions[0]) }
	}
	for name, tt := range map[string]struct {
		change func(*plan.Draft)
		config func(*schema.Config)
		why    string
	}{
		"another amount":        {change: first(func(a *plan.Action) { a.ToMinor, a.AmountMinor = 19900, 19900 }), why: "another charge"},
		"another order":         {change: first(func(a *plan.Action) { a.OrderID = "D" }), why: "another charge"},
		"not captured":          {change: first(func(a *plan.Action) { a.Capture = false }), why: "another charge"},
		"another ticket":        {change: first(func(a *plan.Action) { a.Transact = "270000545" }), why: "another one"},
		"another merchant":      {change: first(func(a *plan.Action) { a.Merchant = "12345679" }), why: "another one"},
		"another attempt":       {change: first(func(a *plan.Action) { a.Attempt = 2 }), why: "Planned anew, it would be"},
		"another reason":        {change: first(func(a *plan.Action) { a.Reason = "gift" }), why: "Planned anew, it would be"},
		"another status":        {change: first(func(a *plan.Action) { a.Status = 14 }), why: "Planned anew, nothing would be done"},
		"an unknown address":    {change: first(func(a *plan.Action) { a.Address += "x" }), why: "no such transaction"},
		"what is done already":  {change: first(func(a *plan.Action) { a.Address, a.OrderID, a.Capture = `ticket.gold.charge["B"]`, "B", false }), why: "Planned anew, nothing would be done"},
		"a charge for deletion": {change: func(d *plan.Draft) { d.Body.Actions[2].Address = `ticket.old` + "x" }, why: "no such transaction"},
		"a deletion for a charge": {change: first(func(a *plan.Action) {
			*a = plan.Action{Address: a.Address, Merchant: a.Merchant, Transact: a.Transact, Verb: statefile.Delete, Attempt: 1, Class: plan.SelfLimiting, Status: 13}
		}), why: "does not ask for a delete"},
		"a charge for a deletion": {change: func(d *plan.Draft) {
			a := d.Body.Actions[0]
			a.Address, a.Transact, a.OrderID = "ticket.old", "270000544", "D"
			d.Body.Actions[2] = a
		}, why: "does not ask for a charge"},
		"a deletion that is not wanted": {config: func(c *schema.Config) { c.Tickets[1].Deleted = false }, why: "no such transaction"},
		"a deletion with an open charge": {config: func(c *schema.Config) {
			c.Tickets[1].Charges = []schema.Charge{{Address: `ticket.old.charge["D"]`, OrderID: "D", Amount: c.Tickets[0].Charges[0].Amount}}
		}, why: "is not done"},
		"a charge of what is to be gone":  {config: func(c *schema.Config) { c.Tickets[0].Deleted = true }, why: "is not done"},
		"a charge that is wanted no more": {config: func(c *schema.Config) { c.Tickets[0].Charges = c.Tickets[0].Charges[1:] }, why: "no such transaction"},
	} {
		w := newTicketWorld(t)
		d := plan.Draft{Body: w.plan.Clone().Body, Counts: w.plan.Envelope.Counts}
		if tt.change != nil {
			tt.change(&d)
			if name == "a deletion for a charge" {
				d.Body.Actions = d.Body.Actions[:1]
			}
			d.Body.Summary = nil
			for _, a := range d.Body.Actions {
				d.Body.Summary = addTo(d.Body.Summary, a)
			}
		}
		if tt.config != nil {
			tt.config(w.config)
		}
		_, err := Check(w.seal(t, d), w.facts)
		if reason(err) != NotDesired || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: %v, want it not desired: %q", name, err, tt.why)
		}
	}
}

// addTo sums actions up as a plan does: deletions first, as they have no
// currency.
func addTo(sums []plan.Sum, a plan.Action) []plan.Sum {
	for i := range sums {
		if s := &sums[i]; s.Currency == a.Currency && s.Verb == a.Verb {
			s.Count++
			s.Minor += a.ToMinor
			s.LargestMinor = max(s.LargestMinor, a.ToMinor)
			return sums
		}
	}
	one := plan.Sum{Currency: a.Currency, Verb: a.Verb, Count: 1, Minor: a.ToMinor, LargestMinor: a.ToMinor}
	if a.Verb == statefile.Delete {
		return append([]plan.Sum{one}, sums...)
	}
	return append(sums, one)
}
