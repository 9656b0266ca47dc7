package sim

import (
	"math"

	"flexform/dibs"
	"flexform/statefile"
)

// An Op is something that happened to one transaction, as somebody outside the
// bank can tell it: an action by flexform's own word, between the moment when
// it was intended and the one when it was decided; a status or a sum that was
// read; a movement that others made. A story of them is linearizable when there
// is an order in which a bank could have done it all.
type Op struct {
	Transact  string // of a charge the order that it pays
	Call, End int64  // contacts; End is math.MaxInt64 when it may still happen
	Kind      OpKind
	Verb      statefile.Verb
	From, To  int64       // of an action
	Minor     int64       // of a movement: below zero when it was taken back
	Status    dibs.Status // that was read

	Captured, Refunded int64 // that the bank has
	Amount             int64
}

// An OpKind says what an [Op] is.
type OpKind uint8

const (
	_         OpKind = iota
	Opened           // the first: what the bank had, with its status
	Happened         // an action that flexform says happened
	NotDone          // an action that flexform says did not
	Undecided        // an action of which it does not know
	Moved            // somebody else's movement
	Looked           // a status that was read
	Summed           // a captured sum that was read
	Closed           // the last: what the bank has, with its status
)

// A story collects ops. Contacts are its time: one at a time happens.
type story struct {
	h   *history
	ops []Op
	n   int64
}

func (s *story) tick() int64 { s.n++; return s.n }

// instant is an op that is over at once. A payment by a charge is told of as
// its order, whose one total is what it was charged.
func (s *story) instant(a *account, op Op) {
	op.Transact, op.Captured, op.Refunded, op.Amount = a.transact, a.captured, a.refunded, a.amount
	if op.Verb == statefile.Charge {
		op.Transact = a.orderID
	}
	op.Call = s.tick()
	op.End = s.tick()
	s.ops = append(s.ops, op)
}

func (s *story) intended(c *claim) {
	c.op = len(s.ops)
	op := Op{Transact: c.transact, Kind: Undecided, Verb: c.verb, From: c.from, To: c.to, Call: s.tick(), End: math.MaxInt64}
	if c.verb == statefile.Charge {
		op.Transact = c.order
	}
	s.ops = append(s.ops, op)
}

// decided ends an action by the ledger's word.
func (s *story) decided(c *claim) {
	op := &s.ops[c.op]
	switch c.state {
	case "accepted", "done", "settled":
		op.Kind, op.End = Happened, s.tick()
	case "declined", "not_sent", "not_done":
		if c.hasty || c.request != nil && c.request.reversed {
			return // it may still happen; or it did and was taken back, and both are in the story
		}
		op.Kind, op.End = NotDone, s.tick()
	}
}

func (s *story) movement(a *account, verb statefile.Verb, minor int64) {
	s.instant(a, Op{Kind: Moved, Verb: verb, Minor: minor})
}

// told is the story of the transactions of which flexform can know the truth:
// see [history.sound]. What follows a ledger that two writers damaged is not
// recorded.
func (s *story) told() []Op {
	if s.h.audit.stopped {
		return nil
	}
	sound := map[string]bool{}
	for _, a := range s.h.bank.accounts {
		sound[a.transact] = a.card == nil && s.h.sound(a)
	}
	for _, t := range s.h.shop.tickets {
		for _, c := range t.orders() {
			sound[c] = s.h.sound(t.account)
		}
	}
	var ops []Op
	for _, op := range s.ops {
		if sound[op.Transact] {
			ops = append(ops, op)
		}
	}
	return ops
}

func (s *story) saw(a *account) {
	if a.card == nil {
		s.instant(a, Op{Kind: Looked, Status: a.status})
	}
}

// summed tells of a base whose captured sum was read.
func (s *story) summed(a *account) { s.instant(a, Op{Kind: Summed}) }

func (s *story) bounds(kind OpKind) {
	for _, a := range s.h.bank.accounts {
		if a.card == nil {
			s.instant(a, Op{Kind: kind, Status: a.status})
		}
	}
	for _, t := range s.h.shop.tickets {
		for _, order := range t.orders() {
			payment := account{orderID: order, amount: math.MaxInt64}
			for _, a := range s.h.bank.accounts {
				if a.orderID == order && a.status != dibs.StatusDeclined {
					payment.captured += a.amount
				}
			}
			s.instant(&payment, Op{Kind: kind, Verb: statefile.Charge, Status: dibs.StatusMulticapOpen})
		}
	}
}
