package statefile

import (
	"strconv"

	"flexform/money"
)

// A Verb says what an action does to its transaction. The zero value is
// invalid. Its text is the same in the configuration's plan, the ledger and
// every output.
type Verb string

const (
	Capture Verb = "capture" // take authorised money
	Refund  Verb = "refund"  // give captured money back
	Cancel  Verb = "cancel"  // release an authorisation

	Reauthorise Verb = "reauthorise" // have an old or deleted authorisation approved again; moves no money

	Charge Verb = "charge" // make a payment with a ticket, a stored card
	Delete Verb = "delete" // delete a ticket
)

// Valid reports whether v is one of the verbs.
func (v Verb) Valid() bool {
	switch v {
	case Capture, Refund, Cancel, Reauthorise, Charge, Delete:
		return true
	}
	return false
}

// A Key identifies one transaction: ids are unique within a merchant.
type Key struct {
	Merchant string // the merchant's DIBS id, "12345678"
	Transact string // the gateway's number, "11111111"
}

// String returns "12345678/11111111".
func (k Key) String() string { return k.Merchant + "/" + k.Transact }

// A Step is one rise of a cumulative total: "raise the refunded total of
// 11111111 from 50.00 to 80.00 DKK". It can happen once, so it is the
// idempotency key that the gateway does not have. A cancel goes from zero to
// the authorised amount, which it releases, and so does a reauthorise, which
// has it approved again: that one can happen more often. A charge of a ticket
// goes from zero to the amount of its order, which is charged once. A delete
// has no amount: both are the zero [money.Amount].
type Step struct {
	Key
	Verb    Verb
	OrderID string       // of a charge: what is paid; empty for every other verb
	From    money.Amount // total before; zero kroner is a valid total
	To      money.Amount // total after; same currency, larger than From
}

// String returns the step's identity,
// "12345678/11111111/refund/5000-8000/DKK", with totals in minor units. That of
// a charge has the order id in front of the totals, that of a delete ends with
// its verb.
func (s Step) String() string { return string(s.append(nil)) }

func (s Step) append(b []byte) []byte {
	b = append(b, s.Merchant...)
	b = append(b, '/')
	b = append(b, s.Transact...)
	b = append(b, '/')
	b = append(b, s.Verb...)
	if s.Verb == Delete {
		return b
	}
	b = append(b, '/')
	if s.Verb == Charge {
		b = append(b, s.OrderID...)
		b = append(b, '/')
	}
	b = strconv.AppendInt(b, s.From.Minor(), 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, s.To.Minor(), 10)
	b = append(b, '/')
	return append(b, s.To.Currency().Code()...)
}

// Amount returns the money that the step moves or releases: To - From. An
// error means that the step is not one (currencies differ, To below From), or
// that it is a delete.
func (s Step) Amount() (money.Amount, error) { return s.To.Sub(s.From) }

// ActionID names the attempt-th try (from 1) of a step. It is what an intent
// claims, once and forever.
func ActionID(s Step, attempt int) string { return string(appendActionID(nil, s, attempt)) }

func appendActionID(b []byte, s Step, attempt int) []byte {
	return strconv.AppendInt(append(s.append(b), '#'), int64(attempt), 10)
}
