package plan

import (
	"fmt"

	"flexform/dibs"
	"flexform/statefile"
)

// RepeatRefused reports whether a no with that result is one that a repeat of
// the same call would get: the status does not allow it any more, the sum is
// used up, or it waits for a batch. A network, or the gateway's own front, can
// deliver one request twice; the no to the second is then heard although the
// first was carried out.
func RepeatRefused(r dibs.Result) bool {
	return r == dibs.ResultStatusForbids || r == dibs.ResultAmountTooHigh || r == dibs.ResultPendingBatch
}

// Doubt says why a no to a is not certain, by what the gateway
// shows right after it; "" when the no stands. The no is one that
// [RepeatRefused] reports.
//
// What has moved was moved by the first delivery of the call, or by somebody
// else in the same moment: the status does not tell which, so that nothing but
// a person decides it. What has not moved proves that nothing was carried out,
// but for a sum that is too high for one more refund of a part: such a refund
// may leave the status where it was (flexwin.md 11.1), and its repeat would
// be refused for just that.
func Doubt(t statefile.Transaction, a statefile.Action, no dibs.Result, now Evidence) string {
	before := dibs.Status(a.Before)
	switch {
	case now.Status != before:
		return fmt.Sprintf("the status has moved from %s to %s", before, now.Status)
	case Split(before) && a.Verb == statefile.Capture && now.Sums == nil:
		return "the captured sum is not known"
	case Split(before) && a.Verb == statefile.Capture && now.Sums.Captured != a.From:
		return fmt.Sprintf("the captured sum has moved from %s to %s", a.From, now.Sums.Captured)
	case no == dibs.ResultAmountTooHigh && a.Verb == statefile.Refund && (callOf(t, a) != fullCall || phaseOf(before) != phaseCaptured):
		return fmt.Sprintf("the status is %s, which one more refund may leave as it is", now.Status)
	}
	return ""
}

// doubted reports whether a heard a no that is not certain, see [Doubt]: no
// status tells whose doing it shows. The rows of a bulk file have rules of their
// own.
func doubted(a statefile.Action) bool {
	ours := a.Batch == "" && !a.Verb.OfTicket() && a.Verb != statefile.Reauthorise
	return ours && a.State.Undecided() && a.Code != nil && RepeatRefused(dibs.Result(*a.Code))
}
