package sandbox

import (
	"time"

	"flexform/money"
)

// maxAge is how long an authorisation can be captured, maxNullAge a null
// authorisation (flexwin.md 12, row 12).
const (
	maxAge     = 7 * 24 * time.Hour
	maxNullAge = 365 * 24 * time.Hour
)

// A resultCode is what the handling calls answer with.
type resultCode int

const (
	resultAccepted       resultCode = 0
	resultRejected       resultCode = 4  // by the acquirer
	resultTooOld         resultCode = 5  // authorisation older than 7 days
	resultStatusForbids  resultCode = 6  // status does not allow the function
	resultAmountTooHigh  resultCode = 7  //
	resultParameterError resultCode = 8  // comes with a message
	resultWrongOrder     resultCode = 9  // order id is not the authorisation's
	resultReauthRejected resultCode = 10 //
	resultPendingBatch   resultCode = 14 // capture waits for the batch already
)

// mayCapture answers whether amount of r can be captured. A capture that the
// acquirer declined leaves the authorisation, so it can be tried again.
func mayCapture(r *record, amount money.Amount, now time.Time, force bool) resultCode {
	switch {
	case r.Status == StatusCapturePending:
		return resultPendingBatch
	case r.Status != StatusAuthorised && r.Status != StatusCaptureDeclined || r.Details.Base != "":
		return resultStatusForbids
	case amount.Minor() > r.Amount.Minor():
		return resultAmountTooHigh
	}
	return mayAge(r, now, force)
}

// mayAge answers whether r is young enough to be captured, or can be made so
// by force. Capturing a null authorisation reserves its money first.
func mayAge(r *record, now time.Time, force bool) resultCode {
	age := now.Sub(r.AuthorisedAt)
	switch {
	case age <= maxAge, r.Details.NullAuth && age <= maxNullAge:
		return resultAccepted
	case !force:
		return resultTooOld
	case isDankort(r.PayType), r.Details.Fails.At == stageReauth: // Dankort knows no re-authorisation
		return resultReauthRejected
	}
	return resultAccepted
}

// playScript lets the acquirer refuse a move as the test card has it, or
// returns nil. A capture or refund that it rejects ends in 4 or 10; after any
// other code nothing has changed.
func (g *Gateway) playScript(c *batch, r *record, m Move) *refusal {
	at, to := stageCapture, StatusCaptureDeclined
	switch m.Kind {
	case MoveCapture:
	case MoveRefund:
		at, to = stageRefund, StatusRefundDeclined
	default:
		return nil
	}
	code, fails := r.Details.Fails.plays(at)
	if !fails {
		return nil
	}
	if code == resultRejected {
		c.turn(r, to, m.Time)
	}
	return &refusal{code: code}
}

// mayRefund answers whether amount of r can be given back now. With single,
// one refund is all that a transaction ever gets.
func mayRefund(r *record, amount money.Amount, single bool) resultCode {
	switch r.Status {
	case StatusCaptured, StatusBalanced, StatusPartlyRefunded, StatusRefundDeclined:
	default:
		return resultStatusForbids
	}
	switch {
	case single && !r.Refunded.Zero():
		return resultStatusForbids
	case amount.Minor() > r.Captured.Minor()-r.Refunded.Minor():
		return resultAmountTooHigh
	}
	return resultAccepted
}

// mayCancel answers whether the authorisation of r can be released. Once a
// part of it was captured, it cannot.
func mayCancel(r *record) resultCode {
	switch r.Status {
	case StatusAuthorised, StatusCaptureDeclined, StatusAwaitingShop:
		return resultAccepted
	case StatusSplitOpen:
		if len(r.Details.Parts) == 0 {
			return resultAccepted
		}
	}
	return resultStatusForbids
}

// capture takes amount: at once, or with the next batch.
func (g *Gateway) capture(c *batch, r *record, m Move) {
	to := StatusCapturePending
	if g.settle == Instant {
		to = StatusCaptured
	}
	r = c.enter(r, m)
	if m.Time.Sub(r.AuthorisedAt) > maxAge {
		r.AuthorisedAt = m.Time // allowed only after a re-authorisation
	}
	c.turn(r, to, m.Time)
}

// refund gives amount back: at once, or with the next batch.
func (g *Gateway) refund(c *batch, r *record, m Move) {
	r = c.enter(r, m)
	to := StatusRefundPending
	if g.settle == Instant {
		to = refundedStatus(r)
	}
	c.turn(r, to, m.Time)
}

func (g *Gateway) cancel(c *batch, r *record, m Move) {
	c.turn(c.enter(r, m), StatusCancelled, m.Time)
}

// refundedStatus is the status of r once its refunds are through.
func refundedStatus(r *record) Status {
	if r.Refunded == r.Captured {
		return StatusRefunded
	}
	return StatusPartlyRefunded
}
