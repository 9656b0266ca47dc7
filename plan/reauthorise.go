package plan

import (
	"fmt"
	"slices"
	"strings"

	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

// captureNow offers a capture, and before it to have the authorisation approved
// again, when the author says so: no service tells how old an authorisation is.
// It is never done in silence with the capture itself, as force would
// (flexwin.md 5.4).
func (s *subject) captureNow(from, to money.Amount, notices []Notice) (ruling, bool) {
	if !s.want.Reauthorise && s.tooOld() {
		notices = append(notices, Notice{s.want.Address, fmt.Sprintf(
			"The capture before was declined: %s. To have it approved again first, declare reauthorise = true. Dankort and Visa-Dankort cannot be.", dibs.ResultAuthorisationTooOld)})
	}
	r, decided := s.act(statefile.Capture, from, to, notices...)
	if r.action == nil || !s.want.Reauthorise || s.approvedAgain() {
		return r, decided
	}
	tried, earlier := s.reauthorised()
	first := *r.action
	first.Verb, first.Class, first.Attempt, first.Earlier = statefile.Reauthorise, Moneyless, tried+1, earlier
	first.FromMinor, first.ToMinor = 0, first.AmountMinor
	if !Split(s.seen.Status) {
		r.action.Status = dibs.StatusAuthorised // where the approval takes it
	}
	r.first = &first
	return r, decided
}

// tooOld reports whether the last capture was declined because of the
// authorisation's age, and nothing was done about that since.
func (s *subject) tooOld() bool {
	last := s.lastOf(statefile.Capture)
	return last >= 0 && declinedTooOld(s.record.Actions[last]) && s.lastOf(statefile.Reauthorise) < last
}

func declinedTooOld(a statefile.Action) bool {
	return a.State == statefile.ActionDeclined && a.Code != nil && dibs.Result(*a.Code) == dibs.ResultAuthorisationTooOld
}

// approvedAgain reports whether the authorisation was approved again for the
// very capture that is due: no capture has used that approval up, and none was
// declined for its age in spite of it.
func (s *subject) approvedAgain() bool {
	if phaseOf(s.seen.Status) == phaseCancelled {
		return false // whatever was approved before is gone
	}
	again := s.lastOf(statefile.Reauthorise)
	return again >= 0 && !slices.ContainsFunc(s.record.Actions[again+1:], func(a statefile.Action) bool {
		return a.Verb == statefile.Capture && (counts(a) && !s.isReversed(a) || declinedTooOld(a))
	})
}

// lastOf is the place of the newest action of a verb that tells something: a
// reauthorise that happened, or any capture that was sent. It is -1 when there
// is none.
func (s *subject) lastOf(verb statefile.Verb) int {
	for i, a := range slices.Backward(s.record.Actions) {
		told := a.State != statefile.ActionNotSent
		if verb == statefile.Reauthorise {
			told = counts(a)
		}
		if a.Verb == verb && told {
			return i
		}
	}
	return -1
}

// reauthorised returns how often this was tried before and what came of each
// try. Unlike a step that moves money it may follow one that happened.
func (s *subject) reauthorised() (tried int, earlier string) {
	var said []string
	for _, a := range s.record.Actions {
		if a.Verb != statefile.Reauthorise || a.To != s.want.Amount {
			continue
		}
		tried++
		came := "happened, for an earlier capture"
		if a.State.Failed() {
			came = s.failure(a)
		}
		said = append(said, fmt.Sprintf("attempt %d %s", a.Attempt, came))
	}
	return tried, strings.Join(said, "; ")
}
