package bulk

import (
	"encoding/csv"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/money"

	"github.com/google/go-cmp/cmp"
)

// R66: whatever Decode takes, it takes as it was meant: encoding/csv finds the
// same rows in it and no other, and writing it and reading it again gives the
// same file.
func FuzzDecode(f *testing.F) {
	f.Add(uint8(Refund), crlf(`123456789,"myOrderId1",100,208`, `123456790,myOrderId2,200,978`))
	f.Add(uint8(Capture), crlf(`CsvHeader: true`, `NumberOfCsvRecords: 1`, `ReturnReason: true`, ``, `"test","transact","orderid","amount","currency"`, `"true",123456789,"a ""b"" =c,d",1,036`))
	f.Add(uint8(TicketAuth), crlf(`CsvHeader: true`, `ReturnFee: true`, ``, `ticket,orderid,amount,currency,ticketorderid,test,addfee`, `1,a,1,392,,,false`, `1,b,1,392,c,true,true`))
	f.Add(uint8(Refund), crlf(`123456789,myOrderId1,+100,208`))
	f.Add(uint8(Refund), crlf(`123456789,myOrderId1,0100,208`))
	f.Add(uint8(TicketCapture), "\xef\xbb\xbfCsvHeader:true\r\n\r\n\"a\nb\"")
	f.Fuzz(func(t *testing.T, kind uint8, text string) {
		k := Kind(kind)
		file, err := Decode(k, []byte(text))
		if err != nil {
			return
		}
		if diff := cmp.Diff(modelRows(t, k, text), file.Rows); diff != "" {
			t.Fatalf("rows (-model +got):\n%s\n%q", diff, text)
		}
		data, err := file.Encode()
		if err != nil {
			t.Fatalf("Decode took what Encode refuses: %v\n%q", err, text)
		}
		back, err := Decode(k, data)
		if diff := cmp.Diff(file, back); diff != "" || err != nil {
			t.Fatalf("%v (-first +second):\n%s\n%q", err, diff, data)
		}
	})
}

// modelRows reads the rows of a request file with encoding/csv, by the names of
// the columns or by their documented order (flexwin.md 9.7).
func modelRows(t *testing.T, k Kind, text string) []Row {
	t.Helper()
	columns := []string{"transact", "orderid", "amount", "currency"}
	if k == TicketAuth || k == TicketCapture {
		columns[0] = "ticket"
	}
	named := false
	if first, _, _ := strings.Cut(text, "\r\n"); strings.Contains(first, ":") && !strings.ContainsAny(first, `,"`) {
		head, rest, _ := strings.Cut(text, "\r\n\r\n")
		named = regexp.MustCompile(`(?im)^csvheader:[ \t]*true[ \t]*\r?$`).MatchString(head)
		text = rest
	}
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("taken, and encoding/csv says %v: %q", err, text)
	}
	if named {
		columns, records = records[0], records[1:]
	}
	var rows []Row
	for _, cells := range records {
		cell := func(name string) string {
			if i := slices.Index(columns, name); i >= 0 {
				return cells[i]
			}
			return ""
		}
		minor, err := strconv.ParseInt(cell("amount"), 10, 64)
		currency, unknown := money.ParseCurrency(cell("currency"))
		if err != nil || unknown != nil || strconv.FormatInt(minor, 10) != cell("amount") {
			t.Fatalf("row %q is taken", cells)
		}
		amount, err := money.New(minor, currency)
		if err != nil {
			t.Fatalf("row %q is taken: %v", cells, err)
		}
		rows = append(rows, Row{
			Transact: dibs.TransactID(cell("transact")), Ticket: dibs.TransactID(cell("ticket")), OrderID: cell("orderid"), Amount: amount,
			Test: cell("test") == "true", TicketOrderID: cell("ticketorderid"), AddFee: cell("addfee") == "true",
		})
	}
	return rows
}

