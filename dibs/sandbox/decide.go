package sandbox

import (
	"slices"

	"flexform/money"
)

// authorise enters the order's transactions and decides them at once.
func (g *Gateway) authorise(c *batch, q query, o order, paid card) answer {
	at := stageAuth
	if paid.ticket != "" {
		at = stageTicket
	}
	return g.decide(c, q, o, g.enterOrder(c, q, o, paid), at)
}

// enterOrder adds the transactions of an order, as sent to the acquirer.
func (g *Gateway) enterOrder(c *batch, q query, o order, paid card) []*record {
	rs := make([]*record, len(o.parts))
	ids := make([]string, len(o.parts))
	for i, amount := range o.parts {
		t := Transaction{
			Transact: c.newTransact(g.first), Merchant: o.shop.ID, OrderID: o.id, Amount: amount, Status: StatusInserted,
			Captured: zero(amount), Refunded: zero(amount), AuthorisedAt: q.call.Time, PayType: paid.payType,
			Details: Details{
				Account: q.text("account"), CardPrefix: paid.prefix, CardMask: paid.mask, CardExpiry: paid.expiry,
				Ticket: paid.ticket, Form: q.form(), Fails: paid.fails,
			},
		}
		if i == 0 && !o.fee.Zero() {
			t.Details.Fee = o.fee
		}
		rs[i] = c.insert(t, q.call.Time)
		ids[i] = t.Transact
	}
	if len(rs) > 1 {
		for _, r := range rs {
			r.Details.Siblings = slices.Clone(ids)
		}
	}
	return rs
}

// decide lets the acquirer answer for an order that was entered: it declines by
// the card's script, or approves, and what was asked for is done at once.
func (g *Gateway) decide(c *batch, q query, o order, rs []*record, at stage) answer {
	if code, fails := rs[0].Details.Fails.plays(at); fails {
		return g.decline(c, q, rs, &refusal{code: code, actionCode: testCode(code)})
	}
	to := StatusAuthorised
	switch {
	case q.on("preauth"):
		to = StatusTicket
	case rs[0].Details.Bank.Captures:
		to = StatusCaptured
	}
	for i, r := range rs {
		if to == StatusCaptured {
			r = c.enter(r, Move{Time: q.call.Time, Kind: MoveCapture, Amount: r.Amount, By: q.origin(), Call: q.call.Seq})
		}
		r = c.turn(r, to, q.call.Time)
		rs[i] = c.redetail(r, func(r *record) {
			r.Details.NullAuth = o.shop.NullAuth && isDankort(r.PayType) && to == StatusAuthorised
			r.Details.Callback = callbackText(q, o, r)
		})
	}
	if q.on("capturenow") && to == StatusAuthorised {
		if no := g.captureNow(c, q, rs); no != nil {
			a := rejected(q, no)
			a.transact = rs[0].Transact
			return a
		}
	}
	ticket := ""
	if q.on("maketicket") && to == StatusAuthorised {
		ticket = g.storeCard(c, q, o, rs[0])
	}
	g.notify(c, q, rs[0])
	return g.approved(c, q, o, rs, ticket)
}

// decline ends an order that was entered.
func (g *Gateway) decline(c *batch, q query, rs []*record, no *refusal) answer {
	for i, r := range rs {
		r = c.turn(r, declinedStatus(no.code), q.call.Time)
		rs[i] = c.redetail(r, func(r *record) { r.Details.Reason = no.code.String() })
	}
	a := rejected(q, no)
	a.transact = rs[0].Transact
	return a
}

// declinedStatus is where a declined authorisation ends.
func declinedStatus(code resultCode) Status {
	switch code {
	case reasonCommunication: // nobody knows what the acquirer did
		return StatusInserted
	case reasonDefender:
		return StatusDeclinedByDIBS
	}
	return StatusDeclined
}

// captureNow captures what was just authorised. A refusal leaves the
// authorisation as it is, unless the acquirer refused.
func (g *Gateway) captureNow(c *batch, q query, rs []*record) *refusal {
	for _, r := range rs {
		m := Move{Time: q.call.Time, Kind: MoveCapture, Amount: r.Amount, By: q.origin(), Call: q.call.Seq}
		if no := g.playScript(c, r, m); no != nil {
			return &refusal{code: reasonInstant, actionCode: testCode(no.code)}
		}
		g.capture(c, r, m)
	}
	return nil
}

// storeCard makes a ticket of the card that paid (maketicket). That it has a
// number of its own was chosen; the documentation is silent.
func (g *Gateway) storeCard(c *batch, q query, o order, r *record) string {
	stored := order{shop: o.shop, id: o.id, currency: o.currency, total: o.minor(0), fee: o.minor(0), parts: []money.Amount{o.minor(0)}}
	d := r.Details
	ticket := g.enterOrder(c, q, stored, card{payType: r.PayType, prefix: d.CardPrefix, mask: d.CardMask, expiry: d.CardExpiry, fails: d.Fails})[0]
	return c.turn(ticket, StatusTicket, q.call.Time).Transact
}
