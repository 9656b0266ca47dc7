package statefile

import (
	"time"

	"flexform/money"
)

// A Transaction is all that the ledger knows of one transaction.
type Transaction struct {
	Key
	OrderID string
	Amount  money.Amount // authorised, as declared when it was recorded

	// Captured and Refunded are the cumulative totals of what the gateway
	// accepted or a person adopted. Unknown actions are not in them, and
	// reversed ones no longer. The zero Amount means that the ledger says
	// nothing of that total, which differs from zero kroner.
	Captured, Refunded money.Amount
	Cancelled          bool

	// Status is the last gateway status recorded; valid when StatusKnown.
	Status      int
	StatusKnown bool
	// Adopted reports whether a person's statement is the newest fact.
	// AdoptedStatus is the status that the gateway had then.
	Adopted       bool
	AdoptedStatus int

	Actions []Action // in the order of their intents
}

// An ActionState says where an action stands. The zero value is invalid.
type ActionState uint8

const (
	_              ActionState = iota
	ActionOpen                 // intent without outcome: the writer died or is under way
	ActionUnknown              // may have happened
	ActionAccepted             // taken by the gateway, not known to be final
	ActionDone                 // final
	ActionDeclined             // answered no
	ActionNotSent              // provably never left
	ActionNotDone              // was unknown, proven or resolved not to have happened
	ActionReversed             // was accepted, the acquirer declined it later
)

// Undecided reports whether the action may or may not have happened. Until it
// is settled it holds its amount and blocks its transaction.
func (s ActionState) Undecided() bool { return s == ActionOpen || s == ActionUnknown }

// Failed reports whether the action certainly did not happen, so that a new
// plan may offer its step again as the next attempt.
func (s ActionState) Failed() bool {
	return s == ActionDeclined || s == ActionNotSent || s == ActionNotDone || s == ActionReversed
}

// An Action is one intent and what became of it.
type Action struct {
	ID string // see [ActionID]
	Step
	Attempt int
	State   ActionState
	Class   string
	Address string
	Plan    string // digest
	Before  int    // the gateway's status just before
	Code    *int   // the gateway's result code, when it gave one
	Message string // why it ended as it did, for people
	Reason  string // from the configuration
	Seq     uint64 // of the intent
	At      time.Time
}
