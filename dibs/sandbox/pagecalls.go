package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// A callView is a call and what became of it, in words.
type callView struct {
	Call
	Outcome, Tone string // Tone is a class of the style sheet
	Code          string // result code, with a refusal
	Reason        string // for the refusal
	Href          string // of the transaction; empty: there is none
}

// shownCall puts the result codes of the handling calls in words. What others
// answer is left as it is: a payment's "0" may be a success or a reason.
func shownCall(c Call) *callView {
	v := &callView{Call: c, Outcome: "answered", Tone: "off", Code: c.Result, Reason: c.Message}
	switch {
	case c.HTTP == http.StatusUnauthorized:
		v.Outcome, v.Tone = "login refused", "bad"
	case c.HTTP != http.StatusOK:
		v.Outcome, v.Tone, v.Code = "not carried out", "bad", "HTTP "+strconv.Itoa(c.HTTP)
	case c.Moved:
		v.Outcome, v.Tone, v.Code = "money moved", "good", ""
	case !isHandling(c.Service):
	case c.Result == "0":
		v.Outcome, v.Tone, v.Code = "accepted", "good", ""
	default:
		v.Outcome, v.Tone = "declined", "bad"
		if n, err := strconv.Atoi(c.Result); err == nil && v.Reason == "" {
			v.Reason = resultWords(resultCode(n))
		}
	}
	return v
}

// isHandling reports whether a service answers with the result codes of
// flexwin.md 4.4.
func isHandling(service string) bool {
	return slices.Contains([]string{"capture.cgi", "refund.cgi", "cancel.cgi", "changestatus.cgi", "suppl_auth.cgi"}, service)
}

type callsPage struct {
	Service, Transact string
	MoneyOnly         bool
	Services          []choice
	Rows              []*callView
	Pages             pageTurner
	Narrowed          bool
}

// calls is the page of the call log, the newest first.
func (p *merchantPage) calls(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	v := callsPage{Service: query.Get("service"), Transact: strings.TrimSpace(query.Get("transact")), MoneyOnly: query.Get("kind") == "money"}
	v.Narrowed = v.Service+v.Transact != "" || v.MoneyOnly
	v.Services = choices(services(p.gateway.Requests()), v.Service)
	found := p.gateway.Calls(Filter{Service: v.Service, Money: v.MoneyOnly, Transact: v.Transact})
	slices.Reverse(found)
	v.Pages = turnPages(len(found), pageCalls, readPage(query), func(page int) string {
		kind := ""
		if v.MoneyOnly {
			kind = "money"
		}
		return pageHref("/calls", page, "service", v.Service, "transact", v.Transact, "kind", kind)
	})
	for _, c := range found[v.Pages.from:v.Pages.To] {
		row := shownCall(c)
		if p.gateway.book.find(c.Transact) != nil {
			row.Href = transactionHref(c.Transact)
		}
		v.Rows = append(v.Rows, row)
	}
	p.show(w, r, http.StatusOK, "calls", "Calls", v)
}

func services(requests map[string]uint64) map[string]int {
	counts := make(map[string]int, len(requests))
	for name, n := range requests {
		counts[name] = int(n)
	}
	return counts
}
