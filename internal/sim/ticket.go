package sim

import (
	"fmt"
	"slices"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

// A ticket is one stored card of the configuration.
type ticket struct {
	account  *account
	declared schema.Ticket
	later    []schema.Charge // to be asked for
	given    []schema.Charge // up
	deletes  bool            // it may be deleted
	conceded bool
	hidden   bool
}

// drawTicket makes one to be charged for a few orders, to be deleted, or both.
func drawTicket(h *history, a *account, i int) *ticket {
	*a = account{merchant: a.merchant, transact: a.transact, orderID: fmt.Sprintf("signup-%d", i), amount: 100, status: dibs.StatusTicket, old: h.random.IntN(12) == 0}
	t := &ticket{account: a, declared: schema.Ticket{Address: fmt.Sprintf("ticket.t%d", i), Merchant: a.merchant, Ticket: a.transact, Reason: "renewal"}}
	if h.random.IntN(4) == 0 {
		t.deletes, t.declared.Deleted = true, true
		return t
	}
	for n := range 1 + h.random.IntN(3) {
		c := schema.Charge{OrderID: fmt.Sprintf("T%d-%d", i, n), Amount: dkk(1000 * int64(2+n)), Capture: h.random.IntN(2) == 0, Reason: "renewal"}
		c.Address = fmt.Sprintf("%s.charge[%q]", t.declared.Address, c.OrderID)
		h.bank.expect(a, c.OrderID, c.Amount.Minor())
		if n > 0 && h.random.IntN(3) == 0 {
			t.later = append(t.later, c)
		} else {
			t.declared.Charges = append(t.declared.Charges, c)
		}
	}
	return t
}

// follow declares the payment of a charge that only authorises, as a
// transaction to be captured.
func (s *shop) follow(h *history, t *ticket) {
	for _, c := range t.declared.Charges {
		if c.Capture || h.random.IntN(3) > 0 {
			continue
		}
		w := &wish{account: h.bank.unborn[c.OrderID], declared: schema.Transaction{
			Address: "transaction." + c.OrderID, Merchant: t.declared.Merchant, OrderID: c.OrderID, Amount: c.Amount, Reason: "shipped",
		}}
		w.capture(c.Amount.Minor())
		s.wishes = append(s.wishes, w)
	}
}

// edit asks for a further charge, or, when every charge was asked for and made,
// for the deletion.
func (t *ticket) edit(h *history) {
	switch {
	case h.random.IntN(6) == 0:
		t.hidden = !t.hidden
	case len(t.later) > 0:
		t.declared.Charges = append(t.declared.Charges, t.later[0])
		t.later = t.later[1:]
	case !t.declared.Deleted && h.random.IntN(2) == 0 && !slices.ContainsFunc(t.declared.Charges, func(c schema.Charge) bool { return !t.paid(h, c) }):
		t.deletes, t.declared.Deleted = true, true
	}
}

// paid reports whether the bank has a payment for a charge.
func (t *ticket) paid(h *history, c schema.Charge) bool {
	a := h.bank.paid(t.declared.Merchant, c.OrderID)
	return a != nil && a.status != dibs.StatusInserted
}

// short says what the bank does not have of what is wanted, by address.
func (t *ticket) short(h *history) (missing []string) {
	for _, c := range t.declared.Charges {
		if !t.paid(h, c) {
			missing = append(missing, c.Address)
		}
	}
	if t.declared.Deleted && t.account.status != dibs.StatusTicketDeleted {
		missing = append(missing, t.declared.Address)
	}
	return missing
}

// orders returns all that may ever be charged.
func (t *ticket) orders() (ids []string) {
	for _, c := range slices.Concat(t.declared.Charges, t.later, t.given) {
		ids = append(ids, c.OrderID)
	}
	return ids
}

// giveUp stops asking for a charge that the gateway will always refuse.
func (t *ticket) giveUp(address string) {
	t.declared.Charges = slices.DeleteFunc(slices.Clone(t.declared.Charges), func(c schema.Charge) bool {
		if c.Address == address {
			t.given = append(t.given, c)
		}
		return c.Address == address
	})
}

func (s *shop) ticket(a *account) *ticket {
	for _, t := range s.tickets {
		if t.account == a {
			return t
		}
	}
	return nil
}

// ticketAt returns the ticket with that address, or with a charge that has it.
func (s *shop) ticketAt(address string) *ticket {
	for _, t := range s.tickets {
		if t.declared.Address == address || t.charge(address) != nil {
			return t
		}
	}
	return nil
}

func (t *ticket) charge(address string) *schema.Charge {
	for i := range t.declared.Charges {
		if t.declared.Charges[i].Address == address {
			return &t.declared.Charges[i]
		}
	}
	return nil
}

// enoughOfTicket holds at every moment: one payment an order, of the amount
// that was asked for, and no deletion that nobody wants.
func (h *history) enoughOfTicket(r *request) {
	t := h.shop.ticket(r.account)
	if t == nil || r.verb == statefile.Delete && !t.deletes {
		h.failf("%s was used as a ticket (%s), and nobody asked for it", r.account.transact, r.verb)
		return
	}
	if r.verb == statefile.Delete {
		return
	}
	paid, asked := 0, false
	for _, a := range h.bank.accounts {
		if a.merchant == t.declared.Merchant && a.orderID == r.order && a.status != dibs.StatusDeclined {
			paid++
		}
	}
	for _, c := range slices.Concat(t.declared.Charges, t.given) {
		asked = asked || c.OrderID == r.order && c.Amount.Minor() == r.minor && c.Capture == r.capture
	}
	if paid != 1 || !asked {
		h.failf("order %s was paid %d times, asked for %t", r.order, paid, asked)
	}
}
