package sandbox

import (
	"strconv"
	"time"

	"flexform/money"
)

// takePart captures a part of r as a transaction of its own (flexwin.md 5.11):
// r becomes, or stays, the open base and holds no captured money itself. It is
// closed when nothing is left, or on request.
func (g *Gateway) takePart(c *batch, r *record, m Move, last bool) *record {
	if m.Time.Sub(r.AuthorisedAt) > maxAge {
		r = c.own(r)
		r.AuthorisedAt = m.Time // allowed only after a re-authorisation
	}
	number := len(r.Details.Parts) + 1
	part := c.insert(Transaction{
		Transact: c.newTransact(g.first), Merchant: r.Merchant, OrderID: partOrderID(r.OrderID, number), Amount: m.Amount,
		Status: StatusAuthorised, Captured: zero(m.Amount), Refunded: zero(m.Amount), AuthorisedAt: r.AuthorisedAt, PayType: r.PayType,
		Details: Details{
			Account: r.Details.Account, CardPrefix: r.Details.CardPrefix, CardMask: r.Details.CardMask,
			CardExpiry: r.Details.CardExpiry, Base: r.Transact, Fails: r.Details.Fails,
		},
	}, m.Time)
	g.capture(c, part, m)
	r = c.redetail(r, func(r *record) { r.Details.Parts = append(r.Details.Parts[:number-1:number-1], part.Transact) })
	to := StatusSplitOpen
	if last || c.left(r) == 0 {
		to = StatusSplitClosed
	}
	c.turn(r, to, m.Time)
	return part
}

// partOrderID is the sub-order id of a part (flexwin.md 6.9), within the length
// that an order id may have.
func partOrderID(orderID string, number int) string {
	suffix := "-" + strconv.Itoa(number)
	runes := []rune(orderID)
	return string(runes[:min(len(runes), maxOrderID-len(suffix))]) + suffix
}

// mayTakePart answers whether amount of r can be captured as one of several.
// Payments from tickets cannot be split (5.8).
func mayTakePart(c *batch, r *record, amount money.Amount, now time.Time, force bool) resultCode {
	switch {
	case r.Details.Ticket != "" || r.Details.Base != "":
		return resultStatusForbids
	case r.Status != StatusAuthorised && r.Status != StatusCaptureDeclined && r.Status != StatusSplitOpen:
		return resultStatusForbids
	case amount.Minor() > c.left(r):
		return resultAmountTooHigh
	}
	return mayAge(r, now, force)
}

// left is how much of a base was not captured, in minor units. A part that the
// acquirer declined gives its amount back.
func (c *batch) left(r *record) int64 {
	rest := r.Amount.Minor()
	for _, id := range r.Details.Parts {
		rest -= c.find(id).Captured.Minor()
	}
	return rest
}
