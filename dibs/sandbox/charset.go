package sandbox

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// A Charset is what replies are written in. FlexWin's was Latin-1, and forms of
// its last years declare UTF-8 (flexwin.md 1): a client should read both.
// Requests may come in either, and callbacks are always in Latin-1.
type Charset uint8

const (
	Latin1 Charset = iota // ISO-8859-1, what real clients expect
	UTF8
)

// ParseCharset reads the name of a charset: "iso-8859-1" or "utf-8".
func ParseCharset(name string) (Charset, error) {
	for c := Latin1; c <= UTF8; c++ {
		if strings.EqualFold(name, c.String()) {
			return c, nil
		}
	}
	return Latin1, fmt.Errorf("no charset %q: write iso-8859-1 or utf-8", name)
}

// String returns the name that a Content-Type has.
func (c Charset) String() string {
	if c == UTF8 {
		return "utf-8"
	}
	return "iso-8859-1"
}

// escape writes a value of a reply: everything but A-Z a-z 0-9 - _ . is
// percent-encoded, a space as %20. What the charset lacks becomes a question
// mark.
func (c Charset) escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			b.WriteByte(byte(r))
		case c == UTF8:
			percent(&b, utf8.AppendRune(nil, r)...)
		case r > 0xff:
			percent(&b, '?')
		default:
			percent(&b, byte(r))
		}
	}
	return b.String()
}

func percent(b *strings.Builder, bytes ...byte) {
	const hex = "0123456789ABCDEF"
	for _, c := range bytes {
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
}
