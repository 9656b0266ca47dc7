// Package inert tells characters that only show themselves from those that act
// on a terminal, an editor or a diff (hazards R68), and writes JSON without the
// latter.
package inert

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/bidi"
)

// Acts reports whether a character does more than show itself: it controls,
// hides, shows nothing although it counts as printable, or reorders what stands
// around it, amounts included. Below U+007F nothing counts: what acts there
// every encoder escapes.
func Acts(r rune) bool {
	switch {
	case r < 0x7f:
		return false
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

// JSON escapes characters of a JSON text, as JSON allows in any string without
// changing it. The text given is returned where it has none of them.
func JSON(text []byte, escape func(rune) bool) []byte {
	if !bytes.ContainsFunc(text, escape) {
		return text
	}
	var b bytes.Buffer
	for _, r := range string(text) {
		switch {
		case !escape(r):
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
