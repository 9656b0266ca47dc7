package sandbox

// confirmTransact is confirmtransact.cgi (flexwin.md 6.6): the authorised
// amount in minor units, or 0. A login is not asked for, and tolerated.
func (g *Gateway) confirmTransact(q query) answer {
	r := g.described(q)
	if r == nil {
		return answer{body: "0", result: "0"}
	}
	amount := minorText(r.Amount)
	return answer{body: amount, result: amount}
}

// cardType is cardtype.pml (flexwin.md 6.7): the bare card type, or 0.
func (g *Gateway) cardType(q query) answer {
	r, no := g.named(g.book, q)
	if no != nil {
		return answer{body: "0", result: "0", message: no.message}
	}
	return answer{body: r.PayType, result: r.PayType}
}

// callbackCall is callback.cgi (flexwin.md 6.8): what was said of the
// transaction when it was authorised, whatever became of it since. Errors are
// plain messages.
func (g *Gateway) callbackCall(q query) answer {
	merchant, transact := q.text("merchant"), q.text("transact")
	message := ""
	if no := checkNames(q); no != nil {
		message = no.message
	} else if r, no := g.lookUp(g.book, q, nil); no != nil {
		message = "Transaction " + transact + " does not belong to this merchant (" + merchant + ")"
	} else if r.Details.Callback == "" {
		message = "Transaction " + transact + " does not have extended callback element"
	} else {
		return answer{body: r.Details.Callback, result: "0"}
	}
	return answer{body: message, message: message}
}
