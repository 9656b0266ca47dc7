package sandbox

import (
	"strconv"

	"flexform/money"
)

// What the test acquirer says of every transaction.
const (
	approvalCode = "123456"
	approvedCode = "d00" // actioncode
	refusedCode  = "d04" // actioncode: rejected
)

// payInfo is payinfo.cgi. The amount is what was captured, before that what
// was authorised; refunds never show in it. An error is a short plain text.
func (g *Gateway) payInfo(q query) answer {
	transact := q.text("transact")
	if !isNumber(transact, 6, 19) {
		return answer{body: "Error in argument transaction", message: "Error in argument transaction"}
	}
	r := g.book.find(transact)
	if r == nil {
		text := "Unknown transaction id (" + transact + ")"
		return answer{body: text, message: text}
	}
	amount := r.Amount
	if !r.Captured.Zero() {
		amount = r.Captured
	}
	code := strconv.Itoa(int(r.Status))
	reply := pairs{
		"transact", r.Transact, "status", code, "amount", minorText(amount),
		"currency", r.Amount.Currency().Number(), "orderid", r.OrderID,
	}
	switch r.Status {
	case StatusInserted: // no answer of the acquirer
	case StatusDeclined, StatusDeclinedByDIBS:
		reply = append(reply, "actioncode", refusalCode(r))
	default:
		reply = append(reply, "approvalcode", approvalCode, "actioncode", approvedCode)
	}
	if fee := r.Details.Fee; !fee.Zero() {
		reply = append(reply, "fee", minorText(fee))
	}
	if r.Batch > 0 {
		reply = append(reply, "batch", strconv.FormatInt(r.Batch, 10))
	}
	return answer{reply: reply, result: code}
}

// refusalCode is the acquirer's code for a declined authorisation.
func refusalCode(r *record) string {
	code, err := strconv.Atoi(r.Details.Reason)
	if err != nil {
		return refusedCode
	}
	return testCode(resultCode(code))
}

// minorText writes an amount as the wire has it.
func minorText(a money.Amount) string { return strconv.FormatInt(a.Minor(), 10) }
