package plan

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/bidi"
)

// inert writes a JSON text so that nobody's terminal, editor or diff acts on it:
// what controls, hides or reorders what stands around it is escaped, as JSON
// allows in any string without changing it (hazards R68). The encoder does that
// below U+0020, and with U+2028 and U+2029. The text given is returned where it
// needs nothing.
func inert(text []byte) []byte {
	if !bytes.ContainsFunc(text, acts) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		switch {
		case !acts(r):
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}

// acts reports whether a character does more than show itself.
func acts(r rune) bool {
	switch {
	case r < 0x7f:
		return false // the encoder has seen to those
	case !unicode.IsPrint(r), unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector), r == '\u2800':
		return true
	}
	p, _ := bidi.LookupRune(r)
	switch p.Class() {
	case bidi.R, bidi.AL, bidi.AN:
		return true
	}
	return unicode.In(r, unicode.Hebrew, unicode.Arabic) // their marks
}