// R43: no response makes ReadResponse panic, and none makes a row accepted or
// declined that does not stand there with a code or a word that says so.
func FuzzReadResponse(f *testing.F) {
	for _, text := range []string{
		advanced("2", refundColumns, `1119139223,0,myOrderId1,,`, `1119138877,7,myOrderId2,d07,7`),
		crlf(`1119139223,0,myOrderId1`, `1119138877,6,"myOrderId2"`),
		crlf(`transact,status,orderid,reason`, `1119139223,ACCEPTED,myOrderId1,`, `1119138877,"DECLINED",myOrderId2,7`),
		"CSVHEADER: TRUE\nX: y\n\nTransact,ResultCode,OrderID,Extra\n\n1119139223,0,myOrderId1,x\n1119138877,0,myOrderId2,x",
		crlf(`967492995,0,1119080927,"myOrderId1"`, `967492995,0,1119080931,"myOrderId2"`),
		crlf(`ticket,resultcode,transaction,orderid,fee,totalamount`, `967492995,0,1119080927,myOrderId1,1.50,-1`),
	} {
		f.Add(text)
	}
	words := map[string]Outcome{"ACCEPTED": Accepted, "DECLINED": Declined}
	for _, code := range []string{"0", "1000"} {
		words[code] = Accepted
	}
	for _, code := range []string{"3", "4", "5", "6", "7", "8", "9", "10", "14", "15"} {
		words[code] = Declined
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, file := range []File{sent(t), sentTickets(t)} {
			r, err := file.ReadResponse([]byte(text))
			if err != nil {
				if len(r.Answers) > 0 {
					t.Fatalf("answers beside the error %v", err)
				}
				continue
			}
			if len(r.Answers) != len(file.Rows) {
				t.Fatalf("%d answers for %d rows", len(r.Answers), len(file.Rows))
			}
			for i, a := range r.Answers {
				checkAnswer(t, file.Rows[i], a, strings.Split(text, "\n"), words)
			}
			for _, p := range r.Problems {
				if !printable(p.Text) {
					t.Fatalf("problem is not printable: %q", p)
				}
			}
		}
	})
}

// checkAnswer asks encoding/csv what stands in the line that the answer names.
func checkAnswer(t *testing.T, row Row, a Answer, lines []string, words map[string]Outcome) {
	if diff := cmp.Diff(row, a.Row); diff != "" {
		t.Fatalf("answer to another row:\n%s", diff)
	}
	for _, text := range []string{a.Why, a.Reason, a.ActionCode, a.Acquirer, a.AuthorizationTime} {
		if !printable(text) || holdsCard(text) {
			t.Fatalf("text may not be shown: %q", text)
		}
	}
	if (a.Outcome == Unknown) != (a.Why != "") || a.Outcome == 0 {
		t.Fatalf("outcome %s because %q", a.Outcome, a.Why)
	}
	if a.Outcome == Unknown {
		return
	}
	cells, err := csv.NewReader(strings.NewReader(lines[a.Line-1])).Read()
	if err != nil {
		t.Fatalf("line %d decides and is no CSV: %v", a.Line, err)
	}
	says, names := false, false
	for _, cell := range cells {
		says = says || words[strings.ToUpper(cell)] == a.Outcome
		names = names || dibs.TransactID(cell) == row.id()
	}
	if !says || !names {
		t.Fatalf("line %d, %q, makes %s %s", a.Line, cells, row.id(), a.Outcome)
	}
}

// Our reader of one line against the standard library's: it takes less, and
// nothing else.
func FuzzFields(f *testing.F) {
	for _, line := range []string{`a,b`, `"a","b"`, `"a""b",,`, `a"b`, `"a"b`, `"a`, `,`, ``, ` a , "b"`, `"",""""`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got, err := fields(line)
		if err != nil || strings.ContainsAny(line, "\r\n") || line == "" || len(line) > maxLine {
			return
		}
		r := csv.NewReader(strings.NewReader(line))
		want, err := r.Read()
		if err != nil {
			t.Fatalf("%q is taken as %q, and encoding/csv says %v", line, got, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-encoding/csv +fields):\n%s", line, diff)
		}
	})
}
