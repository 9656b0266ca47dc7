package statefile

import "time"

// FormatVersion is the ledger format that this package writes. A ledger with
// another major version is refused.
const FormatVersion = "1.0"

// A Kind names what an entry records. The zero value is invalid.
type Kind string

const (
	KindCreated   Kind = "created"   // first entry of every ledger: format and identity
	KindBegin     Kind = "begin"     // an apply starts
	KindEnd       Kind = "end"       // an apply is over
	KindIntent    Kind = "intent"    // an action is about to be sent
	KindOutcome   Kind = "outcome"   // what came of it
	KindObserved  Kind = "observed"  // what the gateway said later
	KindAdopted   Kind = "adopted"   // a person states what happened outside flexform
	KindResolved  Kind = "resolved"  // a person settles an unknown outcome
	KindCalled    Kind = "called"    // a person is about to call a service by hand
	KindAnswered  Kind = "answered"  // what came of that
	KindBatch     Kind = "batch"     // a bulk file gets its name, once and forever
	KindReleasing Kind = "releasing" // it is about to be released
	KindReleased  Kind = "released"  // it was, and is only waited for
	KindUnlocked  Kind = "unlocked"  // a person broke the lock of this ledger
	KindCancelled Kind = "cancelled" // a signer took a plan back
)

// An Entry is one line of the ledger. Exactly one payload is set, the one of
// its Kind. Prev is the Hash of the entry before ("" for the first); Hash is
// "sha256:" and the hex digest of the line without its hash member.
type Entry struct {
	Seq       uint64     `json:"seq"`  // from 1, without gaps
	Time      time.Time  `json:"time"` // UTC wall clock, a note: Seq is the order
	Kind      Kind       `json:"kind"`
	Prev      string     `json:"prev"`
	Created   *Created   `json:"created,omitempty"`
	Begin     *Begin     `json:"begin,omitempty"`
	End       *End       `json:"end,omitempty"`
	Intent    *Intent    `json:"intent,omitempty"`
	Outcome   *Outcome   `json:"outcome,omitempty"`
	Observed  *Observed  `json:"observed,omitempty"`
	Adopted   *Adopted   `json:"adopted,omitempty"`
	Resolved  *Resolved  `json:"resolved,omitempty"`
	Called    *Called    `json:"called,omitempty"`
	Answered  *Answered  `json:"answered,omitempty"`
	Batch     *Batch     `json:"batch,omitempty"`
	Releasing *Releasing `json:"releasing,omitempty"`
	Released  *Released  `json:"released,omitempty"`
	Unlocked  *Unlocked  `json:"unlocked,omitempty"`
	Cancelled *Cancelled `json:"cancelled,omitempty"`
	Hash      string     `json:"hash"`
}

// A Payload is the part of an entry that a writer supplies; the ledger adds
// number, time and chain.
type Payload interface {
	entryKind() Kind
	put(*Entry)
}

func (Created) entryKind() Kind  { return KindCreated }
func (Begin) entryKind() Kind    { return KindBegin }
func (End) entryKind() Kind      { return KindEnd }
func (Intent) entryKind() Kind   { return KindIntent }
func (Outcome) entryKind() Kind  { return KindOutcome }
func (Observed) entryKind() Kind { return KindObserved }
func (Adopted) entryKind() Kind  { return KindAdopted }
func (Resolved) entryKind() Kind { return KindResolved }
func (Called) entryKind() Kind   { return KindCalled }
func (Answered) entryKind() Kind { return KindAnswered }

func (v Created) put(e *Entry)  { e.Created = &v }
func (v Begin) put(e *Entry)    { e.Begin = &v }
func (v End) put(e *Entry)      { e.End = &v }
func (v Intent) put(e *Entry)   { e.Intent = &v }
func (v Outcome) put(e *Entry)  { e.Outcome = &v }
func (v Observed) put(e *Entry) { e.Observed = &v }
func (v Adopted) put(e *Entry)  { e.Adopted = &v }
func (v Resolved) put(e *Entry) { e.Resolved = &v }
func (v Called) put(e *Entry)   { e.Called = &v }
func (v Answered) put(e *Entry) { e.Answered = &v }

// Created opens a ledger.
type Created struct {
	FormatVersion string `json:"format_version"`
	Ledger        string `json:"ledger"` // random identity, so that two ledgers are never mistaken for each other
}

// An Actor is who ran a command, and where.
type Actor struct {
	User string `json:"user"`
	Host string `json:"host"`
	PID  int    `json:"pid"`
}

// Begin records the start of an apply.
type Begin struct {
	Plan    string `json:"plan"` // the plan's digest
	Mode    string `json:"mode"`
	Actions int    `json:"actions"` // how many the plan holds
	Actor   Actor  `json:"actor"`
	Commit  string `json:"commit,omitempty"` // git commit of the configuration
	Author  string `json:"author,omitempty"` // that commit's author
	Version string `json:"flexform_version"`
	// Approvers are those whose signatures the plan had, as "name (SHA256:…)",
	// with commas between them; empty when it needed none.
	Approvers string `json:"approvers,omitempty"`
	// Settings is the digest of the settings that the plan was applied with;
	// empty in ledgers of before there was any.
	Settings string `json:"settings,omitempty"`
	// BreakGlass is why the plan was applied without the approvals that it needs,
	// and BrokenBy who said so, as "name (SHA256:…)"; both empty otherwise.
	BreakGlass string `json:"break_glass,omitempty"`
	BrokenBy   string `json:"broken_by,omitempty"`
}

