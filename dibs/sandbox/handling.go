package sandbox

import (
	"strconv"

	"flexform/money"
)

// A handling is what capture, refund and cancel do differently with a
// transaction that is there.
type handling struct {
	signed   []string // what md5key covers, in order
	amount   bool     // amount and orderid are needed
	cardType bool     // named in the reply
	kind     MoveKind
	allowed  func(*record, query, Move) *refusal
	do       func(*batch, *record, Move)
}

// A refusal is a definite no.
type refusal struct {
	code    resultCode
	message string
}

func parameterError(message string) *refusal { return &refusal{resultParameterError, message} }

// refuse returns nil for an accepted code.
func refuse(code resultCode) *refusal {
	if code == resultAccepted {
		return nil
	}
	return &refusal{code: code}
}

// handle answers a handling call.
func (g *Gateway) handle(c *batch, q query, h handling) answer {
	r, m, no := g.examine(c, q, h)
	if no == nil {
		no = h.allowed(r, q, m)
	}
	if no != nil {
		return declined(q, no)
	}
	h.do(c, r, m)
	reply := pairs{"status", "ACCEPTED", "result", "0", "transact", r.Transact}
	if h.cardType {
		reply = append(reply, "cardtype", r.PayType)
	}
	return answer{body: reply.with(q).String(), result: "0", moved: true}
}

// examine finds the transaction of a handling call and the move it asks for.
// Parameters are looked at before the merchant's key, the key before anything
// is said about the transaction.
func (g *Gateway) examine(c *batch, q query, h handling) (*record, Move, *refusal) {
	merchant, transact := q.text("merchant"), q.text("transact")
	amount, isAmount := parseMinor(q.text("amount"))
	switch {
	case !isNumber(merchant, 1, 16):
		return nil, Move{}, parameterError("Error in argument merchant")
	case !isNumber(transact, 6, 19):
		return nil, Move{}, parameterError("Error in argument transaction")
	case h.amount && !isAmount:
		return nil, Move{}, parameterError("Error in argument amount")
	case h.amount && q.text("orderid") == "":
		return nil, Move{}, parameterError("Error in argument orderid")
	}
	shop, known := g.shop(merchant)
	switch {
	case !known:
		return nil, Move{}, parameterError("Unknown merchant (" + merchant + ")")
	case !shop.accepts(q, h.signed):
		return nil, Move{}, parameterError("MD5 key check failed")
	}
	r := c.find(transact)
	switch {
	case r == nil:
		return nil, Move{}, parameterError("Unknown transaction id (" + transact + ")")
	case !r.belongsTo(merchant):
		return nil, Move{}, parameterError("Authorization error")
	case q.text("orderid") != "" && cutOrderID(q.text("orderid")) != r.OrderID:
		return nil, Move{}, &refusal{code: resultWrongOrder}
	}
	m := Move{Time: q.call.Time, Kind: h.kind, Amount: r.Amount, By: ByCall, Call: q.call.Seq}
	if h.amount {
		m.Amount = inCurrencyOf(r, amount)
	}
	return r, m, nil
}

func declined(q query, no *refusal) answer {
	code := strconv.Itoa(int(no.code))
	reply := pairs{"status", "DECLINED", "result", code, "reason", code}
	if no.message != "" {
		reply = append(reply, "message", no.message)
	}
	return answer{body: reply.with(q).String(), result: code, message: no.message}
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
