package bulk

import (
	"errors"
	"fmt"

	"flexform/dibs"
	"flexform/money"
)

// Limits of one file. DIBS documents none; these keep a file far below what a
// transfer in bounded time can carry.
const (
	MaxRows = 100_000
	MaxSize = 32 << 20 // bytes, of a request or a response
)

const (
	maxOrderID  = 50 // DIBS cuts longer ones without a word (flexwin.md 1.2)
	maxDigits   = 19 // of a transact or ticket; ten were ever seen
	maxMistakes = 20 // shown of one file
)

// A File is a request file: what DIBS shall do.
type File struct {
	Kind Kind
	Rows []Row

	// Header asks for more than the plain result in the response. Without it
	// the file has the simple form: no header block, no optional columns, and
	// nothing that would show that a part of it got lost.
	Header *Header
}

// A Header says what the response shall tell beside the result. The last four
// are for ticket files only.
type Header struct {
	Reason, ActionCode bool

	TotalAmount, Fee, Acquirer, AuthorizationTime bool
}

// NewFile returns a file in the advanced form that asks for all there is to
// know.
func NewFile(k Kind, rows []Row) File {
	t := k.Tickets()
	return File{Kind: k, Rows: rows, Header: &Header{
		Reason: true, ActionCode: true,
		TotalAmount: t, Fee: t, Acquirer: t, AuthorizationTime: t,
	}}
}

// A Row is one payment of a file.
type Row struct {
	Transact dibs.TransactID // the transaction; in ticket files empty
	Ticket   dibs.TransactID // the ticket to charge; in other files empty
	OrderID  string          // the transaction's own; in ticket files the new order's
	Amount   money.Amount

	// Optional, so only in files with a header.

	Test          bool   // for DIBS' test module
	TicketOrderID string // ticket files only: the order that made the ticket
	AddFee        bool   // ticket files only: add the fee to the amount
}

// id returns the number in the first column.
func (r Row) id() dibs.TransactID {
	if r.Ticket != "" {
		return r.Ticket
	}
	return r.Transact
}

// A key is what a response names a row by. A ticket can be charged for many
// orders in one file, a transaction stands in a file once.
type key struct {
	id      dibs.TransactID
	orderID string // ticket files only
}

func (f File) key(id dibs.TransactID, orderID string) key {
	if f.Kind.Tickets() {
		return key{id, orderID}
	}
	return key{id: id}
}

// Check returns what makes f a file that must not be sent, the first mistakes
// at once, or nil.
func (f File) Check() error {
	switch {
	case !f.Kind.Valid():
		return errors.New("bulk file without a kind")
	case len(f.Rows) == 0:
		return fmt.Errorf("%s file without rows", f.Kind)
	case len(f.Rows) > MaxRows:
		return fmt.Errorf("%s file with %d rows, more than %d", f.Kind, len(f.Rows), MaxRows)
	}
	var mistakes mistakes
	if h := f.Header; h != nil && !f.Kind.Tickets() && (h.TotalAmount || h.Fee || h.Acquirer || h.AuthorizationTime) {
		mistakes.addf("total amount, fee, acquirer and authorisation time are told for tickets only")
	}
	seen := make(map[key]int, len(f.Rows))
	for i, r := range f.Rows {
		if err := f.checkRow(r); err != nil {
			mistakes.addf("row %d: %w", i+1, err)
		}
		k := f.key(r.id(), r.OrderID)
		if first, twice := seen[k]; twice {
			mistakes.addf("row %d: %s %s stands in row %d already, and the response could not tell them apart", i+1, f.column(), shown(string(r.id())), first)
		} else {
			seen[k] = i + 1
		}
	}
	return mistakes.err()
}

// column names the first column.
func (f File) column() string {
	if f.Kind.Tickets() {
		return "ticket"
	}
	return "transact"
}

func (f File) checkRow(r Row) error {
	id, other := r.Transact, r.Ticket
	if f.Kind.Tickets() {
		id, other = other, id
	}
	switch {
	case other != "":
		return fmt.Errorf("a %s file names each row by its %s alone", f.Kind, f.column())
	case !number(string(id)) || len(id) > maxDigits:
		return fmt.Errorf("%s %q is not a number of at most %d digits without leading zeros", f.column(), clean(string(id)), maxDigits)
	case !f.Kind.Tickets() && (r.TicketOrderID != "" || r.AddFee):
		return fmt.Errorf("a %s file has no ticket's order id and no fee to add", f.Kind)
	case f.Header == nil && (r.Test || r.TicketOrderID != "" || r.AddFee):
		return errors.New("optional columns need a header (flexwin.md 9.7)")
	case !r.Amount.Valid() || r.Amount.Zero():
		return errors.New("no amount; the smallest is one minor unit")
	case r.Amount.Minor() > money.MaxMinor:
		return fmt.Errorf("amount %s: %w", r.Amount, money.ErrOverflow)
	}
	if err := checkOrderID(r.OrderID); err != nil {
		return err
	}
	if r.TicketOrderID != "" {
		return checkOrderID(r.TicketOrderID)
	}
	return nil
}

// checkOrderID refuses order ids that DIBS would cut or might read in another
// way than we mean. Which character set it takes is not documented, so they
// stay ASCII, and control characters would break the lines apart.
func checkOrderID(id string) error {
	switch {
	case id == "":
		return errors.New("no order id")
	case !printable(id):
		return fmt.Errorf("order id %+q holds characters that are not printable ASCII", clean(id))
	case len(id) > maxOrderID:
		return fmt.Errorf("order id with %d characters; the gateway cuts it at %d", len(id), maxOrderID)
	}
	return nil
}

// mistakes collects errors up to a limit.
type mistakes struct {
	list []error
	more int
}

func (m *mistakes) addf(format string, args ...any) { m.add(fmt.Errorf(format, args...)) }

func (m *mistakes) add(err error) {
	if len(m.list) == maxMistakes {
		m.more++
		return
	}
	m.list = append(m.list, err)
}

func (m *mistakes) err() error {
	if m.more > 0 {
		return errors.Join(append(m.list, fmt.Errorf("and %d more", m.more))...)
	}
	return errors.Join(m.list...)
}
