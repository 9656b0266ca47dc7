package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"flexform/plan"
	"flexform/plan/approval"
	"flexform/schema"
)

// Signatures are what is known of who approved a plan. The zero value is a plan
// that nobody approved.
type Signatures struct {
	Files []approval.File // found beside the plan
	// Authors are the e-mail addresses of those who changed what the plan was
	// made from. They do not count, and neither does who made the plan.
	Authors []string
	// Unknown says why the authors cannot be told; empty when they can. Then no
	// signature counts.
	Unknown string
	Command string // to copy, for who wants to sign; empty when there is none
}

// An Approver is a person whose signature counts.
type Approver struct {
	Name        string // as the statement has it
	Fingerprint string // of the key, "SHA256:…"
	At          time.Time
}

func (a Approver) String() string { return a.Name + " (" + a.Fingerprint + ")" }

// An Approval is what the signatures of a plan come to.
type Approval struct {
	Needed    int        // 0 when plans need no approval
	Tier      string     // which rule asks for so many, for people
	Approvers []Approver // each person once, by time
	Broken    *Broken    // who had it pass without signatures; nil for nobody
	Ignored   []string   // files that do not count, each with the reason
	Cancelled []string   // why the plan is cancelled; empty when it is not
	HoldUntil time.Time  // when the cooling-off is over; zero without one, or while signatures are missing
}

// A Broken glass: somebody who may do so says that a plan cannot wait for its
// approvals.
type Broken struct {
	By     Approver
	Reason string
}

// Missing is how many signatures are not there yet.
func (a Approval) Missing() int { return max(0, a.Needed-len(a.Approvers)) }

// Complete reports whether the plan may be carried out as far as approvals go.
func (a Approval) Complete(now time.Time) bool {
	return len(a.Cancelled) == 0 && (a.Broken != nil || a.Missing() == 0 && !now.Before(a.HoldUntil))
}

// Approvals returns what the signatures of a plan come to (hazards R83).
func Approvals(p *plan.Plan, f Facts) Approval {
	rules := f.Config.Approvals
	if !rules.Required() {
		return Approval{}
	}
	var verified []approval.Verified
	var ignored, cancelled []string
	for _, file := range f.Signatures.Files {
		v, err := approval.Verify(file, rules.Signers)
		switch {
		case err == nil:
			verified = append(verified, v)
		case file.Kind() == approval.Cancel:
			// Whether somebody cancelled cannot be told, so nothing moves.
			cancelled = append(cancelled, fmt.Sprintf("%s may cancel it, and cannot be verified: %v. Find out who wrote that file; delete it if it means nothing", file.Name, err))
		default:
			ignored = append(ignored, fmt.Sprintf("%s: %v", file.Name, err))
		}
	}
	a := count(p, f, verified)
	a.Ignored, a.Cancelled = append(ignored, a.Ignored...), append(cancelled, a.Cancelled...)
	return a
}

// count decides what verified statements are worth for a plan.
func count(p *plan.Plan, f Facts, verified []approval.Verified) Approval {
	rules := f.Config.Approvals
	a := Approval{}
	a.Needed, a.Tier = needed(p, rules)
	first := map[int]approval.Verified{} // by person
	for _, v := range verified {
		s, person := v.Statement(), v.Signer().Person
		if s.Kind == approval.Cancel {
			if s.Plan == p.Digest {
				a.Cancelled = append(a.Cancelled, fmt.Sprintf("%s cancelled it at %s", s.Signer, s.SignedAt.Format(time.RFC3339)))
			}
			continue
		}
		if why := worthless(v, p, f); why != "" {
			a.Ignored = append(a.Ignored, fmt.Sprintf("the %s of %s: %s", s.Kind, s.Signer, why))
			continue
		}
		if s.Kind == approval.Break {
			if a.Broken == nil || s.SignedAt.Before(a.Broken.By.At) {
				a.Broken = &Broken{By: approver(v), Reason: s.Reason}
			}
			continue
		}
		if known, twice := first[person]; !twice || s.SignedAt.Before(known.Statement().SignedAt) {
			first[person] = v
		}
	}
	for _, v := range first {
		a.Approvers = append(a.Approvers, approver(v))
	}
	slices.SortFunc(a.Approvers, func(x, y Approver) int {
		if c := x.At.Compare(y.At); c != 0 {
			return c
		}
		return strings.Compare(x.Name+x.Fingerprint, y.Name+y.Fingerprint)
	})
	if a.Missing() == 0 && rules.Hold > 0 {
		a.HoldUntil = a.Approvers[a.Needed-1].At.Add(rules.Hold)
	}
	return a
}

