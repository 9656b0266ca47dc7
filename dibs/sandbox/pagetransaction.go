package sandbox

import (
	"fmt"
	"net/http"
	"strings"

	"flexform/money"
)

// A factView is one line of what is known of a transaction.
type factView struct {
	Name  string
	Text  string
	Links []pageLink // in place of Text
}

type transactionPage struct {
	*record
	Money         []moneyView // empty: a stored card
	Facts         []factView
	Form          Params
	Actions       []actionView
	Timeline      []event
	Earlier       int // events that the timeline leaves out
	CallsHref     string
	Seen          string // what the page's forms say they have seen
	Done, Problem string // what became of the button just pressed
}

// transaction is the page of one transaction.
func (p *merchantPage) transaction(w http.ResponseWriter, r *http.Request) {
	if t := p.find(w, r); t != nil {
		p.showTransaction(w, r, t, http.StatusOK, attempt{Done: doneText(t, r.URL.Query().Get("done"))})
	}
}

// find returns the transaction that the path names; without one it sends an
// error page and returns nil.
func (p *merchantPage) find(w http.ResponseWriter, r *http.Request) *record {
	t := p.gateway.book.find(r.PathValue("transact"))
	if t == nil {
		p.fail(w, r, http.StatusNotFound, "This gateway has no transaction "+visible(cut(r.PathValue("transact")))+".")
	}
	return t
}

func (p *merchantPage) showTransaction(w http.ResponseWriter, r *http.Request, t *record, code int, a attempt) {
	parts := p.gateway.parts(t)
	v := transactionPage{
		record: t, Facts: facts(t), Form: t.Details.Form, Seen: seen(t), Done: a.Done, Problem: a.Problem,
		Actions: p.gateway.actions(t, a), CallsHref: pageHref("/calls", 1, "transact", t.Transact),
		Money: moneyOf(t, parts),
	}
	v.Timeline, v.Earlier = timeline(t, p.gateway.Calls(Filter{Transact: t.Transact}), parts)
	title := fmt.Sprintf("%s, %s", t.Transact, shownStatus(t.Status).Word)
	p.show(w, r, code, "transaction", title, v)
}

// beganWord says what happened when a transaction of this status was made.
func beganWord(s Status) string {
	switch {
	case s.isTicket():
		return "Stored"
	case s.isRefused():
		return "Received"
	}
	return "Authorised"
}

func minus(a, b money.Amount) money.Amount {
	rest, err := a.Sub(b)
	if err != nil {
		panic(err) // refunded <= captured <= authorised holds for every record
	}
	return rest
}

func facts(t *record) []factView {
	d := t.Details
	all := []factView{
		{Name: "Order", Text: t.OrderID},
		{Name: "Merchant", Text: t.Merchant},
		{Name: "Account", Text: d.Account},
		{Name: "Paid with", Text: strings.TrimSpace(t.PayType + " " + d.CardMask)},
		{Name: beganWord(t.Status), Text: stamp(t.AuthorisedAt) + " UTC"},
		{Name: "Batch", Text: batchText(t.Batch)},
		{Name: "Reason of decline", Text: d.Reason},
		{Name: "From ticket", Links: transactionLinks(d.Ticket)},
		{Name: "Part of", Links: transactionLinks(d.Base)},
		{Name: "Parts taken", Links: transactionLinks(d.Parts...)},
		{Name: "Split into", Links: transactionLinks(d.Siblings...)},
	}
	if d.NullAuth {
		all = append(all, factView{Name: "Reserved", Text: "nothing yet: a null authorisation"})
	}
	if d.Fee.Valid() && !d.Fee.Zero() {
		all = append(all, factView{Name: "Fee", Text: d.Fee.String() + ", part of the amount"})
	}
	var known []factView
	for _, f := range all {
		if f.Text != "" || len(f.Links) > 0 {
			known = append(known, f)
		}
	}
	return known
}

func batchText(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func transactionLinks(ids ...string) []pageLink {
	var links []pageLink
	for _, id := range ids {
		if id != "" {
			links = append(links, pageLink{Text: id, Href: transactionHref(id)})
		}
	}
	return links
}

func transactionHref(id string) string { return "/transactions/" + id }
