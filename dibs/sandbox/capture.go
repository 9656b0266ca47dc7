package sandbox

// captureCall is capture.cgi. It needs no login.
func (g *Gateway) captureCall(c *batch, q query) answer {
	return g.handle(c, q, handling{
		signed:   []string{"merchant", "orderid", "transact", "amount"},
		amount:   true,
		cardType: true,
		kind:     MoveCapture,
		allowed: func(r *record, q query, m Move) *refusal {
			return refuse(mayCapture(r, m.Amount, m.Time, q.on("force")))
		},
		do: g.capture,
	})
}
