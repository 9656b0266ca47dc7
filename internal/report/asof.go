package report

import (
	"bufio"
	"fmt"
	"io"

	"flexform/dibs"
	"flexform/statefile"
)

// An AsOf is what a ledger said at some time.
type AsOf struct {
	Moves
	When         string // as it was asked for
	Transactions []statefile.Transaction
}

// AsOfText writes how each transaction stood: totals, status, and the actions
// that were not decided then.
func AsOfText(w io.Writer, a AsOf, s Style) error {
	b := bufio.NewWriter(w)
	if a.History.Head.Seq == 0 {
		fmt.Fprintf(b, "The ledger had no entry at %s.\n", Visible(a.When))
		return b.Flush()
	}
	fmt.Fprintf(b, "%s in %s, as of %s\n\n", s.paint(inkBold, Count(len(a.Transactions), "transaction")), s.paint(modeInk(a.ledgerMode()), modeText(a.ledgerMode())), Visible(a.When))
	fmt.Fprintf(b, "  ledger     %s\n  last entry %s\n             %s\n\n", Visible(a.Path), placeOf(a.History.Head), Ident(a.History.Head.Hash))
	g := grid{head: []string{"Transact", "Order", "Authorised", "Captured", "Refunded", "Status", ""}, right: []bool{false, false, true, true, true, false, false}}
	for _, t := range a.Transactions {
		g.add(asOfCells(t)...)
	}
	g.write(b, "  ", s, func(row, column int, cell string) string {
		if column == 6 && undecidedOf(a.Transactions[row]) != nil {
			return s.paint(inkRed, cell)
		}
		return cell
	})
	if len(a.Transactions) == 0 {
		b.WriteString("  The ledger said nothing about that.\n")
	}
	return b.Flush()
}

// undecidedOf returns the action of a transaction that may or may not have
// happened; nil when there is none.
func undecidedOf(t statefile.Transaction) *statefile.Action {
	for i := range t.Actions {
		if t.Actions[i].State.Undecided() {
			return &t.Actions[i]
		}
	}
	return nil
}

func asOfCells(t statefile.Transaction) []string {
	cells := []string{Ident(t.Transact), Ident(t.OrderID), "-", "-", "-", "-", ""}
	if t.Amount.Valid() {
		cells[2] = t.Amount.String()
	}
	if t.Captured.Valid() {
		cells[3] = t.Captured.String()
	}
	if t.Refunded.Valid() {
		cells[4] = t.Refunded.String()
	}
	if t.StatusKnown {
		cells[5] = dibs.Status(t.Status).String()
	}
	switch a := undecidedOf(t); {
	case a != nil:
		cells[6] = a.State.String() + ": " + ActionText(a.ID)
	case len(t.Calls) > 0:
		cells[6] = "called by hand"
	case t.Cancelled:
		cells[6] = "cancelled"
	case t.Deleted:
		cells[6] = "deleted"
	case t.Adopted:
		cells[6] = "adopted"
	}
	return cells
}

type jsonAsOf struct {
	FormatVersion string           `json:"format_version"`
	AsOf          string           `json:"as_of"`
	Path          string           `json:"path"`
	Ledger        string           `json:"ledger"`
	Mode          string           `json:"mode"`
	Entries       uint64           `json:"entries"`
	Head          string           `json:"head"`
	Transactions  []jsonAsOfRecord `json:"transactions"`
}

type jsonAsOfRecord struct {
	Merchant      string           `json:"merchant"`
	Transact      string           `json:"transact"`
	OrderID       string           `json:"orderid"`
	Currency      string           `json:"currency,omitempty"`
	AmountMinor   *int64           `json:"amount_minor,omitempty"`
	CapturedMinor *int64           `json:"captured_minor,omitempty"` // left out when the ledger says nothing of it
	RefundedMinor *int64           `json:"refunded_minor,omitempty"`
	Cancelled     bool             `json:"cancelled,omitempty"`
	Deleted       bool             `json:"deleted,omitempty"`
	Status        *int             `json:"status,omitempty"`
	Adopted       bool             `json:"adopted,omitempty"`
	Calls         int              `json:"calls_by_hand,omitempty"`
	Actions       []jsonAsOfAction `json:"actions"`
}

type jsonAsOfAction struct {
	Action string `json:"action_id"`
	State  string `json:"state"`
	Entry  uint64 `json:"entry"`
	Plan   string `json:"plan"`
}

// AsOfJSON writes the same as a document.
func AsOfJSON(w io.Writer, a AsOf) error {
	state := a.History.State
	doc := jsonAsOf{FormatVersion: formatVersion, AsOf: a.When, Path: a.Path, Ledger: state.Ledger(), Mode: state.Mode(), Entries: a.History.Head.Seq, Head: a.History.Head.Hash, Transactions: []jsonAsOfRecord{}}
	for _, t := range a.Transactions {
		doc.Transactions = append(doc.Transactions, newJSONAsOf(t))
	}
	return writeJSON(w, doc)
}

func newJSONAsOf(t statefile.Transaction) jsonAsOfRecord {
	r := jsonAsOfRecord{Merchant: t.Merchant, Transact: t.Transact, OrderID: t.OrderID, Cancelled: t.Cancelled, Deleted: t.Deleted, Adopted: t.Adopted, Calls: len(t.Calls), Actions: []jsonAsOfAction{}}
	if t.Amount.Valid() {
		r.Currency, r.AmountMinor = t.Amount.Currency().Code(), new(t.Amount.Minor())
	}
	if t.Captured.Valid() {
		r.CapturedMinor = new(t.Captured.Minor())
	}
	if t.Refunded.Valid() {
		r.RefundedMinor = new(t.Refunded.Minor())
	}
	if t.StatusKnown {
		r.Status = new(t.Status)
	}
	for _, a := range t.Actions {
		r.Actions = append(r.Actions, jsonAsOfAction{a.ID, a.State.String(), a.Seq, a.Plan})
	}
	return r
}
