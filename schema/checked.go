package schema

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"flexform/money"
)

const (
	maxOrderID = 50   // characters; FlexWin cuts off the rest in silence (flexwin.md)
	maxReason  = 1000 // characters
	maxDigitsT = 20   // digits of a transact
)

// checked is the value of a formula for one row, after the checks that need no
// other attribute.
func (c *formula) checked(l *loader, r row) result {
	if c.fixed {
		return c.result // checked when it was compiled
	}
	return c.check(l, c.at(l, r), r)
}

func (c *formula) check(l *loader, v result, r row) result {
	if v.kind != textResult {
		return v
	}
	ok := true
	switch c.attr {
	case attrTransact:
		ok = l.checkTransact(v, r)
	case attrTicket:
		ok = l.checkTicket(v, r)
	case attrOrderID:
		ok = l.checkOrderID(v, r)
	case attrReason:
		ok = l.checkReason(v, r)
	case attrAmount, attrCaptured, attrRefunded:
		v.full = c.attr.total() && v.text == "full"
		if !v.full {
			v.amount, ok = c.parseAmount(l, v, r)
		}
	}
	// A number put together from pieces stands nowhere in the files, where it
	// would have been found.
	if found := cards(v.text); c.text && len(found) > 0 && c.attr != attrTransact && c.attr != attrTicket {
		summary, detail := cardNumber(v.text[found[0].start:found[0].end])
		l.add(v.place, summary, "%s", detail)
		ok = false
	}
	if !ok {
		return result{}
	}
	return v
}

func (l *loader) checkTransact(v result, r row) bool {
	if isTransact(v.text) {
		return true
	}
	l.add(v.place, "Invalid transact", "%q is not the number that DIBS gave a transaction: at least 6 digits and nothing else, as in \"11111111\". Copy it from the DIBS administration. It may be left out; the transaction is then found by its order id and amount.%s", clip(v.text), r)
	return false
}

// isTransact reports whether s can be the number that DIBS gave a transaction.
func isTransact(s string) bool { return len(s) >= 6 && len(s) <= maxDigitsT && allDigits(s) }

func (l *loader) checkOrderID(v result, r row) bool {
	n := utf8.RuneCountInString(v.text)
	switch i := strings.IndexFunc(v.text, invisible); {
	case v.text == "":
		l.add(v.place, "Empty order id", "The order id is empty. Write the order id that the payment was made with.%s", r)
	case i >= 0:
		c, _ := utf8.DecodeRuneInString(v.text[i:])
		l.add(v.place, "Invalid order id", "This order id has an invisible character in it (%U, character %d). Delete it; no order id at DIBS has one.%s", c, utf8.RuneCountInString(v.text[:i])+1, r)
	case n > maxOrderID:
		l.add(v.place, "Order id too long", "This order id has %d characters. DIBS keeps %d and cuts off the rest, so it would name another order. Write it as it stands in the DIBS administration.%s", n, maxOrderID, r)
	default:
		return true
	}
	return false
}

func (l *loader) checkReason(v result, r row) bool {
	if n := utf8.RuneCountInString(v.text); n > maxReason {
		l.add(v.place, "Reason too long", "A reason may have %d characters, and this one has %d. Say the rest in the commit.%s", maxReason, n, r)
		return false
	}
	return true
}

// parseAmount reads "200.00 DKK" and points at the half that is wrong.
func (c *formula) parseAmount(l *loader, v result, r row) (money.Amount, bool) {
	a, err := money.Parse(v.text)
	if err == nil {
		return a, true
	}
	number, code, _ := strings.Cut(v.text, " ")
	place, behind := c.blame(r, 0, v.place), c.blame(r, len(number)+1, v.place)
	currency, unknown := money.ParseCurrency(code)
	_, fraction, _ := strings.Cut(number, ".")
	switch {
	case number != "" && code == "":
		l.add(behind, "Invalid amount", "%q has no currency. Write a number, a space and a currency, as in \"200.00 DKK\".%s", clip(v.text), r)
	case number == "":
		l.add(place, "Invalid amount", "%q is not an amount. Write a number, a space and a currency, as in \"200.00 DKK\".%s", clip(v.text), r)
	case unknown != nil:
		l.add(behind, "Unknown currency", "%q is not a currency. Write the three capital letters of ISO 4217, as in \"200.00 DKK\".%s%s", clip(code), didYouMean(strings.ToUpper(code), currencies()), r)
	case errors.Is(err, money.ErrNegative):
		l.add(place, "Negative amount", "%s is below zero. Amounts are cumulative totals, so they are zero or more; to give money back, raise refunded.%s", clip(v.text), r)
	case errors.Is(err, money.ErrOverflow):
		most, _ := money.New(money.MaxMinor, currency)
		l.add(place, "Amount too large", "The gateway's largest amount is %s, and this is more. Is a decimal point missing?%s", most, r)
	case unknown == nil && currency.Decimals() < 0:
		l.add(behind, "Unknown currency", "%s is no currency that can be paid in: it has no units. Write the three capital letters of another one.%s", currency, r)
	case currency.Code() != code:
		l.add(behind, "Invalid amount", "The currency is given by its number. Write its letters: \"%s %s\".%s", clip(number), currency, r)
	case strings.Contains(number, ","):
		l.add(place, "Invalid amount", "%q has a comma in it. Decimals follow a point, and thousands are not parted: \"1234.50 %s\".%s", clip(v.text), currency, r)
	case allDigits(strings.Replace(number, ".", "", 1)) && fraction != "" && len(fraction) != currency.Decimals():
		l.add(place, "Wrong number of decimals", "%q has %s after the decimal point, and %s has %s. Write it with exactly that many, or without a decimal point; nothing is ever rounded.%s", clip(number), digitCount(len(fraction)), currency, digitCount(currency.Decimals()), r)
	default:
		l.add(place, "Invalid amount", "%q is not a number of %s. Write digits, with a decimal point where it is needed, and no zero at the beginning, as in \"200.00 DKK\".%s", clip(number), currency, r)
	}
	return money.Amount{}, false
}

func digitCount(n int) string {
	switch n {
	case 0:
		return "none"
	case 1:
		return "1 digit"
	}
	return fmt.Sprintf("%d digits", n)
}

func currencies() []string {
	var codes []string
	for c := range money.Currencies() {
		codes = append(codes, c.Code())
	}
	return codes
}

// blame is where the byte at an offset of a formula's text comes from.
func (c *formula) blame(r row, offset int, otherwise hcl.Range) hcl.Range {
	if !c.text || r.in == nil {
		return otherwise
	}
	for _, p := range c.parts {
		text := p.text
		switch p.kind {
		case slowPart:
			return otherwise // its length is not known here
		case keyPart:
			text = r.in.keyOf(r.i)
		case columnPart:
			text, _ = r.in.text(r.i, p.text)
		}
		empty := text == "" && offset == 0 && p.kind == columnPart // here something is missing
		if offset >= len(text) && !empty {
			offset -= len(text)
			continue
		}
		if place, ok := p.cell(r); ok {
			return place
		}
		return p.rng
	}
	return otherwise
}
