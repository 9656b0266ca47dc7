package sandbox

import (
	"strconv"
	"strings"

	"flexform/money"
)

// An order is what a payment function is asked to authorise.
type order struct {
	shop     Merchant
	id       string
	currency money.Currency
	total    money.Amount   // without the fee; zero for a ticket
	fee      money.Amount   // zero unless calcfee
	parts    []money.Amount // what to authorise, the fee with the first; several for a split
}

// The reasons of auth.cgi and its kin (flexwin.md 4.3).
const (
	reasonRejected      resultCode = 0 // by the acquirer
	reasonCommunication resultCode = 1
	reasonParameter     resultCode = 2 // comes with a message
	reasonExpired       resultCode = 4
	reasonCardType      resultCode = 5 // unknown or not allowed
	reasonInstant       resultCode = 6 // instant capture failed
	reasonOrderID       resultCode = 7 // not unique
	reasonSplit         resultCode = 8 // number of amounts is not the split's
	reasonNoCVC         resultCode = 9
	reasonOtherCard     resultCode = 10 // not of the stated type
	reasonDefender      resultCode = 11 // declined by DIBS
	reasonCustomer      resultCode = 20 // cancelled at 3-D Secure
)

// usualFee is what calcfee adds, in minor units: that of the worked example in
// flexwin.md 3.1.
const usualFee = 150

const maxSplit = 99

func wrongArgument(name string) *refusal { return wrongOrder("Error in argument " + name) }

func wrongOrder(message string) *refusal { return &refusal{code: reasonParameter, message: message} }

// readOrder reads what auth.cgi and its kin have in common: parameters first,
// then the MD5 control, then what the book knows. A key may be right by any of
// the signed forms.
func (g *Gateway) readOrder(c *batch, q query, signed ...[]string) (order, *refusal) {
	merchant, ticket := q.text("merchant"), q.on("preauth")
	o := order{id: cutOrderID(q.text("orderid"))}
	var err error
	switch o.currency, err = money.ParseCurrency(q.text("currency")); {
	case !isNumber(merchant, 1, 16):
		return o, wrongArgument("merchant")
	case err != nil || o.currency.Decimals() < 0:
		return o, wrongArgument("currency")
	case o.id == "":
		return o, wrongArgument("orderid")
	case ticket && q.on("capturenow"):
		return o, wrongArgument("capturenow")
	case ticket && q.text("split") != "":
		return o, wrongArgument("split")
	}
	if no := o.readAmounts(q, ticket); no != nil {
		return o, no
	}
	var known bool
	switch o.shop, known = g.shop(merchant); {
	case !known:
		return o, wrongOrder("Unknown merchant (" + merchant + ")")
	case q.text("md5key") == "" && q.on("maketicket"): // one client found that none must be sent
	case len(signed) == 0: // a service without MD5 control
	case !o.shop.accepts(q, signed...):
		return o, wrongOrder("MD5 key check failed")
	}
	if q.on("uniqueoid") && taken(c, o) {
		return o, &refusal{code: reasonOrderID}
	}
	return o, nil
}

func (o *order) readAmounts(q query, ticket bool) *refusal {
	minors, no := amountsOf(q, ticket)
	if no != nil {
		return no
	}
	o.total, o.fee = o.minor(0), o.minor(0)
	if q.on("calcfee") && !ticket {
		o.fee = o.minor(usualFee)
		minors[0] += usualFee
	}
	var sum int64
	for _, m := range minors {
		sum += m
		if sum > money.MaxMinor {
			return wrongArgument("amount")
		}
		o.parts = append(o.parts, o.minor(m))
	}
	o.total = o.minor(sum - o.fee.Minor())
	return nil
}

// amountsOf reads the amounts to authorise, in minor units: one, or those of a
// split (flexwin.md 5.11). The amount of a ticket is ignored (5.1).
func amountsOf(q query, ticket bool) ([]int64, *refusal) {
	amount, isAmount := parseMinor(q.text("amount"))
	split := q.text("split")
	switch {
	case ticket:
		return []int64{0}, nil
	case !isAmount && (split == "" || q.text("amount") != ""):
		return nil, wrongArgument("amount")
	case split == "":
		return []int64{amount}, nil
	}
	n, err := strconv.Atoi(split)
	if err != nil || n < 1 || n > maxSplit {
		return nil, wrongArgument("split")
	}
	given := 0
	for name := range q.params {
		if number, found := strings.CutPrefix(name, "amount"); found && isNumber(number, 1, 3) {
			given++
		}
	}
	if given != n {
		return nil, &refusal{code: reasonSplit}
	}
	minors := make([]int64, n)
	for i := range minors {
		name := "amount" + strconv.Itoa(i+1)
		if minors[i], isAmount = parseMinor(q.text(name)); !isAmount {
			return nil, wrongArgument(name)
		}
	}
	return minors, nil
}

// minor returns an amount in the order's currency, of which the caller knows
// that it is not too large.
func (o *order) minor(n int64) money.Amount {
	a, err := money.New(n, o.currency)
	if err != nil {
		panic(err)
	}
	return a
}

// taken reports whether the shop has a transaction with the order's id. One
// that was declined does not count: its customer may try another card.
func taken(c *batch, o order) bool {
	for _, r := range c.ofOrder(o.id) {
		if r.belongsTo(o.shop.ID) && r.Status != StatusDeclined && r.Status != StatusDeclinedByDIBS {
			return true
		}
	}
	return false
}