func approver(v approval.Verified) Approver {
	return Approver{Name: v.Statement().Signer, Fingerprint: v.Fingerprint(), At: v.Statement().SignedAt}
}

// worthless says why an approval, or a broken glass, does not count for a plan;
// "" when it does.
func worthless(v approval.Verified, p *plan.Plan, f Facts) string {
	s, key, now, rules := v.Statement(), v.Signer(), f.Now, f.Config.Approvals
	switch {
	case s.Plan != p.Digest:
		return "it is about another plan, or what this plan does has changed since"
	case s.Mode != p.Body.Mode:
		return fmt.Sprintf("it is about %s money", s.Mode)
	case s.SignedAt.Sub(now) > maxSkew:
		return "it was signed in the future: one of the two clocks is wrong"
	case !now.Before(s.ExpiresAt):
		return "it expired at " + s.ExpiresAt.Format(time.RFC3339)
	case s.ExpiresAt.Sub(s.SignedAt) > rules.Expires:
		return fmt.Sprintf("it would hold for %s, and the settings allow %s", s.ExpiresAt.Sub(s.SignedAt), rules.Expires)
	case outside(key, now), outside(key, s.SignedAt):
		return "the key may not sign at that time (valid-after, valid-before)"
	}
	// What the ledger has as cancelled needs signatures of after that, whatever
	// stands beside this copy of the plan.
	if c, ok := f.State.Cancelled(p.Digest); ok && !s.SignedAt.After(c.At) {
		return fmt.Sprintf("%s cancelled the plan after it, at %s (ledger entry %d)", c.Signer, c.At.UTC().Format(time.RFC3339), c.Seq)
	}
	switch {
	case s.Kind == approval.Break && s.ExpiresAt.Sub(s.SignedAt) > approval.BreakLife:
		return fmt.Sprintf("it would hold for %s, and a broken glass holds for %s", s.ExpiresAt.Sub(s.SignedAt), approval.BreakLife)
	case s.Kind == approval.Break && !mayBreak(key, rules):
		return "the settings (break_glass) do not name who signed it"
	case s.Kind == approval.Break:
		return "" // also of who made the plan or the change: the record names them
	case f.Signatures.Unknown != "":
		return "who changed the configuration is not known: " + f.Signatures.Unknown
	case sameAs(key, rules.Signers, p.Envelope.Makers):
		return "who made the plan does not approve it"
	case sameAs(key, rules.Signers, f.Signatures.Authors):
		return "who made the change does not approve it"
	}
	return ""
}

func outside(key schema.Signer, t time.Time) bool {
	return !key.ValidAfter.IsZero() && t.Before(key.ValidAfter) || !key.ValidBefore.IsZero() && !t.Before(key.ValidBefore)
}

// sameAs reports whether the person with that key has one of the names, under
// whichever of their keys it stands. A name without an @, such as a login, is
// also that of anybody whose address begins with it.
func sameAs(key schema.Signer, all []schema.Signer, names []string) bool {
	for _, s := range all {
		if s.Person != key.Person {
			continue
		}
		for _, name := range names {
			if slices.ContainsFunc(s.Principals, func(p string) bool { return isCalled(p, strings.ToLower(name)) }) {
				return true
			}
		}
	}
	return false
}

func isCalled(principal, name string) bool {
	if before, _, address := strings.Cut(principal, "@"); address && before == name {
		return true
	}
	return principal == name
}

const noMaker = "The plan does not say who made it, so it cannot be told whose approval counts. Plan again."

// mayBreak reports whether the settings let the person with that key break the
// glass, under whichever of their names. Unlike [sameAs], which is to find
// people, it takes a name for nobody else's.
func mayBreak(key schema.Signer, rules schema.Approvals) bool {
	for _, s := range rules.Signers {
		if s.Person == key.Person && slices.ContainsFunc(s.Principals, func(name string) bool { return slices.Contains(rules.BreakGlass, name) }) {
			return true
		}
	}
	return false
}

// MayBreak says why a signer's breaking the glass for the plan would not count;
// "" when it would.
func MayBreak(p *plan.Plan, f Facts, key schema.Signer) string {
	switch rules := f.Config.Approvals; {
	case len(rules.BreakGlass) == 0:
		return "The settings let nobody break the glass (break_glass in the approvals block)."
	case len(p.Envelope.Makers) == 0:
		return noMaker
	case outside(key, f.Now):
		return "The key may not sign now: see valid-after and valid-before in the allowed signers."
	case !mayBreak(key, rules):
		return "The settings (break_glass in the approvals block) do not name you."
	}
	return ""
}

