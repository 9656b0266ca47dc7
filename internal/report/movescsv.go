package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"flexform/statefile"
)

var movesHead = [...]string{"entry", "time", "kind", "mode", "merchant", "transact", "orderid", "action", "amount", "currency", "from", "to", "authorised",
	"attempt", "class", "status_before", "state", "call", "batch", "answer_entry", "answer_time", "result", "code", "message", "reply", "payment",
	"later", "plan", "commit", "author", "approvers", "actor", "flexform_version", "reason", "address"}

// MovesCSVBegin is how every file of [MovesCSV] begins.
const MovesCSVBegin = "entry,time,kind,mode,merchant,transact,orderid,action,"

// MovesCSV writes moves for a spreadsheet, one a row, in the form of [PlanCSV]:
// no cell is a formula, and no text reorders or hides (hazards R66, R68).
func MovesCSV(w io.Writer, h Moves) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	c.Write(movesHead[:]) // the first error comes back from Error
	for _, m := range h.Chosen {
		row := moveCells(m, string(h.ledgerMode()))
		for i := range row {
			row[i] = csvCell(row[i])
		}
		c.Write(row)
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write history as CSV: %w", err)
	}
	return nil
}

func moveCells(m statefile.Move, mode string) []string {
	f := fieldsOf(m)
	state, _ := moveState(m)
	row := []string{strconv.FormatUint(m.Entry.Seq, 10), cellTime(m.Entry.Time), moveKind(m), mode, f.merchant, f.transact, f.order, moveWord(m),
		f.amount, f.currency, f.from, f.to, f.authorised}
	if i := m.Entry.Intent; i != nil {
		row = append(row, strconv.Itoa(i.Attempt), i.Class, strconv.Itoa(i.Status), state, f.call, i.Batch)
	} else {
		row = append(row, "", "", "", state, f.call, "")
	}
	if a, ok := answerOf(m); ok {
		code := ""
		if a.code != nil {
			code = strconv.Itoa(*a.code)
		}
		row = append(row, strconv.FormatUint(m.Answer.Seq, 10), cellTime(m.Answer.Time), string(a.result), code, a.message, a.reply, a.payment)
	} else {
		row = append(row, "", "", "", "", "", "", "")
	}
	var later []string
	for _, e := range m.Later {
		later = append(later, placeOf(e)+" "+laterLine(e))
	}
	row = append(row, strings.Join(later, "; "))
	actor, version := "", ""
	if who, known := actorOf(m); known {
		actor = who.User + " at " + who.Host
	}
	if b := m.Begin; b != nil {
		row = append(row, b.Begin.Plan, b.Begin.Commit, b.Begin.Author, Approvers(*b.Begin))
		version = b.Begin.Version
	} else {
		row = append(row, "", "", "", "")
	}
	if m.Entry.Called != nil {
		version = m.Entry.Called.Version
	}
	return append(row, actor, version, f.reason, f.address)
}

// cellTime is a time that a spreadsheet and a program both read.
func cellTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
