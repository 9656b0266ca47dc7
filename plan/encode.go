package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"strings"

	"flexform/internal/inert"
)

// Encode returns the plan file: JSON with one action, notice or block a line,
// fit to be read and compared in git. The same plan gives the same bytes. A
// plan that does not verify is not written.
func Encode(p *Plan) ([]byte, error) {
	if err := p.verifyContent(); err != nil {
		return nil, err
	}
	file, err := p.unsealed()
	if err != nil {
		return nil, err
	}
	if seal := sealOf(file); seal != p.Seal {
		return nil, &TamperedError{Part: "seal"}
	}
	return append(file, sealLines(p.Seal)...), nil
}

// unsealed returns the file up to the seal's line.
func (p *Plan) unsealed() ([]byte, error) {
	var file bytes.Buffer
	w := newWriter(&file, true)
	w.text("{")
	w.depth, w.first = 1, true
	p.layout(w)
	w.text(",\n")
	return file.Bytes(), w.err
}

// sealOf returns the seal of a file: the hash of everything before the line
// that the seal stands on.
func sealOf(unsealed []byte) string {
	sum := sha256.Sum256(unsealed)
	return hashText(sum[:])
}

// sealLines is how every plan file ends.
func sealLines(seal string) string { return `  "seal": "` + seal + "\"\n}\n" }

// digestOf returns the digest of a body: the hash of its compact JSON.
func digestOf(b *Body) (string, error) {
	sum := sha256.New()
	w := newWriter(sum, false)
	w.text("{")
	w.depth, w.first = 1, true
	b.layout(w)
	w.text("}")
	return hashSum(sum), w.err
}

func hashSum(h hash.Hash) string { return hashText(h.Sum(nil)) }

func hashText(sum []byte) string { return "sha256:" + hex.EncodeToString(sum) }

// A writer is the coder that writes, either laid out in lines or compact.
type writer struct {
	to     io.Writer
	lines  bool
	depth  int
	first  bool // nothing was written in the open object yet
	buffer bytes.Buffer
	json   *json.Encoder
	err    error
}

func newWriter(to io.Writer, lines bool) *writer {
	w := &writer{to: to, lines: lines}
	w.json = json.NewEncoder(&w.buffer)
	w.json.SetEscapeHTML(false)
	return w
}

func (w *writer) text(s string) {
	if w.err == nil {
		_, w.err = io.WriteString(w.to, s)
	}
}

// next begins a member of an object or a list.
func (w *writer) next() {
	if !w.first {
		w.text(",")
	}
	w.first = false
	w.newline()
}

func (w *writer) newline() {
	if w.lines {
		w.text("\n" + strings.Repeat("  ", w.depth))
	}
}

func (w *writer) key(key string) {
	w.next()
	w.text(`"` + key + `":`)
	if w.lines {
		w.text(" ")
	}
}

func (w *writer) value(key string, v any) {
	w.key(key)
	w.marshal(v)
}

func (w *writer) marshal(v any) {
	if text := w.compact(v); w.err == nil {
		_, w.err = w.to.Write(text)
	}
}

// compact returns v as JSON on one line. It is valid until the next call.
func (w *writer) compact(v any) []byte {
	if w.err != nil {
		return nil
	}
	w.buffer.Reset()
	w.err = w.json.Encode(v)
	return inert.JSON(bytes.TrimSuffix(w.buffer.Bytes(), []byte("\n")), inert.Acts)
}

func (w *writer) open(key string) {
	w.key(key)
	w.text("{")
	w.depth, w.first = w.depth+1, true
}

func (w *writer) close() {
	w.depth, w.first = w.depth-1, false
	w.newline()
	w.text("}")
}

func (w *writer) has(_ string, n int) bool { return n > 0 }

func (w *writer) list(key string, n int, element func(i int) any) {
	w.key(key)
	if n == 0 {
		w.text("[]")
		return
	}
	w.text("[")
	w.depth, w.first = w.depth+1, true
	for i := range n {
		w.next()
		w.marshal(element(i))
	}
	w.depth, w.first = w.depth-1, false
	w.newline()
	w.text("]")
}
