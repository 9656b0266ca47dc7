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

// shownCall puts the result codes of calls that change something in words; what
// others answer is left as it is. t is the call's transaction, or nil: a "0" of
// an authorisation is a success, or the reason why t was declined.
func shownCall(c Call, t *record) *callView {
	v := &callView{Call: c, Outcome: "answered", Tone: "off", Code: c.Result, Reason: c.Message}
	switch {
	case c.HTTP == http.StatusUnauthorized:
		v.Outcome, v.Tone = "login refused", "bad"
	case c.HTTP != http.StatusOK:
		v.Outcome, v.Tone, v.Code = "not carried out", "bad", "HTTP "+strconv.Itoa(c.HTTP)
	case c.Moved:
		v.Outcome, v.Tone, v.Code = "money moved", "good", ""
	case !isHandling(c.Service) && !isAuthorising(c.Service) && !isWorded(c.Service):
	case c.Result == "0" && !(isAuthorising(c.Service) && t != nil && t.Details.Reason == "0"):
		v.Outcome, v.Tone, v.Code = "accepted", "good", ""
	default:
		v.Outcome, v.Tone = "declined", "bad"
		if n, err := strconv.Atoi(c.Result); err == nil && v.Reason == "" {
			v.Reason = resultWords(resultCode(n))
			if isAuthorising(c.Service) {
				v.Reason = reasonWords(resultCode(n))
			}
		}
	}
	return v
}

// isAuthorising reports whether a service answers with the reasons of
// flexwin.md 4.3.
func isAuthorising(service string) bool {
	return slices.Contains([]string{"auth.cgi", "ticket_auth.cgi", "reauth.cgi"}, service)
}

// isWorded reports whether a service answers with a word and, where it
// declines, a text.
func isWorded(service string) bool {
	return slices.Contains([]string{"delticket.cgi", "splitpay_changestatus.cgi", "generatevouchers.cgi"}, service)
}

// reasonWords says what a reason of an authorisation means (flexwin.md 4.3).
func reasonWords(code resultCode) string {
	words := map[resultCode]string{
		0: "rejected by the acquirer", 1: "communication problems", 2: "error in the parameters", 3: "error at the acquirer",
		4: "credit card expired", 5: "the card type is not supported", 6: "instant capture failed", 7: "the order id is not unique",
		8: "the number of amounts is not the split's", 9: "the CVC is missing", 10: "the card is not of the stated type",
		11: "declined by DIBS Defender", 20: "cancelled by the customer",
	}[code]
	if words == "" {
		return "no known reason"
	}
	return words
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
		t := p.gateway.book.find(c.Transact)
		row := shownCall(c, t)
		if t != nil {
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
