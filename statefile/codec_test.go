package statefile

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// anyEntry draws entries that need make no sense, with whatever text.
func anyEntry(t *rapid.T) *Entry {
	text := rapid.OneOf(rapid.StringMatching(`[ -~]{0,20}`), rapid.String(), rapid.SampledFrom([]string{
		"", "<&>", "\u2028\u2029", "\x00\x1f\x7f", "\xff\xfe", "\ufffd", `\"`, "Grøn", "\U0001F600", "{", ",",
	}))
	str := func() string { return text.Draw(t, "text") }
	word := func() string { return rapid.SampledFrom([]string{"12345678", "DKK", "", "æ"}).Draw(t, "word") }
	long := func() int64 {
		return rapid.OneOf(rapid.Int64Range(-20, 20), rapid.Int64()).Draw(t, "number")
	}
	number := func() int { return int(long()) }
	code := func() *int { return rapid.Ptr(rapid.Int(), true).Draw(t, "code") }
	flag := func() bool { return rapid.Bool().Draw(t, "flag") }
	actor := func() Actor { return Actor{word(), str(), number()} }
	payload := rapid.SampledFrom([]func() Payload{
		func() Payload { return Created{str(), str()} },
		func() Payload {
			return Begin{word(), word(), number(), actor(), str(), str(), word(), str(), str(), str(), str()}
		},
		func() Payload {
			return End{word(), number(), number(), number(), number(), number(), number()}
		},
		func() Payload {
			return Intent{str(), word(), str(), word(), str(), str(), Verb(word()), word(), long(), long(), long(), number(), word(), number(), str(), word(), flag(), str()}
		},
		func() Payload { return Outcome{str(), Result(word()), code(), str(), str(), str()} },
		func() Payload { return Observed{word(), str(), number(), str(), Verdict(word()), str()} },
		func() Payload {
			return Adopted{str(), word(), str(), str(), word(), long(), long(), long(), flag(), flag(), str(), number(), str(), actor()}
		},
		func() Payload { return Resolved{str(), flag(), code(), str(), str(), actor()} },
		func() Payload { return Batch{str(), word(), word(), number(), str()} },
		func() Payload { return Releasing{str()} },
		func() Payload { return Released{str()} },
		func() Payload { return Cancelled{word(), str(), actor()} },
		func() Payload { return Unlocked{actor(), str(), str(), str(), actor()} },
	}).Draw(t, "payload")()
	at := time.Unix(rapid.Int64Range(-60_000_000_000, 200_000_000_000).Draw(t, "second"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanosecond"))
	e := &Entry{Seq: rapid.Uint64Range(0, 1e18-1).Draw(t, "seq"), Time: at.UTC(), Kind: payload.entryKind(), Prev: str()}
	payload.put(e)
	return e
}

// The hand-written way and encoding/json are the same, in both directions.
func TestCodecEqualsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEntry(t)
		line, hash, err := appendLine([]byte("before"), e)
		if err != nil {
			t.Fatalf("appendLine: %v", err)
		}
		line = line[len("before"):]
		e.Hash = hash.String()
		slow, err := encodeSlow(e)
		if err != nil || !bytes.Equal(line, slow) {
			t.Fatalf("appendLine:\n%s\nencoding/json, %v:\n%s", line, err, slow)
		}
		if again, err := hashOf(line); err != nil || again != hash {
			t.Fatalf("hashOf(%s) = %s, %v, want %s", line, again, err, hash)
		}
		compareDecoders(t, line)

		if len(line) > 0 {
			at := rapid.IntRange(0, len(line)-1).Draw(t, "at")
			line[at] = rapid.Byte().Draw(t, "byte")
			compareDecoders(t, line)
			compareDecoders(t, line[:at])
		}
	})
}

// compareDecoders holds the fast decoder to the reference: it may leave a line
// to it, and must never take one that the reference refuses.
func compareDecoders(t interface {
	Helper()
	Fatalf(string, ...any)
}, line []byte) {
	t.Helper()
	var fast, slow Entry
	if !new(decoder).entry(line, &fast) {
		return
	}
	if err := decodeSlow(line, &slow); err != nil {
		t.Fatalf("fast decoder takes %s, reference: %v", line, err)
	}
	if diff := cmp.Diff(slow, fast); diff != "" {
		t.Fatalf("decoders differ on %s (-reference +fast):\n%s", line, diff)
	}
}

