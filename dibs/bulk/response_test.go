package bulk

import (
	"strings"
	"testing"

	"flexform/dibs"

	"github.com/google/go-cmp/cmp"
)

// sent are the rows of DIBS' own response examples.
func sent(tb testing.TB) File {
	return NewFile(Refund, []Row{
		{Transact: "1119139223", OrderID: "myOrderId1", Amount: amount(tb, "1.00 DKK")},
		{Transact: "1119138877", OrderID: "myOrderId2", Amount: amount(tb, "2.00 EUR")},
	})
}

func sentTickets(tb testing.TB) File {
	return NewFile(TicketAuth, []Row{
		{Ticket: "967492995", OrderID: "myOrderId1", Amount: amount(tb, "1.00 DKK")},
		{Ticket: "967492995", OrderID: "myOrderId2", Amount: amount(tb, "2.00 EUR")},
	})
}

// advanced puts the header of DIBS' own example above rows.
func advanced(count string, lines ...string) string {
	return crlf(append([]string{`CsvHeader: true`, `NumberOfCsvRecords: ` + count, ``}, lines...)...)
}

const refundColumns = `"transact","resultcode","orderid","actioncode","reason"`

// told is an answer in short form.
type told struct {
	outcome Outcome
	line    int
	result  dibs.Result
	why     string
}

func tell(r Response) []told {
	var all []told
	for _, a := range r.Answers {
		all = append(all, told{a.Outcome, a.Line, a.Result, a.Why})
	}
	return all
}

