package plan

import (
	"fmt"

	"flexform/statefile"
)

// settling blocks a transaction whose desired totals hang on something that is
// still under way: what comes of it decides what is left to do.
func (s *subject) settling() (ruling, bool) {
	switch p := phaseOf(s.seen.Status); {
	case p == phaseCapturing && (s.want.Cancelled || s.want.Captured.Declared || wishes(s.want.Refunded)):
		return s.wait(statefile.Capture)
	case s.awaits(statefile.Capture):
		return s.wait(statefile.Capture)
	case s.awaits(statefile.Cancel):
		return s.wait(statefile.Cancel)
	case s.awaits(statefile.Reauthorise):
		return s.wait(statefile.Reauthorise)
	case s.want.Refunded.Declared && (p == phaseRefunding || s.awaits(statefile.Refund)):
		return s.wait(statefile.Refund)
	}
	return ruling{}, false
}

func (s *subject) wait(verb statefile.Verb) (ruling, bool) {
	moved, command := "It is under way at the acquirer", ""
	switch phaseOf(s.seen.Status) {
	case phaseCapturing, phaseRefunding:
	case phaseRefundDeclined:
		moved = fmt.Sprintf("The gateway accepted it, and still says %s, which may be the old no or a new one", s.seen.Status)
		command = s.adoptCommand(s.decided())
	default:
		moved = fmt.Sprintf("The gateway accepted it, but still says %s, which does not show it", s.seen.Status)
	}
	return s.block(CauseSettling, command,
		"%s%s. A later plan shows what became of it. If it stays like this for days, ask DIBS or the acquirer what happened, and record the totals with flexform adopt.",
		s.under(verb), moved)
}

// under names the action that is waited for, when flexform sent it.
func (s *subject) under(verb statefile.Verb) string {
	for _, a := range s.waiting {
		if a.Verb == verb {
			return fmt.Sprintf("Waiting for %s. ", a.ID)
		}
	}
	return fmt.Sprintf("Waiting for a %s that flexform did not send. ", verb)
}
