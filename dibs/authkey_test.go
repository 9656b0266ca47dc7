package dibs

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"flexform/money"
)

func TestVerifyAuthkey(t *testing.T) {
	const plain, withFee, ticket = "35d76574dc782b920cb4da6bec22b28d", "6a8a11d739caa8197a79c6de2362e8e5", "43394b32a09cbf639b9be56e54d582db" // flexwin.md 3.1
	c := on(t, "http://127.0.0.1:1", withKeys)
	kr, err := money.ParseCurrency("SEK")
	if err != nil {
		t.Fatal(err)
	}
	sek, none := must(money.New(2000, kr)), money.Amount{}
	tests := map[string]struct {
		err  error
		want string // "" verified, "forged", "missing", else a part of the text
	}{
		"the amount":                   {c.VerifyAuthkey(plain, "11111111", dkk(t, 2000), none), ""},
		"upper case":                   {c.VerifyAuthkey(strings.ToUpper(plain), "11111111", dkk(t, 2000), none), ""},
		"a fee of nothing":             {c.VerifyAuthkey(plain, "11111111", dkk(t, 2000), dkk(t, 0)), ""},
		"the amount and the fee":       {c.VerifyAuthkey(withFee, "11111111", dkk(t, 2000), dkk(t, 150)), ""},
		"a fee that was not paid":      {c.VerifyAuthkey(plain, "11111111", dkk(t, 2000), dkk(t, 150)), "forged"},
		"a fee that is left out":       {c.VerifyAuthkey(withFee, "11111111", dkk(t, 2000), none), "forged"},
		"another amount":               {c.VerifyAuthkey(plain, "11111111", dkk(t, 2001), none), "forged"},
		"another currency":             {c.VerifyAuthkey(plain, "11111111", sek, none), "forged"},
		"another transaction":          {c.VerifyAuthkey(plain, "11111112", dkk(t, 2000), none), "forged"},
		"a part of the key":            {c.VerifyAuthkey(plain[:31], "11111111", dkk(t, 2000), none), "forged"},
		"no key":                       {c.VerifyAuthkey("", "11111111", dkk(t, 2000), none), "missing"},
		"no transaction":               {c.VerifyAuthkey(plain, "", dkk(t, 2000), none), "transact"},
		"no amount":                    {c.VerifyAuthkey(plain, "11111111", none, none), "no amount"},
		"a fee in another currency":    {c.VerifyAuthkey(plain, "11111111", dkk(t, 1500), must(money.New(500, kr))), "SEK"},
		"a ticket":                     {c.VerifyTicketAuthkey(ticket, "270000543", dkk(t, 1).Currency()), ""},
		"a ticket in another currency": {c.VerifyTicketAuthkey(ticket, "270000543", kr), "forged"},
		"a ticket without a currency":  {c.VerifyTicketAuthkey(ticket, "270000543", money.Currency{}), "no currency"},
		"a ticket without a number":    {c.VerifyTicketAuthkey(ticket, "", kr), "transact"},
		"a payment for a ticket":       {c.VerifyTicketAuthkey(plain, "11111111", dkk(t, 1).Currency()), "forged"},
		"no keys to verify with":       {on(t, "http://127.0.0.1:1").VerifyAuthkey(plain, "11111111", dkk(t, 2000), none), ErrNoKeys.Error()},
	}
	for name, tt := range tests {
		forged, is := errors.AsType[*AuthkeyError](tt.err)
		switch {
		case tt.want == "" && tt.err != nil, tt.want != "" && tt.err == nil,
			tt.want == "forged" && (!is || forged.Missing), tt.want == "missing" && (!is || !forged.Missing),
			tt.err != nil && !is && !strings.Contains(tt.err.Error(), tt.want):
			t.Errorf("%s: %v, want %q", name, tt.err, tt.want)
		}
	}
}

// R50: as for handling calls, a signed order can be read back from its text.
func TestSignedOrderNamesOneOrder(t *testing.T) {
	fragments := rapid.SliceOfN(rapid.SampledFrom([]string{
		"1", "a", " ", "&", "=", "%", "%26", "&preauth=true", "&ticket=1", "currency", "&currency=578", "&amount=2", "ticket=1&currency=208",
	}), 1, 6)
	rapid.Check(t, func(t *rapid.T) {
		id := strings.Join(fragments.Draw(t, "orderid"), "")
		amount := must(money.New(rapid.Int64Range(1, 99).Draw(t, "minor"), rapid.SampledFrom(currencies(t)).Draw(t, "currency")))
		o := Order{OrderID: id, Amount: amount, PreAuth: rapid.Bool().Draw(t, "preauth")}
		r := TicketAuthRequest{Ticket: "270000543", OrderID: id, Amount: amount}
		if o.check(true) != nil || r.check(true) != nil {
			return // never signed
		}
		want := "merchant=1|orderid=" + id + "|"
		for text, more := range map[string]string{
			o.signedText("1"): map[bool]string{true: "preauth=true|"}[o.PreAuth], r.signedText("1"): "ticket=270000543|",
		} {
			end := "currency=" + amount.Currency().Number() + "|amount=" + strings.TrimPrefix(text[strings.LastIndex(text, "amount="):], "amount=")
			if got := strings.ReplaceAll(text, "&", "|"); got != want+more+end {
				t.Fatalf("%q signs %q", id, text)
			}
		}
	})
}

func currencies(t *rapid.T) []money.Currency {
	var all []money.Currency
	for _, code := range []string{"DKK", "NOK"} {
		c, err := money.ParseCurrency(code)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}
