package policy

import (
	"fmt"
	"slices"
	"time"

	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// A Ledger is what is asked of the ledger; [*statefile.State] answers it.
type Ledger interface {
	plan.Records
	// HashAt returns the hash of the entry with that number, and false when
	// there is none.
	HashAt(seq uint64) (hash string, ok bool)
	// TouchedSince reports whether an entry after the one with that number is
	// about the transaction.
	TouchedSince(k statefile.Key, seq uint64) bool
	// PlanUse returns what became of the plan with that digest.
	PlanUse(digest string) statefile.PlanUse
	// SpentSince returns what was done from a time on, and what may have been
	// done at any time.
	SpentSince(time.Time) map[statefile.Purse]statefile.Spent
	// LastApply returns the newest start of an apply, and false before the first.
	LastApply() (statefile.Begun, bool)
	// Cancelled returns the newest cancellation of the plan with that digest, and
	// false when there is none.
	Cancelled(digest string) (statefile.Cancellation, bool)
	// BrokenGlass returns the applies since then that passed approvals by.
	BrokenGlass(since time.Time) []statefile.Begun
}

// Facts are what a plan is checked against. All fields are needed, but for
// Signatures where plans need none, and GatewayTime.
type Facts struct {
	Now     time.Time
	Version string         // of this flexform
	Config  *schema.Config // as it is now
	State   Ledger         // as it is now
	// GatewayTime is what the gateway says it is; zero where it did not. It can
	// only end a plan's life, never prolong it.
	GatewayTime time.Time

	Signatures Signatures
	// Rehearsed is the digest of the plan that this process has rehearsed, and
	// all went well; empty for none.
	Rehearsed string
}

// An Approved plan passed every check. The zero value holds no plan.
type Approved struct {
	plan      *plan.Plan
	approvers []Approver
	broken    *Broken
}

// Approvers returns whose signatures were counted; nil when plans need none.
func (a Approved) Approvers() []Approver { return slices.Clone(a.approvers) }

// Broken returns who had the plan pass without the approvals that it needs, and
// false when it has them.
func (a Approved) Broken() (Broken, bool) {
	if a.broken == nil {
		return Broken{}, false
	}
	return *a.broken, true
}

// Plan returns a copy of the plan, so that nobody can change what was
// approved; nil for the zero Approved.
func (a Approved) Plan() *plan.Plan {
	if a.plan == nil {
		return nil
	}
	return a.plan.Clone()
}

// maxSkew is how far the clock of the machine that planned may be ahead of
// ours. A plan from the future would live longer than its makers allowed.
const maxSkew = 5 * time.Minute

// Check finds out whether p may be carried out now. The error is a
// [*RefusedError]. Call it before anything else is written to the ledger:
// what an apply finds out about earlier actions makes plans about their
// transactions stale.
func Check(p *plan.Plan, f Facts) (Approved, error) {
	p = p.Clone()
	for _, check := range [...]func(*plan.Plan, Facts) *RefusedError{
		untouched, unused, inTime, sameFlexform, sameConfiguration, sameLedger, desired, limited, checked, approved, rehearsed,
	} {
		if refused := check(p, f); refused != nil {
			return Approved{}, refused
		}
	}
	is := Approvals(p, f)
	a := Approved{plan: p, approvers: is.Approvers}
	if is.Missing() > 0 || f.Now.Before(is.HoldUntil) { // a glass that nobody needed to break is none
		a.broken = is.Broken
	}
	return a, nil
}

// untouched checks version, form, sums, digest and seal (hazards R31).
func untouched(p *plan.Plan, _ Facts) *RefusedError {
	if err := p.Verify(); err != nil {
		return &RefusedError{Reason: Tampered, Detail: fmt.Sprintf("The plan is not as flexform made it: %v.", err), Err: err}
	}
	if p.Empty() {
		return refuse(Empty, "The plan has no action, so there is nothing to apply.")
	}
	return nil
}

// unused checks that no action of the plan was ever started.
func unused(p *plan.Plan, f Facts) *RefusedError {
	use := f.State.PlanUse(p.Digest)
	if use.Started == 0 {
		return nil
	}
	return refuse(AlreadyApplied, "This plan was applied already: %d of its %d actions were started, from %s on (ledger entry %d). "+
		"A plan can be applied once. Plan again: what it did not reach is in the new plan.",
		use.Started, len(p.Body.Actions), use.At.UTC().Format(time.RFC3339), use.Seq)
}

// inTime checks the expiry, and that the clock has not gone back behind the
// plan's making (hazards R39).
func inTime(p *plan.Plan, f Facts) *RefusedError {
	now, e := f.Now.UTC(), p.Envelope
	switch {
	case !now.Before(e.ExpiresAt):
		return refuse(Expired, "The plan expired at %s; it is %s. Plan again.", e.ExpiresAt.Format(time.RFC3339), now.Format(time.RFC3339))
	case e.CreatedAt.Sub(now) > maxSkew:
		return refuse(Expired, "The plan was made at %s, and here it is only %s: one of the two clocks is wrong. Set the clock right, or plan again.",
			e.CreatedAt.Format(time.RFC3339), now.Format(time.RFC3339))
	case f.GatewayTime.Sub(e.ExpiresAt) > maxSkew:
		return refuse(Expired, "The plan expired at %s. By the clock here it is %s, but the gateway says it is %s: one of the two clocks is wrong. Set this one right, and plan again.",
			e.ExpiresAt.Format(time.RFC3339), now.Format(time.RFC3339), f.GatewayTime.UTC().Format(time.RFC3339))
	}
	return nil
}

// ClockNote says why the gateway's clock tells nothing about a plan's expiry;
// "" when it does. A time before the plan was made cannot be right.
func ClockNote(p *plan.Plan, f Facts) string {
	switch created := p.Envelope.CreatedAt; {
	case f.GatewayTime.IsZero():
		return "the gateway did not say what time it is, so the plan's expiry was held against this machine's clock alone"
	case created.Sub(f.GatewayTime) > maxSkew:
		return fmt.Sprintf("the gateway says it is %s, and the plan was made at %s: one of the clocks is wrong. The plan's expiry was held against this machine's clock alone",
			f.GatewayTime.UTC().Format(time.RFC3339), created.Format(time.RFC3339))
	}
	return ""
}

func sameFlexform(p *plan.Plan, f Facts) *RefusedError {
	if p.Envelope.Version == f.Version {
		return nil
	}
	return refuse(OtherVersion, "The plan was made by flexform %s, this is %s. Two versions may read the same file differently: apply with the version that planned, or plan again.",
		p.Envelope.Version, f.Version)
}

// sameConfiguration checks what the plan was made from (hazards R30, R88).
func sameConfiguration(p *plan.Plan, f Facts) *RefusedError {
	for _, m := range f.Config.Merchants {
		if m.Mode != p.Body.Mode {
			return refuse(OtherMode, "The plan is for %s money, and merchant %q is %s now. Plan again.", p.Body.Mode, m.Name, m.Mode)
		}
	}
	switch {
	case p.Body.SettingsDigest != f.Config.SettingsDigest:
		return refuse(StaleSettings, "The settings (merchants, mode, ledger, limits, checks, approvals) have changed since the plan was made. Plan again.")
	case p.Envelope.ConfigDigest != f.Config.Digest:
		return refuse(StaleConfig, "The configuration has changed since the plan was made, or a variable has another value: what plan got with --var, apply needs too. Plan again otherwise: the digest stays the same when the new plan would do the same things.")
	}
	return nil
}

// sameLedger checks that the ledger continues the one that the plan was made
// from, and that nothing about the plan's transactions was added since.
func sameLedger(p *plan.Plan, f Facts) *RefusedError {
	head := p.Envelope.Ledger
	hash := ""
	if head.Seq > 0 {
		var ok bool
		if hash, ok = f.State.HashAt(head.Seq); !ok {
			return refuse(StaleLedger, "The plan was made when the ledger had %d entries, and now it has fewer: this is another ledger, or an older copy of it. Find out which one is right before anything is applied.", head.Seq)
		}
	}
	if hash != head.Hash {
		return refuse(StaleLedger, "Entry %d of the ledger is not the one that the plan was made from: this is another ledger, or its history was replaced. Find out which one is right before anything is applied.", head.Seq)
	}
	for _, a := range p.Body.Actions {
		if f.State.TouchedSince(a.Key(), head.Seq) {
			return refuseAction(StaleLedger, a, "The ledger has learned something about transaction %s since the plan was made. Plan again.", a.Transact)
		}
	}
	return nil
}
