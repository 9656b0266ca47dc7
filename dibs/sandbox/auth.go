package sandbox

// signedOrder is what md5key covers of an order (flexwin.md 3), and
// signedTicket what one client signs instead when it makes a ticket.
var (
	signedOrder  = []string{"merchant", "orderid", "currency", "amount"}
	signedTicket = []string{"merchant", "orderid", "preauth", "currency", "amount"}
)

// signedForms are what the key of an order may cover, for a ticket either.
func signedForms(q query) [][]string {
	if q.on("preauth") {
		return [][]string{signedOrder, signedTicket}
	}
	return [][]string{signedOrder}
}

// authCall is auth.cgi (flexwin.md 5.1): it authorises a card, makes a ticket
// of it (preauth) or both (maketicket), and captures at once (capturenow).
func (g *Gateway) authCall(c *batch, q query) answer {
	o, no := g.readOrder(c, q, signedForms(q)...)
	if no != nil {
		return rejected(q, no)
	}
	paid, no := readCard(q, o.shop, q.call.Time)
	if no != nil {
		return rejected(q, no)
	}
	return g.authorise(c, q, o, paid)
}
