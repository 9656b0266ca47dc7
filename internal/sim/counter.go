package sim

import (
	"context"
	"errors"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/statefile"
)

// helpTicket is [session.help] for one ticket, or a charge of it.
func (s *session) helpTicket(b plan.Blocked, t *ticket) {
	switch b.Cause {
	case plan.CauseUnknown:
		s.resolve(b.Transact)
	case plan.CauseDrift:
		s.adoptTicket(b, t)
	case plan.CauseStatus:
		if t.account.theirs || t.account.lied {
			s.h.shop.concede(s.h, b.Address)
		}
	case plan.CauseNotFound, plan.CauseMismatch:
		s.h.failf("%s: %s", b.Address, b.Detail)
	}
}

// adoptTicket records the payment that an order has, or whether the ticket is
// deleted, as `flexform adopt` does.
func (s *session) adoptTicket(b plan.Blocked, t *ticket) {
	status, err := gateway{p: s.p, merchant: t.declared.Merchant, planning: true}.TransStatus(context.Background(), dibs.TransactID(t.declared.Ticket))
	if err != nil {
		return
	}
	said := statefile.Adopted{
		Address: b.Address, Merchant: t.declared.Merchant, Transact: t.declared.Ticket, Status: int(status), Evidence: "the bank's books",
		Deleted: status == dibs.StatusTicketDeleted,
	}
	if c := t.charge(b.Address); c != nil {
		payment, now, ok := s.paymentOf(t.declared.Merchant, c.OrderID, c.Amount)
		if ok && (payment == "" || plan.NeverPaid(now)) { // the message wants another order id
			t.giveUp(b.Address)
			for _, w := range s.h.shop.wishes {
				w.conceded = w.conceded || w.account.orderID == c.OrderID
			}
			s.h.shop.publish()
		}
		if !ok || payment == "" || plan.NeverPaid(now) {
			return
		}
		said.Deleted, said.OrderID, said.Payment, said.Currency, said.AmountMinor = false, c.OrderID, string(payment), "DKK", c.Amount.Minor()
	}
	s.h.saw(sawAdopted)
	s.append(said)
}

// paymentOf asks for the payment of an order; it is empty when there is none.
func (s *session) paymentOf(merchant, order string, amount money.Amount) (payment dibs.TransactID, status dibs.Status, ok bool) {
	line := gateway{p: s.p, merchant: merchant, planning: true}
	info, err := line.TransInfo(context.Background(), dibs.TransInfoRequest{OrderID: order, Amount: amount})
	if _, missing := errors.AsType[*dibs.NotFoundError](err); missing {
		return "", 0, true
	}
	if err != nil {
		return "", 0, false
	}
	status, err = line.TransStatus(context.Background(), info.Transacts[0])
	return info.Transacts[0], status, err == nil
}
