package plan

import (
	"context"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

// A TicketObservation is what was seen of one declared ticket. The zero value
// was not looked at.
type TicketObservation struct {
	Looked bool
	Status dibs.Status // 13 for a ticket, 14 for a deleted one; only valid when Looked and Err is nil
	Err    error       // why there is no status: a [*dibs.NotFoundError], or what kept the gateway from being read
	// Charges holds what was seen of each of the ticket's charges, in their
	// order. It is nil when the ticket was not looked at.
	Charges []ChargeObservation
}

// Answered is [Observation.Answered] for a ticket.
func (o TicketObservation) Answered() bool { return o.Looked && answered(o.Err) }

// A ChargeObservation is what was seen of the order of one charge. The zero
// value was not looked at.
type ChargeObservation struct {
	Looked  bool
	Payment dibs.TransactID // empty when the gateway knows no such order
	Status  dibs.Status     // of the payment, when there is one
	Err     error           // what kept the gateway from being read
}

// ObserveTickets reads every declared ticket of which something is still to be
// done, and whether the orders of its open charges exist already: what the
// ledger has as done costs no call. The result has one TicketObservation for
// each of Config.Tickets, in their order. It needs no login. It returns an
// error as [Observe] does.
func ObserveTickets(ctx context.Context, in ObserveInput) ([]TicketObservation, error) {
	seen := make([]TicketObservation, len(in.Config.Tickets))
	var todo []int
	for i := range in.Config.Tickets {
		want := &in.Config.Tickets[i]
		if record := recordOf(want, in.State); openWishes(want, record) > 0 || in.RefreshAll && wishesOf(want) > 0 {
			todo = append(todo, i)
		}
	}
	merchant := func(i int) string { return in.Config.Tickets[i].Merchant }
	err := observe(ctx, in, todo, merchant, func(ctx context.Context, g Gateway, i int) error {
		want := &in.Config.Tickets[i]
		seen[i] = readTicket(ctx, g, want, recordOf(want, in.State), in.RefreshAll)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return seen, noneAnswered("ticket", todo, func(i int) error { return seen[i].Err })
}

// recordOf returns what the ledger knows of a ticket.
func recordOf(want *schema.Ticket, records Records) statefile.Transaction {
	key := statefile.Key{Merchant: want.Merchant, Transact: want.Ticket}
	if known, ok := records.Transaction(key); ok {
		return known
	}
	return statefile.Transaction{Key: key}
}

// wishesOf counts what a block declares: each charge, and the deletion.
func wishesOf(want *schema.Ticket) int {
	n := len(want.Charges)
	if want.Deleted {
		n++
	}
	return n
}

// openWishes counts what the ledger does not have as done.
func openWishes(want *schema.Ticket, record statefile.Transaction) (n int) {
	for _, c := range want.Charges {
		if _, done := charged(record, c.OrderID); !done || uncaptured(record, c) {
			n++
		}
	}
	if want.Deleted && !record.Deleted {
		n++
	}
	return n
}

func readTicket(ctx context.Context, g Gateway, want *schema.Ticket, record statefile.Transaction, all bool) TicketObservation {
	o := TicketObservation{Looked: true, Charges: make([]ChargeObservation, len(want.Charges))}
	if o.Status, o.Err = g.Reader.TransStatus(ctx, dibs.TransactID(want.Ticket)); o.Err != nil {
		return o
	}
	for i, c := range want.Charges {
		if _, done := charged(record, c.OrderID); !done || all || uncaptured(record, c) {
			o.Charges[i] = readCharge(ctx, g, c)
		}
	}
	return o
}

// readCharge asks whether the order of a charge exists, and where its payment
// stands.
func readCharge(ctx context.Context, g Gateway, c schema.Charge) ChargeObservation {
	payment, status, err := PaymentOf(ctx, g.Reader, c.OrderID, c.Amount)
	return ChargeObservation{Looked: true, Payment: payment, Status: status, Err: err}
}
