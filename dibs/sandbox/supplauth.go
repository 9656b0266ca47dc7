package sandbox

import "flexform/money"

// supplAuthCall is suppl_auth.cgi (flexwin.md 5.10): it reserves the money of
// a null authorisation, once. The reply is that of a capture; the
// documentation is silent on it.
func (g *Gateway) supplAuthCall(c *batch, q query) answer {
	return g.handle(c, q, handling{
		signed:   []string{"merchant", "orderid", "transact", "amount"},
		amount:   true,
		cardType: true,
		allowed: func(r *record, _ query, m Move) *refusal {
			switch {
			case r.Status != StatusAuthorised || !r.Details.NullAuth:
				return refuse(resultStatusForbids)
			case !supplemental(m.Amount, r.Amount):
				return refuse(resultAmountTooHigh)
			case m.Time.Sub(r.AuthorisedAt) > maxNullAge:
				return refuse(resultTooOld)
			}
			return nil
		},
		do: func(c *batch, r *record, m Move) {
			c.redetail(r, func(r *record) { r.Amount, r.AuthorisedAt, r.Details.NullAuth = m.Amount, m.Time, false })
		},
	})
}

// supplemental reports whether amount may follow what was approved: at most 15
// percent more, and at most 1,000.00 DKK. The percentage is the acquirer's
// affair and not documented.
func supplemental(amount, approved money.Amount) bool {
	more := amount.Minor() - approved.Minor()
	return more <= approved.Minor()*15/100 && more <= 1000_00
}
