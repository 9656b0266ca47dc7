package plan

import (
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// A subject is one declared transaction with all that is known of it. The
// rules read it; none changes it.
type subject struct {
	want   *schema.Transaction
	seen   *Observation
	shop   shop
	key    statefile.Key
	record statefile.Transaction // zero but for its Key when the ledger has none
	twins  []string              // transacts that the ledger has for the same order, where the configuration names none

	// The rest is filled in by stand, and only valid once it stood.
	stood    bool
	pinned   bool               // a person stated the totals, in the very phase that the status shows now
	waiting  []statefile.Action // accepted, and by the status still under way
	reversed []statefile.Action // accepted, and by the status declined since
	ledger   ledgerTotals
	captured total
	refunded total
}

// A ledgerTotals is what the ledger says of a transaction, without the actions
// that the gateway's status shows to be reversed.
type ledgerTotals struct {
	captured, refunded money.Amount // zero kroner where the ledger says nothing
	cancelled          bool
}

// A total is a sum of money with the source that it is known from.
type total struct {
	money.Amount
	source Source
}

// A shop is what texts say of a transaction's merchant.
type shop struct {
	name  string // as in the configuration
	oneOf int    // how many merchants there are
}

func shopOf(c *schema.Config, id string) shop {
	m, _ := c.Merchant(id)
	return shop{m.Name, len(c.Merchants)}
}

func newSubject(want *schema.Transaction, seen *Observation, records Records) *subject {
	s := &subject{want: want, seen: seen}
	s.key = statefile.Key{Merchant: want.Merchant, Transact: want.Transact}
	if s.key.Transact == "" {
		s.key.Transact = string(seen.Transact)
	}
	s.record.Key = s.key
	if known, ok := records.Transaction(s.key); ok {
		s.record = known
	}
	return s
}

// A ruling is what a rule decides about a transaction. The empty one means
// that there is nothing to do.
type ruling struct {
	first   *Action // a reauthorise that opens the way for action
	action  *Action
	notices []Notice // beside the action
	blocked *Blocked
	problem *Problem
}

// rule asks the rules in their order; the first that has something to say
// decides. The order matters: what the author can never have comes first, then
// what is not known, then what the gateway and the ledger disagree about, then
// what has to become final, and only then what is to be done.
func (s *subject) rule() ruling {
	for _, rule := range [...]func(*subject) (ruling, bool){
		(*subject).contradictsItself, (*subject).undecided, (*subject).unread, (*subject).misnamed, (*subject).idle, (*subject).called, (*subject).split, (*subject).unusable,
		(*subject).stand,
		(*subject).drifted, (*subject).settling, (*subject).cancel, (*subject).capture, (*subject).refund,
	} {
		if r, decided := rule(s); decided {
			return r
		}
	}
	return ruling{}
}

// idle ends the rules for a transaction of which nothing is declared: a
// quantity that is not declared is not managed.
func (s *subject) idle() (ruling, bool) {
	return ruling{}, !s.want.Cancelled && !s.want.Captured.Declared && !s.want.Refunded.Declared
}

// compare orders two amounts of one transaction. The rules before have made
// sure that all of its amounts share a currency.
func compare(a, b money.Amount) int {
	c, err := a.Cmp(b)
	if err != nil {
		panic("plan: amounts of one transaction in two currencies: " + err.Error())
	}
	return c
}

// none returns nothing, in the currency of the transaction.
func (s *subject) none() money.Amount {
	zero, err := s.want.Amount.Sub(s.want.Amount)
	if err != nil {
		panic("plan: transaction without a currency: " + err.Error())
	}
	return zero
}
