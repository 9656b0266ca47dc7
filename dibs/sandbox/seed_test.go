package sandbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
	"flexform/money"
)

var amounts = cmp.Comparer(func(x, y money.Amount) bool { return x == y })

func amount(t testing.TB, s string) money.Amount {
	t.Helper()
	a, err := money.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestReadSeed(t *testing.T) {
	got, err := sandbox.ReadSeed(strings.NewReader("\ufefforderid,transact,status,currency,amount,captured,refunded,authorised_at,merchant,paytype\r\n" +
		"11223344,11111111,5,DKK,200.00,,,2026-11-01T09:30:00+01:00,12345678,V-DK\r\n" +
		"\"a,b\",2718314359,Partly_Refunded,392,500,400,150,2026-11-01,,\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := []sandbox.Transaction{
		{
			Transact: "11111111", Merchant: "12345678", OrderID: "11223344", Amount: amount(t, "200.00 DKK"), Status: sandbox.StatusCaptured,
			AuthorisedAt: time.Date(2026, 11, 1, 8, 30, 0, 0, time.UTC), PayType: "V-DK",
		},
		{
			Transact: "2718314359", OrderID: "a,b", Amount: amount(t, "500 JPY"), Status: sandbox.StatusPartlyRefunded,
			Captured: amount(t, "400 JPY"), Refunded: amount(t, "150 JPY"), AuthorisedAt: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		},
	}
	if diff := cmp.Diff(want, got, amounts); diff != "" {
		t.Errorf("ReadSeed mismatch (-want +got):\n%s", diff)
	}
}

func TestReadSeedMistakes(t *testing.T) {
	const header = "transact,orderid,amount,currency,status,captured,refunded,authorised_at,merchant\n"
	dkk := amount(t, "0.00 DKK").Currency()
	// What package money says is its own affair.
	_, precise := money.ParseDecimal("1.005", dkk)
	_, small := money.ParseCurrency("dkk")
	_, unknown := money.ParseCurrency("XYZ")
	tests := map[string]struct{ in, want string }{
		"nothing at all":           {"", `line 1, column 1: no header: the first line names the columns, transact,orderid,amount,currency,status`},
		"an unknown column":        {"transact,orderid,amount,currency,status,colour\n", `line 1, column 41: unknown column "colour": a seed has transact, orderid, amount, currency, status, merchant, captured, refunded, authorised_at, paytype`},
		"a column twice":           {"transact,orderid,amount,currency,status,amount\n", `line 1, column 41: column "amount" appears twice`},
		"a column missing":         {"transact,orderid,amount,currency\n", `line 1, column 1: column "status" is missing`},
		"a short row":              {header + "11111111,1\n", `line 2, column 1: wrong number of fields`},
		"a stray quote":            {header + "11111111,a\"b,1.00,DKK,5,,,,\n", `line 2, column 11: bare " in non-quoted-field`},
		"a short transact":         {header + "111,1,1.00,DKK,5,,,,\n", `line 2, column 1: transact: "111" is not a transaction number: write 6 to 19 digits`},
		"a transact twice":         {header + "11111111,1,1.00,DKK,5,,,,\n11111111,2,1.00,DKK,5,,,,\n", `line 3, column 1: transact: 11111111 is on line 2 already`},
		"no order id":              {header + "11111111,,1.00,DKK,5,,,,\n", `line 2, column 10: orderid: an order id is needed`},
		"a long order id":          {header + "11111111," + strings.Repeat("x", 51) + ",1.00,DKK,5,,,,\n", `line 2, column 10: orderid: "` + strings.Repeat("x", 51) + `" is longer than 50 characters`},
		"an amount too precise":    {header + "11111111,1,1.005,DKK,5,,,,\n", `line 2, column 12: amount: ` + precise.Error()},
		"no amount":                {header + "11111111,1,,DKK,5,,,,\n", `line 2, column 12: amount: an authorised amount above zero is needed`},
		"an amount of nothing":     {header + "11111111,1,0.00,DKK,5,,,,\n", `line 2, column 12: amount: an authorised amount above zero is needed`},
		"an unknown currency":      {header + "11111111,1,1.00,dkk,5,,,,\n", `line 2, column 17: currency: ` + small.Error()},
		"a status without meaning": {header + "11111111,1,1.00,DKK,20,,,,\n", `line 2, column 21: status: "20" is not a status: write a FlexWin code (0 to 19, 26) or a word such as "authorised", "captured" or "refunded"`},
		"no status":                {header + "11111111,1,1.00,DKK,,,,,\n", `line 2, column 21: status: "" is not a status: write a FlexWin code (0 to 19, 26) or a word such as "authorised", "captured" or "refunded"`},
		"too much captured":        {header + "11111111,1,1.00,DKK,5,1.01,,,\n", `line 2, column 23: captured: 1.01 DKK is more than the authorised 1.00 DKK`},
		"too much refunded":        {header + "11111111,1,1.00,DKK,8,0.50,0.51,,\n", `line 2, column 28: refunded: 0.51 DKK is more than the captured 0.50 DKK`},
		"captured while not":       {header + "11111111,1,1.00,DKK,2,0.50,,,\n", `line 2, column 23: captured: 0.50 DKK does not go with status authorised (2)`},
		"not captured while so":    {header + "11111111,1,1.00,DKK,5,0.00,,,\n", `line 2, column 23: captured: 0.00 DKK does not go with status captured (5)`},
		"partly refunded by what":  {header + "11111111,1,1.00,DKK,8,,,,\n", `line 2, column 24: refunded: 0.00 DKK of the captured 1.00 DKK does not go with status partly refunded (8)`},
		"refunded by a part":       {header + "11111111,1,1.00,DKK,11,,0.50,,\n", `line 2, column 25: refunded: 0.50 DKK of the captured 1.00 DKK does not go with status refunded (11)`},
		"no such day":              {header + "11111111,1,1.00,DKK,5,,,2026-02-30,\n", `line 2, column 25: authorised_at: "2026-02-30" is not a time: write it as in 2026-11-02T09:30:00Z or 2026-11-02`},
		"a merchant's name":        {header + "11111111,1,1.00,DKK,5,,,,shop\n", `line 2, column 26: merchant: "shop" is not a merchant number: write up to 16 digits, or leave it empty`},
		"two mistakes": {
			header + "11111111,1,1.00,DKK,x,,,,\n22222222,1,1.00,DKK,5,,,,\n33333333,1,1.00,XYZ,5,,,,\n",
			`line 2, column 21: status: "x" is not a status: write a FlexWin code (0 to 19, 26) or a word such as "authorised", "captured" or "refunded"` +
				"\n" + `line 4, column 17: currency: ` + unknown.Error(),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			seeds, err := sandbox.ReadSeed(strings.NewReader(tt.in))
			if err == nil {
				t.Fatalf("ReadSeed(%q) = %v, want an error", tt.in, seeds)
			}
			if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
				t.Errorf("ReadSeed(%q) mismatch (-want +got):\n%s", tt.in, diff)
			}
			if place := new(sandbox.SeedError); !errors.As(err, &place) {
				t.Errorf("ReadSeed(%q): %v has no place", tt.in, err)
			}
		})
	}
}

func readSeed(t testing.TB, text string) []sandbox.Transaction {
	t.Helper()
	seeds, err := sandbox.ReadSeed(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return seeds
}
