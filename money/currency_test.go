package money_test

import (
	"bufio"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	cldr "golang.org/x/text/currency"

	"flexform/money"
)

// newerThanCLDR are currencies introduced after release 32 of CLDR (2017), the
// one in golang.org/x/text v0.43.0.
var newerThanCLDR = map[string]string{
	"MRU": "Mauritania, 2018", "VES": "Venezuela, 2018", "UYW": "Uruguay, 2018", "VED": "Venezuela, 2021",
	"SLE": "Sierra Leone, 2022", "ZWG": "Zimbabwe, 2024", "XCG": "Curaçao and Sint Maarten, 2025", "XAD": "Arab Monetary Fund, 2025",
}

// goneSinceCLDR are currencies that CLDR 32 has in use and we leave out.
var goneSinceCLDR = map[string]string{
	"MRO": "became MRU in 2018, at ten to one", "STD": "became STN in 2018, at a thousand to one",
	"VEF": "became VES in 2018, at a hundred thousand to one",
	"ANG": "became XCG in 2025, which took its number",
}

// cldrDecimals are the decimals that CLDR gives where ISO 4217 says otherwise.
var cldrDecimals = func() map[string]int {
	m := map[string]int{}
	// CLDR counts the decimals that shops print. ISO counts the minor unit
	// that exists in law, although inflation has taken its coins away; that
	// one goes over the wire.
	for _, code := range strings.Fields("AFN ALL AMD COP GYD IDR IQD IRR KPW LAK LBP MGA MMK MNT MUR PKR RSD SLL SOS SYP TZS UZS YER") {
		m[code] = 0
	}
	// ISO gives these no minor unit. CLDR has no row for them, and two is its
	// default.
	for _, code := range strings.Fields("XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX") {
		m[code] = 2
	}
	return m
}()

// R67: letters and decimals against CLDR.
func TestCurrenciesMatchCLDR(t *testing.T) {
	for c := range money.Currencies() {
		unit, err := cldr.ParseISO(c.Code())
		if _, newer := newerThanCLDR[c.Code()]; newer {
			if err == nil {
				t.Errorf("%s is in CLDR %s: take it off the list of newer ones", c, cldr.CLDRVersion)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: CLDR %s does not know it: %v", c, cldr.CLDRVersion, err)
			continue
		}
		want := c.Decimals()
		if d, differs := cldrDecimals[c.Code()]; differs {
			want = d
			if d == c.Decimals() {
				t.Errorf("%s is on the list of differences and does not differ", c)
			}
		}
		if scale, _ := cldr.Standard.Rounding(unit); scale != want {
			t.Errorf("%s has %d decimals here, and in CLDR %d where %d are expected", c, c.Decimals(), scale, want)
		}
	}
}

// R67: no currency that people pay with is missing.
func TestNoTenderIsMissing(t *testing.T) {
	n := 0
	for it := cldr.Query(cldr.Date(time.Date(2017, 12, 1, 0, 0, 0, 0, time.UTC))); it.Next(); n++ {
		code := it.Unit().String()
		_, err := money.ParseCurrency(code)
		if _, gone := goneSinceCLDR[code]; (err != nil) != gone {
			t.Errorf("ParseCurrency(%q): %v; listed as gone: %t", code, err, gone)
		}
	}
	if n < 200 {
		t.Errorf("CLDR lists %d tenders, want some for each of 200 regions", n)
	}
}

// R67: letters and numbers against the table of Debian's iso-codes.
func TestNumbersMatchISOCodes(t *testing.T) {
	want := readNumbers(t, "testdata/iso-codes-4217.txt")
	delete(want, "ANG") // became XCG in 2025, with the same number
	want["XCG"] = "532" // 2025
	want["ZWG"] = "924" // 2024
	want["XAD"] = "396" // 2025
	got := map[string]string{}
	for c := range money.Currencies() {
		got[c.Code()] = c.Number()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table mismatch (-iso-codes +ours):\n%s", diff)
	}
}

func readNumbers(t *testing.T, name string) map[string]string {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	numbers := map[string]string{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		code, number, ok := strings.Cut(lines.Text(), " ")
		if !ok || numbers[code] != "" {
			t.Fatalf("%s: bad or second line %q", name, lines.Text())
		}
		numbers[code] = number
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return numbers
}

// The pairs that DIBS' own pages print (flexwin.md 1.2).
func TestNumbersMatchDIBS(t *testing.T) {
	for number, code := range map[string]string{
		"208": "DKK", "752": "SEK", "578": "NOK", "978": "EUR", "840": "USD", "826": "GBP",
		"392": "JPY", "352": "ISK", "036": "AUD", "124": "CAD", "554": "NZD", "756": "CHF",
	} {
		if c, err := money.ParseCurrency(number); err != nil || c.Code() != code {
			t.Errorf("ParseCurrency(%q) = %v, %v; want %s", number, c, err, code)
		}
	}
}

func TestParseCurrencyTakesBothForms(t *testing.T) {
	codes, numbers := []string{}, map[string]string{}
	for c := range money.Currencies() {
		codes = append(codes, c.Code())
		if other := numbers[c.Number()]; other != "" {
			t.Errorf("%s and %s share number %s", other, c, c.Number())
		}
		numbers[c.Number()] = c.Code()
		for _, form := range []string{c.Code(), c.Number()} {
			if got, err := money.ParseCurrency(form); err != nil || got != c {
				t.Errorf("ParseCurrency(%q) = %v, %v; want %v", form, got, err, c)
			}
		}
	}
	if !slices.IsSorted(codes) {
		t.Errorf("Currencies are not in the order of their letters: %v", codes)
	}
	for c := range money.Currencies() {
		if c.Code() != "AED" {
			t.Errorf("first of Currencies = %v, want AED", c)
		}
		break
	}
}

func TestParseCurrencyRefuses(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"nothing":            {"", `unknown currency "": not in ISO 4217`},
		"an old currency":    {"DEM", `unknown currency "DEM": not in ISO 4217`},
		"lower case":         {"eur", `unknown currency "eur": write it in upper case, "EUR"`},
		"mixed case":         {"Dkk", `unknown currency "Dkk": write it in upper case, "DKK"`},
		"unknown lower case": {"zzz", `unknown currency "zzz": not in ISO 4217`},
		"a number unknown":   {"001", `unknown currency number "001": not in ISO 4217`},
		"a number too short": {"36", `unknown currency "36": not in ISO 4217`},
		"a number too long":  {"0208", `unknown currency "0208": not in ISO 4217`},
		"a number with text": {"20X", `unknown currency number "20X": not in ISO 4217`},
		"a sign":             {"€", `unknown currency "€": not in ISO 4217`},
		"spaces":             {"DKK ", `unknown currency "DKK ": not in ISO 4217`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c, err := money.ParseCurrency(tt.in)
			if err == nil || err.Error() != tt.want || c.Valid() {
				t.Errorf("ParseCurrency(%q) = %v, %v\nwant the error %s", tt.in, c, err, tt.want)
			}
		})
	}
}

func TestZeroCurrency(t *testing.T) {
	var none money.Currency
	if none.Valid() || none.Code() != "" || none.Number() != "" || none.String() != "" || none.Decimals() != -1 {
		t.Errorf("the zero Currency is %q %q with %d decimals, valid %t", none.Code(), none.Number(), none.Decimals(), none.Valid())
	}
}
