package sandbox

import (
	"html/template"
	"net/http"
	"strings"
)

// bankPath takes the customer's answer from the bank's page. It is this
// gateway's own: the real one has the customer's bank there.
const bankPath = "/_bank/answer"

var bankPage = template.Must(template.New("bank").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox bank</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 26rem; margin: 3rem auto; padding: 0 1rem }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1.5rem }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums }
button { font: inherit; padding: .5rem 1rem; margin-right: .5rem }
</style>
</head>
<body>
<h1>Sandbox bank</h1>
{{if .Waits}}<p>No money moves here. Answer as the customer would.</p>
<dl>
<dt>Amount</dt><dd>{{.Amount}}</dd>
<dt>Merchant</dt><dd>{{.Merchant}}</dd>
<dt>Order</dt><dd>{{.OrderID}}</dd>
{{if .Card}}<dt>Card</dt><dd>{{.Card}}</dd>
{{end}}<dt>Transaction</dt><dd>{{.Transact}}</dd>
</dl>
<form method="post" action="{{.Action}}">
<input type="hidden" name="transact" value="{{.Transact}}">
<button name="answer" value="accept">Accept</button>
<button name="answer" value="decline">Decline</button>
<button name="answer" value="cancel">Cancel</button>
</form>
{{else}}<p>{{.Text}}</p>
{{end}}</body>
</html>
`))

type bankView struct {
	Waits                                                   bool
	Amount, Merchant, OrderID, Card, Transact, Action, Text string
}

// page asks the customer about r.
func page(r *record) answer {
	a := render(bankView{
		Waits: true, Amount: r.Amount.String(), Merchant: r.Merchant, OrderID: r.OrderID, Card: r.Details.CardMask,
		Transact: r.Transact, Action: bankPath,
	})
	a.result, a.transact = "", r.Transact
	return a
}

func render(v bankView) answer {
	var b strings.Builder
	if err := bankPage.Execute(&b, v); err != nil {
		panic(err) // plain strings into memory
	}
	return answer{body: b.String(), kind: "text/html; charset=utf-8"}
}

// bankAnswer decides a payment as its customer answered, and sends the browser
// back to the shop. Each payment is answered for once.
func (g *Gateway) bankAnswer(c *batch, q query) answer {
	r := c.find(q.text("transact"))
	said := q.text("answer")
	if r == nil || r.Details.Bank.Service == "" || r.Status != StatusInserted || r.Details.Reason != "" {
		return nothingWaits("Nothing waits for an answer here. A payment is answered for once.")
	}
	if said != "accept" && said != "decline" && said != "cancel" {
		return nothingWaits("The answer is accept, decline or cancel.")
	}
	bank := r.Details.Bank
	rs := []*record{r}
	if ids := r.Details.Siblings; len(ids) > 0 {
		rs = rs[:0]
		for _, id := range ids {
			rs = append(rs, c.find(id))
		}
	}
	asked := askedFor(q, r)
	o := orderOf(rs)
	o.shop, _ = g.shop(r.Merchant)
	late := !bank.Until.IsZero() && q.call.Time.After(bank.Until)
	var a answer
	switch {
	case said == "cancel":
		a = g.decline(c, asked, rs, &refusal{code: reasonCustomer})
	case said == "decline" || late:
		a = g.decline(c, asked, rs, &refusal{code: reasonRejected})
	default:
		a = g.decide(c, asked, o, rs, stageAuth)
	}
	return bank.sendBack(asked, a, rs)
}

func nothingWaits(text string) answer {
	a := render(bankView{Text: text})
	a.code, a.message = http.StatusConflict, text
	return a
}

// askedFor is the query that r came from, as far as it was kept.
func askedFor(q query, r *record) query {
	asked := query{params: map[string]string{}, names: map[string]string{}, call: q.call}
	for _, p := range r.Details.Form {
		asked.add(p.Name, p.Value)
	}
	return asked
}

// orderOf is the order that rs came from, but for its shop.
func orderOf(rs []*record) order {
	first := rs[0]
	o := order{id: first.OrderID, currency: first.Amount.Currency(), fee: zero(first.Amount), total: zero(first.Amount)}
	if first.Details.Fee.Valid() {
		o.fee = first.Details.Fee
	}
	var sum int64
	for _, r := range rs {
		o.parts = append(o.parts, r.Amount)
		sum += r.Amount.Minor()
	}
	o.total = o.minor(sum - o.fee.Minor())
	return o
}
