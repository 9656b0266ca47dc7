package bulk

import (
	"strconv"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/money"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func amount(tb testing.TB, text string) money.Amount {
	tb.Helper()
	a, err := money.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// crlf ends lines as files have them.
func crlf(lines ...string) string { return strings.Join(append(lines, ""), "\r\n") }

// twoRefunds are the rows of DIBS' own example.
func twoRefunds(tb testing.TB) []Row {
	return []Row{
		{Transact: "123456789", OrderID: "myOrderId1", Amount: amount(tb, "1.00 DKK")},
		{Transact: "123456790", OrderID: "myOrderId2", Amount: amount(tb, "2.00 EUR")},
	}
}

func twoTickets(tb testing.TB) []Row {
	return []Row{
		{Ticket: "123456789", OrderID: "myOrderId1", Amount: amount(tb, "1.00 DKK")},
		{Ticket: "123456789", OrderID: "myOrderId2", Amount: amount(tb, "2.00 EUR")},
	}
}

func tested(rows []Row) []Row {
	for i := range rows {
		rows[i].Test = true
	}
	return rows
}

// The files are DIBS' own examples, with CRLF and straight quotes
// (D2/FlexWin/Bulk/Refund and Ticket_authorization).
func TestEncode(t *testing.T) {
	tests := map[string]struct {
		file File
		want string
	}{
		"simple refunds": {
			File{Kind: Refund, Rows: twoRefunds(t)},
			crlf(`123456789,"myOrderId1",100,208`, `123456790,"myOrderId2",200,978`),
		},
		"advanced refunds": {
			NewFile(Refund, tested(twoRefunds(t))),
			crlf(
				`CsvHeader: true`, `NumberOfCsvRecords: 2`, `ReturnReason: true`, `ReturnActionCode: true`, ``,
				`"transact","orderid","amount","currency","test"`,
				`123456789,"myOrderId1",100,208,"true"`, `123456790,"myOrderId2",200,978,"true"`),
		},
		"captures that ask for nothing": {
			File{Kind: Capture, Rows: twoRefunds(t)[:1], Header: &Header{}},
			crlf(`CsvHeader: true`, `NumberOfCsvRecords: 1`, ``, `"transact","orderid","amount","currency"`, `123456789,"myOrderId1",100,208`),
		},
		"advanced tickets": {
			NewFile(TicketAuth, []Row{
				{Ticket: "123456789", OrderID: "myOrderId1", Amount: amount(t, "1.00 DKK"), TicketOrderID: "OriginalTicketOrderId", Test: true, AddFee: true},
				{Ticket: "123456790", OrderID: "myOrderId2", Amount: amount(t, "2.00 EUR"), TicketOrderID: "OriginalTicketOrderId", Test: true},
			}),
			crlf(
				`CsvHeader: true`, `NumberOfCsvRecords: 2`, `ReturnReason: true`, `ReturnActionCode: true`, `ReturnTotalAmount: true`,
				`ReturnFee: true`, `ReturnAcquirer: true`, `ReturnAuthorizationTime: true`, ``,
				`"ticket","orderid","amount","currency","ticketorderid","test","addfee"`,
				`123456789,"myOrderId1",100,208,"OriginalTicketOrderId","true","true"`,
				`123456790,"myOrderId2",200,978,"OriginalTicketOrderId","true","false"`),
		},
		"an order id full of CSV": {
			File{Kind: TicketCapture, Rows: []Row{{Ticket: "123456", OrderID: `a "b", =c(d);'e`, Amount: amount(t, "200 JPY")}}},
			crlf(`123456,"a ""b"", =c(d);'e",200,392`),
		},
		"a currency with a zero in front": {
			File{Kind: Refund, Rows: []Row{{Transact: "123456", OrderID: "1", Amount: amount(t, "0.01 AUD")}}},
			crlf(`123456,"1",1,036`),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.file.Encode()
			if diff := cmp.Diff(tt.want, string(got)); diff != "" || err != nil {
				t.Fatalf("Encode: %v (-want +got):\n%s", err, diff)
			}
			back, err := Decode(tt.file.Kind, got)
			if diff := cmp.Diff(tt.file, back); diff != "" || err != nil {
				t.Errorf("Decode: %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// R66, R67
func TestWhatIsNotSent(t *testing.T) {
	row := func(change func(*Row)) []Row {
		r := twoRefunds(t)[0]
		change(&r)
		return []Row{r}
	}
	total, err := money.NewTotal(money.MaxMinor+1, twoRefunds(t)[0].Amount.Currency())
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		file File
		want string
	}{
		"no kind":                      {File{Rows: twoRefunds(t)}, "without a kind"},
		"no rows":                      {NewFile(Refund, nil), "refund file without rows"},
		"too many rows":                {NewFile(Refund, make([]Row, MaxRows+1)), "more than 100000"},
		"no transaction":               {NewFile(Refund, row(func(r *Row) { r.Transact = "" })), `row 1: transact "" is not a number`},
		"a transaction of words":       {NewFile(Refund, row(func(r *Row) { r.Transact = "1,2" })), `transact "1,2" is not a number`},
		"a zero in front":              {NewFile(Refund, row(func(r *Row) { r.Transact = "0123456" })), "without leading zeros"},
		"a long transaction":           {NewFile(Refund, row(func(r *Row) { r.Transact = "12345678901234567890" })), "at most 19 digits"},
		"a ticket in a refund":         {NewFile(Refund, row(func(r *Row) { r.Ticket = "1234567" })), "by its transact alone"},
		"a refund in a ticket file":    {NewFile(TicketAuth, twoRefunds(t)), "by its ticket alone"},
		"no order id":                  {NewFile(Refund, row(func(r *Row) { r.OrderID = "" })), "no order id"},
		"a line break":                 {NewFile(Refund, row(func(r *Row) { r.OrderID = "a\r\n1,2,3" })), "not printable ASCII"},
		"a tab":                        {NewFile(Refund, row(func(r *Row) { r.OrderID = "a\tb" })), "not printable ASCII"},
		"NUL":                          {NewFile(Refund, row(func(r *Row) { r.OrderID = "a\x00b" })), "not printable ASCII"},
		"DEL":                          {NewFile(Refund, row(func(r *Row) { r.OrderID = "a\x7f" })), "not printable ASCII"},
		"another alphabet":             {NewFile(Refund, row(func(r *Row) { r.OrderID = "Ærø-1" })), "not printable ASCII"},
		"a long order id":              {NewFile(Refund, row(func(r *Row) { r.OrderID = strings.Repeat("x", 51) })), "51 characters; the gateway cuts it at 50"},
		"no amount":                    {NewFile(Refund, row(func(r *Row) { r.Amount = money.Amount{} })), "no amount"},
		"nothing":                      {NewFile(Refund, row(func(r *Row) { r.Amount = amount(t, "0.00 DKK") })), "no amount"},
		"more than a transaction has":  {NewFile(Refund, row(func(r *Row) { r.Amount = total })), "amount too large"},
		"a fee on a refund":            {NewFile(Refund, row(func(r *Row) { r.AddFee = true })), "no fee to add"},
		"a ticket's order on a refund": {NewFile(Capture, row(func(r *Row) { r.TicketOrderID = "x" })), "no ticket's order id"},
		"a test without a header":      {File{Kind: Refund, Rows: tested(twoRefunds(t))}, "optional columns need a header"},
		"a bad ticket's order": {NewFile(TicketAuth, []Row{{Ticket: "1", OrderID: "a", Amount: amount(t, "1 JPY"), TicketOrderID: "\n"}}),
			"not printable ASCII"},
		"a header for tickets":   {File{Kind: Refund, Rows: twoRefunds(t), Header: &Header{Fee: true}}, "told for tickets only"},
		"one transaction twice":  {NewFile(Refund, append(twoRefunds(t), twoRefunds(t)[0])), "row 3: transact 123456789 stands in row 1 already"},
		"one ticket order twice": {NewFile(TicketAuth, append(twoTickets(t), twoTickets(t)[1])), "row 3: ticket 123456789 stands in row 2 already"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.file.Encode()
			if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Encode = %q, %v; want an error with %q", got, err, tt.want)
			}
		})
	}
	if err := NewFile(TicketCapture, twoTickets(t)).Check(); err != nil {
		t.Errorf("one ticket charged for two orders: %v", err)
	}
}

func TestMistakesAreShownAtOnceAndCounted(t *testing.T) {
	_, err := NewFile(Refund, make([]Row, 30)).Encode()
	if err == nil || strings.Count(err.Error(), "\n") != 20 || !strings.HasSuffix(err.Error(), "and 39 more") {
		t.Errorf("30 empty rows: %v", err)
	}
}

// R66
func TestDecode(t *testing.T) {
	want := File{Kind: Refund, Rows: twoRefunds(t)}
	withHeader := func(rows []Row) File { return File{Kind: Refund, Rows: rows, Header: &Header{}} }
	tests := map[string]struct {
		text string
		want File
		err  string
	}{
		"without quotes":            {text: crlf(`123456789,myOrderId1,100,208`, `123456790,myOrderId2,200,978`), want: want},
		"with quotes everywhere":    {text: crlf(`"123456789","myOrderId1","100","208"`, `"123456790","myOrderId2","200","978"`), want: want},
		"columns in other order":    {text: crlf(`CsvHeader: true`, ``, `currency,amount,transact,orderid`, `208,100,123456789,myOrderId1`), want: withHeader(twoRefunds(t)[:1])},
		"a header without names":    {text: crlf(`NumberOfCsvRecords: 2`, ``, `123456789,myOrderId1,100,208`, `123456790,myOrderId2,200,978`), want: withHeader(twoRefunds(t))},
		"headers in other case":     {text: crlf(`CSVHEADER:TRUE`, `returnreason: False`, ``, `transact,orderid,amount,currency`, `123456789,myOrderId1,100,208`), want: withHeader(twoRefunds(t)[:1])},
		"an optional cell left out": {text: crlf(`CsvHeader: true`, ``, `transact,orderid,amount,currency,test`, `123456789,myOrderId1,100,208,`), want: withHeader(twoRefunds(t)[:1])},

		"nothing":                     {err: "no rows"},
		"a header alone":              {text: crlf(`CsvHeader: true`, ``), err: "no rows"},
		"names alone":                 {text: crlf(`CsvHeader: true`, ``, `transact,orderid,amount,currency`), err: "without rows"},
		"a byte order mark":           {text: "\xef\xbb\xbf" + crlf(`123456789,a,100,208`), err: "line 1: byte order mark"},
		"UTF-16":                      {text: "1\x002\x00", err: "control character"},
		"line ends without CR":        {text: "123456789,a,100,208\n", err: "line 1: line does not end in CRLF"},
		"no end of the last line":     {text: crlf(`123456789,a,100,208`) + `123456790,b,100,208`, err: "line 2: line does not end in CRLF"},
		"half an end of a line":       {text: "123456789,a,100,208\r", err: "control character"},
		"a lone CR":                   {text: crlf("123456789,a\rb,100,208"), err: "control character"},
		"a line break in quotes":      {text: crlf(`123456789,"a`, `b",100,208`), err: "quote that is not closed on its line"},
		"NUL in quotes":               {text: crlf("123456789,\"a\x00\",100,208"), err: "control character"},
		"a quote in the middle":       {text: crlf(`123456789,a"b,100,208`), err: "line 1: quote inside a field"},
		"text after a quote":          {text: crlf(`123456789,"a"b,100,208`), err: "line 1: text after a closing quote"},
		"curly quotes":                {text: crlf(`123456789,”a”,100,208`), err: "not printable ASCII"},
		"a space at the end":          {text: crlf(`123456789,a,100,208 `), err: `currency "208 "`},
		"an empty line in between":    {text: crlf(`123456789,a,100,208`, ``, `123456790,b,100,208`), err: "line 2: 1 columns instead of 4"},
		"a column too few":            {text: crlf(`123456789,a,100`), err: "line 1: 3 columns instead of 4"},
		"a column too many":           {text: crlf(`123456789,a,100,208,true`), err: "line 1: 5 columns instead of 4"},
		"a great many columns":        {text: crlf(strings.Repeat(`,`, 40)), err: "more than 32 columns"},
		"a long line":                 {text: crlf(strings.Repeat(`x`, 5000)), err: "more than 4096 bytes"},
		"a decimal amount":            {text: crlf(`123456789,a,1.00,208`), err: `amount "1.00" is no number of minor units`},
		"a negative amount":           {text: crlf(`123456789,a,-1,208`), err: `amount "-1"`},
		"an amount of nothing":        {text: crlf(`123456789,a,0,208`), err: `amount "0"`},
		"an amount past all limits":   {text: crlf(`123456789,a,99999999999999999999,208`), err: `is no number of minor units`},
		"an amount past the cap":      {text: crlf(`123456789,a,2147483648,208`), err: "amount too large"},
		"letters for a currency":      {text: crlf(`123456789,a,100,DKK`), err: `currency "DKK" is no ISO number`},
		"no such currency":            {text: crlf(`123456789,a,100,000`), err: "000"},
		"one transaction twice":       {text: crlf(`123456789,a,100,208`, `123456789,b,100,208`), err: "row 2: transact 123456789 stands in row 1 already"},
		"fewer rows than announced":   {text: crlf(`NumberOfCsvRecords: 2`, ``, `123456789,a,100,208`), err: "announces 2 rows, and there are 1"},
		"a count that is none":        {text: crlf(`NumberOfCsvRecords: +1`, ``, `123456789,a,100,208`), err: `"+1", no number`},
		"no line after the header":    {text: crlf(`NumberOfCsvRecords: 1`, `123456789,a,100,208`), err: "line 2: no empty line between"},
		"a header twice":              {text: crlf(`CsvHeader: true`, `csvheader: false`, ``), err: "line 2: header csvheader stands in line 1 already"},
		"a header nobody knows":       {text: crlf(`CsvHeader: true`, `Merchant: 12345678`, ``), err: "line 2: a refund file has no header merchant"},
		"a header for tickets":        {text: crlf(`CsvHeader: true`, `ReturnFee: true`, ``), err: "line 2: a refund file has no header returnfee"},
		"a header between":            {text: crlf(`CsvHeader: perhaps`, ``), err: `CsvHeader is "perhaps"`},
		"a column twice":              {text: crlf(`CsvHeader: true`, ``, `transact,orderid,amount,amount`), err: "column amount stands there twice"},
		"a column nobody knows":       {text: crlf(`CsvHeader: true`, ``, `transact,orderid,amount,currency,iban`), err: `has no column "iban"`},
		"a column for tickets":        {text: crlf(`CsvHeader: true`, ``, `transact,orderid,amount,currency,addfee`), err: `has no column "addfee"`},
		"a column that lacks":         {text: crlf(`CsvHeader: true`, ``, `transact,orderid,amount`), err: "no column currency"},
		"neither true nor false":      {text: crlf(`CsvHeader: true`, ``, `transact,orderid,amount,currency,test`, `123456789,a,1,208,yes`), err: `test is "yes"`},
		"several mistakes":            {text: crlf(`1,a,x,208`, `2,b,y,208`), err: "line 2"},
		"a card number for an amount": {text: crlf(`1,a,4111 1111 1111 1111,208`), err: withheld},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := Decode(Refund, []byte(tt.text))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Decode (-want +got):\n%s", diff)
			}
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("Decode: %v", err)
			case tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)):
				t.Errorf("Decode: %v; want an error with %q", err, tt.err)
			}
		})
	}
}

