package report

import (
	"fmt"
	"strconv"

	"flexform/money"
)

// amountText writes minor units of a currency, "200.00 DKK". What is no amount
// (a currency that nobody knows, a negative number out of a crafted file) is
// shown for what it is. No text of the data gets through.
func amountText(minor int64, code string) string {
	a, ok := total(minor, code)
	if !ok {
		return fmt.Sprintf("%d minor units (no valid amount)", minor)
	}
	return a.String()
}

// decimalText is [amountText] without the currency, where that stands beside.
func decimalText(minor int64, code string) string {
	a, ok := total(minor, code)
	if !ok {
		return strconv.FormatInt(minor, 10)
	}
	return a.Decimal()
}

// signedText writes a net sum, "+200.00 DKK" or "-12.50 DKK".
func signedText(minor int64, code string) string {
	switch {
	case minor < 0:
		return "-" + amountText(-minor, code)
	case minor > 0:
		return "+" + amountText(minor, code)
	}
	return amountText(0, code)
}

func total(minor int64, code string) (money.Amount, bool) {
	c, err := money.ParseCurrency(code)
	if err != nil || c.Code() != code {
		return money.Amount{}, false
	}
	a, err := money.NewTotal(minor, c)
	return a, err == nil
}

// Count counts things in words: "1 refund", "500 refunds".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
