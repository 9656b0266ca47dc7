package money_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"flexform/money"
)

// R67
func TestParse(t *testing.T) {
	tests := map[string]struct {
		in      string
		minor   int64
		code    string
		decimal string
		text    string // of String; in when empty
	}{
		"two decimals":                   {in: "200.00 DKK", minor: 20000, code: "DKK", decimal: "200.00"},
		"two decimals, left out":         {in: "200 DKK", minor: 20000, code: "DKK", decimal: "200.00", text: "200.00 DKK"},
		"two decimals, none zero":        {in: "1234567.89 SEK", minor: 123456789, code: "SEK", decimal: "1234567.89"},
		"two decimals, below one":        {in: "0.07 EUR", minor: 7, code: "EUR", decimal: "0.07"},
		"two decimals, nothing":          {in: "0.00 NOK", minor: 0, code: "NOK", decimal: "0.00"},
		"two decimals, nothing, short":   {in: "0 NOK", minor: 0, code: "NOK", decimal: "0.00", text: "0.00 NOK"},
		"two decimals, the largest":      {in: "21474836.47 DKK", minor: 2147483647, code: "DKK", decimal: "21474836.47"},
		"no decimals":                    {in: "150 JPY", minor: 150, code: "JPY", decimal: "150"},
		"no decimals, nothing":           {in: "0 ISK", minor: 0, code: "ISK", decimal: "0"},
		"no decimals, the largest":       {in: "2147483647 JPY", minor: 2147483647, code: "JPY", decimal: "2147483647"},
		"three decimals":                 {in: "1.234 KWD", minor: 1234, code: "KWD", decimal: "1.234"},
		"three decimals, left out":       {in: "20 BHD", minor: 20000, code: "BHD", decimal: "20.000", text: "20.000 BHD"},
		"three decimals, the smallest":   {in: "0.001 TND", minor: 1, code: "TND", decimal: "0.001"},
		"three decimals, the largest":    {in: "2147483.647 OMR", minor: 2147483647, code: "OMR", decimal: "2147483.647"},
		"four decimals":                  {in: "3.1415 CLF", minor: 31415, code: "CLF", decimal: "3.1415"},
		"four decimals, left out":        {in: "7 UYW", minor: 70000, code: "UYW", decimal: "7.0000", text: "7.0000 UYW"},
		"four decimals, some zeros":      {in: "0.0500 CLF", minor: 500, code: "CLF", decimal: "0.0500"},
		"a currency withdrawn lately":    {in: "9.99 HRK", minor: 999, code: "HRK", decimal: "9.99"},
		"a currency introduced lately":   {in: "9.99 XCG", minor: 999, code: "XCG", decimal: "9.99"},
		"a number that floats get wrong": {in: "0.29 DKK", minor: 29, code: "DKK", decimal: "0.29"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := money.Parse(tt.in)
			if err != nil {
				t.Fatalf("Parse(%q): %v", tt.in, err)
			}
			if a.Minor() != tt.minor || a.Currency().Code() != tt.code || a.Decimal() != tt.decimal {
				t.Errorf("Parse(%q) = %d minor units of %s, decimal %q; want %d of %s, %q",
					tt.in, a.Minor(), a.Currency(), a.Decimal(), tt.minor, tt.code, tt.decimal)
			}
			want := tt.text
			if want == "" {
				want = tt.in
			}
			if a.String() != want {
				t.Errorf("Parse(%q).String() = %q, want %q", tt.in, a.String(), want)
			}
		})
	}
}

