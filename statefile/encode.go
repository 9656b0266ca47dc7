package statefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The end of every line: ,"hash":"sha256:<64 hex digits>"}
const (
	hashOpen   = `,"hash":"sha256:`
	hashClose  = `"}`
	hashMember = len(hashOpen) + 2*sha256.Size + len(hashClose)
)

// A sum is the hash of an entry.
type sum [sha256.Size]byte

// String returns the form that the ledger writes; "" for the zero sum, which
// stands before the first entry.
func (s sum) String() string {
	if s == (sum{}) {
		return ""
	}
	return "sha256:" + hex.EncodeToString(s[:])
}

// parseSum reads what String writes; the zero sum out of anything else.
func parseSum(text string) (s sum) {
	b, err := hex.DecodeString(strings.TrimPrefix(text, "sha256:"))
	if err == nil && len(b) == len(s) {
		copy(s[:], b)
	}
	return s
}

// appendLine appends the canonical line of e, without newline, and the hash in
// it. It ignores e.Hash.
func appendLine(b []byte, e *Entry) ([]byte, sum, error) {
	members := e.payload(false)
	switch {
	case members == nil || e.payloads() != 1:
		return nil, sum{}, fmt.Errorf("entry of kind %q without the payload of that kind, alone", e.Kind)
	case e.Time.Location() != time.UTC || e.Time.Year() < 0 || e.Time.Year() > 9999:
		return nil, sum{}, errors.New("the time is not in UTC, or its year has no four digits")
	}
	start := len(b)
	w := &encoder{b: append(b, `{"seq":`...)}
	w.b = strconv.AppendUint(w.b, e.Seq, 10)
	w.b = append(w.b, `,"time":"`...)
	w.b = e.Time.AppendFormat(w.b, time.RFC3339Nano)
	w.b = append(w.b, '"')
	w.text("kind", (*string)(&e.Kind))
	w.text("prev", &e.Prev)
	w.object(string(e.Kind), members)
	w.b = append(w.b, '}')
	s := sum(sha256.Sum256(w.b[start:]))
	w.b = append(w.b[:len(w.b)-1], hashOpen...)
	w.b = hex.AppendEncode(w.b, s[:])
	return append(w.b, hashClose...), s, nil
}

// An encoder appends members to b.
type encoder struct{ b []byte }

func (w *encoder) name(name string) {
	if w.b[len(w.b)-1] != '{' {
		w.b = append(w.b, ',')
	}
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, `":`...)
}

func (w *encoder) object(name string, members func(codec)) {
	w.name(name)
	w.b = append(w.b, '{')
	members(w)
	w.b = append(w.b, '}')
}

func (w *encoder) text(name string, v *string) {
	w.name(name)
	w.b = appendText(w.b, *v)
}

func (w *encoder) word(name string, v *string) { w.text(name, v) }

func (w *encoder) optional(name string, v *string) {
	if *v != "" {
		w.text(name, v)
	}
}

func (w *encoder) long(name string, v *int64) {
	w.name(name)
	w.b = strconv.AppendInt(w.b, *v, 10)
}

func (w *encoder) number(name string, v *int) {
	n := int64(*v)
	w.long(name, &n)
}

func (w *encoder) optionalNumber(name string, v **int) {
	if *v != nil {
		w.number(name, *v)
	}
}

func (w *encoder) flag(name string, v *bool) {
	w.name(name)
	w.b = strconv.AppendBool(w.b, *v)
}

func (w *encoder) optionalFlag(name string, v *bool) {
	if *v {
		w.flag(name, v)
	}
}

// appendText appends s as encoding/json writes it without escaping HTML.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if !plain(s[i]) {
			return appendEscaped(b, s)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// plain reports whether c stands for itself in a JSON string. Others may too;
// those are left to encoding/json.
func plain(c byte) bool { return c >= ' ' && c <= '~' && c != '"' && c != '\\' }

func appendEscaped(b []byte, s string) []byte {
	buf := bytes.NewBuffer(b)
	j := json.NewEncoder(buf)
	j.SetEscapeHTML(false)
	if err := j.Encode(s); err != nil {
		panic("statefile: a string does not encode: " + err.Error())
	}
	return buf.Bytes()[:buf.Len()-1] // without the newline
}
