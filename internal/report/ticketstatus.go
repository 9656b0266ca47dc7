package report

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"

	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// A TicketRow is one thing that is declared of a ticket: a charge, or, without
// one, its deletion.
type TicketRow struct {
	Ticket   schema.Ticket
	Charge   *schema.Charge
	Address  string
	Standing Standing
	Status   *dibs.Status // of the ticket; nil when it was not read
	// Payment is what a charge made, with its last known status; empty and nil
	// while they are not known.
	Payment       string
	PaymentStatus *dibs.Status
	Blocked       *plan.Blocked // when Standing is a cause to block
}

// ticketRows joins the declared tickets with what is known.
func (j join) ticketRows() []TicketRow {
	var rows []TicketRow
	for i, t := range j.Config.Tickets {
		var seen plan.TicketObservation
		if i < len(j.Tickets) {
			seen = j.Tickets[i]
		}
		record, _ := j.State.Transaction(statefile.Key{Merchant: t.Merchant, Transact: t.Ticket})
		for n := range t.Charges {
			var at plan.ChargeObservation
			if n < len(seen.Charges) {
				at = seen.Charges[n]
			}
			r := j.ticketRow(t, &t.Charges[n], t.Charges[n].Address, at.Looked, seen)
			r.paid(record, j.State, at)
			rows = append(rows, r)
		}
		if t.Deleted {
			rows = append(rows, j.ticketRow(t, nil, t.Address, seen.Looked, seen))
		}
	}
	slices.SortStableFunc(rows, func(a, b TicketRow) int { return cmp.Compare(a.Standing.order(), b.Standing.order()) })
	return rows
}

func (j join) ticketRow(t schema.Ticket, c *schema.Charge, address string, looked bool, seen plan.TicketObservation) TicketRow {
	r := TicketRow{Ticket: t, Charge: c, Address: address, Standing: StandingSettled, Blocked: j.blocked[address]}
	switch {
	case j.refused[address]:
		r.Standing = StandingRefused
	case r.Blocked != nil:
		r.Standing = Standing(r.Blocked.Cause)
	case j.actions[address]:
		r.Standing = StandingToChange
	case looked:
		r.Standing = StandingInPlace
	}
	if seen.Looked && seen.Err == nil {
		r.Status = &seen.Status
	}
	return r
}

// paid fills in the payment: what was seen now, or else what the ledger has. As
// a transaction of its own it may have moved on since it was charged.
func (r *TicketRow) paid(record statefile.Transaction, records Records, seen plan.ChargeObservation) {
	for _, a := range record.Actions {
		if a.Verb == statefile.Charge && a.OrderID == r.Charge.OrderID && a.Payment != "" {
			r.Payment = a.Payment
			if a.PaymentStatus != nil {
				known := dibs.Status(*a.PaymentStatus)
				r.PaymentStatus = &known
			}
		}
	}
	for _, p := range record.Payments {
		if p.OrderID == r.Charge.OrderID {
			r.Payment = p.Transact
		}
	}
	if known, ok := records.Transaction(statefile.Key{Merchant: r.Ticket.Merchant, Transact: r.Payment}); ok && known.StatusKnown {
		now := dibs.Status(known.Status)
		r.PaymentStatus = &now
	}
	if seen.Looked && seen.Err == nil && seen.Payment != "" {
		r.Payment, r.PaymentStatus = string(seen.Payment), &seen.Status
	}
}

// desired says what the configuration asks for.
func (r TicketRow) desired() string {
	switch {
	case r.Charge == nil:
		return "deleted"
	case r.Charge.Capture:
		return "charged, captured"
	}
	return "charged"
}

func (r TicketRow) paymentText() string {
	switch {
	case r.Payment == "":
		return "-"
	case r.PaymentStatus == nil:
		return Ident(r.Payment)
	}
	return fmt.Sprintf("%s, %s", Ident(r.Payment), r.PaymentStatus)
}

// writeTickets writes the table of tickets.
func (status Status) writeTickets(b *bufio.Writer, s Style) {
	if len(status.Tickets) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n\n", s.paint(inkBold, "Tickets"))
	shown := s.rows(len(status.Tickets))
	t := &grid{head: []string{"State", "Status", "Amount", "Payment", "Desired", "Ticket", "Order", "Address"}, right: []bool{2: true}}
	for _, r := range status.Tickets[:shown] {
		at, amount, order := "-", "-", "-"
		if r.Status != nil {
			at = r.Status.String()
		}
		if r.Charge != nil {
			amount, order = r.Charge.Amount.String(), Ident(r.Charge.OrderID)
		}
		t.add(r.Standing.word(), at, amount, r.paymentText(), r.desired(), Ident(r.Ticket.Ticket), order, Ident(r.Address))
	}
	t.write(b, "  ", s, func(row, column int, cell string) string {
		if column == 0 {
			return s.paint(status.Tickets[row].Standing.ink(), cell)
		}
		return cell
	})
	b.WriteByte('\n')
	writeRest(b, len(status.Tickets)-shown, "  ", "row")
}

type jsonTicketRow struct {
	Address       string       `json:"address"`
	Merchant      string       `json:"merchant"`
	Ticket        string       `json:"ticket"`
	State         string       `json:"state"` // as of a transaction
	Status        *dibs.Status `json:"status,omitempty"`
	Deleted       bool         `json:"deleted,omitempty"` // desired
	OrderID       string       `json:"orderid,omitempty"`
	Currency      string       `json:"currency,omitempty"`
	AmountMinor   int64        `json:"amount_minor,omitempty"`
	Capture       bool         `json:"capture,omitempty"`
	Payment       string       `json:"payment,omitempty"`
	PaymentStatus *dibs.Status `json:"payment_status,omitempty"`
	Detail        string       `json:"detail,omitempty"`
	Command       string       `json:"command,omitempty"`
}

func newJSONTicketRow(r TicketRow) jsonTicketRow {
	t := jsonTicketRow{
		Address: r.Address, Merchant: r.Ticket.Merchant, Ticket: r.Ticket.Ticket, State: r.Standing.key(), Status: r.Status,
		Deleted: r.Charge == nil, Payment: r.Payment, PaymentStatus: r.PaymentStatus,
	}
	if c := r.Charge; c != nil {
		t.OrderID, t.Currency, t.AmountMinor, t.Capture = c.OrderID, c.Amount.Currency().Code(), c.Amount.Minor(), c.Capture
	}
	if r.Blocked != nil {
		t.Detail, t.Command = r.Blocked.Detail, r.Blocked.Command
	}
	return t
}
