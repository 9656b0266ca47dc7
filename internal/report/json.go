package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// formatVersion is that of the JSON documents that only this package writes.
// Members may be added under the same major version.
const formatVersion = "1.0"

// writeJSON writes v as an indented document with a line end.
func writeJSON(w io.Writer, v any) error { return encodeJSON(w, v, "  ") }

func encodeJSON(w io.Writer, v any, indent string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", indent)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("encode JSON: %w", err)
	}
	_, err := w.Write(inertJSON(b.Bytes()))
	return err
}

// inertJSON writes the same value without a character that a terminal acts on:
// the encoder escapes control characters, but neither DEL nor bidi (R68).
func inertJSON(doc []byte) []byte {
	if !bytes.ContainsFunc(doc, func(r rune) bool { return r >= 0x7f }) {
		return doc
	}
	var b strings.Builder
	for _, r := range string(doc) {
		switch {
		case r < 0x7f || r > 0x7f && proseRune(r, 0, false):
			b.WriteRune(r)
		case r > 0xffff:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return []byte(b.String())
}
