package sandbox

import (
	"slices"

	"flexform/money"
)

// signedOrder is what md5key covers of an order (flexwin.md 3), and
// signedTicket what one client signs instead when it makes a ticket.
var (
	signedOrder  = []string{"merchant", "orderid", "currency", "amount"}
	signedTicket = []string{"merchant", "orderid", "preauth", "currency", "amount"}
)

// authCall is auth.cgi (flexwin.md 5.1): it authorises a card, makes a ticket
// of it (preauth) or both (maketicket), and captures at once (capturenow).
func (g *Gateway) authCall(c *batch, q query) answer {
	signed := [][]string{signedOrder}
	if q.on("preauth") {
		signed = append(signed, signedTicket)
	}
	o, no := g.readOrder(c, q, signed...)
	if no != nil {
		return rejected(q, no)
	}
	paid, no := readCard(q, o.shop, q.call.Time)
	if no != nil {
		return rejected(q, no)
	}
	return g.authorise(c, q, o, paid)
}

// authorise enters the order's transactions, approved or declined, and answers.
func (g *Gateway) authorise(c *batch, q query, o order, paid card) answer {
	at := stageAuth
	if paid.ticket != "" {
		at = stageTicket
	}
	if code, fails := paid.fails.plays(at); fails {
		r := g.enterOrder(c, q, o, paid, declinedStatus(code))[0]
		c.redetail(r, func(r *record) { r.Details.Reason = code.String() })
		a := rejected(q, &refusal{code: code, actionCode: testCode(code)})
		a.transact = r.Transact
		return a
	}
	to := StatusAuthorised
	if q.on("preauth") {
		to = StatusTicket
	}
	rs := g.enterOrder(c, q, o, paid, to)
	if q.on("capturenow") {
		if no := g.captureNow(c, q, rs); no != nil {
			a := rejected(q, no)
			a.transact = rs[0].Transact
			return a
		}
	}
	ticket := ""
	if q.on("maketicket") && to != StatusTicket {
		stored := order{shop: o.shop, id: o.id, currency: o.currency, total: o.minor(0), fee: o.minor(0), parts: []money.Amount{o.minor(0)}}
		ticket = g.enterOrder(c, q, stored, paid, StatusTicket)[0].Transact
	}
	return g.approved(c, q, o, rs, ticket)
}

// captureNow captures what was just authorised. A refusal leaves the
// authorisation as it is, unless the acquirer refused.
func (g *Gateway) captureNow(c *batch, q query, rs []*record) *refusal {
	for _, r := range rs {
		m := Move{Time: q.call.Time, Kind: MoveCapture, Amount: r.Amount, By: ByCall, Call: q.call.Seq}
		if no := g.playScript(c, r, m); no != nil {
			return &refusal{code: reasonInstant, actionCode: testCode(no.code)}
		}
		g.capture(c, r, m)
	}
	return nil
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

// enterOrder adds the transactions of an order with this status.
func (g *Gateway) enterOrder(c *batch, q query, o order, paid card, to Status) []*record {
	rs := make([]*record, len(o.parts))
	ids := make([]string, len(o.parts))
	for i, amount := range o.parts {
		t := Transaction{
			Transact: c.newTransact(g.first), Merchant: o.shop.ID, OrderID: o.id, Amount: amount, Status: to,
			Captured: zero(amount), Refunded: zero(amount), AuthorisedAt: q.call.Time, PayType: paid.payType,
			Details: Details{
				Account: q.text("account"), CardPrefix: paid.prefix, CardMask: paid.mask, CardExpiry: paid.expiry,
				Ticket: paid.ticket, Form: q.form(), Fails: paid.fails,
				NullAuth: o.shop.NullAuth && isDankort(paid.payType) && to == StatusAuthorised,
			},
		}
		if i == 0 && !o.fee.Zero() {
			t.Details.Fee = o.fee
		}
		rs[i] = c.insert(t, q.call.Time)
		ids[i] = t.Transact
	}
	for _, r := range rs {
		if len(rs) > 1 {
			r.Details.Siblings = slices.Clone(ids)
		}
		if to == StatusAuthorised || to == StatusTicket {
			r.Details.Callback = callbackText(q, o, r)
		}
	}
	return rs
}
