package policy

import (
	"flexform/plan"
	"flexform/statefile"
)

// Rivalry returns the transactions that a saved plan has in common with p,
// addressed as in p, as long as the saved one may still be carried out: its
// bytes, its expiry and the ledger say nothing against it. Whichever of the two
// is applied second is refused, or skips them as moved (hazards R24). The same
// plan saved twice is no rival.
func Rivalry(p, saved *plan.Plan, f Facts) []string {
	if saved.Digest == p.Digest {
		return nil
	}
	for _, check := range [...]func(*plan.Plan, Facts) *RefusedError{untouched, unused, inTime, sameLedger} {
		if check(saved, f) != nil {
			return nil
		}
	}
	held := make(map[statefile.Key]bool, len(saved.Body.Actions))
	for _, a := range saved.Body.Actions {
		held[a.Key()] = true
	}
	var shared []string
	for _, a := range p.Body.Actions {
		if held[a.Key()] {
			shared = append(shared, a.Address)
		}
	}
	return shared
}
