package money_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"flexform/money"
)

// R67
func TestArithmetic(t *testing.T) {
	dkk, jpy := code(t, "DKK"), code(t, "JPY")
	total := func(minor int64, c money.Currency) money.Amount {
		a, err := money.NewTotal(minor, c)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	add, sub := money.Amount.Add, money.Amount.Sub
	tests := map[string]struct {
		op   func(a, b money.Amount) (money.Amount, error)
		a, b money.Amount
		want string // the result, or the error
		is   error
	}{
		"a sum":                      {op: add, a: total(1010, dkk), b: total(2005, dkk), want: "30.15 DKK"},
		"a sum with nothing":         {op: add, a: total(1010, dkk), b: total(0, dkk), want: "10.10 DKK"},
		"a sum above one payment":    {op: add, a: total(money.MaxMinor, dkk), b: total(1, dkk), want: "21474836.48 DKK"},
		"the largest sum":            {op: add, a: total(math.MaxInt64-1, jpy), b: total(1, jpy), want: "9223372036854775807 JPY"},
		"a sum past 64 bits":         {op: add, a: total(math.MaxInt64, jpy), b: total(1, jpy), want: "9223372036854775807 JPY + 1 JPY: amount too large", is: money.ErrOverflow},
		"a sum of two currencies":    {op: add, a: total(100, dkk), b: total(100, jpy), want: "1.00 DKK and 100 JPY: currencies differ", is: money.ErrCurrencyMismatch},
		"nothing of two currencies":  {op: add, a: total(0, dkk), b: total(0, jpy), want: "0.00 DKK and 0 JPY: currencies differ", is: money.ErrCurrencyMismatch},
		"a sum with no amount":       {op: add, a: total(100, dkk), want: "amount without a currency"},
		"a sum of no amounts":        {op: add, want: "amount without a currency"},
		"a difference":               {op: sub, a: total(3015, dkk), b: total(2005, dkk), want: "10.10 DKK"},
		"a difference of nothing":    {op: sub, a: total(3015, dkk), b: total(3015, dkk), want: "0.00 DKK"},
		"a difference below zero":    {op: sub, a: total(100, dkk), b: total(101, dkk), want: "1.00 DKK - 1.01 DKK: amount below zero", is: money.ErrNegative},
		"a difference of currencies": {op: sub, a: total(100, dkk), b: total(1, jpy), want: "1.00 DKK and 1 JPY: currencies differ", is: money.ErrCurrencyMismatch},
		"a difference from nowhere":  {op: sub, b: total(1, jpy), want: "amount without a currency"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.op(tt.a, tt.b)
			text := got.String()
			if err != nil {
				text = err.Error()
				if got.Valid() {
					t.Errorf("got %v beside the error", got)
				}
			}
			if text != tt.want {
				t.Errorf("got %s\nwant %s", text, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v does not wrap %v", err, tt.is)
			}
		})
	}
}

// R67
func TestNew(t *testing.T) {
	dkk := code(t, "DKK")
	tests := map[string]struct {
		minor int64
		c     money.Currency
		want  string
		is    error
	}{
		"nothing":           {minor: 0, c: dkk, want: "0.00 DKK"},
		"the largest":       {minor: money.MaxMinor, c: dkk, want: "21474836.47 DKK"},
		"above the largest": {minor: money.MaxMinor + 1, c: dkk, want: "21474836.48 DKK is more than the gateway's largest amount, 21474836.47 DKK: amount too large", is: money.ErrOverflow},
		"below zero":        {minor: -1, c: dkk, want: "-1 minor units of DKK: amount below zero", is: money.ErrNegative},
		"far below zero":    {minor: math.MinInt64, c: dkk, want: "-9223372036854775808 minor units of DKK: amount below zero", is: money.ErrNegative},
		"without currency":  {minor: 1, want: "amount without a currency"},
		"in gold":           {minor: 1, c: code(t, "XAU"), want: "XAU has no minor unit, so no amount can be written in it"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := money.New(tt.minor, tt.c)
			text := a.String()
			if err != nil {
				text = err.Error()
			}
			if text != tt.want || a.Valid() != (err == nil) {
				t.Errorf("New(%d, %s) = %v, %v; want %s", tt.minor, tt.c, a, err, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error %v does not wrap %v", err, tt.is)
			}
		})
	}
}

func TestZeroAmount(t *testing.T) {
	var none money.Amount
	if none.Valid() || !none.Zero() || none.String() != "no amount" || none.Decimal() != "0" || none.Currency().Valid() {
		t.Errorf("the zero Amount is %v, valid %t, zero %t", none, none.Valid(), none.Zero())
	}
	kroner := amount(t, "0.00 DKK")
	if !kroner.Valid() || !kroner.Zero() || kroner == none {
		t.Errorf("zero kroner is %v, valid %t, zero %t", kroner, kroner.Valid(), kroner.Zero())
	}
}

func TestEncodesAsText(t *testing.T) {
	v := map[string]any{"a": amount(t, "200.00 DKK"), "none": money.Amount{}, "c": code(t, "JPY")}
	got, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"a":"200.00 DKK","c":"JPY","none":""}`; string(got) != want {
		t.Errorf("json.Marshal = %s, want %s", got, want)
	}
}

func TestCmpDiffTakesAmounts(t *testing.T) {
	a, b := amount(t, "200.00 DKK"), amount(t, "200.01 DKK")
	if diff := cmp.Diff(a, a); diff != "" {
		t.Errorf("an amount differs from itself:\n%s", diff)
	}
	if diff := cmp.Diff(a, b); !strings.Contains(diff, "200.00 DKK") || !strings.Contains(diff, "200.01 DKK") {
		t.Errorf("the difference does not name both amounts:\n%s", diff)
	}
	if diff := cmp.Diff(a.Currency(), code(t, "EUR")); !strings.Contains(diff, "DKK") || !strings.Contains(diff, "EUR") {
		t.Errorf("the difference does not name both currencies:\n%s", diff)
	}
}

// R67
func TestSumsMatchBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := spendable().Draw(t, "currency")
		a, b := someTotal(c).Draw(t, "a"), someTotal(c).Draw(t, "b")
		sum := new(big.Int).Add(big.NewInt(a.Minor()), big.NewInt(b.Minor()))
		got, err := a.Add(b)
		switch {
		case !sum.IsInt64():
			if !errors.Is(err, money.ErrOverflow) {
				t.Fatalf("%v + %v = %v, %v; want ErrOverflow", a, b, got, err)
			}
			return
		case err != nil || got.Minor() != sum.Int64() || got.Currency() != c:
			t.Fatalf("%v + %v = %v, %v; want %s", a, b, got, err, sum)
		}
		if back, err := got.Sub(b); err != nil || back != a {
			t.Fatalf("%v + %v - %v = %v, %v; want %v", a, b, b, back, err, a)
		}
		if swapped, err := b.Add(a); err != nil || swapped != got {
			t.Fatalf("%v + %v = %v, %v; want %v", b, a, swapped, err, got)
		}
	})
}

// R67
func TestDifferencesMatchBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := spendable().Draw(t, "currency")
		a, b := someTotal(c).Draw(t, "a"), someTotal(c).Draw(t, "b")
		want := new(big.Int).Sub(big.NewInt(a.Minor()), big.NewInt(b.Minor()))
		if n, err := a.Cmp(b); err != nil || n != want.Sign() {
			t.Fatalf("%v compared with %v = %d, %v; want %d", a, b, n, err, want.Sign())
		}
		got, err := a.Sub(b)
		switch {
		case want.Sign() < 0:
			if !errors.Is(err, money.ErrNegative) {
				t.Fatalf("%v - %v = %v, %v; want ErrNegative", a, b, got, err)
			}
		case err != nil || got.Minor() != want.Int64() || got.Currency() != c:
			t.Fatalf("%v - %v = %v, %v; want %s", a, b, got, err, want)
		}
	})
}

// R67
func TestMixedCurrenciesAreRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := spendable().Draw(t, "currency")
		d := spendable().Filter(func(d money.Currency) bool { return d != c }).Draw(t, "other")
		a, b := someTotal(c).Draw(t, "a"), someTotal(d).Draw(t, "b")
		_, add := a.Add(b)
		_, sub := a.Sub(b)
		_, compare := a.Cmp(b)
		for op, err := range map[string]error{"Add": add, "Sub": sub, "Cmp": compare} {
			if !errors.Is(err, money.ErrCurrencyMismatch) {
				t.Fatalf("%v %s %v: %v, want ErrCurrencyMismatch", a, op, b, err)
			}
		}
		if a == b || a.Equal(b) {
			t.Fatalf("%v equals %v", a, b)
		}
	})
}

// R67: text is taken exactly when it is in the currency's own decimals and
// within the cap, and is then worth what math/big says.
func TestParseMatchesBigRationals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := spendable().Draw(t, "currency")
		whole := rapid.StringMatching(`0|[1-9][0-9]{0,11}`).Draw(t, "whole")
		fraction := rapid.StringMatching(`[0-9]{0,5}`).Draw(t, "fraction")
		number := whole
		if fraction != "" {
			number += "." + fraction
		}
		want := exact(t, number)
		most := worth(must(money.New(money.MaxMinor, c)))
		taken := (fraction == "" || len(fraction) == c.Decimals()) && want.Cmp(most) <= 0
		got, err := money.Parse(number + " " + c.Code())
		if (err == nil) != taken {
			t.Fatalf("Parse(%s %s) = %v, %v; want taken: %t", number, c, got, err, taken)
		}
		if taken && worth(got).Cmp(want) != 0 {
			t.Fatalf("Parse(%s %s) is worth %s", number, c, worth(got))
		}
	})
}

// R67: printing and reading back loses nothing. Ten million amounts over all
// currencies; the expected text is made by fmt, not by the package.
func TestPrintAndParseAreInverse(t *testing.T) {
	n := 10_000_000
	if testing.Short() {
		n = 100_000
	}
	var currencies []money.Currency
	for c := range money.Currencies() {
		if c.Decimals() >= 0 {
			currencies = append(currencies, c)
		}
	}
	scale := [...]int64{1, 10, 100, 1000, 10000}
	random := rand.New(rand.NewPCG(4217, 67))
	for i := range n {
		c := currencies[i%len(currencies)]
		minor := random.Int64N(money.MaxMinor+1) >> random.UintN(32)
		a := must(money.New(minor, c))
		if back, err := money.Parse(a.String()); err != nil || back != a {
			t.Fatalf("Parse(%q) = %v, %v; want %v", a.String(), back, err, a)
		}
		if i%64 != 0 {
			continue // fmt takes most of the time
		}
		want := fmt.Sprint(minor)
		if d := c.Decimals(); d > 0 {
			want = fmt.Sprintf("%d.%0*d", minor/scale[d], d, minor%scale[d])
		}
		if a.Decimal() != want {
			t.Fatalf("%d minor units of %s print as %q, want %q", minor, c, a.Decimal(), want)
		}
	}
}

// spendable draws a currency that amounts can be written in.
func spendable() *rapid.Generator[money.Currency] {
	var all []money.Currency
	for c := range money.Currencies() {
		if c.Decimals() >= 0 {
			all = append(all, c)
		}
	}
	return rapid.SampledFrom(all)
}

// someTotal draws amounts of all sizes, with many near the two limits.
func someTotal(c money.Currency) *rapid.Generator[money.Amount] {
	minor := rapid.OneOf(
		rapid.Int64Range(0, math.MaxInt64),
		rapid.Int64Range(money.MaxMinor-3, money.MaxMinor+3),
		rapid.Int64Range(math.MaxInt64-3, math.MaxInt64),
		rapid.Int64Range(0, 3),
	)
	return rapid.Map(minor, func(minor int64) money.Amount { return must(money.NewTotal(minor, c)) })
}

func code(t *testing.T, code string) money.Currency {
	t.Helper()
	c, err := money.ParseCurrency(code)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func amount(t *testing.T, text string) money.Amount {
	t.Helper()
	a, err := money.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func must(a money.Amount, err error) money.Amount {
	if err != nil {
		panic(err)
	}
	return a
}
