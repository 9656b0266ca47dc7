package report

import (
	"io"
	"time"

	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

type jsonStatus struct {
	FormatVersion string              `json:"format_version"`
	Mode          schema.Mode         `json:"mode"`
	Transactions  []jsonTransaction   `json:"transactions"`
	Tickets       []jsonTicketRow     `json:"tickets,omitempty"` // charges and deletions
	Undecided     []jsonUndecidedItem `json:"undecided"`
	BulkFiles     []jsonFileStatus    `json:"bulk_files,omitempty"`
	HandCalls     []jsonHandCall      `json:"undeclared_calls,omitempty"` // by hand
}

type jsonTransaction struct {
	Address        string       `json:"address"`
	Merchant       string       `json:"merchant"`
	Transact       string       `json:"transact"` // empty when not found
	OrderID        string       `json:"orderid"`
	Currency       string       `json:"currency"`
	AmountMinor    int64        `json:"amount_minor"`
	State          string       `json:"state"`            // "in_place", "to_change", "settled", or a plan's cause to block
	Status         *dibs.Status `json:"status,omitempty"` // the gateway's, or the ledger's when that was not read
	StatusSource   plan.Source  `json:"status_source,omitempty"`
	CapturedMinor  *int64       `json:"captured_minor,omitempty"`
	CapturedSource plan.Source  `json:"captured_source,omitempty"`
	RefundedMinor  *int64       `json:"refunded_minor,omitempty"`
	RefundedSource plan.Source  `json:"refunded_source,omitempty"`
	Desired        jsonDesired  `json:"desired"`
	Detail         string       `json:"detail,omitempty"`
	Command        string       `json:"command,omitempty"`
	Declare        string       `json:"declare,omitempty"`
	Facts          *jsonFacts   `json:"facts,omitempty"`
}

// jsonDesired holds only what is declared.
type jsonDesired struct {
	CapturedFull  bool   `json:"captured_full,omitempty"`
	CapturedMinor *int64 `json:"captured_minor,omitempty"`
	RefundedFull  bool   `json:"refunded_full,omitempty"`
	RefundedMinor *int64 `json:"refunded_minor,omitempty"`
	Cancelled     bool   `json:"cancelled,omitempty"`
}

// A jsonRecorded is an action as the ledger has it.
type jsonRecorded struct {
	ID        string         `json:"action_id"`
	Address   string         `json:"address"`
	Merchant  string         `json:"merchant"`
	Transact  string         `json:"transact"`
	OrderID   string         `json:"orderid,omitempty"` // of a charge
	Verb      statefile.Verb `json:"action"`
	Currency  string         `json:"currency"`
	FromMinor int64          `json:"from_minor"`
	ToMinor   int64          `json:"to_minor"`
	Attempt   int            `json:"attempt"`
	Plan      string         `json:"plan"` // that it was in
}

func newJSONRecorded(a statefile.Action) jsonRecorded {
	return jsonRecorded{
		ID: a.ID, Address: a.Address, Merchant: a.Merchant, Transact: a.Transact, OrderID: a.OrderID, Verb: a.Verb, Currency: a.To.Currency().Code(),
		FromMinor: a.From.Minor(), ToMinor: a.To.Minor(), Attempt: a.Attempt, Plan: a.Plan,
	}
}

type jsonUndecidedItem struct {
	jsonRecorded
	Seq      uint64    `json:"seq"`
	At       time.Time `json:"time"`
	Message  string    `json:"message,omitempty"`
	BulkFile string    `json:"bulk_file,omitempty"`
}

// StatusJSON writes what [StatusText] does, for programs.
func StatusJSON(w io.Writer, status Status) error {
	doc := jsonStatus{FormatVersion: formatVersion, Mode: status.Mode, Transactions: []jsonTransaction{}, Undecided: []jsonUndecidedItem{}, BulkFiles: newJSONFileStatus(status.Files), HandCalls: newJSONHandCalls(status.Calls)}
	for _, r := range status.Rows {
		doc.Transactions = append(doc.Transactions, newJSONTransaction(r))
	}
	for _, r := range status.Tickets {
		doc.Tickets = append(doc.Tickets, newJSONTicketRow(r))
	}
	for _, a := range status.Undecided {
		doc.Undecided = append(doc.Undecided, jsonUndecidedItem{newJSONRecorded(a), a.Seq, a.At.UTC(), a.Message, a.Batch})
	}
	return writeJSON(w, doc)
}

func newJSONTransaction(r StatusRow) jsonTransaction {
	d := r.Declared
	t := jsonTransaction{
		Address: d.Address, Merchant: d.Merchant, Transact: r.Transact, OrderID: d.OrderID,
		Currency: d.Amount.Currency().Code(), AmountMinor: d.Amount.Minor(), State: r.Standing.key(),
		Desired: jsonDesired{Cancelled: d.Cancelled},
	}
	if t.Status, t.StatusSource = r.Status, plan.FromGateway; t.Status == nil {
		t.Status, t.StatusSource = r.Known, plan.FromLedger
	}
	if t.Status == nil {
		t.StatusSource = ""
	}
	if r.Captured != nil {
		t.CapturedMinor, t.CapturedSource = &r.Captured.Minor, r.Captured.Source
	}
	if r.Refunded != nil {
		t.RefundedMinor, t.RefundedSource = &r.Refunded.Minor, r.Refunded.Source
	}
	t.Desired.CapturedFull, t.Desired.CapturedMinor = desired(d.Captured)
	t.Desired.RefundedFull, t.Desired.RefundedMinor = desired(d.Refunded)
	if r.Blocked != nil {
		t.Detail, t.Command, t.Declare = r.Blocked.Detail, r.Blocked.Command, r.Blocked.Declare
	}
	t.Facts = newJSONFacts(r.Facts)
	return t
}

func desired(t schema.Total) (full bool, minor *int64) {
	if !t.Declared || t.Full {
		return t.Declared && t.Full, nil
	}
	m := t.Amount.Minor()
	return false, &m
}

// key is the standing's name for programs.
func (s Standing) key() string {
	switch s {
	case StandingInPlace:
		return "in_place"
	case StandingToChange:
		return "to_change"
	}
	return string(s)
}
