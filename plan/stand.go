package plan

import (
	"slices"

	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

// stand works out where the transaction stands: what became of accepted
// actions, and both totals with their sources. It decides nothing.
func (s *subject) stand() (ruling, bool) {
	r := s.record
	s.ledger = ledgerTotals{captured: s.orNone(r.Captured), refunded: s.orNone(r.Refunded), cancelled: r.Cancelled}
	s.pinned = s.stated()
	s.waiting, s.reversed = nil, nil
	// Captures first: whether a refund is full depends on what was captured.
	s.judge(statefile.Capture)
	s.captured = s.capturedTotal()
	s.judge(statefile.Refund)
	s.judge(statefile.Cancel)
	s.refunded = s.refundedTotal()
	s.stood = true
	return ruling{}, false
}

// stated reports whether a person said what the totals are, and the gateway
// says today what it said then: they were adopted so, or the newest action
// that counts was resolved as done.
func (s *subject) stated() bool {
	r, now := s.record, phaseOf(s.seen.Status)
	if r.Adopted {
		return phaseOf(dibs.Status(r.AdoptedStatus)) == now
	}
	return r.StatusKnown && phaseOf(dibs.Status(r.Status)) == now && resolved(r)
}

// resolved reports whether the newest action of r that counts is done because
// a person said so: the last status comes from the entry that decided it, from
// its own intent when the gateway could not be read then, or from the intent
// of a try that failed since; and no status like that settles such an action by
// itself.
func resolved(r statefile.Transaction) bool {
	told := false
	for _, a := range slices.Backward(r.Actions) {
		if a.State.Failed() {
			told = told || a.Seq == r.StatusSeq
			continue
		}
		told = told || a.LastSeq == r.StatusSeq || a.Seq == r.StatusSeq
		done := a.State == statefile.ActionDone
		a.State = statefile.ActionAccepted
		return told && done && Judge(r, a, dibs.Status(r.Status), true) != Settled
	}
	return false
}

// judge asks the evidence what became of the accepted actions of one verb. A
// person's statement is newer than all of them and replaces them.
func (s *subject) judge(verb statefile.Verb) {
	if s.record.Adopted {
		return
	}
	record := s.record
	record.Amount, record.Captured = s.want.Amount, s.captured.Amount
	for _, a := range record.Actions {
		if a.Verb != verb || a.State != statefile.ActionAccepted {
			continue
		}
		switch Judge(record, a, s.seen.Status, false) {
		case Reversed:
			s.reversed = append(s.reversed, a)
			s.takeBack(a)
		case Happened:
			s.waiting = append(s.waiting, a)
		case Undecidable:
			if lags(record, a, s.seen.Status) {
				s.waiting = append(s.waiting, a)
			}
		}
	}
}

// lags reports whether the status has simply not moved since a was sent. A
// refund may stay unseen until the capture is balanced, so 5 and 7 count as
// not moved. At 8 a later partial refund never moves the status: the gateway's
// yes is all there is to wait for (flexwin.md 11.1).
func lags(t statefile.Transaction, a statefile.Action, now dibs.Status) bool {
	before := dibs.Status(a.Before)
	switch phaseOf(now) {
	case phasePartlyRefunded:
		return now == before && callOf(t, a) != partCall
	case phaseCaptured:
		return phaseOf(before) == phaseCaptured || phaseOf(before) == phaseRefundDeclined
	}
	return now == before
}

// takeBack lowers the ledger's totals by a reversed action, as the ledger will
// when it is told.
func (s *subject) takeBack(a statefile.Action) {
	switch a.Verb {
	case statefile.Capture:
		s.ledger.captured = less(s.ledger.captured, a.Step)
	case statefile.Refund:
		s.ledger.refunded = less(s.ledger.refunded, a.Step)
	case statefile.Cancel:
		s.ledger.cancelled = false
	}
}

func less(total money.Amount, step statefile.Step) money.Amount {
	amount, err := step.Amount()
	if err != nil {
		panic("plan: the ledger holds a step without an amount: " + err.Error())
	}
	left, err := total.Sub(amount)
	if err != nil {
		panic("plan: the ledger's total is below its own steps: " + err.Error())
	}
	return left
}

// capturedTotal takes the first of: what a person stated, what the gateway
// rules out, the ledger, payinfo when it shows less than was authorised (no status of a payment
// lowers its amount but a smaller capture), what is declared, and the
// authorised amount.
func (s *subject) capturedTotal() total {
	p := phaseOf(s.seen.Status)
	switch pay, declared := s.seen.Pay, s.want.Captured; {
	case s.pinned && s.record.Captured.Valid():
		return total{s.ledger.captured, FromLedger}
	case !p.taken() && p != phaseCapturing:
		return total{s.none(), FromGateway}
	case !s.ledger.captured.Zero():
		return total{s.ledger.captured, FromLedger}
	case p != phaseCapturing && pay != nil && pay.Amount.Valid() && !pay.Amount.Zero() && compare(pay.Amount, s.want.Amount) < 0:
		return total{pay.Amount, FromGateway}
	case wishes(declared):
		return total{goal(declared, s.want.Amount), FromDeclared}
	default:
		return total{s.want.Amount, FromDeclared}
	}
}

// refundedTotal takes what a person stated, what the gateway's status decides
// by itself, else the ledger. A total of which the ledger says nothing stands at zero.
func (s *subject) refundedTotal() total {
	p := phaseOf(s.seen.Status)
	switch {
	case s.pinned && s.record.Refunded.Valid():
		return total{s.ledger.refunded, FromLedger}
	case !p.taken(), p == phaseCaptured && s.ledger.refunded.Zero():
		return total{s.none(), FromGateway}
	case p == phaseRefunded && s.ledger.refunded != s.captured.Amount:
		return total{s.captured.Amount, FromGateway}
	default:
		return total{s.ledger.refunded, FromLedger}
	}
}

func (s *subject) orNone(a money.Amount) money.Amount {
	if !a.Valid() {
		return s.none()
	}
	return a
}

// shown returns the position for the plan's readers, when the status says what
// the totals are.
func (s *subject) shown() (Position, bool) {
	if !s.read() || phaseOf(s.seen.Status) == phaseUnusable || s.otherName() != "" {
		return Position{}, false
	}
	if !s.stood {
		s.stand()
	}
	status := s.seen.Status
	return Position{
		Address: s.want.Address, Transact: s.key.Transact, Status: &status, Currency: s.want.Amount.Currency().Code(),
		Captured: Figure{s.captured.Minor(), s.captured.source},
		Refunded: Figure{s.refunded.Minor(), s.refunded.source},
	}, true
}
