package schema

import (
	"crypto/rsa"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"golang.org/x/crypto/ssh"
)

// ApprovalNamespace is what signatures of approvals are for, as SSHSIG has it:
// one that was made for something else is none.
const ApprovalNamespace = "flexform-approval"

// A Signer is one key of a person who may approve plans.
type Signer struct {
	Principals []string // names of the person, in lower case, such as "anna@example.com"; never empty
	Person     int      // the same number for all keys of one person, who signs once
	Key        ssh.PublicKey
	// ValidAfter and ValidBefore bound when the key may sign; zero: no bound.
	ValidAfter, ValidBefore time.Time
	// Namespaces are patterns of what the key may sign; nil: anything.
	Namespaces []string
	Source     Range // the line
}

// MaySign reports whether the key may make signatures for that purpose.
func (s Signer) MaySign(namespace string) bool {
	return s.Namespaces == nil || slices.ContainsFunc(s.Namespaces, func(pattern string) bool {
		ok, err := path.Match(pattern, namespace)
		return err == nil && ok
	})
}

// ParseSigners reads a file of allowed signers that stands outside the settings.
// Its keys may be for any purpose. The file's name is for the diagnostics, which
// are all errors.
func ParseSigners(name string, text []byte) ([]Signer, hcl.Diagnostics) {
	l := &loader{}
	all := l.parseSigners(source{name: name, text: string(text)}, "")
	return all, l.list
}

const signerExample = "anna@example.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA..."

func isError(d *hcl.Diagnostic) bool { return d.Severity == hcl.DiagError }

// parseSigners reads OpenSSH's allowed_signers form, ssh-keygen(1): names with
// commas between them, options, and a key. What would be a rule more than a
// person is a mistake: patterns, certificates. A key stands once. Lines that
// share a name are one person with several keys. Each key must be one for that
// namespace, unless it is empty.
func (l *loader) parseSigners(src source, namespace string) []Signer {
	var all []Signer
	start := 0
	for n, line := range strings.Split(src.text, "\n") {
		text := strings.TrimSpace(line)
		place := src.at(n+1, start, start, start+len(strings.TrimRight(line, "\r")))
		start += len(line) + 1
		if text == "" || text[0] == '#' {
			continue
		}
		s, why := parseSigner(text)
		if why == "" && namespace != "" && !s.MaySign(namespace) {
			why = fmt.Sprintf("By its namespaces this key may not sign approvals: %s is not among them. Add it, or delete the line.", namespace)
		}
		if why != "" {
			l.add(place, "Invalid signer", "%s A line is such as:\n\n    %s", why, signerExample)
			continue
		}
		s.Source = fromHCL(place)
		if first := sameKey(all, s.Key); first != nil {
			l.add(place, "Duplicate key", "This key is on line %d already, and one key is one person's. Put all names of that person on one line, with commas between them.", first.Source.Start.Line)
			continue
		}
		all = append(all, s)
	}
	number(all)
	return all
}

func sameKey(all []Signer, key ssh.PublicKey) *Signer {
	for i := range all {
		if string(all[i].Key.Marshal()) == string(key.Marshal()) {
			return &all[i]
		}
	}
	return nil
}

// number gives lines that share a name, directly or over others, one number.
func number(all []Signer) {
	of := map[string]int{} // by name
	for i := range all {
		all[i].Person = i
		for _, name := range all[i].Principals {
			if other, taken := of[name]; taken && other != all[i].Person {
				mine := all[i].Person
				for j := range all[:i+1] {
					if all[j].Person == other || all[j].Person == mine {
						all[j].Person = min(other, mine)
					}
				}
				for known, person := range of {
					if person == other || person == mine {
						of[known] = min(other, mine)
					}
				}
			}
			of[name] = all[i].Person
		}
	}
}

// persons counts those who may sign.
func persons(all []Signer) int {
	seen := map[int]bool{}
	for _, s := range all {
		seen[s.Person] = true
	}
	return len(seen)
}

// parseSigner reads one line. It returns a sentence when it cannot.
func parseSigner(text string) (s Signer, why string) {
	names, rest, ok := strings.Cut(text, " ")
	if !ok || strings.ContainsFunc(text, func(r rune) bool { return r != ' ' && invisible(r) }) {
		return s, "This is not a name, a space, and a key."
	}
	for name := range strings.SplitSeq(names, ",") {
		name = strings.ToLower(name)
		if !principal(name) {
			return s, fmt.Sprintf("%q is not the name of one person: letters, digits and any of . _ + - @ make one, and patterns are not used.", clip(name))
		}
		s.Principals = append(s.Principals, name)
	}
	key, _, options, more, err := ssh.ParseAuthorizedKey([]byte(strings.TrimSpace(rest)))
	switch {
	case err != nil || len(more) > 0:
		return s, "No public key stands behind the name."
	case strings.Contains(key.Type(), "-cert-"):
		return s, "Certificates are not used, only keys themselves."
	case weak(key):
		return s, "This RSA key has fewer than 2048 bits, and others could sign with it. Have a new one made."
	}
	s.Key = key
	for _, option := range options {
		if why := s.option(option); why != "" {
			return s, why
		}
	}
	if !s.ValidBefore.IsZero() && !s.ValidAfter.Before(s.ValidBefore) {
		return s, "The key is over (valid-before) before it begins (valid-after)."
	}
	return s, ""
}

// principal reports whether a name can be one: as it stands in an e-mail
// address, so that it can be part of a file's name and of a line of text.
func principal(name string) bool {
	if name == "" || len(name) > 100 || strings.Trim(name, ".-") != name {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._+-@", r))
	})
}

func weak(key ssh.PublicKey) bool {
	if c, ok := key.(ssh.CryptoPublicKey); ok {
		if k, ok := c.CryptoPublicKey().(*rsa.PublicKey); ok {
			return k.N.BitLen() < 2048
		}
	}
	return false
}

func (s *Signer) option(option string) (why string) {
	name, value, _ := strings.Cut(option, "=")
	value = strings.Trim(value, `"`)
	switch strings.ToLower(name) {
	case "namespaces":
		s.Namespaces = append(s.Namespaces, strings.Split(value, ",")...)
		return ""
	case "valid-after":
		return validTime(name, value, &s.ValidAfter)
	case "valid-before":
		return validTime(name, value, &s.ValidBefore)
	}
	return fmt.Sprintf("The option %q is not used here; there are namespaces, valid-after and valid-before.", clip(name))
}

func validTime(name, value string, into *time.Time) string {
	for _, form := range []string{"20060102Z", "200601021504Z", "20060102150405Z"} {
		if t, err := time.Parse(form, value); err == nil {
			*into = t
			return ""
		}
	}
	return fmt.Sprintf("%s is a time in UTC such as \"20261231Z\" or \"202612312359Z\", with the Z, so that it is the same everywhere.", name)
}
