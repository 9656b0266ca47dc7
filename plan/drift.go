package plan

import (
	"fmt"

	"flexform/money"
	"flexform/statefile"
)

// drifted blocks a transaction of which the gateway and the ledger tell
// different stories: somebody may have moved its money outside flexform.
func (s *subject) drifted() (ruling, bool) {
	if s.pinned {
		return ruling{}, false // a person said what it means
	}
	said := s.contradiction()
	if said == "" {
		return ruling{}, false
	}
	return s.block(CauseDrift, s.adoptCommand(s.decided()),
		"The gateway says %s, but %s. Somebody may have moved this money outside flexform, so nothing is planned for it. "+
			"Find out what happened (the DIBS administration and the acquirer's statement tell), then record the totals.",
		s.seen.Status, said)
}

// contradiction says what the ledger holds against the gateway's status, or "".
// Refunds that are not managed and of which the ledger knows nothing are
// nobody's concern here.
func (s *subject) contradiction() string {
	l, p := s.ledger, phaseOf(s.seen.Status)
	given, watched := !l.refunded.Zero(), s.want.Refunded.Declared || !l.refunded.Zero()
	switch {
	case s.unclear():
		return "the ledger has several refunds that may have reached the acquirer, and the status does not say which one was declined"
	case l.cancelled && p != phaseCancelled && !s.awaits(statefile.Cancel):
		return "the ledger has it as cancelled"
	case p.taken() && s.record.Captured.Valid() && l.captured.Zero():
		return "the ledger has nothing as captured"
	case !p.taken() && p != phaseCapturing && !l.captured.Zero() && !s.awaits(statefile.Capture):
		return fmt.Sprintf("the ledger has %s as captured", l.captured)
	case !p.taken() && given:
		return fmt.Sprintf("the ledger has %s as refunded", l.refunded)
	case p == phaseCaptureDeclined && wishes(s.want.Captured) && !s.failed(statefile.Capture) && !s.awaits(statefile.Capture):
		return "the ledger knows of no capture that could have been declined"
	case !watched || !p.taken() || s.awaits(statefile.Refund):
		return ""
	case p == phaseCaptured && given:
		return fmt.Sprintf("the ledger has %s as refunded", l.refunded)
	case p == phasePartlyRefunded && !given, p == phaseRefunded && !given:
		return "the ledger knows of no refund"
	case p == phasePartlyRefunded && compare(l.refunded, s.captured.Amount) >= 0:
		return fmt.Sprintf("the ledger has %s as refunded, which is all that was captured", l.refunded)
	case p == phaseRefunded && compare(l.refunded, s.captured.Amount) < 0:
		return fmt.Sprintf("the ledger has only %s of %s as refunded", l.refunded, s.captured)
	case p == phaseRefunding:
		return "the ledger knows of no refund that is under way"
	case p == phaseRefundDeclined && !s.failed(statefile.Refund):
		return "the ledger knows of no refund that could have been declined"
	}
	return ""
}

// unclear reports whether a declined refund may be another one than the newest
// that counts.
func (s *subject) unclear() bool {
	for _, a := range s.reversed {
		if a.Verb == statefile.Refund && a.To != s.record.Refunded {
			return true
		}
	}
	if phaseOf(s.seen.Status) != phaseRefundDeclined {
		return false
	}
	open := 0
	for _, a := range s.record.Actions {
		if a.Verb == statefile.Refund && a.State == statefile.ActionAccepted {
			open++
			if followed(s.record, a) {
				return true
			}
		}
	}
	return open > 1
}

// awaits reports whether an accepted action of that verb is still under way.
func (s *subject) awaits(verb statefile.Verb) bool {
	for _, a := range s.waiting {
		if a.Verb == verb {
			return true
		}
	}
	return false
}

// failed reports whether the newest action of that verb that may have reached
// the acquirer came to nothing there.
func (s *subject) failed(verb statefile.Verb) bool {
	for _, a := range s.reversed {
		if a.Verb == verb {
			return true
		}
	}
	failed := false
	for _, a := range s.record.Actions {
		if a.Verb == verb && a.State != statefile.ActionNotSent {
			failed = a.State.Failed()
		}
	}
	return failed
}

// decided returns the totals that the gateway's status settles by itself; nil
// is for a person to find out.
func (s *subject) decided() (captured, refunded *money.Amount) {
	none := s.none()
	if s.seen.Sums != nil {
		return &s.captured.Amount, &s.refunded.Amount
	}
	switch p := phaseOf(s.seen.Status); {
	case p == phaseRefunded:
		return &s.captured.Amount, &s.captured.Amount
	case p.taken():
		return &s.captured.Amount, nil
	case p == phaseCapturing:
		return nil, &none
	default:
		return &none, &none
	}
}
