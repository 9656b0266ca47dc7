package sandbox

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"
)

// response writes the response file (flexwin.md 9.7). The simple form names no
// columns and quotes its texts. The advanced one repeats the header block, and
// has what it asks for in columns that stand in the order of their names, as in
// DIBS' own examples. That a file with a block but without named columns gets
// its answer in the same form was chosen.
func (t *bulkText) response(k bulkKind, answers []bulkAnswer) []byte {
	var b bytes.Buffer
	columns := []string{"transact", "resultcode", "orderid"}
	if k.tickets() {
		columns = []string{"ticket", "resultcode", "transact", "orderid"}
	}
	if !t.block {
		for _, a := range answers {
			b.WriteString(a.simple(k, columns))
		}
		return b.Bytes()
	}
	fmt.Fprintf(&b, "CsvHeader: %t\r\nNumberOfCsvRecords: %d\r\n\r\n", t.named, len(answers))
	for _, c := range []string{"acquirer", "actioncode", "authorizationtime", "fee", "reason", "totalamount"} {
		if t.asks[c] {
			columns = append(columns, c)
		}
	}
	if t.named {
		b.WriteString(`"` + strings.Join(columns, `","`) + "\"\r\n")
	}
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	cells := make([]string, len(columns))
	for _, a := range answers {
		for i, c := range columns {
			cells[i] = a.cell(k, c)
		}
		// Neither fails: it goes into memory.
		_ = w.Write(cells)
	}
	w.Flush()
	return b.Bytes()
}

// simple is the row of a response without a header block.
func (a bulkAnswer) simple(k bulkKind, columns []string) string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = a.cell(k, c)
		if c == "orderid" || cells[i] != "" && !isNumber(cells[i], 1, 19) {
			cells[i] = `"` + strings.ReplaceAll(cells[i], `"`, `""`) + `"`
		}
	}
	return strings.Join(cells, ",") + "\r\n"
}

// cell returns what the response has in a column.
func (a bulkAnswer) cell(k bulkKind, column string) string {
	switch column {
	case "resultcode":
		return a.code.String()
	case "transact":
		if !k.tickets() {
			return a.cells[column]
		}
		if a.made == nil || a.made.Status == StatusDeclined || a.made.Status == StatusDeclinedByDIBS {
			return ""
		}
		return a.made.Transact
	case "actioncode":
		return a.actionCode
	case "reason":
		if a.code != resultAccepted {
			return a.code.String()
		}
		return ""
	case "ticket", "orderid":
		return a.cells[column]
	}
	return a.paid(column)
}

// paid returns what only an approved payment has.
func (a bulkAnswer) paid(column string) string {
	if a.made == nil || a.code != resultAccepted {
		return ""
	}
	switch column {
	case "acquirer":
		return acquirer
	case "authorizationtime":
		return a.made.AuthorisedAt.Format(time.DateTime)
	case "fee":
		return minorText(a.made.Details.Fee)
	}
	return minorText(a.made.Amount) // the fee included
}

// bulkProblem is the response to a file that was not carried out. Its form was
// chosen: a header line that no documented response has, and no rows, so that
// nobody can take it for an answer.
func bulkProblem(err error) []byte {
	return []byte("Error: " + strings.Map(func(r rune) rune {
		if hidden(r) {
			return '?'
		}
		return r
	}, err.Error()) + ". Nothing was carried out.\r\n")
}
