package sandbox

import (
	"strconv"

	"flexform/money"
)

// A finder knows transactions: the book, or a batch with its own changes.
type finder interface{ find(transact string) *record }

// named finds the transaction that a call names by merchant and transact. The
// messages are those of splitpay_changestatus.cgi (flexwin.md 6.10), the only
// ones that are documented.
func (g *Gateway) named(in finder, q query) (*record, *refusal) {
	if no := checkNames(q); no != nil {
		return nil, no
	}
	return g.lookUp(in, q, nil)
}

func checkNames(q query) *refusal {
	switch {
	case !isNumber(q.text("merchant"), 1, 16):
		return parameterError("Error in argument merchant")
	case !isNumber(q.text("transact"), 6, 19):
		return parameterError("Error in argument transaction")
	}
	return nil
}

// lookUp holds the merchant's key against the signed parameters before
// anything is said about the transaction.
func (g *Gateway) lookUp(in finder, q query, signed []string) (*record, *refusal) {
	merchant, transact := q.text("merchant"), q.text("transact")
	shop, known := g.shop(merchant)
	switch {
	case !known:
		return nil, parameterError("Unknown merchant (" + merchant + ")")
	case signed != nil && !shop.accepts(q, signed):
		return nil, parameterError("MD5 key check failed")
	}
	r := in.find(transact)
	switch {
	case r == nil:
		return nil, parameterError("Unknown transaction id (" + transact + ")")
	case !r.belongsTo(merchant):
		return nil, parameterError("Authorization error")
	case r.Details.Account != "" && q.text("account") != "" && q.text("account") != r.Details.Account:
		return nil, parameterError("Error in argument account")
	}
	return r, nil
}

// isOrderOf reports whether orderID is the order of r. A part of a split
// capture answers to its own and to that of the whole; the documentation is
// silent on which of them a refund has to name.
func isOrderOf(in finder, r *record, orderID string) bool {
	if orderID == r.OrderID {
		return true
	}
	base := in.find(r.Details.Base)
	return base != nil && orderID == base.OrderID
}

// parseMinor reads an amount of the wire: whole minor units, at least 1.
func parseMinor(s string) (int64, bool) {
	if !isNumber(s, 1, 10) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil && 1 <= n && n <= money.MaxMinor
}

func inCurrencyOf(r *record, minor int64) money.Amount {
	a, err := money.New(minor, r.Amount.Currency())
	if err != nil {
		panic(err) // parseMinor knows the same limits
	}
	return a
}

// belongsTo reports whether merchant may handle t.
func (t *Transaction) belongsTo(merchant string) bool {
	return t.Merchant == "" || t.Merchant == merchant
}
