package approval

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"flexform/schema"
)

// MaxFile bounds a statement and a signature, in bytes.
const MaxFile = 64 << 10

// A File is a statement and its signature as they stand beside a plan.
type File struct {
	Name      string // of the statement, for messages
	Text      []byte
	Signature []byte // armored SSHSIG; nil when there is none
}

// Kind is what the file's name says that it is: even one that cannot be read
// must not pass for something else.
func (f File) Kind() Kind { return kindOf(f.Name) }

// Sign returns the armored signature of a statement.
func Sign(s Statement, key ssh.Signer) ([]byte, error) {
	sig, err := sshsig.Sign(bytes.NewReader(s.Encode()), key, sshsig.HashSHA512, schema.ApprovalNamespace)
	if err != nil {
		return nil, fmt.Errorf("sign %s: %w", s.Kind, err)
	}
	return sshsig.Armor(sig), nil
}

// A Verified statement was signed with a key of the allowed signers. Only
// [Verify] makes one; the zero value says nothing.
type Verified struct {
	statement Statement
	signer    schema.Signer
}

// Statement returns what was signed.
func (v Verified) Statement() Statement { return v.statement }

// Signer returns whose key signed it.
func (v Verified) Signer() schema.Signer { return v.signer }

// Fingerprint names the key, "SHA256:…".
func (v Verified) Fingerprint() string { return ssh.FingerprintSHA256(v.signer.Key) }

// Verify checks that a file holds a statement, that one of the signers signed
// it for this purpose, and that it is the one whom the statement names. What
// the statement is worth for a plan is not looked at.
func Verify(f File, signers []schema.Signer) (Verified, error) {
	if f.Signature == nil {
		return Verified{}, errors.New("it is not signed: there is no file with .sig behind its name")
	}
	if len(f.Text) > MaxFile || len(f.Signature) > MaxFile {
		return Verified{}, errors.New("it is too large")
	}
	s, err := Parse(f.Text)
	if err != nil {
		return Verified{}, err
	}
	if s.Kind != f.Kind() {
		return Verified{}, fmt.Errorf("it holds %s %s and is named otherwise", article(s.Kind), s.Kind)
	}
	sig, err := sshsig.Unarmor(f.Signature)
	if err != nil {
		return Verified{}, fmt.Errorf("its signature cannot be read: %v", err)
	}
	i := slices.IndexFunc(signers, func(o schema.Signer) bool { return bytes.Equal(o.Key.Marshal(), sig.PublicKey.Marshal()) })
	if i < 0 {
		return Verified{}, fmt.Errorf("the key %s is not one of the allowed signers'", ssh.FingerprintSHA256(sig.PublicKey))
	}
	if err := sshsig.Verify(bytes.NewReader(f.Text), sig, signers[i].Key, sig.HashAlgorithm, schema.ApprovalNamespace); err != nil {
		return Verified{}, fmt.Errorf("the signature is not one of these lines for %s: %v", schema.ApprovalNamespace, err)
	}
	if !slices.Contains(signers[i].Principals, s.Signer) {
		return Verified{}, fmt.Errorf("it names %s, and the key is %s's", s.Signer, signers[i].Principals[0])
	}
	return Verified{s, signers[i]}, nil
}

// ReadSignature returns the key that an armored signature names, and the
// signature in the one way that this package writes it. It verifies nothing.
func ReadSignature(signature []byte) (ssh.PublicKey, []byte, error) {
	if len(signature) > MaxFile {
		return nil, nil, errors.New("it is too large")
	}
	sig, err := sshsig.Unarmor(signature)
	if err != nil {
		return nil, nil, err
	}
	return sig.PublicKey, sshsig.Armor(sig), nil
}

func article(k Kind) string {
	if k == Approve {
		return "an"
	}
	return "a"
}
