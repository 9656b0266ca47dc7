package sandbox

// captureCall is capture.cgi (flexwin.md 5.4). It needs no login.
func (g *Gateway) captureCall(c *batch, q query) answer {
	h := g.capturing()
	if q.on("splitpay") {
		h = g.partially(c, q, h)
	}
	a := g.handle(c, q, h)
	if g.plainCapture && !q.on("textreply") {
		a.reply, a.body = nil, a.result
	}
	return a
}

func (g *Gateway) capturing() handling {
	return handling{
		signed:   []string{"merchant", "orderid", "transact", "amount"},
		amount:   true,
		order:    true,
		cardType: true,
		kind:     MoveCapture,
		allowed: func(r *record, q query, m Move) *refusal {
			return refuse(mayCapture(r, m.Amount, m.Time, q.on("force")))
		},
		do: g.capture,
	}
}

// partially makes a capture one of several. The reply names the authorisation,
// as the request does, and the new transaction in the terms of
// splitpay_info.cgi; the documentation is silent on it.
func (g *Gateway) partially(c *batch, q query, h handling) handling {
	var part *record
	h.allowed = func(r *record, q query, m Move) *refusal {
		return refuse(mayTakePart(c, r, m.Amount, m.Time, q.on("force")))
	}
	h.do = func(c *batch, r *record, m Move) { part = g.takePart(c, r, m, q.on("close")) }
	h.more = func() pairs { return pairs{"stransact", part.Transact, "sorderid", part.OrderID} }
	return h
}
