package approval

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"flexform/plan"
	"flexform/schema"
)

// FormatVersion is the form of statements that this package writes.
const FormatVersion = "1.0"

// A Kind is what a statement says of a plan. The zero value is invalid.
type Kind string

const (
	Approve Kind = "approval"     // it may be carried out
	Cancel  Kind = "cancellation" // it may not any more
)

// A Statement is what one person says of one plan.
type Statement struct {
	Kind      Kind
	Plan      string      // the plan's digest
	Mode      schema.Mode // the plan's
	Signer    string      // a name of the allowed signers, in lower case
	SignedAt  time.Time   // UTC, in whole seconds; the signer's own word
	ExpiresAt time.Time   // of an approval; zero of a cancellation, which never expires
}

// New returns the statement of that kind on a plan, made now. An approval
// holds as long as the settings let one.
func New(kind Kind, p *plan.Plan, signer string, now time.Time, life time.Duration) Statement {
	s := Statement{Kind: kind, Plan: p.Digest, Mode: p.Body.Mode, Signer: signer, SignedAt: now.UTC().Truncate(time.Second)}
	if kind == Approve {
		s.ExpiresAt = s.SignedAt.Add(life)
	}
	return s
}

// Encode returns the lines that are signed. The same statement gives the same
// bytes, and [Parse] reads no others.
func (s Statement) Encode() []byte {
	text := fmt.Sprintf("flexform %s %s\nplan: %s\nmode: %s\nsigner: %s\nsigned-at: %s\n",
		s.Kind, FormatVersion, s.Plan, s.Mode, s.Signer, s.SignedAt.UTC().Format(time.RFC3339))
	if s.Kind == Approve {
		text += "expires-at: " + s.ExpiresAt.UTC().Format(time.RFC3339) + "\n"
	}
	return []byte(text)
}

var (
	form     = regexp.MustCompile(`^flexform (approval|cancellation) ([0-9.]+)\nplan: (\S+)\nmode: (sandbox|test|live)\nsigner: (\S+)\nsigned-at: (\S+)\n(?:expires-at: (\S+)\n)?$`)
	digestOf = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	nameOf   = regexp.MustCompile(`^[a-z0-9._+@-]{1,100}$`)
)

// Parse reads the lines of a statement. It accepts exactly what Encode writes.
func Parse(text []byte) (Statement, error) {
	m := form.FindSubmatch(text)
	if m == nil {
		return Statement{}, fmt.Errorf("not a statement as flexform approve writes it")
	}
	if v := string(m[2]); v != FormatVersion {
		return Statement{}, fmt.Errorf("a statement of format %s, and this flexform reads %s", v, FormatVersion)
	}
	s := Statement{Kind: Kind(m[1]), Plan: string(m[3]), Mode: schema.Mode(m[4]), Signer: string(m[5])}
	var err error
	if s.SignedAt, err = time.Parse(time.RFC3339, string(m[6])); err != nil {
		return Statement{}, fmt.Errorf("signed-at is not a time")
	}
	if len(m[7]) > 0 {
		if s.ExpiresAt, err = time.Parse(time.RFC3339, string(m[7])); err != nil {
			return Statement{}, fmt.Errorf("expires-at is not a time")
		}
	}
	switch {
	case !digestOf.MatchString(s.Plan):
		return Statement{}, fmt.Errorf("plan is not a digest")
	case !nameOf.MatchString(s.Signer):
		return Statement{}, fmt.Errorf("signer is not a name of the allowed signers, in lower case")
	case s.Kind == Approve && !s.ExpiresAt.After(s.SignedAt):
		return Statement{}, fmt.Errorf("the approval does not expire after it was signed")
	case string(s.Encode()) != string(text):
		return Statement{}, fmt.Errorf("not written as flexform approve writes it")
	}
	return s, nil
}

// FileName is what the file of a statement on the plan in planFile is called:
// it stands beside the plan, and its signature has ".sig" behind.
func (s Statement) FileName(planFile string) string {
	return planFile + "." + s.Signer + "." + string(s.Kind)
}

// kindOf tells by its name what a file beside the plan holds.
func kindOf(name string) Kind {
	if strings.HasSuffix(name, "."+string(Cancel)) {
		return Cancel
	}
	return Approve
}