// R7, R43: the first files are DIBS' own examples.
func TestRefundResponses(t *testing.T) {
	const lacks = "the response has no row for it"
	missing := told{Unknown, 0, NoResult, lacks}
	tests := map[string]struct {
		text     string
		want     []told
		problems []string
	}{
		"as documented": {
			text: advanced("2", refundColumns, `1119139223,0,myOrderId1,,`, `1119138877,0,myOrderId2,,`),
			want: []told{{Accepted, 5, 0, ""}, {Accepted, 6, 0, ""}},
		},
		"in another order, with refusals": {
			text: advanced("2", refundColumns, `1119138877,7,myOrderId2,d07,7`, `1119139223,4,"myOrderId1","d04",""`),
			want: []told{{Declined, 6, 4, ""}, {Declined, 5, 7, ""}},
		},
		"simple, with codes": {
			text: crlf(`1119139223,0,myOrderId1`, `1119138877,6,"myOrderId2"`),
			want: []told{{Accepted, 1, 0, ""}, {Declined, 2, 6, ""}},
		},
		"simple, with names and words": {
			text: crlf(`transact,status,orderid,reason`, `1119139223,ACCEPTED,myOrderId1,`, `1119138877,"DECLINED",myOrderId2,7`),
			want: []told{{Accepted, 2, NoResult, ""}, {Declined, 3, 7, ""}},
		},
		"line ends without CR, empty lines, no end, other case, more headers": {
			text: "\ncsvheader: TRUE\nDate: 311213\nTransact,ResultCode,OrderID,Extra\n\n1119139223,0,myOrderId1,x\n1119138877,0,myOrderId2,x"[1:],
			want: []told{{Accepted, 5, 0, ""}, {Accepted, 6, 0, ""}},
		},
		"codes that leave the outcome open": {
			text: advanced("2", refundColumns, `1119139223,1,myOrderId1,,`, `1119138877,12,myOrderId2,,`),
			want: []told{{Unknown, 5, 1, "no response from the acquirer (1)"}, {Unknown, 6, 12, "confirm request error (12)"}},
		},
		"a row lacks": {
			text: advanced("1", refundColumns, `1119139223,0,myOrderId1,,`),
			want: []told{{Accepted, 5, 0, ""}, missing},
		},
		"a row stands there twice": {
			text:     advanced("3", refundColumns, `1119139223,0,myOrderId1,,`, `1119139223,0,myOrderId1,,`, `1119138877,0,myOrderId2,,`),
			want:     []told{{Unknown, 5, NoResult, "it stands in the response more than once"}, {Accepted, 7, 0, ""}},
			problems: []string{"line 6: transact 1119139223 stands in line 5 already"},
		},
		"a row that nobody asked for": {
			text:     advanced("3", refundColumns, `1119139223,0,myOrderId1,,`, `1119139224,0,myOrderId1,,`, `1119138877,0,myOrderId2,,`),
			want:     []told{{Accepted, 5, 0, ""}, {Accepted, 7, 0, ""}},
			problems: []string{`line 6: nobody asked for transact 1119139224 with order id "myOrderId1"`},
		},
		"another order": {
			text:     advanced("2", refundColumns, `1119139223,0,myOrderId2,,`, `1119138877,0,"",,`),
			want:     []told{{Unknown, 5, NoResult, "the response names another order"}, {Unknown, 6, NoResult, "the response names another order"}},
			problems: []string{`line 5: order id "myOrderId2" instead of "myOrderId1"`, `line 6: order id "" instead of "myOrderId2"`},
		},
		"rows that cannot be read": {
			text:     advanced("3", refundColumns, `1119139223,0,myOrderId1,`, `1119138877,0,my"OrderId2,,`, `"1119138877"x,0,a,,`),
			want:     []told{missing, missing},
			problems: []string{"line 5: 4 columns instead of 5", "line 6: quote inside a field that does not begin with one", "line 7: text after a closing quote"},
		},
		"strange characters": {
			text:     advanced("1", refundColumns, "\"\u202eevil\xff\",0,\"4111111111111111\",,"),
			want:     []told{missing, missing},
			problems: []string{`line 5: nobody asked for transact \u202eevil\xff with order id "` + withheld + `"`},
		},
		"a last row that may be cut": {
			text:     advanced("2", `transact,orderid,resultcode`, `1119139223,myOrderId1,0`) + `1119138877,myOrderId2,10`,
			want:     []told{{Accepted, 5, 0, ""}, {Unknown, 6, NoResult, "its row may be cut"}},
			problems: []string{"line 6: the last row lacks its end"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := sent(t).ReadResponse([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, tell(got), cmp.AllowUnexported(told{})); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			var problems []string
			for _, p := range got.Problems {
				problems = append(problems, p.String())
			}
			if diff := cmp.Diff(tt.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			for i, a := range got.Answers {
				if diff := cmp.Diff(sent(t).Rows[i], a.Row); diff != "" {
					t.Errorf("answer %d is about another row:\n%s", i, diff)
				}
			}
		})
	}
}

// The first two files are DIBS' own examples.
func TestTicketResponses(t *testing.T) {
	const advancedColumns = `"ticket","resultcode","transact","orderid","acquirer","actioncode","authorizationtime","fee","reason","totalamount"`
	f := sentTickets(t)
	tests := map[string]struct {
		text     string
		want     []Answer
		problems int
	}{
		"simple": {
			text: crlf(`967492995,0,1119080927,"myOrderId1"`, `967492995,0,1119080931,"myOrderId2"`),
			want: []Answer{
				{Row: f.Rows[0], Line: 1, Outcome: Accepted, Transact: "1119080927"},
				{Row: f.Rows[1], Line: 2, Outcome: Accepted, Transact: "1119080931"},
			},
		},
		"advanced": {
			text: advanced("2", advancedColumns, `967492995,0,1119142857,myOrderId1,4,d100,2015-11-21 01:42:03,150,,250`, `967492995,5,,myOrderId2,,d05,,,"5",`),
			want: []Answer{
				{Row: f.Rows[0], Line: 5, Outcome: Accepted, Transact: "1119142857", Acquirer: "4", ActionCode: "d100",
					AuthorizationTime: "2015-11-21 01:42:03", Fee: amount(t, "1.50 DKK"), TotalAmount: amount(t, "2.50 DKK")},
				{Row: f.Rows[1], Line: 6, Outcome: Declined, Result: 5, ActionCode: "d05", Reason: "5"},
			},
		},
		"accepted without a transaction": {
			text: crlf(`967492995,0,,"myOrderId1"`, `967492995,ACCEPTED,x,"myOrderId2"`),
			want: []Answer{
				{Row: f.Rows[0], Line: 1, Outcome: Unknown, Result: NoResult, Why: "accepted without the number of a transaction"},
				{Row: f.Rows[1], Line: 2, Outcome: Unknown, Result: NoResult, Why: "accepted without the number of a transaction"},
			},
			problems: 2,
		},
		"one ticket, another order": {
			text: crlf(`967492995,0,1119080927,"myOrderId3"`),
			want: []Answer{
				{Row: f.Rows[0], Outcome: Unknown, Result: NoResult, Why: "the response has no row for it"},
				{Row: f.Rows[1], Outcome: Unknown, Result: NoResult, Why: "the response has no row for it"},
			},
			problems: 1,
		},
		"amounts that are none": {
			text: crlf(`ticket,resultcode,transaction,orderid,fee,totalamount`, `967492995,0,1119080927,myOrderId1,1.50,-1`, `967492995,0,1119080931,myOrderId2,0,`),
			want: []Answer{
				{Row: f.Rows[0], Line: 2, Outcome: Accepted, Transact: "1119080927"},
				{Row: f.Rows[1], Line: 3, Outcome: Accepted, Transact: "1119080931", Fee: amount(t, "0.00 EUR")},
			},
			problems: 2,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := f.ReadResponse([]byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Answers); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			if len(got.Problems) != tt.problems {
				t.Errorf("problems: %v, want %d", got.Problems, tt.problems)
			}
		})
	}
}

// A response that may be cut, forged or of another kind decides nothing.
func TestResponsesThatCannotBeTrusted(t *testing.T) {
	rows := []string{refundColumns, `1119139223,0,myOrderId1,,`, `1119138877,0,myOrderId2,,`}
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":                       {"", "no rows"},
		"a header alone":                {advanced("2"), "no rows"},
		"names alone":                   {advanced("2", refundColumns), "announces 2 rows, and there are 0"},
		"fewer rows than announced":     {advanced("3", rows...), "announces 3 rows, and there are 2"},
		"more rows than announced":      {advanced("1", rows...), "announces 1 rows, and there are 2"},
		"a count that is none":          {advanced("two", rows...), "no number"},
		"CsvHeader says neither":        {crlf(`CsvHeader: 1`, ``, rows[0], rows[1]), "neither true nor false"},
		"no names where announced":      {advanced("2", rows[1:]...), "no column transact"},
		"no column for the transaction": {crlf(`orderid,resultcode`, `a,0`), "no column transact"},
		"no column for the order":       {crlf(`transact,resultcode`, `1119139223,0`), "no column orderid"},
		"no column for the result":      {crlf(`transact,orderid`, `1119139223,a`), "no column resultcode"},
		"a column twice":                {crlf(`transact,orderid,resultcode,ResultCode`, `1119139223,a,0,0`), "column resultcode stands there twice"},
		"two names for a transaction":   {crlf(`transact,transaction,orderid,resultcode`, `1,1,a,0`), "name the same"},
		"HTML":                          {"<html><body>Login problems?</body></html>\r\n", "no column transact"},
		"names with a quote too many":   {crlf(`transact,"orderid`), "quote that is not closed"},
		"a line break in quotes":        {advanced("2", refundColumns, `1119139223,7,myOrderId1,,"no`, `1119138877,0,myOrderId2,,"`), "line 5: quote that is not closed on its line"},
		"NUL":                           {advanced("2", rows[0], rows[1]+"\x00", rows[2]), "control character"},
		"UTF-16":                        {"\xff\xfe1\x00", "control character"},
		"a byte order mark":             {"\xef\xbb\xbf" + advanced("2", rows...), "byte order mark"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := sent(t).ReadResponse([]byte(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) || got.Answers != nil {
				t.Errorf("ReadResponse = %v, %v; want an error with %q", got, err, tt.want)
			}
		})
	}
	if _, err := sentTickets(t).ReadResponse([]byte(advanced("2", rows...))); err == nil || !strings.Contains(err.Error(), "no column ticket") {
		t.Errorf("a refund's response to tickets: %v", err)
	}
	if _, err := (File{}).ReadResponse(nil); err == nil {
		t.Error("a response to nothing was read")
	}
}

