package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"flexform/plan"
)

var csvHead = [...]string{"plan", "mode", "merchant", "transact", "orderid", "action", "amount", "currency", "from", "to", "authorised",
	"class", "attempt", "status", "source", "reason", "earlier", "address"}

// CSVBegin is how every file of [PlanCSV] begins.
const CSVBegin = "plan,mode,merchant,transact,orderid,action,"

// PlanCSV writes a plan's actions for a spreadsheet, one a row: RFC 4180 with
// CRLF, amounts as decimals with a point. Texts are written as [Visible] shows
// them, and one that a spreadsheet would take for a formula has an apostrophe
// before it (hazards R66, R68); the exact texts are in the plan file.
func PlanCSV(w io.Writer, p *plan.Plan) error {
	v := newPlanView(p, PlanOptions{})
	c := csv.NewWriter(w)
	c.UseCRLF = true
	c.Write(csvHead[:]) // the first error comes back from Error
	for _, a := range p.Body.Actions {
		amounts := make([]string, 4)
		if hasAmount(a.Verb) {
			for i, minor := range [...]int64{moved(a), a.FromMinor, a.ToMinor, a.AmountMinor} {
				amounts[i] = decimalText(minor, a.Currency)
			}
		}
		row := []string{Ident(p.Digest), string(p.Body.Mode), a.Merchant, a.Transact, a.OrderID, string(a.Verb), amounts[0], a.Currency, amounts[1], amounts[2], amounts[3],
			string(a.Class), strconv.Itoa(a.Attempt), strconv.Itoa(int(a.Status)), string(v.sourceOf(a)), a.Reason, a.Earlier, a.Address}
		for i := range row {
			row[i] = csvCell(row[i])
		}
		c.Write(row)
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write plan as CSV: %w", err)
	}
	return nil
}

// formulaSigns begin what a spreadsheet evaluates; the broad ones are taken for
// them by East Asian editions.
const formulaSigns = "=+-@＝＋－＠"

// csvCell makes a text safe to open in a spreadsheet. What stands behind spaces
// or quotes counts too: some programs trim a cell before they look at it.
func csvCell(s string) string {
	s = Visible(s)
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \"'"))
	if first != utf8.RuneError && strings.ContainsRune(formulaSigns, first) {
		return "'" + s
	}
	return s
}
