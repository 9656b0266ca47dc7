package apply

import (
	"context"
	"fmt"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

var _ TicketGateway = (*dibs.Client)(nil)

// ticket makes account i a stored card.
func (r *rig) ticket(i int) {
	*r.account(i) = account{orderID: fmt.Sprintf("signup-%d", i), amount: 100, status: dibs.StatusTicket}
}

// payments returns what was paid for an order, in minor units, one each.
func (b *bank) payments(order string) (paid []account) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.catchUp()
	for _, a := range b.accounts {
		if a.orderID == order && a.status != dibs.StatusDeclined {
			paid = append(paid, *a)
		}
	}
	return paid
}

// TicketAuth makes a payment as the gateway would, unless the order is there.
func (b *bank) TicketAuth(ctx context.Context, r dibs.TicketAuthRequest) (dibs.Authorisation, error) {
	if !r.UniqueOID {
		panic("a charge that does not demand a new order")
	}
	var made dibs.TransactID
	err := b.ofTicket(ctx, statefile.Charge, r.Ticket, fmt.Sprintf("%s %d", r.OrderID, r.Amount.Minor()), func(ticket *account) dibs.Reason {
		for _, a := range b.accounts {
			if a.orderID == r.OrderID && a.status != dibs.StatusDeclined {
				return dibs.ReasonOrderNotUnique
			}
		}
		if ticket.status != dibs.StatusTicket {
			return dibs.ReasonParameterError
		}
		made = dibs.TransactID(fmt.Sprint(90000000 + len(b.accounts)))
		a := &account{orderID: r.OrderID, amount: r.Amount.Minor(), status: dibs.StatusAuthorised}
		if ticket.old { // its card is declined
			a.status = dibs.StatusDeclined
		} else if r.CaptureNow {
			a.captured, a.status = a.amount, dibs.StatusCaptured
		}
		b.accounts[made] = a
		if ticket.old {
			return dibs.ReasonRejected
		}
		return accepted
	})
	if err != nil {
		return dibs.Authorisation{}, err
	}
	return dibs.Authorisation{Transacts: []dibs.TransactID{made}, Reply: "status=ACCEPTED"}, nil
}

func (b *bank) DelTicket(ctx context.Context, id dibs.TransactID) (dibs.Receipt, error) {
	err := b.ofTicket(ctx, statefile.Delete, id, "", func(ticket *account) dibs.Reason {
		if ticket.status != dibs.StatusTicket {
			return dibs.ReasonParameterError
		}
		ticket.status = dibs.StatusTicketDeleted
		return accepted
	})
	if refused, is := err.(*dibs.AuthDeclinedError); is {
		err = &dibs.DeclinedError{Service: "delticket.cgi", Transact: id, Result: dibs.ResultUnstated, Message: refused.Message}
	}
	if err != nil {
		return dibs.Receipt{}, err
	}
	return dibs.Receipt{Transact: id, Reply: "status=ACCEPTED"}, nil
}

// accepted is no reason of the gateway's.
const accepted dibs.Reason = -1

// ofTicket is [bank.money] for a ticket.
func (b *bank) ofTicket(ctx context.Context, verb statefile.Verb, id dibs.TransactID, what string, commit func(*account) dibs.Reason) error {
	if err := ctx.Err(); err != nil {
		return &dibs.UncertainError{Service: string(verb), Transact: id, Err: err}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.catchUp()
	b.sent = append(b.sent, fmt.Sprintf("%s %s %s", verb, id, what))
	ticket := b.accounts[id]
	if ticket == nil {
		return &dibs.AuthDeclinedError{Transact: id, Reason: dibs.ReasonParameterError, Message: "Unknown ticket"}
	}
	does, err := true, error(nil)
	if b.fault != nil {
		n := len(b.sent)
		b.mu.Unlock()
		does, err = b.fault(n, verb, id)
		b.mu.Lock()
		if b.slow != nil && !does && b.slow(n) > 0 {
			b.late = append(b.late, late{b.clock.Now().Add(b.slow(n)), func() { commit(ticket) }})
		}
	}
	if does {
		if reason := commit(ticket); reason != accepted && err == nil {
			err = &dibs.AuthDeclinedError{Service: "ticket_auth.cgi", Transact: id, Reason: reason}
		}
	}
	return err
}

// newTicketWorld wants two charges of one ticket, one of another, and a
// deletion.
func newTicketWorld(t tester) *world {
	t.Helper()
	w := newWorld(t)
	w.config.Transactions = nil
	for _, i := range []int{0, 1, 3} {
		w.ticket(i)
	}
	w.ticketWanted(0, false, charge("A-1", 9900, true), charge("A-2", 4900, false))
	w.ticketWanted(1, false, charge("B-1", 9900, false))
	w.ticketWanted(3, true)
	return w
}

func charge(order string, minor int64, capture bool) schema.Charge {
	return schema.Charge{OrderID: order, Amount: dkk(minor), Capture: capture, Reason: "renewal"}
}

func (w *world) ticketWanted(i int, deleted bool, charges ...schema.Charge) {
	t := schema.Ticket{Address: fmt.Sprintf("ticket.t%d", i), Merchant: shop, Ticket: string(transact(i)), Deleted: deleted, Charges: charges}
	for n := range t.Charges {
		t.Charges[n].Address = fmt.Sprintf(`%s.charge["%s"]`, t.Address, t.Charges[n].OrderID)
	}
	w.config.Tickets = append(w.config.Tickets, t)
}

// checkTickets compares the bank's payments with what is wanted and with the
// ledger: no order is paid twice, whatever went wrong; none is not paid, unless
// the ledger says that it does not know; and the ledger has it right.
func (w *world) checkTickets() {
	w.t.Helper()
	for _, want := range w.config.Tickets {
		tr, _ := w.file.State().Transaction(statefile.Key{Merchant: shop, Transact: want.Ticket})
		stuck := false // an unknown blocks its ticket
		for _, a := range tr.Actions {
			stuck = stuck || a.State == statefile.ActionUnknown
			if a.State == statefile.ActionOpen {
				w.t.Errorf("%s: %s has no outcome", want.Address, a.ID)
			}
		}
		for _, c := range want.Charges {
			paid := w.bank.payments(c.OrderID)
			switch {
			case len(paid) > 1, len(paid) == 0 && !stuck:
				w.t.Errorf("%s: paid %d times, ledger %+v", c.Address, len(paid), tr.Actions)
			case len(paid) == 1 && (paid[0].amount != c.Amount.Minor() || (paid[0].captured > 0) != c.Capture):
				w.t.Errorf("%s: paid with %+v, want %+v", c.Address, paid[0], c)
			}
			for _, a := range tr.Actions {
				if happened := a.State == statefile.ActionAccepted || a.State == statefile.ActionDone; a.OrderID == c.OrderID && happened &&
					(len(paid) != 1 || a.Payment == "" || w.bank.accounts[dibs.TransactID(a.Payment)].orderID != c.OrderID) {
					w.t.Errorf("%s: the ledger has it as done by payment %q, the bank has %+v", c.Address, a.Payment, paid)
				}
			}
		}
		if gone := w.bank.accounts[dibs.TransactID(want.Ticket)].status == dibs.StatusTicketDeleted; gone != want.Deleted && !stuck || tr.Deleted && !gone {
			w.t.Errorf("%s: deleted at the bank %t, in the ledger %t, wanted %t", want.Address, gone, tr.Deleted, want.Deleted)
		}
	}
}
