package money

import (
	"fmt"
	"strconv"
	"strings"
)

// Parse reads an amount as people write it in a configuration: decimal digits,
// a space and the three letters of a currency, "200.00 DKK". A decimal part may
// be left out whole ("200 DKK") but is otherwise written with exactly the
// currency's decimals. There are no signs, no thousands separators, no decimal
// comma, no exponent. A currency's number does not stand for its letters here:
// "1 208" would be one krone where its writer meant 1208 of something.
func Parse(s string) (Amount, error) {
	number, code, ok := strings.Cut(s, " ")
	if !ok || number == "" || code == "" || strings.Contains(code, " ") {
		return Amount{}, fmt.Errorf("%.40q is not an amount: write a number, a space and a currency, as in \"200.00 DKK\"", s)
	}
	c, err := ParseCurrency(code)
	switch {
	case err != nil:
		return Amount{}, err
	case c.Code() != code:
		return Amount{}, fmt.Errorf("%.40q names its currency by number: write %q", s, number+" "+c.Code())
	}
	return ParseDecimal(number, c)
}

// ParseDecimal reads the number of [Parse] where the currency is known.
func ParseDecimal(s string, c Currency) (Amount, error) {
	a, err := parseTotal(s, c)
	if err != nil {
		return Amount{}, err
	}
	return New(a.minor, c)
}

// ParseTotal is [Parse] without the cap of one transaction, for sums over many.
func ParseTotal(s string) (Amount, error) {
	number, code, _ := strings.Cut(s, " ")
	c, err := ParseCurrency(code)
	if err != nil || c.Code() != code {
		return Parse(s) // which says what is wrong
	}
	return parseTotal(number, c)
}

func parseTotal(s string, c Currency) (Amount, error) {
	if _, err := NewTotal(0, c); err != nil {
		return Amount{}, err
	}
	number, negative := strings.CutPrefix(s, "-")
	whole, fraction, hasPoint := strings.Cut(number, ".")
	switch {
	case !digits(whole) || hasPoint && !digits(fraction):
		return Amount{}, fmt.Errorf("%.40q is not a number of %s: write %s", s, c, example(c))
	case negative:
		return Amount{}, fmt.Errorf("%.40s %s: %w", s, c, ErrNegative)
	case len(whole) > 1 && whole[0] == '0':
		return Amount{}, fmt.Errorf("%.40q is written with a leading zero: leave it out", s)
	case hasPoint && len(fraction) != c.Decimals():
		return Amount{}, fmt.Errorf("%.40q has %s; %s has %d: write %s", s, decimals(len(fraction)), c, c.Decimals(), example(c))
	case !hasPoint:
		fraction = strings.Repeat("0", c.Decimals())
	}
	minor, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return Amount{}, overCap(fmt.Sprintf("%.40s %s", s, c), c)
	}
	return NewTotal(minor, c)
}

// digits reports whether s is one or more ASCII digits.
func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func example(c Currency) string {
	if c.Decimals() == 0 {
		return `digits only, as in "20000"`
	}
	return fmt.Sprintf("digits with a decimal point, as in %q", Amount{20000, c}.Decimal())
}

func decimals(n int) string {
	if n == 1 {
		return "1 decimal"
	}
	return fmt.Sprintf("%d decimals", n)
}
