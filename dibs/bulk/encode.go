package bulk

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
)

// The columns of request files (flexwin.md 9.7).
const (
	colTransact      = "transact"
	colTicket        = "ticket"
	colOrderID       = "orderid"
	colAmount        = "amount"
	colCurrency      = "currency"
	colTicketOrderID = "ticketorderid"
	colTest          = "test"
	colAddFee        = "addfee"
)

// mandatory returns the columns of the simple form, in its order.
func (k Kind) mandatory() []string {
	first := colTransact
	if k.Tickets() {
		first = colTicket
	}
	return []string{first, colOrderID, colAmount, colCurrency}
}

// optional returns the columns that only a file with a header may have.
func (k Kind) optional() []string {
	if k.Tickets() {
		return []string{colTicketOrderID, colTest, colAddFee}
	}
	return []string{colTest}
}

// headerFlags are the requests of a header block, in DIBS' order.
var headerFlags = [...]struct {
	name    string
	of      func(*Header) *bool
	tickets bool // ticket files only
}{
	{"ReturnReason", func(h *Header) *bool { return &h.Reason }, false},
	{"ReturnActionCode", func(h *Header) *bool { return &h.ActionCode }, false},
	{"ReturnTotalAmount", func(h *Header) *bool { return &h.TotalAmount }, true},
	{"ReturnFee", func(h *Header) *bool { return &h.Fee }, true},
	{"ReturnAcquirer", func(h *Header) *bool { return &h.Acquirer }, true},
	{"ReturnAuthorizationTime", func(h *Header) *bool { return &h.AuthorizationTime }, true},
}

// Encode returns the bytes of the file, always the same for the same f. Lines
// end in CRLF, texts stand in quotes and numbers do not, amounts are in minor
// units and currencies are ISO numbers, as in DIBS' own examples. Optional
// columns appear when a row uses them.
func (f File) Encode() ([]byte, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	columns := f.Kind.mandatory()
	if f.Header != nil {
		columns = append(columns, f.usedOptional()...)
		fmt.Fprintf(&b, "%s: true\r\n%s: %d\r\n", csvHeader, numberOfRecords, len(f.Rows))
		for _, flag := range headerFlags {
			if *flag.of(f.Header) {
				fmt.Fprintf(&b, "%s: true\r\n", flag.name)
			}
		}
		b.WriteString("\r\n")
		writeLine(&b, columns, quote)
	}
	for _, r := range f.Rows {
		writeLine(&b, columns, r.cell)
	}
	if b.Len() > MaxSize {
		return nil, fmt.Errorf("%s file of %d bytes, more than %d", f.Kind, b.Len(), MaxSize)
	}
	return b.Bytes(), nil
}

func (f File) usedOptional() []string {
	return slices.DeleteFunc(f.Kind.optional(), func(column string) bool {
		return !slices.ContainsFunc(f.Rows, func(r Row) bool { return r.cell(column) != Row{}.cell(column) })
	})
}

func writeLine(b *bytes.Buffer, columns []string, cell func(column string) string) {
	for i, column := range columns {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(cell(column))
	}
	b.WriteString("\r\n")
}

// cell returns what stands in a column of the row.
func (r Row) cell(column string) string {
	switch column {
	case colTransact:
		return string(r.Transact)
	case colTicket:
		return string(r.Ticket)
	case colOrderID:
		return quote(r.OrderID)
	case colAmount:
		return strconv.FormatInt(r.Amount.Minor(), 10)
	case colCurrency:
		return r.Amount.Currency().Number()
	case colTicketOrderID:
		return quote(r.TicketOrderID)
	case colTest:
		return quote(strconv.FormatBool(r.Test))
	case colAddFee:
		return quote(strconv.FormatBool(r.AddFee))
	default:
		panic("bulk: no such column: " + column)
	}
}
