package proof

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// FormatVersion is the form of bundles that this package writes and reads.
const FormatVersion = "1.0"

const (
	// MaxBundle bounds a bundle, in bytes.
	MaxBundle = 64 << 20

	maxApprovals = 100
	maxObjects   = 64  // of a commit, on the way to a file, more or less
	leastEntry   = 100 // bytes of a ledger's line; less is none
)

// A Bundle is all that is known of one action, in one file. Nothing in it is
// taken at its word: see [Check].
type Bundle struct {
	Action  string   // its id
	Ledger  string   // identity
	Entries [][]byte // lines of the ledger without newlines, from the begin of the action's apply on
	Plan    []byte   // the plan file; nil when it is not in the bundle
	// Approvals are those of whom the begin entry names, as far as they were to
	// be had.
	Approvals     []Approval
	Configuration *Configuration // nil when it is not in the bundle
	Anchor        []byte         // the tag object of the last entry's anchor; nil without one
}

// An Approval is what somebody signed.
type Approval struct {
	Text      string `json:"text"`
	Signature string `json:"signature"` // armored
}

// A Configuration is where a commit declares what the action did: git's objects
// from the commit over its folders to the file.
type Configuration struct {
	Path    string   `json:"path"`    // of the file, within the repository
	Line    int      `json:"line"`    // where the block begins, from 1
	Objects [][]byte `json:"objects"` // commit, trees, blob: what git hashes, without the header
}

const (
	beginText = "{\n  \"format_version\": \"" + FormatVersion + "\",\n"
	// Begin is how every bundle begins, of whichever version.
	Begin     = "{\n  \"format_version\": "
	sealStart = "  \"seal\": \"sha256:"
	sealEnd   = "\"\n}\n"
)

// Encode returns the bundle's file. The same bundle gives the same bytes.
func Encode(b Bundle) ([]byte, error) {
	var file bytes.Buffer
	w := &writer{to: &file}
	file.WriteString(beginText)
	w.member("action", b.Action)
	w.member("ledger", b.Ledger)
	w.list("entries", len(b.Entries), func(i int) { file.Write(b.Entries[i]) })
	w.bytes("plan", b.Plan)
	w.list("approvals", len(b.Approvals), func(i int) { w.value(b.Approvals[i]) })
	w.member("configuration", b.Configuration)
	w.bytes("anchor", b.Anchor)
	sum := sha256.Sum256(file.Bytes())
	file.WriteString(sealStart + hex.EncodeToString(sum[:]) + sealEnd)
	if w.err == nil && file.Len() > MaxBundle {
		w.err = fmt.Errorf("the bundle would be larger than %d MiB: anchor the ledger sooner after an apply, so that fewer entries are needed", MaxBundle>>20)
	}
	return file.Bytes(), w.err
}

type writer struct {
	to  *bytes.Buffer
	err error
}

func (w *writer) value(v any) {
	j := json.NewEncoder(w.to)
	j.SetEscapeHTML(false)
	if err := j.Encode(v); err != nil && w.err == nil {
		w.err = err
	}
	w.to.Truncate(w.to.Len() - 1) // the newline
}

func (w *writer) member(name string, v any) {
	w.to.WriteString("  " + strconv.Quote(name) + ": ")
	w.value(v)
	w.to.WriteString(",\n")
}

// bytes writes text, or null where there is none.
func (w *writer) bytes(name string, text []byte) {
	if text == nil {
		w.member(name, nil)
		return
	}
	w.member(name, string(text))
}

// list writes one element a line.
func (w *writer) list(name string, n int, element func(int)) {
	w.to.WriteString("  " + strconv.Quote(name) + ": [")
	for i := range n {
		if i > 0 {
			w.to.WriteByte(',')
		}
		w.to.WriteString("\n    ")
		element(i)
	}
	if n > 0 {
		w.to.WriteString("\n  ")
	}
	w.to.WriteString("],\n")
}

// A FormatError says why a file is no bundle, or not one as it was written.
type FormatError struct{ Why string }

func (e *FormatError) Error() string { return "not a proof as flexform writes them: " + e.Why }

func malformed(format string, args ...any) error {
	return &FormatError{fmt.Sprintf(format, args...)}
}