// R43: cut anywhere, a response never says something else than the whole; at
// most it says less.
func TestCutResponsesNeverSayOtherThings(t *testing.T) {
	f := sent(t)
	for name, text := range map[string]string{
		"advanced":             advanced("2", refundColumns, `1119139223,1000,myOrderId1,,`, `1119138877,14,myOrderId2,d14,14`),
		"result at the end":    crlf(`transact,orderid,resultcode`, `1119139223,myOrderId1,14`, `1119138877,myOrderId2,1000`),
		"simple":               crlf(`1119139223,1000,myOrderId1`, `1119138877,14,myOrderId2`),
		"words and reasons":    crlf(`transact,orderid,status,reason`, `1119139223,myOrderId1,DECLINED,10`, `1119138877,myOrderId2,DECLINED,15`),
		"quotes at the end":    crlf(`transact,orderid,resultcode`, `1119139223,myOrderId1,"14"`, `1119138877,myOrderId2,"1000"`),
		"without end, no loss": strings.TrimSuffix(crlf(`1119139223,1000,myOrderId1`, `1119138877,14,myOrderId2`), "\r\n"),
	} {
		whole, err := f.ReadResponse([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range text {
			part, err := f.ReadResponse([]byte(text[:i]))
			if err != nil {
				continue
			}
			for j, a := range part.Answers {
				if w := whole.Answers[j]; a.Outcome != Unknown && (a.Outcome != w.Outcome || a.Result != w.Result) {
					t.Errorf("%s, cut to %q: %s is %v (%v), and %v (%v) in the whole", name, text[:i], a.Row.Transact, a.Outcome, a.Result, w.Outcome, w.Result)
				}
			}
		}
	}
}
