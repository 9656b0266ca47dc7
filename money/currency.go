package money

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A Currency is one ISO 4217 currency. The zero value is no currency and is
// invalid everywhere. Currencies are comparable with ==.
type Currency struct {
	index uint16 // place in iso4217, plus one
}

// ParseCurrency reads a currency by its three upper-case letters ("DKK") or by
// its three-digit number ("208"), the two forms that FlexWin takes
// (flexwin.md 1.2).
func ParseCurrency(s string) (Currency, error) {
	if len(s) == 3 && s[0] >= '0' && s[0] <= '9' {
		for i := range iso4217 {
			if iso4217[i].number == s {
				return Currency{uint16(i + 1)}, nil
			}
		}
		return Currency{}, fmt.Errorf("unknown currency number %.40q: not in ISO 4217", s)
	}
	i, found := slices.BinarySearchFunc(iso4217[:], s, func(e isoEntry, s string) int { return strings.Compare(e.code, s) })
	if found {
		return Currency{uint16(i + 1)}, nil
	}
	if up := strings.ToUpper(s); up != s {
		if _, err := ParseCurrency(up); err == nil {
			return Currency{}, fmt.Errorf("unknown currency %.40q: write it in upper case, %q", s, up)
		}
	}
	return Currency{}, fmt.Errorf("unknown currency %.40q: not in ISO 4217", s)
}

// Currencies yields every currency that flexform knows, by letter code.
func Currencies() iter.Seq[Currency] {
	return func(yield func(Currency) bool) {
		for i := range iso4217 {
			if !yield(Currency{uint16(i + 1)}) {
				return
			}
		}
	}
}

// Valid reports whether c is a currency at all; only the zero value is not.
func (c Currency) Valid() bool { return c.index != 0 }

// Code returns the three letters ("DKK"), or "" for the zero Currency.
func (c Currency) Code() string {
	if !c.Valid() {
		return ""
	}
	return iso4217[c.index-1].code
}

// Number returns the three-digit number as text ("208"), or "" for the zero
// Currency. FlexWin requests always carry this form (flexwin.md 12, row 18).
func (c Currency) Number() string {
	if !c.Valid() {
		return ""
	}
	return iso4217[c.index-1].number
}

// Decimals returns how many decimals the smallest unit has: 2 for DKK, 0 for
// JPY, 3 for KWD. It is -1 for codes without a minor unit (XAU, XTS) and for
// the zero Currency.
func (c Currency) Decimals() int {
	if !c.Valid() {
		return noMinorUnit
	}
	return int(iso4217[c.index-1].decimals)
}

// String returns the letter code.
func (c Currency) String() string { return c.Code() }

// MarshalText returns the letter code, so that no encoder drops a currency in
// silence.
func (c Currency) MarshalText() ([]byte, error) { return []byte(c.Code()), nil }

// Equal reports whether c == d; go-cmp calls it.
func (c Currency) Equal(d Currency) bool { return c == d }
