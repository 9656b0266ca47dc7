package approval

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

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
	Break   Kind = "break-glass"  // it may be carried out now, without the approvals that it needs
)

// Valid reports whether k is a kind of statements.
func (k Kind) Valid() bool { return k == Approve || k == Cancel || k == Break }

// A Statement is what one person says of one plan.
type Statement struct {
	Kind      Kind
	Plan      string      // the plan's digest
	Mode      schema.Mode // the plan's
	Signer    string      // a name of the allowed signers, in lower case
	SignedAt  time.Time   // UTC, in whole seconds; the signer's own word
	ExpiresAt time.Time   // zero of a cancellation, which never expires
	Reason    string      // why the glass is broken, see [CheckReason]; empty of all others
}

// BreakLife is how long a broken glass lets a plan pass at most: an emergency
// is now.
const BreakLife = 4 * time.Hour

// New returns the statement of that kind on a plan, made now. An approval
// holds as long as the settings let one.
func New(kind Kind, p *plan.Plan, signer string, now time.Time, life time.Duration) Statement {
	s := Statement{Kind: kind, Plan: p.Digest, Mode: p.Body.Mode, Signer: signer, SignedAt: now.UTC().Truncate(time.Second)}
	if kind == Break {
		life = min(life, BreakLife)
	}
	if kind != Cancel {
		s.ExpiresAt = s.SignedAt.Add(life)
	}
	return s
}

// Encode returns the lines that are signed. The same statement gives the same
// bytes, and [Parse] reads no others.
func (s Statement) Encode() []byte {
	text := fmt.Sprintf("flexform %s %s\nplan: %s\nmode: %s\nsigner: %s\nsigned-at: %s\n",
		s.Kind, FormatVersion, s.Plan, s.Mode, s.Signer, s.SignedAt.UTC().Format(time.RFC3339))
	if s.Kind != Cancel {
		text += "expires-at: " + s.ExpiresAt.UTC().Format(time.RFC3339) + "\n"
	}
	if s.Kind == Break {
		text += "reason: " + s.Reason + "\n"
	}
	return []byte(text)
}

var (
	form     = regexp.MustCompile(`^flexform (approval|cancellation|break-glass) ([0-9.]+)\nplan: (\S+)\nmode: (sandbox|test|live)\nsigner: (\S+)\nsigned-at: (\S+)\n(?:expires-at: (\S+)\n)?(?:reason: ([^\n]+)\n)?$`)
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
	s := Statement{Kind: Kind(m[1]), Plan: string(m[3]), Mode: schema.Mode(m[4]), Signer: string(m[5]), Reason: string(m[8])}
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
	case s.Kind != Cancel && !s.ExpiresAt.After(s.SignedAt):
		return Statement{}, fmt.Errorf("the %s does not expire after it was signed", s.Kind)
	case s.Kind == Break && CheckReason(s.Reason) != nil:
		return Statement{}, CheckReason(s.Reason)
	case string(s.Encode()) != string(text):
		return Statement{}, fmt.Errorf("not written as flexform approve writes it")
	}
	return s, nil
}

// maxReason bounds a reason, in characters.
const maxReason = 300

// CheckReason says what is wrong with the reason for breaking the glass: it is
// one line that says something, and it is kept for good.
func CheckReason(reason string) error {
	digits := 0
	for _, r := range reason {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	switch {
	case !utf8.ValidString(reason) || strings.ContainsFunc(reason, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
	}):
		return fmt.Errorf("the reason is one line of text, without invisible characters")
	case !strings.ContainsFunc(reason, unicode.IsLetter) || strings.TrimSpace(reason) != reason:
		return fmt.Errorf("the reason says nothing: write why the plan cannot wait for its approvals")
	case utf8.RuneCountInString(reason) > maxReason:
		return fmt.Errorf("the reason has more than %d characters", maxReason)
	case digits >= 13: // it stands in the ledger for good
		return fmt.Errorf("the reason holds so many digits that a card number may be among them: write it without")
	}
	return nil
}

// FileName is what the file of a statement on the plan in planFile is called:
// it stands beside the plan, and its signature has ".sig" behind.
func (s Statement) FileName(planFile string) string {
	return planFile + "." + s.Signer + "." + string(s.Kind)
}

// kindOf tells by its name what a file beside the plan holds.
func kindOf(name string) Kind {
	for _, kind := range []Kind{Cancel, Break} {
		if strings.HasSuffix(name, "."+string(kind)) {
			return kind
		}
	}
	return Approve
}
