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
)

// Valid reports whether v is one of the verbs.
func (v Verb) Valid() bool {
	switch v {
	case Capture, Refund, Cancel, Reauthorise:
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
// has it approved again: that one can happen more often.
type Step struct {
	Key
	Verb Verb
	From money.Amount // total before; zero kroner is a valid total
	To   money.Amount // total after; same currency, larger than From
}

// String returns the step's identity,
// "12345678/11111111/refund/5000-8000/DKK", with totals in minor units.
func (s Step) String() string { return string(s.append(nil)) }

func (s Step) append(b []byte) []byte {
	b = append(b, s.Merchant...)
	b = append(b, '/')
	b = append(b, s.Transact...)
	b = append(b, '/')
	b = append(b, s.Verb...)
	b = append(b, '/')
	b = strconv.AppendInt(b, s.From.Minor(), 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, s.To.Minor(), 10)
	b = append(b, '/')
	return append(b, s.To.Currency().Code()...)
}

// Amount returns the money that the step moves or releases: To - From. An
// error means that the step is not one (currencies differ, To below From).
func (s Step) Amount() (money.Amount, error) { return s.To.Sub(s.From) }

// ActionID names the attempt-th try (from 1) of a step. It is what an intent
// claims, once and forever.
func ActionID(s Step, attempt int) string { return string(appendActionID(nil, s, attempt)) }

func appendActionID(b []byte, s Step, attempt int) []byte {
	return strconv.AppendInt(append(s.append(b), '#'), int64(attempt), 10)
}
