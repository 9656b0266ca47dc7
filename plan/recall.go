package plan

import (
	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// settledInLedger reports whether the ledger says that a transaction is final
// and as desired, so that asking the gateway again is not worth a call: the
// rules, asked with the status that the ledger saw last, find nothing to do.
func settledInLedger(want schema.Transaction, record statefile.Transaction) bool {
	if Split(dibs.Status(record.Status)) {
		return splitSettledInLedger(want, record)
	}
	if !record.Final() || !resting(dibs.Status(record.Status)) || !record.Amount.Valid() {
		return false
	}
	if want.Transact == "" {
		want.Transact = record.Transact
	}
	s := &subject{want: &want, key: record.Key, record: record, seen: &Observation{
		Looked: true, Transact: dibs.TransactID(want.Transact), Status: dibs.Status(record.Status),
	}}
	r := s.rule()
	return r.action == nil && r.blocked == nil && r.problem == nil
}

// resting reports whether a transaction stays at s until somebody acts.
func resting(s dibs.Status) bool {
	switch phaseOf(s) {
	case phaseCaptured, phasePartlyRefunded, phaseRefunded, phaseCancelled:
		return true
	}
	return false
}

// An order is what transinfo finds a transaction by.
type order struct {
	merchant, id string
	amount       money.Amount
}

func orderOf(merchant, id string, amount money.Amount) order { return order{merchant, id, amount} }

// transactsByOrder finds the transact of orders that the ledger knows, for
// declarations that leave it out. An order with two transactions is left to
// the gateway.
func transactsByOrder(in ObserveInput) map[order]string {
	wanted := map[order]string{}
	for _, t := range in.Config.Transactions {
		if t.Transact == "" {
			wanted[orderOf(t.Merchant, t.OrderID, t.Amount)] = ""
		}
	}
	if len(wanted) == 0 {
		return wanted
	}
	twice := map[order]bool{}
	for t := range in.State.Transactions() {
		o := orderOf(t.Merchant, t.OrderID, t.Amount)
		found, ok := wanted[o]
		if !ok {
			continue
		}
		twice[o] = found != ""
		wanted[o] = t.Transact
	}
	for o, both := range twice {
		if both {
			delete(wanted, o)
		}
	}
	return wanted
}
