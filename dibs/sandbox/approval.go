package sandbox

import (
	"fmt"
	"strconv"
	"strings"
)

// acquirer is the name of the only acquirer here (flexwin.md 10).
const acquirer = "TEST"

// String returns the code as the wire has it.
func (code resultCode) String() string { return strconv.Itoa(int(code)) }

// testCode is the test acquirer's actioncode for an error (flexwin.md 4.5). That
// of a plain rejection is 04: d00 would be an approval.
func testCode(code resultCode) string {
	if code == reasonRejected {
		return refusedCode
	}
	return fmt.Sprintf("d%02d", int(code))
}

// approved answers an accepted authorisation. A full reply names the fields in
// the order of the captured one in flexwin.md 2.
func (g *Gateway) approved(c *batch, q query, o order, rs []*record, ticket string) answer {
	first := rs[0]
	reply := pairs{"status", "ACCEPTED"}
	for i, r := range rs {
		name := "transact"
		if len(rs) > 1 {
			name += strconv.Itoa(i + 1)
		}
		reply = append(reply, name, r.Transact)
	}
	if key := authKey(q, o, first); key != "" {
		reply = append(reply, "authkey", key)
	}
	reply = append(reply, "cardtype", first.PayType, "approvalcode", approvalCode)
	if !o.fee.Zero() {
		reply = append(reply, "fee", minorText(o.fee))
	}
	if ticket != "" {
		reply = append(reply, "ticket", ticket)
	}
	reply = append(reply, suspicion(first)...)
	if q.on("textreply") && q.on("fullreply") {
		reply = append(reply, "orderid", o.id, "paytype", first.PayType, "acquirer", acquirer, "merchantid", acquirerMerchant)
		total := "0"
		if sum, err := o.total.Add(o.fee); err == nil {
			total = minorText(sum)
		}
		after := pairs{
			"amount", minorText(o.total), "totalamount", total, "cardcountry", "DK",
			"cardprefix", first.Details.CardPrefix, "cardnomask", first.Details.CardMask, "cardexpdate", first.Details.CardExpiry,
			"cardtypeCD", "unknown", "surchargeregion", "unknown", "privatebusiness", "unknown",
		}
		reply = append(reply.with(q, "amount"), after...)
	}
	return answer{
		reply: reply.spliced(q, "accepturl"), result: "0", accepted: true, moved: !c.find(first.Transact).Captured.Zero(), transact: first.Transact,
	}
}

// acquirerMerchant is the shop's number at the acquirer, as in the captured
// reply of flexwin.md 2.
const acquirerMerchant = "111111"

// rejected answers a declined authorisation.
func rejected(q query, no *refusal) answer {
	reply := pairs{"status", "DECLINED", "reason", no.code.String()}
	if no.actionCode != "" {
		reply = append(reply, "actioncode", no.actionCode)
	}
	if no.message != "" {
		reply = append(reply, "message", no.message)
	}
	return answer{reply: reply.with(q).spliced(q, "cancelurl"), result: no.code.String(), message: no.message}
}

// spliced adds the content of a field to a text reply: there it is no address
// to go to (flexwin.md 2).
func (p pairs) spliced(q query, name string) pairs {
	if !q.on("textreply") {
		return p
	}
	for pair := range strings.SplitSeq(q.text(name), "&") {
		if name, value, isPair := strings.Cut(pair, "="); isPair {
			p = append(p, name, value)
		}
	}
	return p
}

// authKey signs an approval, or returns "" for a shop without keys
// (flexwin.md 3). The amount is with the fee; a ticket has none.
func authKey(q query, o order, r *record) string {
	if o.shop.Key1 == "" {
		return ""
	}
	text := "transact=" + r.Transact + "&preauth=true&currency=" + q.params["currency"]
	if r.Status != StatusTicket {
		sum, err := o.total.Add(o.fee)
		if err != nil {
			panic(err) // readAmounts looked at the sum
		}
		text = "transact=" + r.Transact + "&amount=" + minorText(sum) + "&currency=" + q.params["currency"]
	}
	return md5Key(o.shop.Key1, o.shop.Key2, text)
}

// suspicion is what is said of a payment that met a rule against fraud.
func suspicion(r *record) pairs {
	severity, suspect := r.Details.Fails.plays(stageSuspect)
	if !suspect {
		return nil
	}
	return pairs{"suspect", "true", "severity", severity.String()}
}

// callbackText is what callback.cgi and the callback itself say of an
// approval: flexwin.md 6.8 and 7, in their common order.
func callbackText(q query, o order, r *record) string {
	d := r.Details
	fields := pairs{
		"orderid", r.OrderID, "paytype", r.PayType, "cardnomask", d.CardMask, "cardprefix", d.CardPrefix,
		"acquirer", acquirer, "cardexpdate", d.CardExpiry,
	}.withoutEmpty() // a netbank has no card
	for _, field := range d.Form {
		if !fields.has(strings.ToLower(field.Name)) {
			fields = append(fields, field.Name, field.Value)
		}
	}
	if !d.Fee.Zero() {
		fields = append(fields, "fee", minorText(d.Fee))
	}
	fields = append(fields, suspicion(r)...)
	fields = append(fields, "approvalcode", approvalCode, "statuscode", strconv.Itoa(int(r.Status)), "transact", r.Transact)
	if key := authKey(q, o, r); key != "" {
		fields = append(fields, "authkey", key)
	}
	return fields.encodedFully()
}
