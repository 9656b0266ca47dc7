package policy

import (
	"errors"
	"testing"

	"flexform/plan"
	"flexform/schema"
)

// The base of a split capture starts from the gateway's sums. What a crafted
// plan says of them must lead to its own action (hazards R31).
func TestCheckDerivesSplitCaptures(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*plan.Position)
		good   bool
	}{
		"as it was planned":       {func(*plan.Position) {}, true},
		"from another sum":        {func(p *plan.Position) { p.Captured.Minor = 4000 }, false},
		"by the ledger's word":    {func(p *plan.Position) { p.Captured.Source = plan.FromLedger }, false},
		"more refunded than ever": {func(p *plan.Position) { p.Refunded.Minor = 5001 }, false},
		"more than there can be":  {func(p *plan.Position) { p.Captured.Minor = 1 << 40 }, false},
		"from nowhere":            {func(p *plan.Position) { p.Address = "transaction.other" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.config.Transactions = nil
			w.declare(t, "base", "66666666", func(d *schema.Transaction) { d.Captured = schema.Total{Declared: true, Amount: dkk(t, 12000)} })
			d, problems := plan.Build(plan.BuildInput{Config: w.config, State: w.file.State(), Observations: []plan.Observation{{
				Looked: true, Transact: "66666666", Status: 18,
				Sums: &plan.Sums{Authorised: dkk(t, 20000), Captured: dkk(t, 5000), Refunded: dkk(t, 1000), Open: true, Settled: true},
			}}})
			if len(problems) > 0 || len(d.Body.Actions) != 1 || d.Body.Actions[0].FromMinor != 5000 {
				t.Fatalf("Build = %+v, %v", d.Body, problems)
			}
			tt.change(&d.Positions[0])
			_, err := Check(w.seal(t, d), w.facts)
			refused, is := errors.AsType[*RefusedError](err)
			if (err == nil) != tt.good || err != nil && (!is || refused.Reason != NotDesired) {
				t.Errorf("Check = %v, want it approved: %t", err, tt.good)
			}
		})
	}
}
