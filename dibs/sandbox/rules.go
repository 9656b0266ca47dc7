package sandbox

import (
	"time"

	"flexform/money"
)

// maxAge is how long an authorisation can be captured.
const maxAge = 7 * 24 * time.Hour

// A resultCode is what the handling calls answer with.
type resultCode int

const (
	resultAccepted       resultCode = 0
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
	case r.Status != StatusAuthorised && r.Status != StatusCaptureDeclined:
		return resultStatusForbids
	case amount.Minor() > r.Amount.Minor():
		return resultAmountTooHigh
	case now.Sub(r.AuthorisedAt) <= maxAge:
		return resultAccepted
	case !force:
		return resultTooOld
	case r.PayType == "DK" || r.PayType == "V-DK": // Dankort knows no re-authorisation
		return resultReauthRejected
	}
	return resultAccepted
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

// mayCancel answers whether the authorisation of r can be released.
func mayCancel(r *record) resultCode {
	switch r.Status {
	case StatusAuthorised, StatusCaptureDeclined, StatusAwaitingShop:
		return resultAccepted
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
