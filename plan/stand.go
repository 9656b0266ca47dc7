package plan

import (
	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

// stand works out where the transaction stands: what became of accepted
// actions, and both totals with their sources. It decides nothing.
func (s *subject) stand() (ruling, bool) {
	r := s.record
	s.ledger = ledgerTotals{captured: s.orNone(r.Captured), refunded: s.orNone(r.Refunded), cancelled: r.Cancelled}
	if s.seen.Sums != nil {
		s.standSplit(*s.seen.Sums)
		return ruling{}, false
	}
	s.pinned = s.stated()
	s.waiting, s.reversed = nil, nil
	// Captures first: whether a refund is full depends on what was captured.
	s.judge(statefile.Capture)
	s.captured = s.capturedTotal()
	s.judge(statefile.Refund)
	s.judge(statefile.Cancel)
	s.judge(statefile.Reauthorise)
	s.refunded = s.refundedTotal()
	s.stood = true
	return ruling{}, false
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
		switch s.evidence().Judge(record, a, false) {
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
