package sandbox

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzBulk: whatever a bulk file holds, it is refused as a whole or each of its
// lines is a row with a result, in its order; the money stays possible; and a
// response has one line for each row, or none.
func FuzzBulk(f *testing.F) {
	for kind, text := range map[string]string{
		"refund":         "11111111,o,100,208\r\n11111112,o,100,208\r\n",
		"capture":        "CsvHeader: true\r\nNumberOfCsvRecords: 2\r\nReturnReason: true\r\n\r\n\"orderid\",\"transact\",\"amount\",\"currency\",\"test\"\r\n\"o\"\"\",11111113,5,208,true\r\no,11111113,5,208,\r\n",
		"ticket_auth":    "CsvHeader: true\r\nReturnFee: true\r\n\r\nticket,orderid,amount,currency,addfee\r\n11111114,n,100,392,true\r\n",
		"ticket_capture": "NumberOfCsvRecords: 1\r\n\r\n11111114,\"a,b\",2147483647,208\r\n",
	} {
		f.Add(kind, text)
	}
	for _, text := range []string{"", "\r\n", "a\n", "a: b\r\n", "A: b\r\n\r\n", "\"a\r\nb\",1,1,1\r\n", "1,2,3,4\r\n\r\n1,2,3,4\r\n", "1,2,3,4", ",,,\xe9\r\n", "1,2,3,4,5\r\n",
		"NumberOfCsvRecords: 2\r\n\r\n1,2,3,4\r\n", "ReturnFee: true\r\n\r\n1,2,3,4\r\n", "\"1\",2,3,4\x00\r\n", "CsvHeader: TRUE\r\ncsvheader: true\r\n\r\n"} {
		f.Add("refund", text)
	}
	kinds := []bulkKind{bulkRefund, bulkCapture, bulkTicketAuth, bulkTicketCapture}
	seeds, err := ReadSeed(strings.NewReader("transact,orderid,amount,currency,status\n11111111,o,2.00,DKK,captured\n11111112,o,2.00,EUR,captured\n" +
		"11111113,\"o\"\"\",0.10,DKK,authorised\n11111114,t,1.00,DKK,ticket\n"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind, text string) {
		k := kinds[max(0, slices.Index(kinds, bulkKind(kind)))]
		g, err := Open(Options{Now: func() time.Time { return time.Unix(1_700_000_000, 0) }})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		if err := g.Seed(seeds); err != nil {
			t.Fatal(err)
		}
		batch := string(k) + "141123_01"
		if err := g.PutBulkFile(batch+".txt", []byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := g.PutBulkFile(batch+".run", nil); err != nil {
			t.Fatal(err)
		}
		batches := g.BulkBatches()
		if len(batches) != 1 || batches[0].Done.IsZero() {
			t.Fatalf("batches %+v", batches)
		}
		done, response := batches[0], g.book.file("response_"+batch+".txt").Data
		for _, tr := range g.Transactions() {
			if tr.Refunded.Minor() > tr.Captured.Minor() || tr.Captured.Minor() > tr.Amount.Minor() || !tr.Status.known() {
				t.Fatalf("impossible: %+v", tr)
			}
		}
		if done.Error != "" {
			checkRefused(t, g, len(seeds), done, response)
			return
		}
		checkAnswered(t, text, done, response)
		checkRead(t, k, text, done)
	})
}

// No reason why a payment was declined reads as an acceptance in the response to
// a ticket file, where 0 is one.
func TestTicketResults(t *testing.T) {
	for reason := resultCode(0); reason <= 20; reason++ {
		if code := ticketResult(reason); code == resultAccepted || code > 15 {
			t.Errorf("reason %d has the result code %d", reason, code)
		}
	}
}

// checkRefused makes sure that nothing of a refused file was carried out.
func checkRefused(t *testing.T, g *Gateway, seeds int, done BulkBatch, response []byte) {
	if len(done.Rows) > 0 || !bytes.HasPrefix(response, []byte("Error: ")) || bytes.Count(response, []byte("\n")) != 1 {
		t.Fatalf("refused with %+v and %q", done, response)
	}
	for _, tr := range g.Transactions() {
		if slices.ContainsFunc(tr.Moves, func(m Move) bool { return m.By != BySeed }) {
			t.Fatalf("refused, and yet %+v", tr)
		}
	}
	if n := len(g.Transactions()); n != seeds {
		t.Fatalf("refused, and yet there are %d transactions", n)
	}
}

// checkAnswered makes sure that the last lines of the file are its rows, and
// those of the response their results.
func checkAnswered(t *testing.T, text string, done BulkBatch, response []byte) {
	lines := strings.Split(text, "\r\n")
	if lines[len(lines)-1] != "" || len(done.Rows) == 0 {
		t.Fatalf("%d rows of %q", len(done.Rows), text)
	}
	lines = lines[:len(lines)-1]
	for i, row := range done.Rows {
		if at := len(lines) - len(done.Rows) + i; row.Line != at+1 {
			t.Fatalf("row %+v is not line %d of %q", row, at+1, lines)
		}
	}
	_, rows, advanced := bytes.Cut(response, []byte("\r\n\r\n"))
	if !advanced {
		rows = response
	}
	records, err := csv.NewReader(bytes.NewReader(rows)).ReadAll()
	named := len(records) > 0 && len(records[0]) > 1 && records[0][1] == "resultcode"
	if err != nil || len(records)-len(done.Rows) != map[bool]int{false: 0, true: 1}[named] {
		t.Fatalf("a response of %d records to %d rows, %v: %q", len(records), len(done.Rows), err, response)
	}
}

// checkRead reads a file that was carried out with encoding/csv, by the columns
// that it names or by those of flexwin.md 9.7: nothing stands in it but the rows
// that were carried out, each cell in its place.
func checkRead(t *testing.T, k bulkKind, text string, done BulkBatch) {
	columns, heads := []string{"transact", "orderid", "amount", "currency"}, "csvheader numberofcsvrecords returnreason returnactioncode"
	if k == bulkTicketAuth || k == bulkTicketCapture {
		columns[0] = "ticket"
		heads += " returntotalamount returnfee returnacquirer returnauthorizationtime"
	}
	block, rows, isBlock := strings.Cut(text, "\r\n\r\n")
	named := false
	if !isBlock {
		rows = text
	}
	for line := range strings.SplitSeq(block, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(name), strings.ToLower(strings.TrimPrefix(value, " "))
		switch {
		case !isBlock:
		case !slices.Contains(strings.Fields(heads), name):
			t.Fatalf("a header %q of %q is accepted", name, text)
		case name == "csvheader":
			named = value == "true"
		case name == "numberofcsvrecords":
			if n, err := strconv.Atoi(value); err != nil || n != len(done.Rows) {
				t.Fatalf("%q rows are announced, and %d are carried out of %q", value, len(done.Rows), text)
			}
		}
	}
	records, err := csv.NewReader(strings.NewReader(rows)).ReadAll()
	if err == nil && named {
		columns, records = records[0], records[1:]
	}
	if err != nil || len(records) != len(done.Rows) {
		t.Fatalf("%d rows carried out of %q: %v", len(done.Rows), text, err)
	}
	for i, row := range done.Rows {
		if len(records[i]) != len(columns) {
			t.Fatalf("a row of %d cells is carried out, of %q", len(records[i]), text)
		}
		for j, c := range columns {
			got, known := map[string]string{
				"transact": row.Transact, "ticket": row.Ticket, "orderid": row.OrderID, "amount": row.Amount, "currency": row.Currency,
			}[strings.ToLower(c)]
			if want := records[i][j]; known && got != "redacted" && utf8.ValidString(want) && len(want) <= maxParam && got != want {
				t.Fatalf("line %d has the %s %q, want %q of %q", row.Line, c, got, want, text)
			}
		}
	}
}
