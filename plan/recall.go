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

// transactsByOrder finds the transacts of orders that the ledger knows, for
// declarations that leave it out. Those of one order are in no order.
func transactsByOrder(declared []schema.Transaction, known Records) map[order][]string {
	wanted := map[order][]string{}
	for _, t := range declared {
		if t.Transact == "" {
			wanted[orderOf(t.Merchant, t.OrderID, t.Amount)] = nil
		}
	}
	if len(wanted) == 0 {
		return wanted
	}
	for t := range known.Transactions() {
		o := orderOf(t.Merchant, t.OrderID, t.Amount)
		if found, ok := wanted[o]; ok {
			wanted[o] = append(found, t.Transact)
		}
	}
	return wanted
}
