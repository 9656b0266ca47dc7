package money

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// MaxMinor is the largest amount of one transaction, in minor units: the cap
// that the payinfo page gives (flexwin.md 1.2). Sums may exceed it.
const MaxMinor = 2147483647

var (
	// ErrCurrencyMismatch is wrapped by every error about mixed currencies.
	ErrCurrencyMismatch = errors.New("currencies differ")
	// ErrOverflow is wrapped by every error about a sum that does not fit.
	ErrOverflow = errors.New("amount too large")
	// ErrNegative is wrapped by every error about an amount below zero.
	ErrNegative = errors.New("amount below zero")
)

// An Amount is an exact sum of money: zero or more minor units of one
// currency. The zero value has no currency and is invalid; zero kroner is
// valid. Amounts are comparable with ==.
type Amount struct {
	minor    int64
	currency Currency
}

// New returns the amount of minor units in c, as one transaction may have it:
// from 0 to [MaxMinor].
func New(minor int64, c Currency) (Amount, error) {
	a, err := NewTotal(minor, c)
	if err != nil {
		return Amount{}, err
	}
	if minor > MaxMinor {
		return Amount{}, overCap(a.String(), c)
	}
	return a, nil
}

// NewTotal is [New] without the cap of one transaction, for sums over many.
func NewTotal(minor int64, c Currency) (Amount, error) {
	switch {
	case !c.Valid():
		return Amount{}, errors.New("amount without a currency")
	case c.Decimals() == noMinorUnit:
		return Amount{}, fmt.Errorf("%s has no minor unit, so no amount can be written in it", c)
	case minor < 0:
		return Amount{}, fmt.Errorf("%d minor units of %s: %w", minor, c, ErrNegative)
	}
	return Amount{minor, c}, nil
}

func overCap(text string, c Currency) error {
	return fmt.Errorf("%s is more than the gateway's largest amount, %s: %w", text, Amount{MaxMinor, c}, ErrOverflow)
}

// Valid reports whether a has a currency; only the zero value has none.
func (a Amount) Valid() bool { return a.currency.Valid() }

// Zero reports whether a is nothing, in whatever currency.
func (a Amount) Zero() bool { return a.minor == 0 }

// Minor returns the amount in the currency's smallest unit, as the wire and
// the record have it.
func (a Amount) Minor() int64 { return a.minor }

// Currency returns the amount's currency.
func (a Amount) Currency() Currency { return a.currency }

// Decimal returns the number alone, with all the currency's decimals: "200.00".
// The zero Amount gives "0".
func (a Amount) Decimal() string {
	d := a.currency.Decimals()
	s := strconv.FormatInt(a.minor, 10)
	if d <= 0 {
		return s
	}
	if len(s) <= d {
		s = strings.Repeat("0", d-len(s)+1) + s
	}
	return s[:len(s)-d] + "." + s[len(s)-d:]
}

// String returns the form that [Parse] reads, "200.00 DKK", or "no amount" for
// the zero Amount. A total past [MaxMinor] prints the same way, but Parse
// refuses it.
func (a Amount) String() string {
	if !a.Valid() {
		return "no amount"
	}
	return a.Decimal() + " " + a.currency.Code()
}

// MarshalText returns the same as String, and "" for the zero Amount, so that
// no encoder drops an amount in silence.
func (a Amount) MarshalText() ([]byte, error) {
	if !a.Valid() {
		return nil, nil
	}
	return []byte(a.String()), nil
}

// Equal reports whether a == b. Unlike [Amount.Cmp] it takes amounts in
// different currencies, and they are not equal; go-cmp calls it.
func (a Amount) Equal(b Amount) bool { return a == b }

// Add returns a + b. It refuses different currencies and sums past an int64.
func (a Amount) Add(b Amount) (Amount, error) {
	if err := a.same(b); err != nil {
		return Amount{}, err
	}
	if a.minor > math.MaxInt64-b.minor {
		return Amount{}, fmt.Errorf("%s + %s: %w", a, b, ErrOverflow)
	}
	return Amount{a.minor + b.minor, a.currency}, nil
}

// Sub returns a - b. It refuses different currencies and a result below zero.
func (a Amount) Sub(b Amount) (Amount, error) {
	if err := a.same(b); err != nil {
		return Amount{}, err
	}
	if b.minor > a.minor {
		return Amount{}, fmt.Errorf("%s - %s: %w", a, b, ErrNegative)
	}
	return Amount{a.minor - b.minor, a.currency}, nil
}

// Cmp compares a with b: -1, 0 or +1. It refuses different currencies.
func (a Amount) Cmp(b Amount) (int, error) {
	if err := a.same(b); err != nil {
		return 0, err
	}
	return cmp.Compare(a.minor, b.minor), nil
}

func (a Amount) same(b Amount) error {
	switch {
	case !a.Valid() || !b.Valid():
		return errors.New("amount without a currency")
	case a.currency != b.currency:
		return fmt.Errorf("%s and %s: %w", a, b, ErrCurrencyMismatch)
	}
	return nil
}
