package sandbox

import "flexform/money"

// refundCall is refund.cgi (flexwin.md 5.5). What was captured in parts is
// refunded by the number of the part. The currency is not signed and may be left out,
// but must be the transaction's when it is there.
func (g *Gateway) refundCall(c *batch, q query) answer {
	return g.handle(c, q, g.refunding())
}

func (g *Gateway) refunding() handling {
	return handling{
		signed: []string{"merchant", "orderid", "transact", "amount"},
		amount: true,
		order:  true,
		kind:   MoveRefund,
		allowed: func(r *record, q query, m Move) *refusal {
			if sent := q.text("currency"); sent != "" {
				if currency, err := money.ParseCurrency(sent); err != nil || currency != r.Amount.Currency() {
					return parameterError("Error in argument currency")
				}
			}
			return refuse(mayRefund(r, m.Amount, g.single))
		},
		do: g.refund,
	}
}
