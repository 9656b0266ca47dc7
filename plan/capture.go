package plan

import (
	"fmt"

	"flexform/money"
	"flexform/statefile"
)

// capture raises the captured total. An ordinary transaction can be captured
// once, so a total that is there already can only stay.
func (s *subject) capture() (ruling, bool) {
	if !s.want.Captured.Declared {
		return ruling{}, false
	}
	want, is := goal(s.want.Captured, s.want.Amount), s.captured
	switch c := compare(want, is.Amount); {
	case c == 0:
		return ruling{}, false
	case c < 0:
		return s.capturedMore(want)
	case !is.Zero():
		return s.impossible(summaryCaptureOnce, s.want.Places.Captured,
			"%s declares %s as captured, but %s has been captured already (%s), and an ordinary transaction can be captured only once. Declare captured = %q.",
			s.want.Address, want, is, is.from(), is)
	}
	switch p := phaseOf(s.seen.Status); {
	case p == phaseCancelled && !s.ledger.cancelled && s.want.Reauthorise:
		return s.captureFrom(is.Amount, want)
	case p == phaseAuthorised, p == phaseCaptureDeclined && (s.pinned || s.failed(statefile.Capture)):
		return s.captureFrom(is.Amount, want)
	case p == phaseCancelled && s.ledger.cancelled:
		return s.impossible(summaryIrreversible, s.want.Places.Captured,
			"%s declares %s as captured, but the authorisation was cancelled (%s). What was released cannot be captured: declare cancelled = true, or remove the transaction.",
			s.want.Address, want, FromLedger)
	case p == phaseCancelled:
		return s.block(CauseStatus, "",
			"The authorisation was cancelled or has lapsed, and not by flexform, so nothing can be captured. To have it approved again first, declare reauthorise = true; else declare cancelled = true, or remove the transaction.")
	}
	return s.block(CauseStatus, "", "%s is to be captured, and the status %s does not allow it.", want, s.seen.Status)
}

// capturedMore reports a captured total that is below what was captured.
func (s *subject) capturedMore(want money.Amount) (ruling, bool) {
	is := s.captured
	return s.impossible(summaryIrreversible, s.want.Places.Captured,
		"%s declares %s as captured, but %s has been captured already (%s). A capture cannot be taken back; what was captured can be refunded. Declare captured = %q.",
		s.want.Address, want, is, is.from(), is)
}

func (s *subject) captureFrom(is, want money.Amount) (ruling, bool) {
	if r := s.want.Refunded; wishes(r) && compare(goal(r, want), want) > 0 {
		return s.refundLimit(r.Amount, total{want, FromDeclared})
	}
	var notices []Notice
	if left, err := s.want.Amount.Sub(want); err == nil && !left.Zero() {
		notices = append(notices, Notice{s.want.Address, fmt.Sprintf(
			"Only %s of %s is captured. An ordinary transaction can be captured once, so the other %s cannot be captured later.", want, s.want.Amount, left)})
	}
	if r := s.want.Refunded; wishes(r) {
		notices = append(notices, Notice{s.want.Address, fmt.Sprintf(
			"The refund of %s follows in a later plan, once the capture is final.", goal(r, want))})
	}
	return s.captureNow(is, want, notices)
}