// End records that an apply is over, with how many of its actions ended how.
type End struct {
	Plan       string `json:"plan"`
	Accepted   int    `json:"accepted"`
	Declined   int    `json:"declined"`
	NotSent    int    `json:"not_sent"`
	Unknown    int    `json:"unknown"`
	Moved      int    `json:"moved"`
	NotStarted int    `json:"not_started"`
}

// Intent records an action before a byte of it is sent. Its Action key can be
// claimed once, forever.
type Intent struct {
	Action      string `json:"action_id"` // see [ActionID]
	Plan        string `json:"plan"`      // digest of the plan it belongs to
	Address     string `json:"address"`
	Merchant    string `json:"merchant"`
	Transact    string `json:"transact"`
	OrderID     string `json:"orderid"`
	Verb        Verb   `json:"action"`
	Currency    string `json:"currency"`
	AmountMinor int64  `json:"amount_minor"` // authorised
	FromMinor   int64  `json:"from_minor"`
	ToMinor     int64  `json:"to_minor"`
	Attempt     int    `json:"attempt"` // from 1
	Class       string `json:"class"`   // "self-limiting" or "counted"
	Status      int    `json:"status"`  // the gateway's status just before
	Reason      string `json:"reason,omitempty"`
	Batch       string `json:"batch,omitempty"`   // name of the bulk file that carries it; empty for a call of its own
	Capture     bool   `json:"capture,omitempty"` // of a charge: capture at once
	// SettleWindow is the merchant's settle window when the request was to be
	// sent, as [time.Duration] writes it; empty for the default of the mode.
	SettleWindow string `json:"settle_window,omitempty"`
}

// A Result is what is known of a call right after it. The zero value is
// invalid.
type Result string

const (
	Accepted Result = "accepted" // taken by the gateway; settled only when a Verdict says so
	Declined Result = "declined" // answered no: nothing happened
	NotSent  Result = "not_sent" // provably no byte left: nothing happened
	Unknown  Result = "unknown"  // may have happened
)

// Outcome records what came of an intent.
type Outcome struct {
	Action  string `json:"action_id"`
	Result  Result `json:"result"`
	Code    *int   `json:"code,omitempty"`    // the gateway's result code, when it gave one
	Message string `json:"message,omitempty"` // why, for people
	Reply   string `json:"reply,omitempty"`   // the answer as it came, masked
	Payment string `json:"payment,omitempty"` // the transaction that an accepted charge made
}

// A Verdict is what a later look at the gateway proved about an action. The
// zero value proves nothing.
type Verdict string

const (
	VerdictDone     Verdict = "done"     // an unknown action did happen
	VerdictNotDone  Verdict = "not_done" // an unknown action did not happen
	VerdictSettled  Verdict = "settled"  // an accepted action is final at the acquirer
	VerdictReversed Verdict = "reversed" // an accepted action was declined later by the acquirer
)

// Observed records a status that the gateway reported after a call. With an
// Action and a Verdict it decides that action; without, it is only a fact.
type Observed struct {
	Merchant string  `json:"merchant"`
	Transact string  `json:"transact"`
	Status   int     `json:"status"`
	Action   string  `json:"action_id,omitempty"`
	Verdict  Verdict `json:"verdict,omitempty"`
	// Payment is the transaction that a charge made. With it, Status is that of
	// the payment and not of the ticket, which is Transact.
	Payment string `json:"payment,omitempty"`
}

// Adopted records a person's statement of a transaction's totals, for what
// happened outside flexform. Of a ticket it states a charge, with its order,
// amount and payment, or without any of them whether the ticket is deleted.
type Adopted struct {
	Address       string `json:"address"`
	Merchant      string `json:"merchant"`
	Transact      string `json:"transact"`
	OrderID       string `json:"orderid"`
	Currency      string `json:"currency"`
	AmountMinor   int64  `json:"amount_minor"`
	CapturedMinor int64  `json:"captured_minor"`
	RefundedMinor int64  `json:"refunded_minor"`
	Cancelled     bool   `json:"cancelled,omitempty"`
	Deleted       bool   `json:"deleted,omitempty"` // of a ticket
	Payment       string `json:"payment,omitempty"` // of a ticket's charge: the transaction that it made
	Status        int    `json:"status"`            // the gateway's status at that time
	Evidence      string `json:"evidence"`
	Actor         Actor  `json:"actor"`
}

// Resolved records a person's decision about an unknown action.
type Resolved struct {
	Action   string `json:"action_id"`
	Done     bool   `json:"done"`
	Status   *int   `json:"status,omitempty"`  // the gateway's status at that time, when it could be read
	Payment  string `json:"payment,omitempty"` // the transaction that a charge made, when it is known; Status is then its own
	Evidence string `json:"evidence"`
	Actor    Actor  `json:"actor"`
}
