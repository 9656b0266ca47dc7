package sandbox

import (
	"strconv"
	"time"

	"flexform/money"
)

// A bulkAnswer is what became of one row.
type bulkAnswer struct {
	bulkCells
	code       resultCode // as the response has it
	actionCode string
	message    string
	moved      bool
	made       *record // ticket files: the new transaction; nil: none
}

// carryOutRow does what a row says, exactly as the single call would. The login
// stands for the MD5 key, which rows have no column for, and for the merchant:
// a row acts for the merchant of its transaction, and in its sub-account.
func (g *Gateway) carryOutRow(c *batch, n bulkName, row bulkCells, now time.Time) bulkAnswer {
	q := query{params: map[string]string{"textreply": "yes"}, call: Call{Time: now}, by: Origin(n.file(bulkRows))}
	for _, name := range []string{"transact", "ticket", "orderid", "amount", "currency"} {
		if value, given := row.cells[name]; given {
			q.params[name] = value
		}
	}
	subject := c.find(q.text("transact") + q.text("ticket"))
	q.params["merchant"] = g.bulkMerchant(subject)
	if subject != nil && subject.Details.Account != "" {
		q.params["account"] = subject.Details.Account
	}
	if n.kind.tickets() {
		return g.ticketRow(c, q, n.kind, row, subject)
	}
	h := g.refunding()
	if n.kind == bulkCapture {
		h = g.capturing()
		q.params["force"] = "yes" // too old authorisations are authorised again first (flexwin.md 9.7)
	}
	h.signed = nil
	a := answer{}
	if currency, err := money.ParseCurrency(q.text("currency")); err != nil || subject != nil && currency != subject.Amount.Currency() {
		a = declined(q, parameterError("Error in argument currency")) // it is a column, so it is needed
	} else {
		a = g.handle(c, q, h)
	}
	code := codeOf(a)
	answered := bulkAnswer{bulkCells: row, code: code, message: a.message, moved: a.moved}
	if code != resultAccepted {
		answered.actionCode = testCode(code)
	}
	return answered
}

// bulkMerchant is who a row acts for: the merchant of its transaction, and one
// that may handle any when there is none.
func (g *Gateway) bulkMerchant(subject *record) string {
	if subject != nil && subject.Merchant != "" {
		return subject.Merchant
	}
	first := ""
	for id := range g.merchants {
		if first == "" || id < first {
			first = id
		}
	}
	if first == "" {
		return "0" // anybody
	}
	return first
}

// ticketRow authorises a payment with a stored card, and captures it for a
// ticket_capture file.
func (g *Gateway) ticketRow(c *batch, q query, k bulkKind, row bulkCells, ticket *record) bulkAnswer {
	fee, madeBy := row.cells["addfee"], row.cells["ticketorderid"]
	if fee == "true" {
		q.params["calcfee"] = "yes"
	}
	if k == bulkTicketCapture {
		q.params["capturenow"] = "yes"
	}
	var a answer
	switch {
	case fee != "" && fee != "true" && fee != "false":
		a = rejected(q, wrongArgument("addfee"))
	case madeBy != "" && ticket != nil && cutOrderID(decodeText(madeBy)) != ticket.OrderID:
		a = rejected(q, wrongArgument("ticketorderid"))
	default:
		a = g.ticketAuth(c, q)
	}
	answered := bulkAnswer{bulkCells: row, message: a.message, moved: a.moved}
	if a.transact != "" {
		answered.made = c.find(a.transact)
	}
	if answered.made != nil && ticket.Merchant == "" {
		answered.made = c.own(answered.made)
		answered.made.Merchant = "" // as the ticket: anybody may handle it
	}
	if a.accepted {
		answered.actionCode = "d100"
		return answered
	}
	reason := codeOf(a)
	answered.code, answered.actionCode = ticketResult(reason), testCode(reason)
	return answered
}

// codeOf reads the code of an answer to a call with a text reply.
func codeOf(a answer) resultCode {
	n, err := strconv.Atoi(a.result)
	if err != nil {
		panic("sandbox: an answer without a code: " + a.result)
	}
	return resultCode(n)
}

// ticketResult is the result code that the response to a ticket file has for a
// reason of ticket_auth.cgi. Responses have the codes of flexwin.md 4.4, where 0
// is accepted and not a rejection; which one stands for which reason was chosen.
func ticketResult(reason resultCode) resultCode {
	switch reason {
	case reasonRejected:
		return resultRejected
	case reasonCommunication:
		return 1 // no response from the acquirer
	case reasonParameter:
		return resultParameterError
	case 3: // error at the acquirer
		return 11 // cannot communicate with the acquirer
	case reasonExpired:
		return 3 // card expired
	case reasonInstant: // authorised, and not captured
		return 6
	case reasonOrderID:
		return resultWrongOrder
	}
	return 15 // blocked by DIBS
}

// logged is the answer for the judge. A card number that strayed into a text is
// masked.
func (a bulkAnswer) logged(k bulkKind) BulkRow {
	var none query
	text := func(column string) string { return cut(none.withoutCard(decodeText(a.cells[column]))) }
	row := BulkRow{
		Line: a.line, OrderID: text("orderid"), Amount: text("amount"), Currency: text("currency"),
		Result: int(a.code), ActionCode: a.actionCode, Message: cut(a.message), Moved: a.moved,
	}
	if k.tickets() {
		row.Ticket = cut(decodeText(a.cells["ticket"]))
	} else {
		row.Transact = cut(decodeText(a.cells["transact"]))
	}
	if a.made != nil {
		row.Transaction = a.made.Transact
	}
	return row
}
