package plan

import (
	"time"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// FormatVersion is the plan file format that this package writes.
const FormatVersion = "1.0"

// A Plan is what people review and apply carries out. Body is what they
// review; Digest is its hash. Envelope differs from run to run. Seal is the
// hash of everything else, so that no flipped bit passes.
type Plan struct {
	FormatVersion string   `json:"format_version"`
	Digest        string   `json:"digest"`
	Body          Body     `json:"body"`
	Envelope      Envelope `json:"envelope"`
	Seal          string   `json:"seal"`
}

// A Body is the deterministic part of a plan. Its slices are never nil.
type Body struct {
	Mode           schema.Mode `json:"mode"`
	SettingsDigest string      `json:"settings_digest"`
	Summary        []Sum       `json:"summary"` // by currency, then action
	Actions        []Action    `json:"actions"` // in configuration order
	Notices        []Notice    `json:"notices"`
	Blocked        []Blocked   `json:"blocked"`
}

// A Sum totals the actions of one verb in one currency, in minor units.
type Sum struct {
	Currency     string         `json:"currency"`
	Verb         statefile.Verb `json:"action"`
	Count        int            `json:"count"`
	Minor        int64          `json:"minor"`
	LargestMinor int64          `json:"largest_minor"`
}

// A Class says what a repeat of an action would do at the gateway. The zero
// value is invalid.
type Class string

const (
	SelfLimiting Class = "self-limiting" // a repeat would be refused
	Counted      Class = "counted"       // a repeat could move the money again
	Moneyless    Class = "moneyless"     // neither the action nor a repeat moves money
)

// An Action is one call that a plan wants made: raise a total from From to To.
// A charge goes from zero to the amount of its order, which is OrderID; its
// Transact is the ticket. A delete has no order, no currency and no amounts.
type Action struct {
	Address     string         `json:"address"`
	Merchant    string         `json:"merchant"`
	Transact    string         `json:"transact"`
	OrderID     string         `json:"orderid"`
	Verb        statefile.Verb `json:"action"`
	Currency    string         `json:"currency"`
	AmountMinor int64          `json:"amount_minor"` // authorised
	FromMinor   int64          `json:"from_minor"`
	ToMinor     int64          `json:"to_minor"`
	Attempt     int            `json:"attempt"` // from 1
	Class       Class          `json:"class"`
	Status      dibs.Status    `json:"status"` // the position it starts from
	Reason      string         `json:"reason"`
	// Earlier says why the attempts before this one came to nothing.
	Earlier string `json:"earlier,omitempty"`
	// Capture says that a charge is to be captured at once. Of every other
	// action it is false.
	Capture bool `json:"capture,omitempty"`
}

// Key names the transaction, or the ticket, that the action is about.
func (a Action) Key() statefile.Key {
	return statefile.Key{Merchant: a.Merchant, Transact: a.Transact}
}

// Step returns the action's identity. An error means that the amounts or the
// currency are not valid, which a decoded plan file can bring about.
func (a Action) Step() (statefile.Step, error) {
	if a.Verb == statefile.Delete {
		return a.deletion()
	}
	c, err := money.ParseCurrency(a.Currency)
	if err != nil {
		return statefile.Step{}, err
	}
	from, err := money.New(a.FromMinor, c)
	if err != nil {
		return statefile.Step{}, err
	}
	to, err := money.New(a.ToMinor, c)
	if err != nil {
		return statefile.Step{}, err
	}
	s := statefile.Step{Key: a.Key(), Verb: a.Verb, From: from, To: to}
	if a.Verb == statefile.Charge {
		s.OrderID = a.OrderID
	}
	return s, nil
}

// A Notice is something a reviewer should know that stops nothing.
type Notice struct {
	Address string `json:"address"`
	Text    string `json:"text"`
}

// A Cause says why a transaction is blocked. The zero value is invalid.
type Cause string

const (
	CauseDrift    Cause = "drift"    // the gateway contradicts the ledger
	CauseUnknown  Cause = "unknown"  // an earlier action's outcome is not known
	CauseSettling Cause = "settling" // an accepted action must become final first
	CauseUnread   Cause = "unread"   // the gateway could not be read
	CauseNotFound Cause = "notfound" // the gateway knows no such transaction
	CauseMismatch Cause = "mismatch" // order id and amount belong to another transact
	CauseStatus   Cause = "status"   // the transaction's status allows nothing that is asked for
)

// A Blocked transaction differs from what is desired, or may, and gets no
// action in this plan.
type Blocked struct {
	Address  string       `json:"address"`
	Merchant string       `json:"merchant"`
	Transact string       `json:"transact"` // empty when not found
	OrderID  string       `json:"orderid"`
	Cause    Cause        `json:"cause"`
	Status   *dibs.Status `json:"status,omitempty"`  // nil when not read
	Detail   string       `json:"detail"`            // full sentences: what, why, what to do
	Command  string       `json:"command,omitempty"` // to copy, when one helps
	Declare  string       `json:"declare,omitempty"` // blocks of the configuration to copy, when they help
}

// An Envelope holds what differs between two runs that plan the same things.
type Envelope struct {
	CreatedAt    time.Time `json:"created_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	Version      string    `json:"flexform_version"`
	ConfigDigest string    `json:"config_digest"`
	Folder       string    `json:"folder"` // of the configuration, relative to the plan file's own folder
	Commit       string    `json:"commit"` // empty outside a repository
	// Makers are the names of who planned: of the login, and of git. Only a plan
	// that needs approvals has them, since who made it does not approve it.
	Makers    []string   `json:"makers,omitempty"`
	Ledger    Head       `json:"ledger"`
	Counts    Counts     `json:"counts"`
	Held      []Held     `json:"held,omitempty"` // of the whole ledger, see [HeldBy]
	Positions []Position `json:"positions"`      // of the transactions with an action or a block
}

// A Head is how far a ledger had come. The zero Head is an empty ledger.
type Head struct {
	Hash string `json:"head"`
	Seq  uint64 `json:"seq"`
}

// Counts says how many transactions are in which case.
type Counts struct {
	Declared     int `json:"declared"`
	Unchanged    int `json:"unchanged"`
	NotRefreshed int `json:"not_refreshed"` // unchanged, and not looked at: final in the ledger
	Drifted      int `json:"drifted"`
	Settling     int `json:"settling"`
	Unknown      int `json:"unknown"`
	Failed       int `json:"failed"` // could not be read, or not found
	// Charges and Deletions are how many of those declared are charges and
	// deletions of tickets. Each counts as a transaction everywhere here.
	Charges   int `json:"charges,omitempty"`
	Deletions int `json:"deletions,omitempty"`
}

// A Source says where a number comes from. The zero value is invalid.
type Source string

const (
	FromGateway  Source = "gateway"  // the gateway's own answer says so
	FromLedger   Source = "ledger"   // flexform did it, or a person adopted it
	FromDeclared Source = "declared" // the configuration says so and nothing contradicts it
)

// A Position is what is known of a transaction now.
type Position struct {
	Address  string       `json:"address"`
	Transact string       `json:"transact"`
	Status   *dibs.Status `json:"status,omitempty"` // nil when not read
	Currency string       `json:"currency"`
	Captured Figure       `json:"captured"`
	Refunded Figure       `json:"refunded"`
}

// A Figure is a number with its source.
type Figure struct {
	Minor  int64  `json:"minor"`
	Source Source `json:"source"`
}

// A Problem is something the author asks for that can never be: a total below
// what has happened, more than there is. No plan is made while there is one.
type Problem struct {
	Address string
	Summary string // a few constant words: "Irreversible"
	Detail  string // full sentences: what, why, what to do
	Place   schema.Range
}
