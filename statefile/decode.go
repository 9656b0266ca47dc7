package statefile

import (
	"bytes"
	"encoding/json"
	"math"
	"time"
)

// maxWords bounds how many repeating texts a decoder shares.
const maxWords = 1024

// A decoder reads canonical lines and nothing else: what it accepts is what
// the encoder writes for the entry that it returns. It may refuse a canonical
// line; then the slow way decides.
type decoder struct {
	b     []byte
	at    int
	bad   bool
	prev  string // what the next entry's prev will be, so that it need not be copied
	words map[string]string
}

// entry reads the line of one entry. The hash is taken as it is.
func (r *decoder) entry(line []byte, e *Entry) bool {
	r.b, r.at, r.bad = line, 0, false
	r.expect(`{"seq":`)
	seq := r.digits()
	if seq < 0 {
		r.bad = true
	}
	e.Seq = uint64(seq)
	r.time(&e.Time)
	r.word("kind", (*string)(&e.Kind))
	r.name("prev")
	if raw := r.string(); string(raw) == r.prev {
		e.Prev = r.prev
	} else {
		e.Prev = string(raw)
	}
	if r.bad {
		return false
	}
	members := e.payload(true)
	if members == nil {
		return false
	}
	r.object(string(e.Kind), members)
	r.text("hash", &e.Hash)
	r.expect("}")
	return !r.bad && r.at == len(r.b)
}

func (r *decoder) expect(s string) {
	if r.bad || len(r.b)-r.at < len(s) || string(r.b[r.at:r.at+len(s)]) != s {
		r.bad = true
		return
	}
	r.at += len(s)
}

// present reports whether the next member has this name, and steps over it.
func (r *decoder) present(name string) bool {
	if r.bad {
		return false
	}
	at := r.at
	if at > 0 && r.b[at-1] != '{' {
		if at >= len(r.b) || r.b[at] != ',' {
			return false
		}
		at++
	}
	end := at + len(name) + len(`"":`)
	if end > len(r.b) || r.b[at] != '"' || string(r.b[at+1:at+1+len(name)]) != name || r.b[end-2] != '"' || r.b[end-1] != ':' {
		return false
	}
	r.at = end
	return true
}

func (r *decoder) name(name string) {
	if !r.present(name) {
		r.bad = true
	}
}

func (r *decoder) object(name string, members func(codec)) {
	r.name(name)
	r.expect("{")
	members(r)
	r.expect("}")
}

func (r *decoder) time(v *time.Time) {
	r.name("time")
	raw := r.string()
	t, err := time.Parse(time.RFC3339Nano, string(raw))
	if r.bad || err != nil || t.Location() != time.UTC {
		r.bad = true
		return
	}
	var again [len(time.RFC3339Nano)]byte
	r.bad = !bytes.Equal(t.AppendFormat(again[:0], time.RFC3339Nano), raw)
	*v = t
}

func (r *decoder) text(name string, v *string) {
	r.name(name)
	*v = string(r.string())
}

func (r *decoder) word(name string, v *string) {
	r.name(name)
	raw := r.string()
	if s, ok := r.words[string(raw)]; ok {
		*v = s
		return
	}
	*v = string(raw)
	if r.words == nil {
		r.words = map[string]string{}
	}
	if len(r.words) < maxWords {
		r.words[*v] = *v
	}
}

func (r *decoder) optional(name string, v *string) {
	if r.present(name) {
		*v = string(r.string())
		r.bad = r.bad || *v == ""
	}
}

func (r *decoder) long(name string, v *int64) {
	r.name(name)
	*v = r.digits()
}

func (r *decoder) number(name string, v *int) {
	r.name(name)
	n := r.digits()
	if n > math.MaxInt || n < math.MinInt {
		r.bad = true
	}
	*v = int(n)
}

func (r *decoder) optionalNumber(name string, v **int) {
	if at := r.at; r.present(name) {
		r.at = at
		*v = new(int)
		r.number(name, *v)
	}
}

func (r *decoder) flag(name string, v *bool) {
	r.name(name)
	if *v = !r.bad && bytes.HasPrefix(r.b[r.at:], []byte("true")); *v {
		r.expect("true")
	} else {
		r.expect("false")
	}
}

func (r *decoder) optionalFlag(name string, v *bool) {
	if r.present(name) {
		r.expect("true")
		*v = !r.bad
	}
}

// digits reads a whole number of at most 18 digits as strconv writes it.
func (r *decoder) digits() (n int64) {
	at := r.at
	negative := at < len(r.b) && r.b[at] == '-'
	if negative {
		at++
	}
	start := at
	for ; at < len(r.b) && r.b[at] >= '0' && r.b[at] <= '9' && at-start < 18; at++ {
		n = 10*n + int64(r.b[at]-'0')
	}
	if at == start || r.b[start] == '0' && (negative || at > start+1) {
		r.bad = true
	}
	r.at = at
	if negative {
		return -n
	}
	return n
}

// string reads a JSON string. The result is only valid until the next call.
func (r *decoder) string() []byte {
	r.expect(`"`)
	if r.bad {
		return nil
	}
	start := r.at
	for ; r.at < len(r.b); r.at++ {
		if c := r.b[r.at]; c == '"' {
			r.at++
			return r.b[start : r.at-1]
		} else if !plain(c) {
			return r.escaped(start)
		}
	}
	r.bad = true
	return nil
}

// escaped reads the string whose content begins at start by encoding/json, and
// takes it when encoding/json would write it the same.
func (r *decoder) escaped(start int) []byte {
	for ; r.at < len(r.b) && r.b[r.at] != '"'; r.at++ {
		if r.b[r.at] == '\\' {
			r.at++
		}
	}
	r.at++
	if r.at > len(r.b) {
		r.at, r.bad = len(r.b), true
		return nil
	}
	raw := r.b[start-1 : r.at]
	var s string
	if err := json.Unmarshal(raw, &s); err != nil || !bytes.Equal(appendText(nil, s), raw) {
		r.bad = true
		return nil
	}
	return []byte(s)
}
