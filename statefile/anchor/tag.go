package anchor

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"flexform/schema"
)

// Namespace is what the signature of a tag is for, as git has it.
const Namespace = "git"

// MaxObject bounds a tag object, in bytes.
const MaxObject = 64 << 10

// Prefix is where the tags of all anchors stand.
const Prefix = "refs/tags/flexform/"

// A Tag is an anchor as an annotated tag of git.
type Tag struct {
	Statement
	Commit    string // that the repository stood at, in hex
	Tagger    string // who made it, "Anna Jensen <anna@example.com>"; git's word for it
	Time      time.Time
	Signature []byte // armored, as it stands in the object; nil when there is none
}

// Name is what a tag is called, below refs/tags/: the newest of a ledger sorts
// last.
func (s Statement) Name() string {
	return fmt.Sprintf("flexform/%s/%010d", s.Ledger[:min(len(s.Ledger), 16)], s.Seq)
}

// Ref is the reference of a tag.
func (s Statement) Ref() string { return "refs/tags/" + s.Name() }

// Encode returns the tag object.
func (t Tag) Encode() []byte { return append(t.payload(), t.Signature...) }

// payload is what is signed.
func (t Tag) payload() []byte {
	return fmt.Appendf(nil, "object %s\ntype commit\ntag %s\ntagger %s %d +0000\n\n%s", t.Commit, t.Name(), t.Tagger, t.Time.Unix(), t.Statement.Encode())
}

var tagForm = regexp.MustCompile(`(?s)^object ([0-9a-f]{40}|[0-9a-f]{64})\ntype commit\ntag ([!-~]+)\ntagger ([^\n\x00]*) ([0-9]{1,12}) \+0000\n\n(flexform anchor .*)$`)

// Parse reads a tag object. It accepts exactly what Encode writes.
func Parse(object []byte) (Tag, error) {
	if len(object) > MaxObject {
		return Tag{}, errors.New("it is too large for an anchor")
	}
	m := tagForm.FindSubmatch(object)
	if m == nil {
		return Tag{}, errors.New("it is no annotated tag as flexform makes them for anchors")
	}
	text, signature := m[5], []byte(nil)
	if at := bytes.Index(text, []byte("-----BEGIN ")); at >= 0 {
		text, signature = text[:at], bytes.Clone(text[at:])
	}
	s, err := ParseStatement(text)
	if err != nil {
		return Tag{}, err
	}
	unix, err := strconv.ParseInt(string(m[4]), 10, 64)
	if err != nil {
		return Tag{}, errors.New("its time is none")
	}
	t := Tag{Statement: s, Commit: string(m[1]), Tagger: string(m[3]), Time: time.Unix(unix, 0).UTC(), Signature: signature}
	if string(t.Encode()) != string(object) {
		return Tag{}, errors.New("it is no annotated tag as flexform makes them for anchors")
	}
	return t, nil
}

// Identity makes a name and an address fit for a tag: git forbids some signs in
// them.
func Identity(name, address string) string {
	clean := func(s string) string {
		return strings.TrimSpace(strings.Map(func(r rune) rune {
			if r < ' ' || r == '<' || r == '>' || r == 0x7f {
				return -1
			}
			return r
		}, strings.ToValidUTF8(s, "?")))
	}
	if name = clean(name); name == "" {
		name = "unknown"
	}
	return name + " <" + clean(address) + ">"
}

// Sign returns the tag with a signature, which git verify-tag takes as well.
func (t Tag) Sign(key ssh.Signer) (Tag, error) {
	sig, err := sshsig.Sign(bytes.NewReader(t.payload()), key, sshsig.HashSHA512, Namespace)
	if err != nil {
		return Tag{}, fmt.Errorf("sign anchor: %w", err)
	}
	t.Signature = sshsig.Armor(sig)
	return t, nil
}

// ErrUnsigned means that a tag has no signature.
var ErrUnsigned = errors.New("it is not signed")

// A StrangerError reports a good signature whose key is not one of the signers'.
type StrangerError struct{ Key ssh.PublicKey }

func (e *StrangerError) Error() string {
	return fmt.Sprintf("it is signed with the key %s, which is not one of the allowed signers'", ssh.FingerprintSHA256(e.Key))
}

// Verify finds which of the signers signed the tag. The error is [ErrUnsigned],
// a [*StrangerError], or says that the signature is not one of this tag.
func (t Tag) Verify(signers []schema.Signer) (schema.Signer, error) {
	if t.Signature == nil {
		return schema.Signer{}, ErrUnsigned
	}
	sig, err := sshsig.Unarmor(t.Signature)
	if err != nil {
		return schema.Signer{}, fmt.Errorf("its signature is not one of SSH, or cannot be read: %v", err)
	}
	if err := sshsig.Verify(bytes.NewReader(t.payload()), sig, sig.PublicKey, sig.HashAlgorithm, Namespace); err != nil {
		return schema.Signer{}, fmt.Errorf("its signature is not one of this tag: %v", err)
	}
	i := slices.IndexFunc(signers, func(s schema.Signer) bool {
		return bytes.Equal(s.Key.Marshal(), sig.PublicKey.Marshal()) && s.MaySign(Namespace)
	})
	if i < 0 {
		return schema.Signer{}, &StrangerError{sig.PublicKey}
	}
	return signers[i], nil
}