// R67: nothing is rounded, guessed or cut.
func TestParseRefuses(t *testing.T) {
	const form = `: write a number, a space and a currency, as in "200.00 DKK"`
	const dkk = `: write digits with a decimal point, as in "200.00"`
	const most = "is more than the gateway's largest amount, 21474836.47 DKK: amount too large"
	tests := map[string]struct {
		in, want string
		is       error
	}{
		"nothing":                {in: "", want: `"" is not an amount` + form},
		"no currency":            {in: "200.00", want: `"200.00" is not an amount` + form},
		"no number":              {in: " DKK", want: `" DKK" is not an amount` + form},
		"space in front":         {in: " 200.00 DKK", want: `" 200.00 DKK" is not an amount` + form},
		"space behind":           {in: "200.00 DKK ", want: `"200.00 DKK " is not an amount` + form},
		"two spaces":             {in: "200.00  DKK", want: `"200.00  DKK" is not an amount` + form},
		"a tab":                  {in: "200.00\tDKK", want: `"200.00\tDKK" is not an amount` + form},
		"a no-break space":       {in: "200.00\u00a0DKK", want: `"200.00\u00a0DKK" is not an amount` + form},
		"space for thousands":    {in: "1 000.00 DKK", want: `"1 000.00 DKK" is not an amount` + form},
		"no space":               {in: "200.00DKK", want: `"200.00DKK" is not an amount` + form},
		"a long text is cut":     {in: strings.Repeat("9", 999), want: `"` + strings.Repeat("9", 40) + `" is not an amount` + form},
		"currency first":         {in: "DKK 200.00", want: `unknown currency "200.00": not in ISO 4217`},
		"currency unknown":       {in: "200.00 DKR", want: `unknown currency "DKR": not in ISO 4217`},
		"currency in lower case": {in: "200.00 dkk", want: `unknown currency "dkk": write it in upper case, "DKK"`},
		"currency by number":     {in: "1 208", want: `"1 208" names its currency by number: write "1 DKK"`},
		"number unknown":         {in: "1 000", want: `unknown currency number "000": not in ISO 4217`},
		"lookalike currency":     {in: "200.00 DK\u039a", want: `unknown currency "DKΚ": not in ISO 4217`},
		"escape in currency":     {in: "1.00 \x1b[31mDKK", want: `unknown currency "\x1b[31mDKK": not in ISO 4217`},
		"gold":                   {in: "1 XAU", want: "XAU has no minor unit, so no amount can be written in it"},
		"testing code":           {in: "1.00 XTS", want: "XTS has no minor unit, so no amount can be written in it"},
		"third decimal":          {in: "200.005 DKK", want: `"200.005" has 3 decimals; DKK has 2` + dkk},
		"third decimal is zero":  {in: "200.000 DKK", want: `"200.000" has 3 decimals; DKK has 2` + dkk},
		"one decimal":            {in: "200.5 DKK", want: `"200.5" has 1 decimal; DKK has 2` + dkk},
		"decimals in yen":        {in: "150.0 JPY", want: `"150.0" has 1 decimal; JPY has 0: write digits only, as in "20000"`},
		"two decimals in dinar":  {in: "1.25 KWD", want: `"1.25" has 2 decimals; KWD has 3: write digits with a decimal point, as in "20.000"`},
		"point without digits":   {in: "200. DKK", want: `"200." is not a number of DKK` + dkk},
		"fraction alone":         {in: ".50 DKK", want: `".50" is not a number of DKK` + dkk},
		"point alone":            {in: ". DKK", want: `"." is not a number of DKK` + dkk},
		"two points":             {in: "1.000.00 DKK", want: `"1.000.00" is not a number of DKK` + dkk},
		"decimal comma":          {in: "200,00 DKK", want: `"200,00" is not a number of DKK` + dkk},
		"comma for thousands":    {in: "1,000.00 DKK", want: `"1,000.00" is not a number of DKK` + dkk},
		"underscore":             {in: "1_000.00 DKK", want: `"1_000.00" is not a number of DKK` + dkk},
		"exponent":               {in: "2e2 DKK", want: `"2e2" is not a number of DKK` + dkk},
		"hexadecimal":            {in: "0x10 DKK", want: `"0x10" is not a number of DKK` + dkk},
		"infinity":               {in: "Inf DKK", want: `"Inf" is not a number of DKK` + dkk},
		"arabic digits":          {in: "\u0662\u0660\u0660.00 DKK", want: `"٢٠٠.00" is not a number of DKK` + dkk},
		"plus sign":              {in: "+200.00 DKK", want: `"+200.00" is not a number of DKK` + dkk},
		"sign alone":             {in: "- DKK", want: `"-" is not a number of DKK` + dkk},
		"negative":               {in: "-200.00 DKK", want: "-200.00 DKK: amount below zero", is: money.ErrNegative},
		"negative zero":          {in: "-0.00 DKK", want: "-0.00 DKK: amount below zero", is: money.ErrNegative},
		"leading zero":           {in: "0200.00 DKK", want: `"0200.00" is written with a leading zero: leave it out`},
		"above the cap":          {in: "21474836.48 DKK", want: "21474836.48 DKK " + most, is: money.ErrOverflow},
		"above 64 bits":          {in: "92233720368547758.08 DKK", want: "92233720368547758.08 DKK " + most, is: money.ErrOverflow},
		"above 128 bits":         {in: strings.Repeat("9", 60) + " DKK", want: strings.Repeat("9", 40) + " DKK " + most, is: money.ErrOverflow},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a, err := money.Parse(tt.in)
			if err == nil {
				t.Fatalf("Parse(%q) = %v, want an error", tt.in, a)
			}
			if a != (money.Amount{}) {
				t.Errorf("Parse(%q) = %v beside its error, want no amount", tt.in, a)
			}
			if err.Error() != tt.want {
				t.Errorf("Parse(%q) mismatch:\n got %s\nwant %s", tt.in, err, tt.want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("Parse(%q): error does not wrap %v", tt.in, tt.is)
			}
		})
	}
}

// R67: what Parse takes is worth exactly what it says, and has one spelling
// beside the one that String gives.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"200.00 DKK", "200 DKK", "0.07 EUR", "150 JPY", "1.234 KWD", "3.1415 CLF", "1 XAU", "-1.00 DKK", "0.1 DKK",
		"1 208", "00.00 DKK", "21474836.48 DKK", "9223372036854775808 JPY", "200,00 DKK", " ", "1e2 DKK", "\u0662 DKK",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := money.Parse(s)
		if err != nil {
			if a != (money.Amount{}) {
				t.Errorf("Parse(%q) = %v beside its error %v", s, a, err)
			}
			return
		}
		text := a.String()
		if short := strings.Replace(text, "."+strings.Repeat("0", a.Currency().Decimals()), "", 1); s != text && s != short {
			t.Errorf("Parse(%q) accepts another spelling of %q", s, text)
		}
		if again, err := money.Parse(text); err != nil || again != a {
			t.Errorf("Parse(%q) = %v, %v; want %v", text, again, err, a)
		}
		if a.Minor() < 0 || a.Minor() > money.MaxMinor {
			t.Errorf("Parse(%q) = %d minor units, out of bounds", s, a.Minor())
		}
		number, _, _ := strings.Cut(s, " ")
		if want := exact(t, number); worth(a).Cmp(want) != 0 {
			t.Errorf("Parse(%q) is worth %s, want %s", s, worth(a), want)
		}
	})
}

// exact is the oracle: number as a fraction of any size.
func exact(tb interface{ Fatalf(string, ...any) }, number string) *big.Rat {
	r, ok := new(big.Rat).SetString(number)
	if !ok {
		tb.Fatalf("%q is no number to math/big", number)
	}
	return r
}

// worth returns a in units of its currency.
func worth(a money.Amount) *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(a.Currency().Decimals())), nil)
	return new(big.Rat).SetFrac(big.NewInt(a.Minor()), scale)
}
