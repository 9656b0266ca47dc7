package sim

import (
	"fmt"

	"flexform/dibs"
	"flexform/schema"
)

// A shop is what the configuration asks for. It only ever asks for more; what
// it asked for last is the most that may happen.
type shop struct {
	wishes  []*wish
	version int
	config  *schema.Config
}

// A wish is one transaction of the configuration.
type wish struct {
	account            *account
	captured, refunded int64 // what may happen at most
	cancelled          bool
	declared           schema.Transaction
	raises             []int64 // refunded totals still to be asked for
	adopted            bool    // a person recorded its totals
	conceded           bool    // the configuration was bent to what had happened
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
		if i > 0 {
			s.wishes = append(s.wishes, draw(h, a, i))
		}
	}
	s.publish()
}

// draw makes one of the cases that differ in what the gateway can prove.
func draw(h *history, a *account, i int) *wish {
	w := &wish{account: a, captured: a.captured}
	authorised := func() { a.captured, a.status, w.captured = 0, dibs.StatusAuthorised, 0 }
	declare := &w.declared
	*declare = schema.Transaction{
		Address: fmt.Sprintf("transaction.t%d", i), Merchant: a.merchant, Transact: a.transact, OrderID: a.orderID, Amount: dkk(a.amount), Reason: "recall",
	}
	if h.random.IntN(4) == 0 {
		declare.Transact = "" // found by its order
	}
	switch h.random.IntN(7) {
	case 0: // all of it
		w.refund(20000)
		declare.Refunded = schema.Total{Declared: true, Full: true}
	case 1: // a part that fits twice
		w.refund(5000)
	case 2: // a part that does not fit twice
		w.refund(15000)
	case 3: // one part after the other
		w.refund(3000)
		w.raises = []int64{5000, 9000, 20000}[h.random.IntN(2):]
	case 4: // a capture, and a refund of what was captured
		authorised()
		w.capture([]int64{20000, 15000}[h.random.IntN(2)])
		if h.random.IntN(2) == 0 {
			w.refund(4000)
			w.raises = []int64{w.captured}
		}
	case 5:
		authorised()
		w.cancelled, declare.Cancelled = true, true
	case 6: // refunded in part before flexform
		a.refunded, a.before, a.status = 2000, 2000, dibs.StatusPartlyRefunded
		w.refund(5000)
		w.raises = []int64{7000}
	}
	return w
}

func (w *wish) capture(to int64) {
	w.captured = to
	w.declared.Captured = schema.Total{Declared: true, Amount: dkk(to)}
}

func (w *wish) refund(to int64) {
	w.refunded = to
	w.declared.Refunded = schema.Total{Declared: true, Amount: dkk(to)}
}

// raise asks for more of one transaction, as a merged change does.
func (s *shop) raise(h *history) {
	w := s.wishes[h.random.IntN(len(s.wishes))]
	if len(w.raises) == 0 || w.conceded {
		return
	}
	w.refund(w.raises[0])
	w.raises = w.raises[1:]
	s.publish()
	h.tracef("%s is to have %d refunded", w.declared.Address, w.refunded)
}

// concede bends the configuration to what others did, or stops naming the
// transaction. What it asked for stays the most that flexform may do.
func (s *shop) concede(h *history, address string) {
	w := s.wish(address)
	if w == nil || w.conceded {
		return
	}
	w.conceded = true
	s.publish()
	h.tracef("%s is given up: %s", address, w.account)
}

func (s *shop) wish(address string) *wish {
	for _, w := range s.wishes {
		if w.declared.Address == address {
			return w
		}
	}
	return nil
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
	c.Digest, c.Transactions = fmt.Sprintf("sha256:config%d", s.version), nil
	for _, w := range s.wishes {
		if !w.conceded {
			c.Transactions = append(c.Transactions, w.declared)
		}
	}
	s.config = &c
}

// enough holds at every moment: no more has happened than was ever asked for.
// What the back-office does is not counted against flexform.
func (h *history) enough(a *account) {
	w := h.shop.of(a)
	switch {
	case w == nil:
		h.failf("%s was never named, and money moved: %s", a.transact, a)
	case a.ours > w.refunded-a.before, !a.theirs && a.refunded > w.refunded:
		h.failf("%s: more was refunded than the %d asked for: %s", w.declared.Address, w.refunded, a)
	case !a.theirs && a.captured > w.captured:
		h.failf("%s: more was captured than the %d asked for: %s", w.declared.Address, w.captured, a)
	case !a.theirs && a.status == dibs.StatusCancelled && !w.cancelled:
		h.failf("%s: cancelled, and nobody asked for it: %s", w.declared.Address, a)
	}
}
