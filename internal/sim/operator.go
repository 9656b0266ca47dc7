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
		if s.p.dead.Load() {
			return
		}
		if w := s.h.shop.wish(b.Address); w != nil {
			s.help(b, w)
		} else if t := s.h.shop.ticketAt(b.Address); t != nil {
			s.helpTicket(b, t)
		}
	}
}

// help is about one transaction.
func (s *session) help(b plan.Blocked, w *wish) {
	switch b.Cause {
	case plan.CauseUnknown:
		s.resolve(b.Transact)
	case plan.CauseDrift:
		if strings.Contains(b.Detail, "declare another total") && w.adopted {
			// The ledger has the step as accepted, and the totals were
			// recorded since: what the message asks for in that case.
			s.h.saw(sawDeadEnd)
			s.h.shop.concede(s.h, b.Address)
			return
		}
		s.adopt(w)
	case plan.CauseSettling:
		if s.h.stuck && w.account.transact != "" { // for days, as the message has it
			s.adopt(w)
		}
	case plan.CauseStatus:
		if b.Status != nil && w.account.card != nil && (*b.Status == dibs.StatusInserted || *b.Status == dibs.StatusDeclined) {
			return // there is no payment yet, or not any more: its charge decides
		}
		if s.h.sound(w.account) {
			s.h.failf("%s is blocked by its status: %s", b.Address, b.Detail)
		}
		s.h.shop.concede(s.h, b.Address)
	case plan.CauseNotFound, plan.CauseMismatch:
		made := w.account.transact != "" && w.account.status == dibs.StatusAuthorised && w.account.born < s.begun // later: after the look
		if w.account.card == nil || made {
			s.h.failf("%s: %s", b.Address, b.Detail)
		}
	}
}

// resolve settles unknown actions by what the bank knows, as `flexform
// resolve` does: what the gateway's status contradicts is refused.
func (s *session) resolve(transact string) {
	for _, a := range s.file.State().Undecided() {
		if a.Transact != transact {
			continue
		}
		c := s.h.audit.claims[a.ID]
		switch {
		case c == nil && s.h.audit.stopped:
			return
		case c == nil:
			s.h.failf("the ledger shows %s, which is not durable", a.ID)
			return
		case a.Batch != "" && !s.fetch(a):
			continue
		case a.Batch == "" && a.State != statefile.ActionUnknown:
			continue
		case c.request != nil && c.request.pending && a.Verb == statefile.Charge && s.h.random.IntN(4) > 0:
			// The message says that it does no harm to be wrong about a charge.
			s.h.saw(sawHasty)
			c.hasty = true
		case c.request != nil && (c.request.pending || c.request.made != nil && c.request.made.status == dibs.StatusInserted):
			continue // nobody can know yet
		}
		s.decide(a, c)
	}
}

// fetch is about a row of a bulk file. It reports whether the file has certainly
// come to its end, so that a person may say what became of the row.
func (s *session) fetch(a statefile.Action) bool {
	use, _ := s.file.State().Batch(a.Batch)
	return use.Exposed() && (a.State == statefile.ActionUnknown || s.h.fetchFile(use.Merchant, a.Batch))
}

// decide records what a person knows of an action.
func (s *session) decide(a statefile.Action, c *claim) {
	done := c.request != nil && c.request.took && !c.request.reversed
	said := statefile.Resolved{Action: a.ID, Done: done, Evidence: "the bank's books"}
	var err error
	if a.Verb == statefile.Charge {
		payment, status, ok := s.paymentOf(a.Merchant, a.OrderID, a.To)
		if !ok {
			return
		}
		// The order may be paid by an earlier attempt that took effect late.
		// Nobody can tell the two apart, and it is what the charge was for.
		r := s.h.audit.cause(c)
		done = r != nil && r.took && !r.reversed
		said.Done = done
		if err = plan.CheckChargeOutcome(s.file.State(), a, payment, status, done); err == nil && done && payment != "" {
			code := int(status)
			said.Payment, said.Status = string(payment), &code
		}
	} else {
		now, ok := s.evidence(a.Merchant, a.Transact)
		if !ok {
			return
		}
		t, _ := s.file.State().Transaction(a.Key)
		err = plan.CheckOutcome(t, a, now, false, done)
		code := int(now.Status)
		said.Status = &code
	}
	if err != nil {
		// What took effect and was taken back since is both; the next apply
		// records it.
		if c.sound(s.h) && !(c.request != nil && c.request.reversed) {
			s.h.failf("the truth about %s cannot be recorded: %v", a.ID, err)
		}
		return
	}
	s.append(said)
}

// adopt records the totals that the bank has.
func (s *session) adopt(w *wish) {
	a := w.account
	if slices.ContainsFunc(s.h.bank.late, func(r *request) bool { return r.account == a }) {
		return // they may still change
	}
	now, ok := s.evidence(a.merchant, a.transact)
	if !ok || len(a.flights) > 1 {
		return
	}
	status := now.Status
	cancelled := status == dibs.StatusCancelled
	totals := plan.Totals{Authorised: dkk(a.amount), Captured: dkk(a.captured), Refunded: dkk(a.refunded), Cancelled: cancelled}
	record, _ := s.file.State().Transaction(statefile.Key{Merchant: a.merchant, Transact: a.transact})
	if err := plan.CheckTotals(totals, now); err != nil {
		s.h.failf("the truth cannot be adopted: %v; %s", err, a)
		return
	}
	if err := plan.CheckHistory(totals, record, now); err != nil {
		if s.h.sound(a) {
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

// evidence asks where a transaction stands.
func (s *session) evidence(merchant, transact string) (now plan.Evidence, ok bool) {
	line, id := gateway{p: s.p, merchant: merchant, planning: true}, dibs.TransactID(transact)
	status, err := line.TransStatus(context.Background(), id)
	if err != nil {
		return now, false
	}
	now.Status = status
	if !plan.Split(status) {
		return now, true
	}
	info, err := line.SplitPayInfo(context.Background(), id, dkk(0).Currency())
	if err != nil {
		return now, false
	}
	sums, err := plan.ReadSums(info)
	now.Sums = &sums
	return now, err == nil
}

func (s *session) append(p statefile.Payload) {
	if _, err := s.file.Append(context.Background(), p); err != nil && !s.p.dead.Load() {
		s.mustBeHurt("record a person's word", err)
	}
}
