package statefile

import (
	"time"

	"flexform/money"
)

// A Transaction is all that the ledger knows of one transaction. That of a
// ticket has no order and no totals.
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

	// Deleted and Payments are about a ticket. Payments are the charges that a
	// person adopted; those of flexform are among the Actions.
	Deleted  bool
	Payments []Payment

	// Status is the last gateway status recorded; valid when StatusKnown.
	Status      int
	StatusKnown bool
	// Adopted reports whether the totals are a person's statement and no action
	// has changed them since. AdoptedStatus is the status that the gateway had
	// then.
	Adopted       bool
	AdoptedStatus int

	Seq       uint64 // of the newest entry about the transaction
	StatusSeq uint64 // of the entry that Status comes from

	Actions []Action // in the order of their intents

	// Calls are those by hand that may have changed the transaction and are not
	// covered by a person's statement of the totals yet. They block it.
	Calls []Call
}

// Final reports whether the ledger tells all of the transaction and nothing of
// it is under way: nothing was called by hand, it states a total, no action is undecided or accepted and
// not settled, and the gateway's status is known from the last action or later.
func (t Transaction) Final() bool {
	if len(t.Calls) > 0 || !t.StatusKnown || !t.Captured.Valid() && !t.Refunded.Valid() && !t.Cancelled {
		return false
	}
	for _, a := range t.Actions {
		if a.State.Undecided() || a.State == ActionAccepted || a.LastSeq > t.StatusSeq {
			return false
		}
	}
	return true
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

// String returns the state in a word or two, "not sent".
func (s ActionState) String() string {
	switch s {
	case ActionOpen:
		return "open"
	case ActionUnknown:
		return "unknown"
	case ActionAccepted:
		return "accepted"
	case ActionDone:
		return "done"
	case ActionDeclined:
		return "declined"
	case ActionNotSent:
		return "not sent"
	case ActionNotDone:
		return "not done"
	case ActionReversed:
		return "reversed"
	}
	return "invalid"
}

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
	Batch   string // name of the bulk file that carries it; empty for a call of its own
	// SettleWindow is how long the call may still take effect after it was
	// sent, by the settings of that time; zero for the default of the mode.
	SettleWindow time.Duration

	// Of a charge: whether to capture at once, and the transaction that it made
	// with its last known status. Empty and nil while they are not known.
	Capture       bool
	Payment       string
	PaymentStatus *int

	Seq     uint64 // of the intent
	LastSeq uint64 // of the newest entry about the action
	At      time.Time
}
