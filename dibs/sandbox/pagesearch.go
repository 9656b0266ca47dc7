package sandbox

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"flexform/money"
)

// inFlightChoice stands in the status filter for all that the acquirer has not
// decided yet.
const inFlightChoice = "in-flight"

// A listQuery is what a person asks the list of transactions for.
type listQuery struct {
	Text, Status, Currency, Merchant string
	Page                             int // from 1
}

func readListQuery(v url.Values) listQuery {
	return listQuery{
		Text: strings.TrimSpace(v.Get("q")), Status: v.Get("status"), Currency: v.Get("currency"),
		Merchant: v.Get("merchant"), Page: readPage(v),
	}
}

func readPage(v url.Values) int {
	n, err := strconv.Atoi(v.Get("page"))
	if err != nil {
		return 1
	}
	return max(n, 1)
}

// Narrowed reports whether q leaves anything out.
func (q listQuery) Narrowed() bool { return q.Text+q.Status+q.Currency+q.Merchant != "" }

// href is the address of a page of the same list.
func (q listQuery) href(page int) string {
	return pageHref("/", page, "q", q.Text, "status", q.Status, "currency", q.Currency, "merchant", q.Merchant)
}

// pageHref is a path with those parameters that have a value.
func pageHref(path string, page int, params ...string) string {
	v := url.Values{}
	for pair := range slices.Chunk(params, 2) {
		if pair[1] != "" {
			v.Set(pair[0], pair[1])
		}
	}
	if page > 1 {
		v.Set("page", strconv.Itoa(page))
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// wants returns the test that q is. Its text is part of a transaction number
// or of an order id, whatever the case of its letters, or an amount that was
// authorised, captured or refunded.
func (q listQuery) wants() func(*record) bool {
	text := strings.ToLower(q.Text)
	isAmount := amountFinder(q.Text)
	return func(r *record) bool {
		switch {
		case q.Status == inFlightChoice && !r.Status.inFlight(),
			q.Status != "" && q.Status != inFlightChoice && q.Status != strconv.Itoa(int(r.Status)),
			q.Currency != "" && q.Currency != r.Amount.Currency().Code(),
			q.Merchant != "" && q.Merchant != r.Merchant:
			return false
		}
		return text == "" || strings.Contains(r.Transact, text) || strings.Contains(strings.ToLower(r.OrderID), text) ||
			isAmount(r.Amount) || isAmount(r.Captured) || isAmount(r.Refunded)
	}
}

// amountFinder returns the test for being the amount that text names, in the
// currency it names or, with none, in any: "200" finds 200.00 DKK and 200 JPY.
func amountFinder(text string) func(money.Amount) bool {
	if a, err := money.Parse(text); err == nil {
		return func(b money.Amount) bool { return a == b }
	}
	parsed := map[money.Currency]money.Amount{}
	return func(b money.Amount) bool {
		a, known := parsed[b.Currency()]
		if !known {
			a = parseLoosely(text, b.Currency())
			parsed[b.Currency()] = a
		}
		return a.Valid() && a == b
	}
}

// parseLoosely reads an amount that may lack its decimals, or have a comma for
// a point. What is no amount gives the zero value.
func parseLoosely(text string, c money.Currency) money.Amount {
	whole, fraction, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	if len(fraction) > max(c.Decimals(), 0) {
		return money.Amount{}
	}
	if c.Decimals() > 0 {
		whole += "." + fraction + strings.Repeat("0", c.Decimals()-len(fraction))
	}
	a, err := money.ParseDecimal(whole, c)
	if err != nil {
		return money.Amount{}
	}
	return a
}
