package statefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func verify(b []byte) (*State, *scan, error) {
	return readState("x.ledger", bytes.NewReader(bytes.Clone(b)))
}

// wantCorrupt checks that a ledger is refused and the first bad entry named.
func wantCorrupt(t *testing.T, what string, ledger []byte, seq uint64) {
	t.Helper()
	_, _, err := verify(ledger)
	if e, ok := errors.AsType[*CorruptError](err); !ok || e.Seq != seq {
		t.Errorf("%s: error %v, want entry %d named", what, err, seq)
	}
}

func linesOf(ledger []byte) [][]byte {
	return bytes.SplitAfter(ledger, []byte("\n"))[:bytes.Count(ledger, []byte("\n"))]
}

func join(lines ...[]byte) []byte { return bytes.Join(lines, nil) }

// reseal gives lines the hashes and the chain that they would have if they had
// been written so.
func reseal(ledger []byte) []byte {
	var out []byte
	prev := ""
	for i, line := range bytes.Split(bytes.TrimSuffix(ledger, []byte("\n")), []byte("\n")) {
		line = bytes.Clone(line)
		if i > 0 {
			before, rest, ok := bytes.Cut(line, []byte(`"prev":"`))
			_, after, ok2 := bytes.Cut(rest, []byte(`"`))
			if ok && ok2 {
				line = slices.Concat(before, []byte(`"prev":"`+prev+`"`), after)
			}
		}
		if at := bytes.LastIndex(line, []byte(hashOpen)); at >= 0 {
			line = line[:at]
		} else {
			line = bytes.TrimSuffix(line, []byte("}"))
		}
		s := sha256.Sum256(append(bytes.Clone(line), '}'))
		prev = "sha256:" + hex.EncodeToString(s[:])
		out = append(out, line...)
		out = append(out, `,"hash":"`+prev+"\"}\n"...)
	}
	return out
}

func short(t *testing.T) []byte {
	a := intent("11111111", Refund, 0, 5000, 1)
	return written(t, begin(planA, 1), a, outcome(a, Accepted))
}

// R32: every bit of a short ledger, and some more changes of every byte.
func TestFlipEveryBit(t *testing.T) {
	ledger := short(t)
	seq, flips := uint64(1), 0
	for at, old := range ledger {
		changed := []byte{0, '\n', ' ', '"', '}'}
		for bit := range 8 {
			changed = append(changed, old^1<<bit)
		}
		for _, c := range changed {
			if c == old {
				continue
			}
			b := bytes.Clone(ledger)
			b[at] = c
			flips++
			if at == len(ledger)-1 && c == 0 {
				continue // as when only the end of line had not arrived: see TestTornTail
			}
			wantCorrupt(t, fmt.Sprintf("byte %d (%q) is %q", at, old, c), b, seq)
		}
		if old == '\n' {
			seq++
		}
	}
	t.Logf("%d changes of one byte", flips)
}

// resume yields, for each line of a sound ledger, its number, its offset, and
// a way to read on from there with other bytes, so that every offset of a long
// ledger can be tried. Only the chain is checked, not the rules.
func resume(t *testing.T, ledger []byte, each func(seq uint64, start int, read func([]byte) (scan, error))) {
	t.Helper()
	s := scan{path: "x.ledger", each: func(*Entry, sum) error { return nil }}
	for start := 0; start < len(ledger); start = int(s.end.size) {
		before := s
		each(s.chain.seq+1, start, func(rest []byte) (scan, error) {
			again := before
			err := again.read(bytes.NewReader(rest))
			return again, err
		})
		line, _, _ := bytes.Cut(ledger[start:], []byte("\n"))
		if err := s.accept(line); err != nil {
			t.Fatal(err)
		}
		s.end.size += int64(len(line)) + 1
	}
}

// R32: every bit of a ledger with every kind of entry.
func TestFlipEveryKind(t *testing.T) {
	ledger := written(t, story()...)
	flips := 0
	resume(t, ledger, func(seq uint64, start int, read func([]byte) (scan, error)) {
		line, _, _ := bytes.Cut(ledger[start:], []byte("\n"))
		rest := bytes.Clone(ledger[start:])
		for at := range len(line) + 1 {
			for bit := range 8 {
				rest[at] ^= 1 << bit
				_, err := read(rest)
				if e, ok := errors.AsType[*CorruptError](err); !ok || e.Seq != seq {
					t.Fatalf("bit %d of byte %d: %v, want entry %d named", bit, start+at, err, seq)
				}
				rest[at] ^= 1 << bit
				flips++
			}
		}
	})
	t.Logf("%d changes of one bit", flips)
	if flips != 8*len(ledger) {
		t.Errorf("%d flips, want 8 for each of %d bytes", flips, len(ledger))
	}
}

// R32: lines dropped, swapped, doubled and put in.
func TestMoveLines(t *testing.T) {
	ledger := written(t, story()...)
	lines := linesOf(ledger)
	other := linesOf(written(t, begin(planB, 3), intent("33333333", Refund, 0, 1, 1, func(v *Intent) { v.Plan = planB })))
	for i := range lines {
		seq := uint64(i + 1)
		if i < len(lines)-1 {
			wantCorrupt(t, fmt.Sprintf("without line %d", i+1), join(slices.Delete(slices.Clone(lines), i, i+1)...), seq)
			swapped := slices.Clone(lines)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			wantCorrupt(t, fmt.Sprintf("line %d behind the next", i+1), join(swapped...), seq)
		}
		wantCorrupt(t, fmt.Sprintf("line %d twice", i+1), join(slices.Insert(slices.Clone(lines), i, lines[i])...), seq+1)
		wantCorrupt(t, fmt.Sprintf("an empty line behind line %d", i+1), join(slices.Insert(slices.Clone(lines), i+1, []byte("\n"))...), seq+1)
		wantCorrupt(t, fmt.Sprintf("a line of another ledger behind line %d", i+1), join(slices.Insert(slices.Clone(lines), i+1, other[2])...), seq+1)
	}
}

