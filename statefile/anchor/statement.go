package anchor

import (
	"fmt"
	"regexp"
	"strconv"
)

// FormatVersion is the form of statements that this package writes.
const FormatVersion = "1.0"

// A Statement says how far a ledger had come.
type Statement struct {
	Ledger string // its identity
	Place  string // where it is kept, seen from the top of the repository
	Seq    uint64 // of the last entry, from 1
	Head   string // that entry's hash
}

// Encode returns the lines of a statement. The same statement gives the same
// bytes, and [ParseStatement] reads no others.
func (s Statement) Encode() []byte {
	return fmt.Appendf(nil, "flexform anchor %s\n\nledger: %s\nplace: %s\nentry: %d\nhead: %s\n", FormatVersion, s.Ledger, strconv.QuoteToASCII(s.Place), s.Seq, s.Head)
}

var (
	statementForm = regexp.MustCompile(`^flexform anchor ([0-9.]{1,10})\n\nledger: ([0-9A-Za-z]{1,64})\nplace: ("[ -~]+")\nentry: ([1-9][0-9]{0,17})\nhead: (sha256:[0-9a-f]{64})\n$`)
	statementHead = regexp.MustCompile(`^flexform anchor ([0-9.]{1,10})\n`)
)

// ParseStatement reads the lines of a statement. It accepts exactly what Encode
// writes.
func ParseStatement(text []byte) (Statement, error) {
	if m := statementHead.FindSubmatch(text); m != nil && string(m[1]) != FormatVersion {
		return Statement{}, fmt.Errorf("it is an anchor of format %s, and this flexform reads %s", m[1], FormatVersion)
	}
	m := statementForm.FindSubmatch(text)
	if m == nil {
		return Statement{}, fmt.Errorf("it is no anchor as flexform writes them")
	}
	s := Statement{Ledger: string(m[2]), Head: string(m[5])}
	var err error
	if s.Place, err = strconv.Unquote(string(m[3])); err == nil {
		s.Seq, err = strconv.ParseUint(string(m[4]), 10, 64)
	}
	if err != nil || string(s.Encode()) != string(text) {
		return Statement{}, fmt.Errorf("it is no anchor as flexform writes them")
	}
	return s, nil
}
