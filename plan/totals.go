package plan

import "flexform/money"

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
	if !s.read() || phaseOf(s.seen.Status) == phaseUnusable && s.seen.Sums == nil || s.otherName() != "" {
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
