package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"flexform/internal/inert"
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

// inertJSON writes the same value without a character that a terminal acts on,
// or that passes for another: the encoder escapes control characters, but
// neither DEL nor bidi (R68).
func inertJSON(doc []byte) []byte {
	return inert.JSON(doc, func(r rune) bool { return r >= 0x7f && !proseRune(r, 0, false) })
}
