package proof

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"flexform/plan/approval"
	"flexform/schema"
	"flexform/statefile"
)

// An Approver is one whom a begin entry names: for an approval, or for a broken
// glass.
type Approver struct {
	Kind        approval.Kind
	Name        string
	Fingerprint string // of the key, "SHA256:…"
}

func (a Approver) String() string { return a.Name + " (" + a.Fingerprint + ")" }

// Did says what they did to a plan: "approved", or "broke the glass for".
func (a Approver) Did() string {
	if a.Kind == approval.Break {
		return "broke the glass for"
	}
	return "approved"
}

var approverForm = regexp.MustCompile(`^([^ ()]+) \((SHA256:[0-9A-Za-z+/]{43})\)$`)

// Approvers reads who approved, or broke the glass, as a begin entry has it; nil
// when the plan needed nobody.
func Approvers(begin statefile.Begin) ([]Approver, error) {
	var all []Approver
	for _, part := range []struct {
		kind approval.Kind
		text string
	}{{approval.Approve, begin.Approvers}, {approval.Break, begin.BrokenBy}} {
		if part.text == "" {
			continue
		}
		for one := range strings.SplitSeq(part.text, ", ") {
			m := approverForm.FindStringSubmatch(one)
			if m == nil {
				return nil, fmt.Errorf("its approvers are not names with fingerprints")
			}
			all = append(all, Approver{part.kind, m[1], m[2]})
		}
	}
	if (begin.BrokenBy == "") != (begin.BreakGlass == "") {
		return nil, fmt.Errorf("it says who broke the glass and not why, or the other way round")
	}
	return all, nil
}

// maxSkew is how far two clocks may differ, as at an apply.
const maxSkew = 5 * time.Minute

// FindApproval looks among the files for the statement that an approver signed
// about the plan of a begin entry, in time for it. Signers are whose keys are
// known. The error says why none is there.
func FindApproval(who Approver, begin statefile.Entry, files []approval.File, signers []schema.Signer) (approval.Verified, error) {
	why := fmt.Errorf("there is no %s of theirs", who.Kind)
	for _, f := range files {
		v, err := approval.Verify(f, signers)
		s := v.Statement()
		switch {
		case err != nil:
			if read, bad := approval.Parse(f.Text); bad == nil && read.Signer == who.Name && read.Kind == who.Kind {
				why = fmt.Errorf("%s: %w", f.Name, err)
			}
			continue
		case s.Kind != who.Kind || s.Signer != who.Name || ssh.FingerprintSHA256(v.Signer().Key) != who.Fingerprint:
			continue
		case s.Plan != begin.Begin.Plan || string(s.Mode) != begin.Begin.Mode:
			why = fmt.Errorf("%s is about another plan", f.Name)
			continue
		case who.Kind == approval.Break && s.Reason != begin.Begin.BreakGlass:
			why = fmt.Errorf("%s gives another reason", f.Name)
			continue
		case s.SignedAt.Sub(begin.Time) > maxSkew:
			why = fmt.Errorf("%s was signed at %s, after the apply had begun", f.Name, s.SignedAt.Format(time.RFC3339))
			continue
		case begin.Time.Sub(s.ExpiresAt) > maxSkew:
			why = fmt.Errorf("%s had expired at %s, before the apply began", f.Name, s.ExpiresAt.Format(time.RFC3339))
			continue
		case !v.Signer().MaySign(schema.ApprovalNamespace) || !may(v.Signer(), s.SignedAt):
			why = fmt.Errorf("the key may not sign approvals, or not then (namespaces, valid-after, valid-before)")
			continue
		}
		return v, nil
	}
	return approval.Verified{}, why
}

// may reports whether a key was valid then.
func may(key schema.Signer, t time.Time) bool {
	return (key.ValidAfter.IsZero() || !t.Before(key.ValidAfter)) && (key.ValidBefore.IsZero() || t.Before(key.ValidBefore))
}
