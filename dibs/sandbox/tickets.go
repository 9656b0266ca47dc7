package sandbox

import "maps"

// ticketAuthCall is ticket_auth.cgi (flexwin.md 5.8): it authorises a payment
// with a stored card, and captures it at once on request.
func (g *Gateway) ticketAuthCall(c *batch, q query) answer {
	return g.ticketAuth(c, q, []string{"merchant", "orderid", "ticket", "currency", "amount"})
}

// ticketAuth is the same with any of the signed forms, or without MD5 control.
func (g *Gateway) ticketAuth(c *batch, q query, signed ...[]string) answer {
	q = q.without("preauth", "maketicket", "split", "cardno", "cvc")
	if !isNumber(q.text("ticket"), 6, 19) {
		return rejected(q, wrongArgument("ticket"))
	}
	o, no := g.readOrder(c, q, signed...)
	if no != nil {
		return rejected(q, no)
	}
	ticket := openTicket(c, q, o.shop.ID)
	switch {
	case ticket == nil:
		return rejected(q, wrongOrder("Unknown ticket"))
	case expired(ticket.Details.CardExpiry, q.call.Time):
		return rejected(q, &refusal{code: reasonExpired})
	}
	d := ticket.Details
	return g.authorise(c, q, o, card{
		payType: ticket.PayType, prefix: d.CardPrefix, mask: d.CardMask, expiry: d.CardExpiry, fails: d.Fails, ticket: ticket.Transact,
	})
}

// delTicketCall is delticket.cgi (flexwin.md 5.9). Deleting a ticket a second
// time is declined: it is unknown by then.
func (g *Gateway) delTicketCall(c *batch, q query) answer {
	merchant, number := q.text("merchant"), q.text("ticket")
	message := ""
	_, known := g.shop(merchant)
	switch {
	case !isNumber(merchant, 1, 16):
		message = "Error in argument merchant"
	case !isNumber(number, 6, 19):
		message = "Error in argument ticket"
	case !known:
		message = "Unknown merchant (" + merchant + ")"
	}
	var ticket *record
	if message == "" {
		if ticket = openTicket(c, q, merchant); ticket == nil {
			message = "Unknown ticket"
		}
	}
	if message != "" {
		return answer{reply: pairs{"status", "DECLINED", "message", message}.with(q), message: message, transact: cut(number)}
	}
	c.turn(ticket, StatusTicketDeleted, q.call.Time)
	return answer{reply: pairs{"status", "ACCEPTED"}.with(q), result: "0", transact: number}
}

// openTicket returns the shop's ticket that q names, or nil. A seed's ticket
// has no card, and lasts.
func openTicket(in finder, q query, merchant string) *record {
	r := in.find(q.text("ticket"))
	if r == nil || !r.belongsTo(merchant) || r.Status != StatusTicket {
		return nil
	}
	return r
}

// without returns q without these parameters.
func (q query) without(names ...string) query {
	q.params = maps.Clone(q.params)
	for _, name := range names {
		delete(q.params, name)
	}
	return q
}
