package statefile

import (
	"bytes"
	"testing"
)

// R37: whatever the bytes, reading them ends, and what is accepted is what
// flexform would have written.
func FuzzRead(f *testing.F) {
	v := intent("11111111", Refund, 0, 5000, 1)
	seed := linesJoined([]Payload{begin(planA, 1), v, outcome(v, Accepted), observed(v, 8, VerdictSettled)})
	f.Add(seed)
	f.Add(seed[:len(seed)-100])
	f.Add(bytes.Replace(seed, []byte(`"1.0"`), []byte(`"1.1"`), 1))
	f.Add(linesJoined([]Payload{Adopted{Merchant: "1", Transact: "2", Currency: "DKK", AmountMinor: 3, Evidence: "x"}}))
	f.Add(linesJoined([]Payload{
		begin(planA, 1), Batch{Name: fileName, Plan: planA, Merchant: "12345678", Rows: 1, Digest: fileSum},
		intent("11111111", Refund, 0, 5000, 1, inBatch), Releasing{fileName}, Released{fileName},
	}))
	f.Add(linesJoined(ticketStory()))
	f.Add(linesJoined(nil))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		checkRead(t, b)
		checkRead(t, reseal(b)) // lets a change get past the hashes, to the rules
	})
}

func checkRead(t *testing.T, b []byte) {
	var again []byte
	s := scan{path: "x", each: func(*Entry, sum) error { return nil }}
	fold := newState()
	s.each = func(e *Entry, hash sum) error {
		line, _, err := appendLine(nil, e)
		if err != nil {
			t.Fatalf("accepted and not writable: %+v: %v", e, err)
		}
		again = append(append(again, line...), '\n')
		return fold.take(e, hash)
	}
	if err := s.read(bytes.NewReader(b)); err != nil {
		return
	}
	if s.end.unfinished {
		again = again[:len(again)-1]
	}
	if int64(len(b)) != s.end.size+s.end.torn {
		t.Fatalf("%d bytes good and %d torn of %d", s.end.size, s.end.torn, len(b))
	}
	if !s.chain.newer && !bytes.Equal(again, b[:s.end.size]) {
		t.Fatalf("accepted\n%s\nbut would be written\n%s", b[:s.end.size], again)
	}
}

// FuzzLine holds the fast decoder to the reference.
func FuzzLine(f *testing.F) {
	for line := range bytes.SplitSeq(append(linesJoined(story()), linesJoined(ticketStory())...), []byte("\n")) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) { compareDecoders(t, line) })
}

// linesJoined is the ledger of payloads, made without a disk.
func linesJoined(payloads []Payload) []byte {
	var buf []byte
	c, l, now := new(chain), newLayer(nil), clock()
	for _, p := range append([]Payload{Created{FormatVersion, "fuzz"}}, payloads...) {
		var err error
		if buf, _, err = c.write(buf, l, p, now()); err != nil {
			panic(err)
		}
	}
	return buf
}