// MayApprove says why a signer's approval of the plan would not count; "" when
// it would.
func MayApprove(p *plan.Plan, f Facts, key schema.Signer) string {
	all := f.Config.Approvals.Signers
	switch {
	case len(p.Envelope.Makers) == 0:
		return noMaker
	case outside(key, f.Now):
		return "The key may not sign now: see valid-after and valid-before in the allowed signers."
	case f.Signatures.Unknown != "":
		return "Who changed the configuration is not known, so nobody's approval counts: " + f.Signatures.Unknown + "."
	case sameAs(key, all, p.Envelope.Makers):
		return "You made this plan, and who made a plan does not approve it. Somebody else has to."
	case sameAs(key, all, f.Signatures.Authors):
		return "You made the change that this plan is about, and its author does not approve it. Somebody else has to."
	}
	return ""
}

// needed returns how many people must sign a plan, and which rule says so.
func needed(p *plan.Plan, rules schema.Approvals) (int, string) {
	sums, largest := map[string]int64{}, map[string]int64{}
	for _, a := range p.Body.Actions {
		moved := a.ToMinor - a.FromMinor
		sums[a.Currency] += moved
		largest[a.Currency] = max(largest[a.Currency], moved)
	}
	n, why := rules.Signatures, fmt.Sprintf("every plan does, %s:%d", rules.Source.File, rules.Source.Start.Line)
	for _, t := range rules.Tiers {
		code := t.Currency.Code()
		text := ""
		switch {
		case t.PlanAbove.Valid() && sums[code] > t.PlanAbove.Minor():
			text = fmt.Sprintf("its %s are more than %s", sumText(sums[code], t.Currency), t.PlanAbove)
		case t.ActionAbove.Valid() && largest[code] > t.ActionAbove.Minor():
			text = fmt.Sprintf("one action of %s is more than %s", sumText(largest[code], t.Currency), t.ActionAbove)
		default:
			continue
		}
		if t.Signatures > n {
			n, why = t.Signatures, fmt.Sprintf("%s, %s:%d", text, t.Source.File, t.Source.Start.Line)
		}
	}
	return n, why
}

// approved is the check of [Approvals] before an apply.
func approved(p *plan.Plan, f Facts) *RefusedError {
	if !f.Config.Approvals.Required() {
		return nil
	}
	if len(p.Envelope.Makers) == 0 {
		return refuse(NotApproved, noMaker)
	}
	a := Approvals(p, f)
	if a.Complete(f.Now) {
		return nil
	}
	text := "The plan is not approved; nothing was sent. " + strings.Join(a.Lines(f.Now), "\n\n")
	if len(a.Cancelled) == 0 && a.Missing() > 0 && f.Signatures.Command != "" {
		text += "\n\nSomeone of the allowed signers who neither made the plan nor the change signs it with:\n\n    " + f.Signatures.Command
	}
	return refuse(NotApproved, "%s", text)
}

// rehearsed wants the rehearsal that the settings may ask for. It is the last
// check, and what it wants the process that applies does itself.
func rehearsed(p *plan.Plan, f Facts) *RefusedError {
	if !f.Config.Approvals.Rehearsal || f.Rehearsed == p.Digest {
		return nil
	}
	return refuse(NotRehearsed, "The settings ask for a rehearsal right before a plan is applied, and this plan has had none.")
}

// Lines says for people how the approvals of a plan stand, a sentence each.
func (a Approval) Lines(now time.Time) []string {
	var lines []string
	for _, why := range a.Cancelled {
		lines = append(lines, "Cancelled: "+why+". A plan with this digest is not applied any more.")
	}
	if a.Broken != nil {
		lines = append(lines, fmt.Sprintf("Glass broken by %s at %s, so that it passes without them: %s", a.Broken.By.Name, a.Broken.By.At.Format(time.RFC3339), a.Broken.Reason))
	}
	need := fmt.Sprintf("It needs %s (%s), and has %d", signatures(a.Needed), a.Tier, len(a.Approvers))
	if a.Missing() > 0 {
		need += fmt.Sprintf("; %d missing", a.Missing())
	}
	lines = append(lines, need+".")
	for _, who := range a.Approvers {
		lines = append(lines, fmt.Sprintf("Signed by %s at %s.", who.Name, who.At.Format(time.RFC3339)))
	}
	for _, why := range a.Ignored {
		lines = append(lines, "Not counted: "+why+".")
	}
	if now.Before(a.HoldUntil) {
		lines = append(lines, fmt.Sprintf("It can be applied from %s on, when the time to think again is over.", a.HoldUntil.UTC().Format(time.RFC3339)))
	}
	return lines
}

func signatures(n int) string {
	if n == 1 {
		return "1 signature"
	}
	return fmt.Sprintf("%d signatures", n)
}
