package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Bank is what a payment needs that waits for its customer: where to send
// the browser afterwards. A seed has none.
type Bank struct {
	Service  string    `json:"service"`            // "3dsecure.cgi"
	Accept   string    `json:"accepturl"`          //
	Decline  string    `json:"declineurl"`         //
	Cancel   string    `json:"cancelurl"`          //
	Until    time.Time `json:"until,omitzero"`     // no answer counts after it; zero: whenever
	Captures bool      `json:"captures,omitempty"` // an acceptance is a capture
}

// threeDSecureCall is 3dsecure.cgi (flexwin.md 5.2). Visa and Mastercard are
// enrolled and get the bank's page; Visa-Dankort is not and is authorised
// directly; other cards are refused with reason 5. The card that ends in 20
// cancels by itself.
func (g *Gateway) threeDSecureCall(c *batch, q query) answer {
	bank, no := readBank(q, "accepturl", "declineurl")
	if no != nil {
		return rejected(q, no)
	}
	o, no := g.readOrder(c, q, signedForms(q)...)
	if no != nil {
		return bank.sendBack(q, rejected(q, no), nil)
	}
	paid, no := readCard(q, o.shop, q.call.Time)
	if no == nil && paid.payType != "VISA" && paid.payType != "MC" && paid.payType != "V-DK" {
		no = &refusal{code: reasonCardType}
	}
	if no != nil {
		return bank.sendBack(q, rejected(q, no), nil)
	}
	rs := g.await(c, q, o, paid, bank)
	if code, fails := paid.fails.plays(stageAuth); paid.payType == "V-DK" || fails && code == reasonCustomer {
		return bank.sendBack(q, g.decide(c, q, o, rs, stageAuth), rs)
	}
	return page(rs[0])
}

// danskeNetCall is danskenet.cgi (flexwin.md 9.1). It has no MD5 control.
func (g *Gateway) danskeNetCall(c *batch, q query) answer {
	bank, no := readBank(q, "accepturl", "declineurl", "cancelurl")
	timeout := usualTimeout
	if sent := q.text("timeout"); no == nil && sent != "" {
		seconds, err := strconv.Atoi(sent)
		if timeout = time.Duration(seconds) * time.Second; err != nil || seconds <= 180 || seconds > 24*60*60 {
			no = wrongArgument("timeout")
		}
	}
	if no != nil {
		return rejected(q, no)
	}
	bank.Until = q.call.Time.Add(timeout)
	return g.netbank(c, q, bank, "DNB")
}

// usualTimeout is how long danskenet.cgi waits for the customer.
const usualTimeout = 300 * time.Second

// soloCall is solo_payment.cgi (flexwin.md 9.2). A shop that has keys must sign
// there, whether its other calls are signed or not.
func (g *Gateway) soloCall(c *batch, q query) answer {
	bank, no := readBank(q, "accepturl", "declineurl", "cancelurl")
	if no != nil {
		return rejected(q, no)
	}
	return g.netbank(c, q, bank, "SOLO", signedOrder)
}

// netbank shows the bank's page for a payment that will be captured at once.
// The card types are those of the older documentation; flexwin.md 4.6 has none.
func (g *Gateway) netbank(c *batch, q query, bank Bank, payType string, signed ...[]string) answer {
	q = q.without("preauth", "maketicket", "capturenow", "split")
	o, no := g.readOrder(c, q, signed...)
	if no == nil && len(signed) > 0 && o.shop.Key1 != "" && q.params["md5key"] == "" {
		no = wrongOrder("MD5 key check failed")
	}
	if no != nil {
		return bank.sendBack(q, rejected(q, no), nil)
	}
	bank.Captures = true
	return page(g.await(c, q, o, card{payType: payType}, bank)[0])
}

// await enters an order that its customer has to answer for first.
func (g *Gateway) await(c *batch, q query, o order, paid card, bank Bank) []*record {
	rs := g.enterOrder(c, q, o, paid)
	for _, r := range rs {
		r.Details.Bank = bank
	}
	return rs
}

// readBank reads the addresses to go back to, the needed ones first. A
// cancellation goes where a refusal goes unless it has an address of its own.
func readBank(q query, needed ...string) (Bank, *refusal) {
	for _, name := range append(needed, "cancelurl") {
		sent := q.text(name)
		if sent == "" && name == "cancelurl" && len(needed) < 3 {
			continue
		}
		if u, err := url.Parse(sent); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return Bank{}, wrongArgument(name)
		}
	}
	b := Bank{Service: q.call.Service, Accept: q.text("accepturl"), Decline: q.text("declineurl"), Cancel: q.text("cancelurl")}
	if b.Cancel == "" {
		b.Cancel = b.Decline
	}
	return b, nil
}

// broughtBack are the fields of a reply that a browser takes to the shop.
var broughtBack = []string{"authkey", "fee", "reason", "actioncode", "message", "ticket", "suspect", "severity"}

// sendBack turns an answer into a redirect to the shop. What it carries besides
// transact was chosen: the fields that a callback would have, without the echo.
func (b Bank) sendBack(q query, a answer, rs []*record) answer {
	to := b.Decline
	fields := pairs{}
	switch {
	case len(rs) > 0 && a.result == "0" && a.accepted:
		to = b.Accept
		fields = append(fields, "statuscode", strconv.Itoa(int(rs[0].Status)), "approvalcode", approvalCode)
	case a.result == reasonCustomer.String():
		to = b.Cancel
	}
	for i := 0; i < len(a.reply); i += 2 {
		name := a.reply[i]
		if strings.HasPrefix(name, "transact") || slices.Contains(broughtBack, name) {
			fields = append(fields, name, a.reply[i+1])
		}
	}
	if len(rs) > 0 {
		if !fields.has("transact") && !fields.has("transact1") {
			fields = append(fields, "transact", rs[0].Transact)
		}
		fields = append(fields, "paytype", rs[0].PayType)
	}
	for _, name := range []string{"orderid", "amount", "currency"} {
		if value := q.text(name); value != "" {
			fields = append(fields, name, value)
		}
	}
	a.location, a.code, a.reply = withFields(to, fields), http.StatusFound, nil
	a.body = "<html><body>302 Found</body></html>"
	return a
}

// withFields appends fields to the query of an address that [readBank] passed.
func withFields(to string, fields pairs) string {
	u, err := url.Parse(to)
	if err != nil {
		panic(err) // readBank parsed it
	}
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += fields.encodedFully()
	return u.String()
}
