package plan

import (
	"flexform/money"
	"flexform/statefile"
)

// refund raises the refunded total.
func (s *subject) refund() (ruling, bool) {
	if !s.want.Refunded.Declared {
		return ruling{}, false
	}
	if s.captured.Zero() && !s.want.Captured.Declared && wishes(s.want.Refunded) {
		return s.nothingToRefund()
	}
	want, is := goal(s.want.Refunded, s.captured.Amount), s.refunded
	switch c := compare(want, is.Amount); {
	case compare(want, s.captured.Amount) > 0:
		return s.refundLimit(want, s.captured)
	case c == 0:
		return ruling{}, false
	case c < 0:
		return s.refundedMore(want)
	}
	switch phaseOf(s.seen.Status) {
	case phaseCaptured, phasePartlyRefunded, phaseRefundDeclined:
		return s.act(statefile.Refund, is.Amount, want)
	}
	return s.block(CauseStatus, "", "%s is to be refunded, and the status %s does not allow it.", want, s.seen.Status)
}

// refundedMore reports a refunded total that is below what was refunded.
func (s *subject) refundedMore(want money.Amount) (ruling, bool) {
	is := s.refunded
	return s.impossible(summaryIrreversible, s.want.Places.Refunded,
		"%s declares %s as refunded, but %s has been refunded already (%s). A refund cannot be taken back. Raise refunded to at least %q, or remove it, so that refunds are not managed here.",
		s.want.Address, want, is, is.from(), is)
}

// nothingToRefund explains that refunded needs a captured amount and never
// causes a capture.
func (s *subject) nothingToRefund() (ruling, bool) {
	if phaseOf(s.seen.Status) == phaseCancelled {
		return s.block(CauseStatus, "",
			"The authorisation was cancelled, so nothing was captured and there is nothing to refund. Declare cancelled = true, or remove the transaction.")
	}
	return s.block(CauseStatus, "",
		"Nothing is captured, so there is nothing to refund, and refunded never causes a capture. Declare captured as well if the money is to be taken first, or cancelled = true to release the authorisation.")
}

func (s *subject) refundLimit(want money.Amount, there total) (ruling, bool) {
	return s.impossible(summaryRefundLimit, s.want.Places.Refunded,
		"%s declares %s as refunded, but only %s is captured (%s). Lower refunded to at most that.",
		s.want.Address, want, there, there.from())
}

// from says in words where a total is known from.
func (t total) from() string {
	switch t.source {
	case FromGateway:
		return "the gateway says so"
	case FromLedger:
		return "the ledger says so"
	}
	return "as the configuration says"
}
