package statefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// errorf makes the reason of a [CorruptError].
func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// A chain verifies lines one after the other. Its zero value stands before the
// first.
type chain struct {
	seq    uint64 // of the last entry; 0 before the first
	head   sum
	text   string // head as the ledger writes it
	newer  bool   // a minor version above ours: members that we do not know are left alone
	reader decoder
}

// next verifies that line, without its newline, is the entry that follows. It
// changes line and restores it. The chain moves on by step.
func (c *chain) next(line []byte) (*Entry, sum, error) {
	s, err := hashOf(line)
	if err != nil {
		return nil, sum{}, err
	}
	e := new(Entry)
	if err := c.decode(line, e); err != nil {
		return nil, sum{}, err
	}
	switch {
	case e.Seq != c.seq+1:
		return nil, sum{}, errorf("it has the number %d", e.Seq)
	case e.Prev != c.text:
		return nil, sum{}, errorf("it does not follow the entry before it")
	}
	return e, s, nil
}

// step moves the chain on to the entry that next has returned.
func (c *chain) step(e *Entry, s sum) { c.seq, c.head, c.text = e.Seq, s, e.Hash }

// decode reads a line whose hash is right.
func (c *chain) decode(line []byte, e *Entry) error {
	c.reader.prev = c.text
	if c.reader.entry(line, e) {
		return nil
	}
	*e = Entry{}
	if !c.newer {
		return decodeSlow(line, e)
	}
	known, err := knownMembers(line)
	if err != nil {
		return err
	}
	return decodeSlow(known, e)
}

// hashOf computes the hash of a line and compares it with the one it carries.
func hashOf(line []byte) (sum, error) {
	n := len(line) - hashMember
	if n < 1 || !bytes.HasPrefix(line[n:], []byte(hashOpen)) || !bytes.HasSuffix(line, []byte(hashClose)) {
		return sum{}, errorf("it does not end with its hash")
	}
	line[n] = '}' // what was hashed is the object without its last member
	s := sum(sha256.Sum256(line[:n+1]))
	line[n] = ','
	var text [2 * sha256.Size]byte
	hex.Encode(text[:], s[:])
	if !bytes.Equal(text[:], line[n+len(hashOpen):len(line)-len(hashClose)]) {
		return sum{}, errorf("its hash is not that of its content")
	}
	return s, nil
}

// A version is a ledger format.
type version struct{ major, minor int }

func parseVersion(s string) (version, error) {
	major, minor, _ := strings.Cut(s, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	v := version{a, b}
	if errA != nil || errB != nil || a < 1 || b < 0 || fmt.Sprintf("%d.%d", a, b) != s {
		return version{}, errorf("%s is not a format version", printable(s))
	}
	return v, nil
}

// first looks at the first line before anything else is read, because the
// format of the rest depends on it. Every format, also of a later major
// version, begins with a line that has this form and this kind of hash.
func (c *chain) first(path string, line []byte) error {
	// Two marks far apart, so that one change cannot make a damaged ledger look
	// like some other file.
	if !begins(line, lineStart(1)) && !bytes.Contains(line, []byte(hashOpen)) {
		return &ForeignError{path, "its first line is not a ledger's first entry"}
	}
	if _, err := hashOf(line); err != nil {
		return err
	}
	var head struct {
		Kind    Kind
		Created struct {
			Version string `json:"format_version"`
		}
	}
	if err := json.Unmarshal(line, &head); err != nil || head.Kind != KindCreated {
		return errorf("it is not the first entry of a ledger")
	}
	v, err := parseVersion(head.Created.Version)
	if err != nil {
		return err
	}
	ours, err := parseVersion(FormatVersion)
	if err != nil {
		return err
	}
	if v.major != ours.major {
		return &VersionError{path, head.Created.Version}
	}
	c.newer = v.minor > ours.minor
	return nil
}
