package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// MaxFile is the largest plan file that [Decode] reads, in bytes.
const MaxFile = 256 << 20

// Decode reads a plan file. It accepts exactly the bytes that [Encode] writes:
// the seal, the digest, the sums and the form must all be right, so that no
// changed bit passes (hazards R31). Anything else is a [*VersionError], a
// [*TamperedError] or a [*FormatError]. It never panics, and needs memory in
// proportion to the file.
func Decode(file []byte) (*Plan, error) {
	if len(file) > MaxFile {
		return nil, &FormatError{Why: fmt.Sprintf("larger than %d MiB", MaxFile>>20)}
	}
	unsealed, seal, sealed := cutSeal(file)
	if err := sniff(file); err != nil {
		if _, garbled := err.(*FormatError); garbled && sealed {
			return nil, &TamperedError{Part: "seal"} // what ends like a plan was one
		}
		return nil, err
	}
	if !sealed || seal != sealOf(unsealed) {
		return nil, &TamperedError{Part: "seal", CRLF: bytes.Contains(file, []byte("\r\n"))}
	}
	p, err := decodeSealed(unsealed, seal)
	if format, ok := errors.AsType[*FormatError](err); ok {
		format.Sealed = true
	}
	return p, err
}

// decodeSealed reads what stands above a seal that is right.
func decodeSealed(unsealed []byte, seal string) (*Plan, error) {
	p := &Plan{Seal: seal}
	r := &reader{rest: unsealed, again: newWriter(nil, true)}
	r.begin()
	p.layout(r)
	r.end()
	if r.err != nil {
		return nil, r.err
	}
	p.Body.fill()
	p.Envelope.fill()
	if err := p.verifyContent(); err != nil {
		return nil, err
	}
	return p, nil
}

// sniff looks at the version first: a file of another version is not damaged.
func sniff(file []byte) error {
	d := json.NewDecoder(bytes.NewReader(file[:min(len(file), 512)]))
	for _, want := range [...]string{"{", "format_version"} {
		if t, err := d.Token(); err != nil || fmt.Sprint(t) != want {
			return &FormatError{Line: 1, Why: "this is not a plan file"}
		}
	}
	t, err := d.Token()
	version, ok := t.(string)
	switch {
	case err != nil || !ok:
		return &FormatError{Line: 2, Why: "the format version is not a text"}
	case version != FormatVersion:
		return &VersionError{Found: version}
	}
	return nil
}

func cutSeal(file []byte) (unsealed []byte, seal string, ok bool) {
	at := len(file) - len(sealLines(hashText(make([]byte, 32))))
	if at < 0 {
		return nil, "", false
	}
	_, rest, _ := bytes.Cut(file[at:], []byte(`: "`))
	text, _, _ := bytes.Cut(rest, []byte(`"`))
	seal = string(text)
	return file[:at], seal, string(file[at:]) == sealLines(seal)
}

// A reader is the coder that reads what a writer wrote in lines. It compares
// every line with what it means, written anew, before it goes on: a crafted
// file cannot make it hold more than a plan file of that size can.
type reader struct {
	rest  []byte
	line  int
	depth int
	comma bool    // the line before ended with a comma
	first bool    // nothing was read in the open object yet
	again *writer // writes anew what was read
	err   error
}

func (r *reader) fail(why string, args ...any) {
	if r.err == nil {
		r.err = &FormatError{Line: r.line, Why: fmt.Sprintf(why, args...)}
	}
}

// next returns the text of the next line, less its indentation.
func (r *reader) next() []byte {
	if r.err != nil {
		return nil
	}
	line, rest, found := bytes.Cut(r.rest, []byte("\n"))
	r.line++
	text, indented := bytes.CutPrefix(line, []byte(strings.Repeat("  ", r.depth)))
	if !found || !indented {
		r.fail("not laid out as a plan file is")
		return nil
	}
	r.rest = rest
	return text
}

func (r *reader) expect(text string) {
	if got := r.next(); string(got) != text {
		r.fail("want %q", text)
	}
}

func (r *reader) begin() {
	r.expect("{")
	r.depth, r.first = 1, true
}

// end is where the seal's line follows.
func (r *reader) end() {
	if r.err == nil && (len(r.rest) > 0 || !r.comma) {
		r.fail("want the seal next")
	}
}

// member returns what stands behind the key of the next member.
func (r *reader) member(key string) []byte {
	if !r.first && !r.comma {
		r.fail("want a comma before %q", key)
	}
	r.first = false
	text, ok := bytes.CutPrefix(r.next(), []byte(`"`+key+`": `))
	if !ok {
		r.fail("want %q", key)
	}
	return text
}

// cut takes the comma off a value that may have one.
func (r *reader) cut(text []byte) []byte {
	text, r.comma = bytes.CutSuffix(text, []byte(","))
	return text
}

func (r *reader) value(key string, v any) { r.unmarshal(r.cut(r.member(key)), v) }

func (r *reader) unmarshal(text []byte, v any) {
	if r.err != nil {
		return
	}
	if err := json.Unmarshal(text, v); err != nil {
		r.fail("%v", err)
		return
	}
	if again := r.again.compact(v); r.again.err != nil || !bytes.Equal(again, text) {
		r.fail("not written as flexform writes it")
	}
}

func (r *reader) open(key string) {
	if string(r.member(key)) != "{" {
		r.fail("want an object")
	}
	r.depth, r.first = r.depth+1, true
}

func (r *reader) close() {
	if r.comma {
		r.fail("want no comma before the end of an object")
	}
	r.depth, r.first = r.depth-1, false
	if text := r.cut(r.next()); string(text) != "}" {
		r.fail("want the end of an object")
	}
}

// has looks at the next line and takes nothing of it.
func (r *reader) has(key string, _ int) bool {
	line, _, _ := bytes.Cut(r.rest, []byte("\n"))
	return r.err == nil && string(bytes.TrimLeft(line, " ")) == `"`+key+`": [`
}

func (r *reader) list(key string, _ int, element func(i int) any) {
	text := r.member(key)
	if string(text) != "[" {
		if string(r.cut(text)) != "[]" {
			r.fail("want a list")
		}
		return
	}
	r.depth++
	for i := 0; r.err == nil; i++ {
		r.unmarshal(r.cut(r.next()), element(i))
		if !r.comma {
			break
		}
	}
	r.depth--
	if text := r.cut(r.next()); string(text) != "]" {
		r.fail("want the end of a list")
	}
}
