package sim

import (
	"context"
	"slices"
	"strings"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// operate is a person who looks at what is blocked, finds out the truth, and
// records it. They know what the bank knows, and only act on what is certain.
func (s *session) operate() {
	draft, problems, ok := s.observe()
	if !ok {
		return
	}
	for _, p := range problems {
		s.h.shop.concede(s.h, p.Address)
	}
	for _, b := range draft.Body.Blocked {
		w := s.h.shop.wish(b.Address)
		if w == nil || s.p.dead.Load() {
			return
		}
		switch b.Cause {
		case plan.CauseUnknown:
			s.resolve(b.Transact)
		case plan.CauseDrift:
			if strings.Contains(b.Detail, "declare another total") && w.adopted {
				// The ledger has the step as accepted, and the totals were
				// recorded since: what the message asks for in that case.
				s.h.saw(sawDeadEnd)
				s.h.shop.concede(s.h, b.Address)
				continue
			}
			s.adopt(w)
		case plan.CauseSettling:
			if s.h.stuck { // for days, as the message has it
				s.adopt(w)
			}
		case plan.CauseStatus:
			if s.h.sound(w.account.transact) {
				s.h.failf("%s is blocked by its status: %s", b.Address, b.Detail)
			}
			s.h.shop.concede(s.h, b.Address)
		case plan.CauseNotFound, plan.CauseMismatch:
			s.h.failf("%s: %s", b.Address, b.Detail)
		}
	}
}

// resolve settles unknown actions by what the bank knows, as `flexform
// resolve` does: what the gateway's status contradicts is refused.
func (s *session) resolve(transact string) {
	for _, a := range s.file.State().Undecided() {
		if a.Transact != transact || a.State != statefile.ActionUnknown {
			continue
		}
		status, ok := s.look(a.Merchant, transact)
		if !ok {
			continue
		}
		c := s.h.audit.claims[a.ID]
		if c == nil {
			s.h.failf("the ledger shows %s, which is not durable", a.ID)
			return
		}
		if c.request != nil && c.request.pending {
			continue // nobody can know yet
		}
		done := c.request != nil && c.request.took && !c.request.reversed
		t, _ := s.file.State().Transaction(a.Key)
		if err := plan.CheckOutcome(t, a, plan.Evidence{Status: status}, done); err != nil {
			// What took effect and was taken back since is both; the next apply
			// records it.
			if s.h.sound(transact) && !(c.request != nil && c.request.reversed) {
				s.h.failf("the truth about %s cannot be recorded: %v", a.ID, err)
			}
			continue
		}
		code := int(status)
		s.append(statefile.Resolved{Action: a.ID, Done: done, Status: &code, Evidence: "the bank's books"})
	}
}

// adopt records the totals that the bank has.
func (s *session) adopt(w *wish) {
	a := w.account
	if slices.ContainsFunc(s.h.bank.late, func(r *request) bool { return r.account == a }) {
		return // they may still change
	}
	status, ok := s.look(a.merchant, a.transact)
	if !ok {
		return
	}
	cancelled := status == dibs.StatusCancelled
	totals := plan.Totals{Authorised: dkk(a.amount), Captured: dkk(a.captured), Refunded: dkk(a.refunded), Cancelled: cancelled}
	record, _ := s.file.State().Transaction(statefile.Key{Merchant: a.merchant, Transact: a.transact})
	if err := plan.CheckTotals(totals, plan.Evidence{Status: status}); err != nil {
		s.h.failf("the truth cannot be adopted: %v; %s", err, a)
		return
	}
	if err := plan.CheckHistory(totals, record, plan.Evidence{Status: status}); err != nil {
		if s.h.sound(a.transact) {
			s.h.failf("the truth cannot be adopted: %v; %s", err, a)
		}
		s.h.shop.concede(s.h, w.declared.Address)
		return
	}
	s.h.saw(sawAdopted)
	w.adopted = true
	s.append(statefile.Adopted{
		Address: w.declared.Address, Merchant: a.merchant, Transact: a.transact, OrderID: a.orderID, Currency: "DKK", AmountMinor: a.amount,
		CapturedMinor: a.captured, RefundedMinor: a.refunded, Cancelled: cancelled, Status: int(status), Evidence: "the bank's books",
	})
	s.h.tracef("adopted: %s", a)
}

func (s *session) look(merchant, transact string) (dibs.Status, bool) {
	status, err := gateway{p: s.p, merchant: merchant, planning: true}.TransStatus(context.Background(), dibs.TransactID(transact))
	return status, err == nil
}

func (s *session) append(p statefile.Payload) {
	if _, err := s.file.Append(context.Background(), p); err != nil && !s.p.dead.Load() {
		s.mustBeHurt("record a person's word", err)
	}
}
