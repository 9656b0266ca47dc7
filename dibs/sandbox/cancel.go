package sandbox

// cancelCall is cancel.cgi (flexwin.md 5.6). It always releases the whole authorisation: an
// amount that some clients send is not looked at.
func (g *Gateway) cancelCall(c *batch, q query) answer {
	return g.handle(c, q, handling{
		signed:   []string{"merchant", "orderid", "transact"},
		cardType: true,
		kind:     MoveCancel,
		allowed:  func(r *record, _ query, _ Move) *refusal { return refuse(mayCancel(r)) },
		do:       g.cancel,
	})
}
