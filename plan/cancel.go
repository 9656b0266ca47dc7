package plan

import (
	"flexform/dibs"
	"flexform/statefile"
)

// cancel releases the authorisation.
func (s *subject) cancel() (ruling, bool) {
	p := phaseOf(s.seen.Status)
	switch {
	case !s.want.Cancelled:
		return ruling{}, false
	case p == phaseCancelled, s.pinned && s.ledger.cancelled:
		return ruling{}, true
	case !s.captured.Zero():
		return s.impossible(summaryIrreversible, s.want.Places.Cancelled,
			"%s declares cancelled = true, but %s has been captured already (%s; the gateway says %s). Only an authorisation can be cancelled; what was captured can be refunded: declare refunded instead.",
			s.want.Address, s.captured, s.captured.from(), s.seen.Status)
	case s.seen.Status == dibs.StatusAuthorised:
		return s.act(statefile.Cancel, s.none(), s.want.Amount)
	}
	return s.block(CauseStatus, "",
		"It is to be cancelled, and DIBS documents a cancel only for an authorised transaction; this one is %s. Release it in the DIBS administration, then plan again.", s.seen.Status)
}