// What flexform writes must not need the slow way.
func TestFastPathIsTaken(t *testing.T) {
	for i, line := range bytes.Split(bytes.TrimSpace(written(t, story()...)), []byte("\n")) {
		if !new(decoder).entry(line, new(Entry)) {
			t.Errorf("entry %d is left to encoding/json: %s", i+1, line)
		}
	}
}

// The reference refuses every way to write an entry but one.
func TestOneWayToWriteAnEntry(t *testing.T) {
	e := Entry{
		Seq: 7, Time: time.Date(2026, 11, 2, 10, 0, 0, 500e6, time.UTC), Kind: KindObserved, Prev: "sha256:00",
		Observed: &Observed{Merchant: "12345678", Transact: "Gr<n", Status: math.MaxInt32}, Hash: "sha256:11",
	}
	line, err := encodeSlow(&e)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"a space":                     {`"seq":7`, `"seq": 7`},
		"a plus":                      {`"seq":7`, `"seq":+7`},
		"a leading zero":              {`"seq":7`, `"seq":07`},
		"an exponent":                 {`"seq":7`, `"seq":7e0`},
		"another case of a name":      {`"seq"`, `"Seq"`},
		"a name twice":                {`"seq":7`, `"seq":7,"seq":7`},
		"an unknown member":           {`"seq":7`, `"seq":7,"x":1`},
		"another order":               {`"kind":"observed","prev":"sha256:00"`, `"prev":"sha256:00","kind":"observed"`},
		"an escaped letter":           {`Gr<n`, `\u0047r<n`},
		"escaped HTML":                {`Gr<n`, `Gr\u003cn`},
		"an upper-case escape":        {`Gr<n`, `\u001F`},
		"an escaped slash":            {`Gr<n`, `\/`},
		"a time of another zone":      {`10:00:00.5Z`, `11:00:00.5+01:00`},
		"a time with trailing zeros":  {`10:00:00.5Z`, `10:00:00.50Z`},
		"a time with a comma":         {`10:00:00.5Z`, `10:00:00,5Z`},
		"an empty optional member":    {`"status":2147483647`, `"status":2147483647,"verdict":""`},
		"null for a payload":          {`"observed":{`, `"intent":null,"observed":{`},
		"a second payload":            {`},"hash"`, `},"resolved":{"action_id":"","done":false,"evidence":"","actor":{"user":"","host":"","pid":0}},"hash"`},
		"the payload of another kind": {`"kind":"observed"`, `"kind":"intent"`},
		"an unknown kind":             {`"kind":"observed"`, `"kind":"refunded"`},
		"text behind it":              {`"sha256:11"}`, `"sha256:11"} `},
		"a number for a text":         {`"Gr<n"`, `5`},
		"a fraction":                  {`2147483647`, `2147483647.0`},
		"a number too large":          {`2147483647`, `99999999999999999999`},
		"half a surrogate":            {`Gr<n`, `\ud800`},
	} {
		changed := bytes.Replace(line, []byte(change[0]), []byte(change[1]), 1)
		if bytes.Equal(changed, line) {
			t.Errorf("%s: nothing was changed", name)
		}
		if new(decoder).entry(changed, new(Entry)) {
			t.Errorf("%s: the fast decoder takes %s", name, changed)
		}
		if err := decodeSlow(changed, new(Entry)); err == nil {
			t.Errorf("%s: the reference takes %s", name, changed)
		}
	}
	var got Entry
	if err := decodeSlow(line, &got); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	if diff := cmp.Diff(e, got); diff != "" {
		t.Errorf("unchanged, mismatch (-want +got):\n%s", diff)
	}
}

func TestVersions(t *testing.T) {
	for s, want := range map[string]version{
		"1.0": {1, 0}, "1.10": {1, 10}, "12.3": {12, 3},
		"": {}, "1": {}, "1.": {}, ".1": {}, "01.0": {}, "1.00": {}, "1.0.0": {}, "0.1": {}, "1.-1": {}, "+1.0": {}, "1.x": {},
	} {
		got, err := parseVersion(s)
		if got != want || (err == nil) != (want != version{}) {
			t.Errorf("parseVersion(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
}
