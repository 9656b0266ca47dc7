package plan

import (
	"slices"

	"flexform/dibs"
	"flexform/statefile"
)

// stated reports whether a person said what the totals are, and the gateway
// says today what it said then: they were adopted so, or the newest action
// that counts was resolved as done.
func (s *subject) stated() bool {
	r, now := s.record, phaseOf(s.seen.Status)
	if r.Adopted {
		return phaseOf(dibs.Status(r.AdoptedStatus)) == now
	}
	return r.StatusKnown && phaseOf(dibs.Status(r.Status)) == now && resolved(r)
}

// resolved reports whether the newest action of r that counts is done because
// a person said so: the last status comes from the entry that decided it, from
// its own intent when the gateway could not be read then, or from the intent
// of a try that failed since; and no status like that settles such an action by
// itself.
func resolved(r statefile.Transaction) bool {
	told := false
	for _, a := range slices.Backward(r.Actions) {
		if a.Verb == statefile.Reauthorise {
			continue // counts in no total
		}
		if a.State.Failed() {
			told = told || a.Seq == r.StatusSeq
			continue
		}
		told = told || a.LastSeq == r.StatusSeq || a.Seq == r.StatusSeq
		done := a.State == statefile.ActionDone
		a.State = statefile.ActionAccepted
		return told && done && Judge(r, a, dibs.Status(r.Status), true) != Settled
	}
	return false
}
