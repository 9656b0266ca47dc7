package policy

import (
	"fmt"

	"flexform/plan"
)

// A Reason says which check a plan failed. The zero value is invalid.
type Reason string

const (
	Tampered       Reason = "tampered"        // not as flexform made it
	Empty          Reason = "empty"           // nothing to apply
	AlreadyApplied Reason = "already-applied" // an action of it was started before
	Expired        Reason = "expired"
	OtherVersion   Reason = "other-version"  // made by another flexform
	OtherMode      Reason = "other-mode"     // for another kind of money
	StaleSettings  Reason = "stale-settings" // the settings changed since
	StaleConfig    Reason = "stale-config"   // the configuration changed since
	StaleLedger    Reason = "stale-ledger"   // the ledger is another one, or knows more about a transaction of the plan
	OverLimit      Reason = "over-limit"     // more than the limits allow
	CheckFailed    Reason = "check-failed"   // a check of the settings does not hold
	NotApproved    Reason = "not-approved"   // signatures are missing, or it was cancelled
	NotRehearsed   Reason = "not-rehearsed"  // the settings ask for a rehearsal before the apply
	NotDesired     Reason = "not-desired"    // an action does not follow from the configuration and the ledger
)

// A RefusedError says why a plan may not be carried out. Nothing was sent.
type RefusedError struct {
	Reason  Reason
	Detail  string // full sentences: what, and what to do
	Address string // of the action at fault; empty when it is about the whole plan
	Err     error  // of plan.Verify, when Reason is Tampered
	// Breaches are all of them when Reason is OverLimit.
	Breaches []Breach
	// Failures are all of them when Reason is CheckFailed.
	Failures []Failure
}

func (e *RefusedError) Error() string {
	if e.Address != "" {
		return fmt.Sprintf("plan refused (%s): %s: %s", e.Reason, e.Address, e.Detail)
	}
	return fmt.Sprintf("plan refused (%s): %s", e.Reason, e.Detail)
}

func (e *RefusedError) Unwrap() error { return e.Err }

func refuse(r Reason, detail string, args ...any) *RefusedError {
	return &RefusedError{Reason: r, Detail: fmt.Sprintf(detail, args...)}
}

func refuseAction(r Reason, a plan.Action, detail string, args ...any) *RefusedError {
	refused := refuse(r, detail, args...)
	refused.Address = a.Address
	return refused
}
