package policy

import (
	"slices"
	"testing"

	"flexform/plan"
)

// R24: a saved plan is a rival as long as nothing says that it cannot be
// applied any more.
func TestRivalry(t *testing.T) {
	w := newWorld(t)
	other := w.plan.Clone()
	other.Digest = "sha256:another"
	if shared := Rivalry(other, w.plan, w.facts); len(shared) != len(w.plan.Body.Actions) || len(shared) == 0 || shared[0] != w.plan.Body.Actions[0].Address {
		t.Errorf("of %d actions it shares %q", len(w.plan.Body.Actions), shared)
	}
	elsewhere := other.Clone()
	for i := range elsewhere.Body.Actions {
		elsewhere.Body.Actions[i].Merchant = "87654321"
	}
	late, forged := w.facts, w.plan.Clone()
	late.Now = w.plan.Envelope.ExpiresAt
	forged.Body.Actions = slices.Clone(forged.Body.Actions)
	forged.Body.Actions[0].ToMinor++
	for name, tt := range map[string]struct {
		p, saved *plan.Plan
		facts    Facts
	}{
		"the same plan":     {w.plan, w.plan, w.facts},
		"of other payments": {elsewhere, w.plan, w.facts},
		"expired":           {other, w.plan, late},
		"changed":           {other, forged, w.facts},
	} {
		if shared := Rivalry(tt.p, tt.saved, tt.facts); shared != nil {
			t.Errorf("%s: shares %q", name, shared)
		}
	}
}
