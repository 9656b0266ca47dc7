package policy

import (
	"errors"
	"testing"

	"flexform/plan"
	"flexform/schema"
)

// A reauthorise and its capture are approved together, or not at all.
func TestCheckDerivesReauthorise(t *testing.T) {
	for name, tt := range map[string]struct {
		stated bool
		change func([]plan.Action) []plan.Action
		good   bool
	}{
		"as it was planned":          {true, func(a []plan.Action) []plan.Action { return a }, true},
		"the capture alone":          {true, func(a []plan.Action) []plan.Action { return a[1:] }, false},
		"the reauthorise alone":      {true, func(a []plan.Action) []plan.Action { return a[:1] }, false},
		"not stated any more":        {false, func(a []plan.Action) []plan.Action { return a }, false},
		"one attempt more":           {true, func(a []plan.Action) []plan.Action { a[0].Attempt++; return a }, false},
		"from an open authorisation": {true, func(a []plan.Action) []plan.Action { a[0].Status = 2; return a }, true}, // apply finds it moved
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config.Transactions = nil
			w.declare(t, "old", "66666666", func(d *schema.Transaction) {
				d.Captured, d.Reauthorise = schema.Total{Declared: true, Full: true}, true
			})
			d, problems := plan.Build(plan.BuildInput{Config: w.config, State: w.file.State(), Observations: []plan.Observation{
				{Looked: true, Transact: "66666666", Status: 6},
			}})
			if len(problems) > 0 || len(d.Body.Actions) != 2 {
				t.Fatalf("Build = %+v, %v", d.Body, problems)
			}
			d.Body.Actions = tt.change(d.Body.Actions)
			d.Body.Summary = nil
			for _, a := range d.Body.Actions {
				d.Body.Summary = append(d.Body.Summary, plan.Sum{Currency: a.Currency, Verb: a.Verb, Count: 1, Minor: a.ToMinor, LargestMinor: a.ToMinor})
			}
			if len(d.Body.Summary) == 2 { // by verb
				d.Body.Summary[0], d.Body.Summary[1] = d.Body.Summary[1], d.Body.Summary[0]
			}
			w.config.Transactions[0].Reauthorise = tt.stated
			_, err := Check(w.seal(t, d), w.facts)
			refused, is := errors.AsType[*RefusedError](err)
			if (err == nil) != tt.good || err != nil && (!is || refused.Reason != NotDesired) {
				t.Errorf("Check = %v, want it approved: %t", err, tt.good)
			}
		})
	}
}
