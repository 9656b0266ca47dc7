package plan

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// Seal makes a plan of a draft. It fills in the counts and positions of the
// envelope, the digest and the seal; the caller gives the rest of the
// envelope. An error means that the plan could not be read back as it is.
func Seal(d Draft, e Envelope) (*Plan, error) {
	e.CreatedAt, e.ExpiresAt = plainTime(e.CreatedAt), plainTime(e.ExpiresAt)
	e.Counts, e.Positions = d.Counts, slices.Clone(d.Positions)
	p := &Plan{FormatVersion: FormatVersion, Body: d.Body.clone(), Envelope: e}
	p.Body.fill()
	p.Envelope.fill()
	digest, err := digestOf(&p.Body)
	if err != nil {
		return nil, fmt.Errorf("seal plan: %w", err)
	}
	p.Digest = digest
	if err := p.verifyContent(); err != nil {
		return nil, fmt.Errorf("seal %w", err)
	}
	file, err := p.unsealed()
	if err != nil {
		return nil, fmt.Errorf("seal plan: %w", err)
	}
	p.Seal = sealOf(file)
	return p, nil
}

// plainTime is t as a file can hold it: UTC, without a monotonic reading.
func plainTime(t time.Time) time.Time { return t.UTC().Round(0) }

// Empty reports whether the plan has no action.
func (p *Plan) Empty() bool { return len(p.Body.Actions) == 0 }

// Clone returns a copy that shares nothing with p that could be changed.
func (p *Plan) Clone() *Plan {
	c := *p
	c.Body = p.Body.clone()
	c.Envelope.Positions, c.Envelope.Held = slices.Clone(p.Envelope.Positions), slices.Clone(p.Envelope.Held)
	c.Envelope.Makers = slices.Clone(p.Envelope.Makers)
	return &c
}

// clone copies the slices. What the statuses of blocks point to is shared, and
// is never changed.
func (b Body) clone() Body {
	b.Summary, b.Actions = slices.Clone(b.Summary), slices.Clone(b.Actions)
	b.Notices, b.Blocked = slices.Clone(b.Notices), slices.Clone(b.Blocked)
	return b
}

// fill makes empty slices of nil ones, as a file has them.
func (b *Body) fill() {
	b.Summary, b.Actions = orEmpty(b.Summary), orEmpty(b.Actions)
	b.Notices, b.Blocked = orEmpty(b.Notices), orEmpty(b.Blocked)
}

func (e *Envelope) fill() { e.Positions = orEmpty(e.Positions) }

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// Verify checks that p is a plan that flexform made and nobody changed since:
// version, actions, sums, digest and seal. It returns a [*VersionError], a
// [*FormatError] or a [*TamperedError].
func (p *Plan) Verify() error {
	if err := p.verifyContent(); err != nil {
		return err
	}
	file, err := p.unsealed()
	if err != nil {
		return &FormatError{Why: err.Error()}
	}
	if sealOf(file) != p.Seal {
		return &TamperedError{Part: "seal"}
	}
	return nil
}

// verifyContent is Verify without the seal.
func (p *Plan) verifyContent() error {
	if p.FormatVersion != FormatVersion {
		return &VersionError{Found: p.FormatVersion}
	}
	if err := p.Body.check(); err != nil {
		return &FormatError{Why: err.Error()}
	}
	for _, h := range p.Envelope.Held {
		if err := h.check(); err != nil {
			return &FormatError{Why: fmt.Sprintf("held %q: %v", h.Action, err)}
		}
	}
	if !slices.Equal(summarise(p.Body.Actions), p.Body.Summary) {
		return &TamperedError{Part: "summary"}
	}
	digest, err := digestOf(&p.Body)
	if err != nil {
		return &FormatError{Why: err.Error()}
	}
	if digest != p.Digest {
		return &TamperedError{Part: "digest"}
	}
	return nil
}

// check finds what no Build can have made.
func (b *Body) check() error {
	if b.Mode != schema.ModeSandbox && b.Mode != schema.ModeTest && b.Mode != schema.ModeLive {
		return fmt.Errorf("unknown mode %q", b.Mode)
	}
	named := make(map[statefile.Key]bool, len(b.Actions))
	charges := newCharges(named)
	for i, a := range b.Actions {
		if err := a.check(); err != nil {
			return fmt.Errorf("action of %q: %w", a.Address, err)
		}
		key := a.Key()
		if a.Verb == statefile.Charge {
			if err := charges.add(a); err != nil {
				return err
			}
			continue
		}
		if charges.of[key] {
			return fmt.Errorf("ticket %s is charged and something else is done to it", key)
		}
		if named[key] && !(a.Verb == statefile.Capture && leadsTo(b.Actions[i-1], a)) {
			return fmt.Errorf("two actions on transaction %s", key)
		}
		named[key] = true
	}
	return nil
}

// leadsTo reports whether a opens the way for next, the only case of two
// actions on one transaction: an authorisation that is approved again, and its
// capture.
func leadsTo(a, next Action) bool {
	return a.Verb == statefile.Reauthorise && a.Address == next.Address && a.Merchant == next.Merchant && a.Transact == next.Transact
}

func (a Action) check() error {
	if a.Verb.OfTicket() {
		return a.checkTicket()
	}
	step, err := a.Step()
	if err != nil {
		return err
	}
	authorised, err := money.New(a.AmountMinor, step.To.Currency())
	if err != nil {
		return err
	}
	switch {
	case a.Address == "" || a.Merchant == "" || a.Transact == "" || a.OrderID == "":
		return errors.New("a name is missing")
	case !utf8.ValidString(a.Address + a.Merchant + a.Transact + a.OrderID + a.Reason):
		return errors.New("text that is not UTF-8")
	case a.Capture:
		return fmt.Errorf("a %s that captures a payment", a.Verb)
	case !a.Verb.Valid():
		return fmt.Errorf("unknown action %q", a.Verb)
	case compare(step.From, step.To) >= 0 || compare(step.To, authorised) > 0:
		return fmt.Errorf("%s to %s of %s is no step", step.From, step.To, authorised)
	case a.Verb != statefile.Refund && !step.From.Zero() && !(a.Verb == statefile.Capture && Split(a.Status)):
		return fmt.Errorf("a %s that does not begin at zero", a.Verb)
	case (a.Verb == statefile.Cancel || a.Verb == statefile.Reauthorise) && step.To != authorised:
		return fmt.Errorf("a %s of a part", a.Verb)
	case a.Attempt < 1:
		return errors.New("attempts count from 1")
	case (a.Verb == statefile.Reauthorise) != (a.Class == Moneyless):
		return fmt.Errorf("a %s that is %s", a.Verb, a.Class)
	case a.Class != SelfLimiting && a.Class != Counted && a.Class != Moneyless:
		return fmt.Errorf("unknown class %q", a.Class)
	}
	return nil
}