func TestSizesAreBounded(t *testing.T) {
	for name, data := range map[string]string{
		"bytes": strings.Repeat(strings.Repeat("1", 4000)+"\r\n", 8400),
		"lines": strings.Repeat("1\r\n", 200_000),
		"header lines": func() string {
			var b strings.Builder
			for i := range 40 {
				b.WriteString(strings.Repeat("A", i+1) + ": true\r\n")
			}
			return b.String()
		}(),
	} {
		if _, err := Decode(Refund, []byte(data)); err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("too many %s: %v", name, err)
		}
	}
	// The largest file that Check lets through can be written and read.
	rows := make([]Row, MaxRows)
	for i := range rows {
		rows[i] = Row{Transact: dibs.TransactID("1" + strings.Repeat("0", 12) + strconv.Itoa(100_000+i)), OrderID: strings.Repeat(`"`, 50), Amount: amount(t, "21474836.47 DKK")}
	}
	f := NewFile(Refund, rows)
	data, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Decode(Refund, data); err != nil || len(back.Rows) != MaxRows {
		t.Errorf("%d rows of %d came back: %v", len(back.Rows), MaxRows, err)
	}
}

// R66: whatever can be sent is read back the same.
func TestEncodeAndDecodeAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := someFile().Draw(t, "file")
		data, err := f.Encode()
		if err != nil {
			t.Fatalf("Encode: %v", err)
		}
		back, err := Decode(f.Kind, data)
		if diff := cmp.Diff(f, back); diff != "" || err != nil {
			t.Fatalf("Decode: %v (-want +got):\n%s\n%s", err, diff, data)
		}
	})
}