// Decode reads a bundle's file: byte for byte as Encode wrote it, or not at all.
// The bundle shares the file's memory. The error is a [*FormatError].
func Decode(file []byte) (Bundle, error) {
	if len(file) > MaxBundle {
		return Bundle{}, malformed("it is larger than %d MiB", MaxBundle>>20)
	}
	if !bytes.HasPrefix(file, []byte(beginText)) {
		return Bundle{}, malformed("it does not begin like a bundle of format %s", FormatVersion)
	}
	at := len(file) - len(sealStart) - 2*sha256.Size - len(sealEnd)
	if at < 0 || !bytes.HasPrefix(file[at:], []byte(sealStart)) || !bytes.HasSuffix(file, []byte(sealEnd)) {
		return Bundle{}, malformed("it does not end with its seal")
	}
	sum := sha256.Sum256(file[:at])
	if hex.EncodeToString(sum[:]) != string(file[at+len(sealStart):len(file)-len(sealEnd)]) {
		return Bundle{}, malformed("its seal is not that of its content: it was changed")
	}
	r := &reader{rest: file[len(beginText):at]}
	var b Bundle
	r.member("action", &b.Action)
	r.member("ledger", &b.Ledger)
	r.list("entries", MaxBundle/leastEntry, func(line []byte) {
		if len(line) < leastEntry {
			r.fail("an entry is too short")
		}
		b.Entries = append(b.Entries, line)
	})
	b.Plan = r.bytes("plan")
	r.list("approvals", maxApprovals, func(line []byte) {
		var a Approval
		r.value(line, &a)
		b.Approvals = append(b.Approvals, a)
	})
	r.configuration(&b.Configuration)
	b.Anchor = r.bytes("anchor")
	if r.err == nil && len(r.rest) > 0 {
		r.fail("something stands behind its anchor")
	}
	if r.err != nil {
		return Bundle{}, r.err
	}
	again, err := Encode(b)
	if err != nil || !bytes.Equal(again, file) {
		return Bundle{}, malformed("it is written otherwise")
	}
	return b, nil
}

// A reader takes a bundle apart line by line, so that nothing grows beyond the
// file. What it lets through that is not canonical, Decode finds.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) fail(why string) {
	if r.err == nil {
		r.err = malformed("%s", why)
	}
}

func (r *reader) line() []byte {
	line, rest, ok := bytes.Cut(r.rest, []byte("\n"))
	if !ok || r.err != nil {
		r.fail("it ends too soon")
		return nil
	}
	r.rest = rest
	return line
}

// after returns the text of a member's line behind its name.
func (r *reader) after(name string) []byte {
	text, ok := bytes.CutPrefix(r.line(), []byte("  "+strconv.Quote(name)+": "))
	if !ok {
		r.fail("its member " + name + " is not where it should be")
	}
	return text
}

func (r *reader) value(text []byte, into any) {
	if r.err != nil {
		return
	}
	if err := json.Unmarshal(text, into); err != nil {
		r.fail("a member is not what it should be")
	}
}

func (r *reader) member(name string, into any) {
	r.value(bytes.TrimSuffix(r.after(name), []byte(",")), into)
}

func (r *reader) bytes(name string) []byte {
	var text *string
	r.member(name, &text)
	if text == nil {
		return nil
	}
	return []byte(*text)
}

func (r *reader) configuration(into **Configuration) {
	text := bytes.TrimSuffix(r.after("configuration"), []byte(","))
	if bytes.Count(text, []byte(`"`)) > 4*maxObjects { // before anything grows
		r.fail("its configuration has too many objects")
	}
	r.value(text, into)
}

func (r *reader) list(name string, most int, element func([]byte)) {
	if string(r.after(name)) == "[]," {
		return
	}
	for n := 0; r.err == nil; n++ {
		line := r.line()
		if string(line) == "  ]," {
			return
		}
		if n >= most {
			r.fail("its " + name + " are too many")
			return
		}
		text, ok := bytes.CutPrefix(line, []byte("    "))
		if !ok {
			r.fail("a line of its " + name + " is not one")
			return
		}
		element(bytes.TrimSuffix(text, []byte(",")))
	}
}
