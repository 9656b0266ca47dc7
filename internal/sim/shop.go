package sim

import (
	"fmt"
	"slices"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

// A shop is what the configuration asks for. What it asked for once is the most
// that may happen; now and then it asks for less again.
type shop struct {
	wishes  []*wish
	tickets []*ticket
	version int
	config  *schema.Config
}

var merchants = [2]string{"12345678", "87654321"}

// open draws accounts, and wishes for all but one of them: the first is never
// named, so nobody may touch it.
func (s *shop) open(h *history) {
	n := 1 + h.random.IntN(5)
	shops := 1 + h.random.IntN(2)
	s.config = &schema.Config{SettingsDigest: "sha256:settings"}
	for i, id := range merchants[:shops] {
		s.config.Merchants = append(s.config.Merchants, schema.Merchant{Name: fmt.Sprintf("shop%d", i), ID: id, Mode: schema.ModeSandbox})
	}
	for i := range n + 1 {
		a := &account{
			merchant: merchants[h.random.IntN(shops)], transact: fmt.Sprint(11111111 + i), orderID: fmt.Sprintf("order-%d", i),
			amount: 20000, captured: 20000, status: dibs.StatusCaptured,
		}
		h.bank.accounts = append(h.bank.accounts, a)
		switch {
		case i == 0:
		case h.random.IntN(5) == 0:
			s.tickets = append(s.tickets, drawTicket(h, a, i))
		default:
			s.wishes = append(s.wishes, draw(h, a, i))
		}
	}
	for _, t := range s.tickets {
		s.follow(h, t)
	}
	s.publish()
}

// edit changes what the configuration asks for, as merged changes do.
func (s *shop) edit(h *history) {
	if len(s.tickets) > 0 && h.random.IntN(len(s.wishes)+len(s.tickets)) < len(s.tickets) {
		if t := s.tickets[h.random.IntN(len(s.tickets))]; !t.conceded {
			t.edit(h)
			s.publish()
		}
		return
	}
	if len(s.wishes) == 0 {
		return
	}
	w := s.wishes[h.random.IntN(len(s.wishes))]
	if w.conceded {
		return
	}
	switch h.random.IntN(8) {
	case 0: // for the time being it is not named, which means nothing
		w.hidden = !w.hidden
	case 1:
		if !w.lower() {
			return
		}
		h.saw(sawEdited)
	default:
		if !w.raise() {
			return
		}
	}
	s.publish()
	h.tracef("%s is to have %d captured, %d refunded; hidden %t", w.declared.Address, w.declared.Captured.Amount.Minor(), w.declared.Refunded.Amount.Minor(), w.hidden)
}

// restore takes back what was taken back: it is time to have it all.
func (s *shop) restore() {
	for _, w := range s.wishes {
		w.hidden = false
		if w.lowered {
			w.lowered = false
			w.refund(w.refunded)
		}
	}
	for _, t := range s.tickets {
		t.hidden = false
	}
	s.publish()
}

// insist does what the author can about things that the gateway declines again
// and again: an authorisation is approved again, a customer names a new card.
func (s *shop) insist(h *history) {
	for _, w := range s.wishes {
		if w.account.old && !w.declared.Reauthorise {
			w.approve()
			h.tracef("%s is to be approved again", w.declared.Address)
		}
	}
	for _, t := range s.tickets {
		t.account.old = false
	}
	s.publish()
}

// concede bends the configuration to what others did, or stops naming the
// transaction. What it asked for stays the most that flexform may do.
func (s *shop) concede(h *history, address string) {
	if w := s.wish(address); w != nil && !w.conceded {
		w.conceded = true
		h.tracef("%s is given up: %s", address, w.account)
	}
	if t := s.ticketAt(address); t != nil && !t.conceded {
		t.conceded = true
		h.tracef("%s is given up", t.declared.Address)
		for _, w := range s.wishes {
			if w.account.card == t.account {
				w.conceded = true
			}
		}
	}
	s.publish()
}

func (s *shop) wish(address string) *wish {
	for _, w := range s.wishes {
		if w.declared.Address == address {
			return w
		}
	}
	return nil
}

// transact returns the number of what an address declares; "" when it has none
// yet.
func (s *shop) transact(address string) string {
	if w := s.wish(address); w != nil {
		return w.account.transact
	}
	if t := s.ticketAt(address); t != nil {
		return t.account.transact
	}
	return ""
}

func (s *shop) of(a *account) *wish {
	for _, w := range s.wishes {
		if w.account == a {
			return w
		}
	}
	return nil
}

// publish makes the configuration anew: processes keep the one they loaded.
func (s *shop) publish() {
	s.version++
	c := *s.config
	c.Digest, c.Transactions, c.Tickets = fmt.Sprintf("sha256:config%d", s.version), nil, nil
	for _, w := range s.wishes {
		if !w.conceded && !w.hidden {
			c.Transactions = append(c.Transactions, w.declared)
		}
	}
	for _, t := range s.tickets {
		if !t.conceded && !t.hidden {
			d := t.declared
			d.Charges = slices.Clone(d.Charges)
			c.Tickets = append(c.Tickets, d)
		}
	}
	s.config = &c
}

// enough holds at every moment: no more has happened than was ever asked for.
// What the back-office does is not counted against flexform, and neither is a
// refund that is offered again because the acquirer declined the back-office's
// own: the status does not say whose it was.
func (h *history) enough(r *request) {
	a := r.account
	if h.audit.cut {
		return
	}
	if r.verb.OfTicket() {
		h.enoughOfTicket(r)
		return
	}
	w := h.shop.of(a)
	switch {
	case w == nil:
		h.failf("%s was never named, and money moved: %s", a.transact, a)
	case a.ours > w.refunded-a.before && !a.theirNo, !a.theirs && a.refunded > w.refunded:
		h.failf("%s: more was refunded than the %d asked for: %s", w.declared.Address, w.refunded, a)
	case !a.theirs && a.captured > w.captured:
		h.failf("%s: more was captured than the %d asked for: %s", w.declared.Address, w.captured, a)
	case !a.theirs && a.status == dibs.StatusCancelled && !w.cancelled:
		h.failf("%s: cancelled, and nobody asked for it: %s", w.declared.Address, a)
	case r.verb == statefile.Reauthorise && !w.approved:
		h.failf("%s: approved again, and nobody asked for it: %s", w.declared.Address, a)
	}
}

// asksFor returns how far the configuration of a process lets an action at an
// address go.
func (p *process) asksFor(address string, c *claim) (most int64, asked bool) {
	for _, t := range p.config.Transactions {
		if t.Address != address {
			continue
		}
		switch c.verb {
		case statefile.Capture:
			return goal(t.Captured, t), t.Captured.Declared
		case statefile.Refund:
			return goal(t.Refunded, t), t.Refunded.Declared
		case statefile.Cancel:
			return t.Amount.Minor(), t.Cancelled
		case statefile.Reauthorise:
			return t.Amount.Minor(), t.Reauthorise && t.Captured.Declared
		}
	}
	for _, t := range p.config.Tickets {
		for _, x := range t.Charges {
			if x.Address == address && c.verb == statefile.Charge && t.Ticket == c.transact && x.OrderID == c.order {
				return x.Amount.Minor(), true
			}
		}
		if t.Address == address && c.verb == statefile.Delete {
			return 0, t.Deleted
		}
	}
	return 0, false
}

func goal(t schema.Total, of schema.Transaction) int64 {
	if t.Full {
		return of.Amount.Minor()
	}
	return t.Amount.Minor()
}
