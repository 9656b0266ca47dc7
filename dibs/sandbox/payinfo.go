package sandbox

import "strconv"

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
		"transact", r.Transact, "status", code, "amount", strconv.FormatInt(amount.Minor(), 10),
		"currency", r.Amount.Currency().Number(), "orderid", r.OrderID,
	}
	switch r.Status {
	case StatusInserted: // no answer of the acquirer
	case StatusDeclined, StatusDeclinedByDIBS:
		reply = append(reply, "actioncode", refusedCode)
	default:
		reply = append(reply, "approvalcode", approvalCode, "actioncode", approvedCode)
	}
	if r.Batch > 0 {
		reply = append(reply, "batch", strconv.FormatInt(r.Batch, 10))
	}
	return answer{body: reply.String(), result: code}
}