// A changed entry with its own hash made anew betrays itself by the next one;
// with every hash made anew it is another ledger, and only an anchor outside,
// a head written down elsewhere, can tell. The rules still hold.
func TestRehash(t *testing.T) {
	ledger := short(t)
	changed := bytes.Replace(ledger, []byte(`"orderid":"11223344"`), []byte(`"orderid":"99999999"`), 1)
	wantCorrupt(t, "changed", changed, 3)
	lines, resealed := linesOf(ledger), linesOf(reseal(changed))
	wantCorrupt(t, "changed, its hash made anew", join(lines[0], lines[1], resealed[2], lines[3]), 4)
	s, _, err := verify(reseal(changed))
	if err != nil {
		t.Fatalf("changed, all hashes made anew: %v", err)
	}
	before, _, _ := verify(ledger)
	head, _ := before.Head()
	if got, _ := s.HashAt(4); got == head {
		t.Error("another ledger has the same head")
	}
	gap := bytes.Replace(ledger, []byte(`"seq":3`), []byte(`"seq":4`), 1)
	wantCorrupt(t, "a gap in the numbers, all hashes made anew", reseal(gap), 3)
	again := bytes.Replace(ledger, []byte(`"result":"accepted"`), []byte(`"result":"perhaps"`), 1)
	wantCorrupt(t, "an impossible entry, all hashes made anew", reseal(again), 4)
}

// R33: the file cut at every offset. Between two entries that is a shorter
// ledger, which only an anchor can tell from the whole one. Inside an entry it
// is as after a power cut: the entries before it hold, and the rest is
// reported. Only the first entry is never missing.
func TestCutAtEveryOffset(t *testing.T) {
	ledger := written(t, story()...)
	resume(t, ledger, func(seq uint64, start int, read func([]byte) (scan, error)) {
		line, _, _ := bytes.Cut(ledger[start:], []byte("\n"))
		for n := range len(line) + 1 {
			s, err := read(ledger[start : start+n])
			e, corrupt := errors.AsType[*CorruptError](err)
			switch got, whole := s.end, int64(start); {
			case start == 0 && n == 0:
				if !isA[*EmptyError](err) {
					t.Errorf("cut at 0: %v, want *EmptyError", err)
				}
			case start == 0 && n < len(line):
				if !corrupt || e.Seq != 1 {
					t.Errorf("cut at %d, in the first entry: %v, want entry 1 named", n, err)
				}
			case err != nil:
				t.Errorf("cut at %d: %v", start+n, err)
			case n == len(line) && got != ending{whole + int64(n), 0, true}: // only the end of line is missing
				t.Errorf("cut at %d: ending %+v, want entry %d kept and unfinished", start+n, got, seq)
			case n < len(line) && got != ending{whole, int64(n), false}:
				t.Errorf("cut at %d: ending %+v, want entry %d gone", start+n, got, seq)
			}
		}
	})
}

// Behind the last line may stand what a write that was cut off leaves, and
// nothing else.
func TestTornTail(t *testing.T) {
	ledger := short(t)
	next := `{"seq":5,"time":"2026-11-02T10:00:00Z","kind":"begin","prev":"sha256:0`
	zeros := strings.Repeat("\x00", 70_000)
	for name, tt := range map[string]struct {
		tail string
		torn int // -1: corrupt
	}{
		"the start of the next entry": {next, len(next)},
		"its first byte":              {"{", 1},
		"the start and zeros":         {next + zeros, len(next) + len(zeros)},
		"zeros":                       {zeros, len(zeros)},
		"the start of another entry":  {strings.Replace(next, "5", "6", 1), -1},
		"text":                        {"refund the rest", -1},
		"a space":                     {" ", -1},
		"a whole object":              {`{"seq":5,"time":""}`, -1},
		"a whole object and more":     {`{"seq":5,"time":""}{`, -1},
		"the start, zeros and text":   {next + zeros + "x", -1},
		"zeros and a line":            {zeros + "\n", -1},
		"the last entry again":        {string(bytes.TrimSpace(linesOf(ledger)[3])), -1},
		"the start of an entry with a broken text": {next + "\x01", -1},
		"a start longer than any entry":            {next + strings.Repeat("x", maxLine), -1},
	} {
		b := append(bytes.Clone(ledger), tt.tail...)
		if tt.torn < 0 {
			wantCorrupt(t, name, b, 5)
			continue
		}
		s, scanned, err := verify(b)
		if err != nil || s.Torn() != int64(tt.torn) || scanned.end.size != int64(len(ledger)) {
			t.Errorf("%s: torn %v, %v, want %d bytes", name, scanned, err, tt.torn)
		}
	}
	// The end of line had not arrived, zeros had.
	s, scanned, err := verify(append(bytes.TrimSpace(ledger), 0, 0, 0))
	if err != nil || !scanned.end.unfinished || s.Torn() != 3 {
		t.Errorf("zeros for the last end of line: %v, %v", scanned, err)
	}
}
