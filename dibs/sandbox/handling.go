package sandbox

// A handling is what capture, refund, cancel, changestatus and suppl_auth do
// differently with a transaction that is there.
type handling struct {
	signed   []string // what md5key covers, in order
	amount   bool     // is needed
	order    bool     // orderid is needed
	cardType bool     // named in the reply
	kind     MoveKind
	allowed  func(*record, query, Move) *refusal
	do       func(*batch, *record, Move)
	more     func() pairs // what else to say once it is done; nil: nothing
}

// A refusal is a definite no.
type refusal struct {
	code       resultCode
	message    string
	actionCode string // the acquirer's; empty: it was not asked
}

func parameterError(message string) *refusal {
	return &refusal{code: resultParameterError, message: message}
}

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
	if no == nil {
		no = g.playScript(c, r, m)
	}
	if no != nil {
		return declined(q, no)
	}
	h.do(c, r, m)
	reply := pairs{"status", "ACCEPTED", "result", "0", "transact", r.Transact}
	if h.cardType {
		reply = append(reply, "cardtype", r.PayType)
	}
	if h.more != nil {
		reply = append(reply, h.more()...)
	}
	return answer{reply: reply.with(q), result: "0", moved: h.kind != ""}
}

// examine finds the transaction of a handling call and the move it asks for.
// Parameters are looked at before the merchant's key, the key before anything
// is said about the transaction.
func (g *Gateway) examine(c *batch, q query, h handling) (*record, Move, *refusal) {
	if no := checkNames(q); no != nil {
		return nil, Move{}, no
	}
	amount, isAmount := parseMinor(q.text("amount"))
	switch {
	case h.amount && !isAmount:
		return nil, Move{}, parameterError("Error in argument amount")
	case h.order && q.text("orderid") == "":
		return nil, Move{}, parameterError("Error in argument orderid")
	}
	r, no := g.lookUp(c, q, h.signed)
	switch {
	case no != nil:
		return nil, Move{}, no
	case r.Details.Account != "" && q.text("account") == "": // to be repeated (flexwin.md 1.2)
		return nil, Move{}, parameterError("Error in argument account")
	case q.text("orderid") != "" && !isOrderOf(c, r, cutOrderID(q.text("orderid"))):
		return nil, Move{}, &refusal{code: resultWrongOrder}
	}
	m := Move{Time: q.call.Time, Kind: h.kind, Amount: r.Amount, By: q.origin(), Call: q.call.Seq}
	if h.amount {
		m.Amount = inCurrencyOf(r, amount)
	}
	return r, m, nil
}

func declined(q query, no *refusal) answer {
	code := no.code.String()
	reply := pairs{"status", "DECLINED", "result", code, "reason", code}
	if no.message != "" {
		reply = append(reply, "message", no.message)
	}
	return answer{reply: reply.with(q), result: code, message: no.message}
}
