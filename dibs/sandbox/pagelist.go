package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"flexform/money"
)

// pageRows is how many transactions one page lists, pageCalls how many calls.
const (
	pageRows  = 50
	pageCalls = 100
)

// A choice is an option of a filter.
type choice struct {
	Value, Text string
	Count       int
	Chosen      bool
}

// A totalView is the sum of a list in one currency.
type totalView struct {
	Count                      int
	Amount, Captured, Refunded money.Amount
}

type listView struct {
	Query                           listQuery
	Statuses, Currencies, Merchants []choice
	Rows                            []*record
	Totals                          []totalView
	Pages                           pageTurner
	All, InFlight                   int
	Settled                         bool // the button was pressed just now
}

// list is the page at /: all transactions, the newest first.
func (p *merchantPage) list(w http.ResponseWriter, r *http.Request) {
	q := readListQuery(r.URL.Query())
	records := p.gateway.book.all()
	slices.Reverse(records)
	v := listView{Query: q, All: len(records), Settled: r.URL.Query().Get("done") == "settle"}
	v.offer(records)
	wanted := q.wants()
	found := slices.DeleteFunc(records, func(r *record) bool { return !wanted(r) })
	v.Totals = totals(found)
	v.Pages = turnPages(len(found), pageRows, q.Page, q.href)
	v.Rows = found[v.Pages.from:v.Pages.To]
	p.show(w, r, http.StatusOK, "transactions", "Transactions", v)
}

// offer fills the filters with what occurs, and what is chosen though it does
// not occur.
func (v *listView) offer(records []*record) {
	statuses, currencies, merchants := map[Status]int{}, map[string]int{}, map[string]int{}
	for _, r := range records {
		statuses[r.Status]++
		currencies[r.Amount.Currency().Code()]++
		merchants[r.Merchant]++
		if r.Status.inFlight() {
			v.InFlight++
		}
	}
	v.Statuses = []choice{{inFlightChoice, "in flight", v.InFlight, v.Query.Status == inFlightChoice}}
	if n, err := strconv.Atoi(v.Query.Status); err == nil {
		statuses[Status(n)] += 0
	}
	for _, s := range slices.Sorted(maps.Keys(statuses)) {
		value := strconv.Itoa(int(s))
		v.Statuses = append(v.Statuses, choice{value, s.String(), statuses[s], v.Query.Status == value})
	}
	delete(merchants, "") // whose merchant is nobody's, everybody may handle
	v.Currencies, v.Merchants = choices(currencies, v.Query.Currency), choices(merchants, v.Query.Merchant)
}

func choices(counts map[string]int, chosen string) []choice {
	if chosen != "" {
		counts[chosen] += 0
	}
	var offered []choice
	for _, value := range slices.Sorted(maps.Keys(counts)) {
		offered = append(offered, choice{value, value, counts[value], value == chosen})
	}
	return offered
}

// totals adds payments up, each currency by itself, in the order of their codes.
// A ticket is none.
func totals(records []*record) []totalView {
	sums := map[money.Currency]*totalView{}
	for _, r := range records {
		if r.Status.isTicket() {
			continue
		}
		s := sums[r.Amount.Currency()]
		if s == nil {
			s = &totalView{Amount: zero(r.Amount), Captured: zero(r.Amount), Refunded: zero(r.Amount)}
			sums[r.Amount.Currency()] = s
		}
		s.Count++
		if r.Details.Base == "" { // what a part of a split captures was authorised with its base
			s.Amount = plus(s.Amount, r.Amount)
		}
		s.Captured, s.Refunded = plus(s.Captured, r.Captured), plus(s.Refunded, r.Refunded)
	}
	var all []totalView
	for _, s := range sums {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(x, y totalView) int {
		return strings.Compare(x.Amount.Currency().Code(), y.Amount.Currency().Code())
	})
	return all
}

func plus(a, b money.Amount) money.Amount {
	sum, err := a.Add(b)
	if err != nil {
		panic(err) // one currency; four thousand million of the largest amounts would fit
	}
	return sum
}

// A pageTurner leads through a list that is longer than a page.
type pageTurner struct {
	Page, Pages                 int
	From, To, Total             int // the first and the last row shown, from 1
	First, Previous, Next, Last string
	from                        int // From, counted from 0
}

// turnPages cuts total rows into pages. A page behind the last is the last.
func turnPages(total, size, page int, href func(int) string) pageTurner {
	pages := max(1, (total+size-1)/size)
	page = min(page, pages)
	t := pageTurner{Page: page, Pages: pages, Total: total, from: (page - 1) * size, To: min(page*size, total)}
	t.From = min(t.from+1, total)
	if page > 1 {
		t.First, t.Previous = href(1), href(page-1)
	}
	if page < pages {
		t.Next, t.Last = href(page+1), href(pages)
	}
	return t
}