// someFile draws files that may be sent.
func someFile() *rapid.Generator[File] {
	return rapid.Custom(func(t *rapid.T) File {
		f := File{Kind: Kind(rapid.IntRange(1, 4).Draw(t, "kind"))}
		tickets := f.Kind.Tickets()
		flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
		if flag("header") {
			f.Header = &Header{Reason: flag("reason"), ActionCode: flag("actioncode")}
			if tickets {
				f.Header.Fee, f.Header.TotalAmount, f.Header.Acquirer, f.Header.AuthorizationTime = flag("fee"), flag("total"), flag("acquirer"), flag("time")
			}
		}
		orderID := rapid.StringMatching(`[ -~]{1,50}`)
		currencies := rapid.SampledFrom([]string{"DKK", "JPY", "AUD", "KWD"})
		ids := rapid.SliceOfNDistinct(rapid.StringMatching(`[1-9][0-9]{5,18}`), 1, 8, rapid.ID).Draw(t, "ids")
		for _, id := range ids {
			c, err := money.ParseCurrency(currencies.Draw(t, "currency"))
			if err != nil {
				t.Fatal(err)
			}
			a, err := money.New(rapid.Int64Range(1, money.MaxMinor).Draw(t, "minor"), c)
			if err != nil {
				t.Fatal(err)
			}
			r := Row{Transact: dibs.TransactID(id), OrderID: orderID.Draw(t, "orderid"), Amount: a}
			if tickets {
				r.Transact, r.Ticket = "", r.Transact
			}
			if f.Header != nil {
				r.Test = flag("test")
				if tickets {
					r.AddFee = flag("addfee")
					r.TicketOrderID = rapid.OneOf(rapid.Just(""), orderID).Draw(t, "ticketorderid")
				}
			}
			f.Rows = append(f.Rows, r)
		}
		return f
	})
}
