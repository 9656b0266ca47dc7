package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"flexform/apply"
)

var resultCSVHead = [...]string{"result", "fate", "plan", "mode", "merchant", "transact", "orderid", "action", "amount", "currency", "from", "to",
	"attempt", "code", "status", "payment", "detail", "bulk_file", "action_id", "address"}

// ResultCSVBegin is how every file of [ResultCSV] begins.
const ResultCSVBegin = "result,fate,plan,mode,"

// ResultCSV writes what became of a plan's actions for a spreadsheet, one a row,
// by the rules of [PlanCSV]. An apply that has not ended, or came to no action
// and went wrong, has one row that says so.
func ResultCSV(w io.Writer, e Ending) error {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	c.Write(resultCSVHead[:]) // the first error comes back from Error
	write := func(row []string) {
		for i := range row {
			row[i] = csvCell(row[i])
		}
		c.Write(row)
	}
	plan, mode, rows := "", "", 0
	if e.Plan != nil {
		plan, mode = e.Plan.Digest, string(e.Plan.Body.Mode)
	}
	for _, l := range resultLists(e.Result) {
		for _, r := range l.results {
			rows++
			write(resultRow(l.key, plan, mode, r))
		}
	}
	if why := ""; rows == 0 && (!e.Finished || e.ExitCode != 0) {
		row := make([]string, len(resultCSVHead))
		row[0], why = "unfinished", unfinished
		if e.Finished {
			row[0], why = fmt.Sprintf("exit code %d", e.ExitCode), sayEnd(e)
		}
		row[2], row[3], row[16] = plan, mode, why
		write(row)
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write result as CSV: %w", err)
	}
	return nil
}

func resultRow(key, digest, mode string, r apply.ActionResult) []string {
	a := r.Action
	amounts, code, status := [3]string{}, "", ""
	if hasAmount(a.Verb) {
		for i, minor := range [...]int64{moved(a), a.FromMinor, a.ToMinor} {
			amounts[i] = decimalText(minor, a.Currency)
		}
	}
	if r.Code != nil {
		code = strconv.Itoa(*r.Code)
	}
	if r.Status != nil {
		status = strconv.Itoa(int(*r.Status))
	}
	return []string{key, string(r.Fate), digest, mode, a.Merchant, a.Transact, a.OrderID, string(a.Verb), amounts[0], a.Currency, amounts[1], amounts[2],
		strconv.Itoa(a.Attempt), code, status, r.Payment, r.Detail, r.Batch, r.ID, a.Address}
}
