package statefile

import (
	"encoding/hex"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Copy returns a ledger in memory that goes on behind the entries of another
// one, for trying out what would be written there: its rules are the same, and
// what is appended is forgotten with it. Without entries it is a new ledger.
func Copy(entries iter.Seq2[Entry, error], now func() time.Time) (*Writer, error) {
	state, c := newState(), chain{}
	for e, err := range entries {
		if err != nil {
			return nil, err
		}
		var hash sum
		if n, err := hex.Decode(hash[:], []byte(strings.TrimPrefix(e.Hash, "sha256:"))); err != nil || n != len(hash) {
			return nil, fmt.Errorf("copy ledger: entry %d has the hash %q", e.Seq, e.Hash)
		}
		if err := state.take(&e, hash); err != nil {
			return nil, fmt.Errorf("copy ledger: entry %d: %w", e.Seq, err)
		}
		c.step(&e, hash)
	}
	if c.seq == 0 {
		created, err := Options{}.NewLedger()
		if err != nil {
			return nil, err
		}
		_, _, err = c.write(nil, state.bottom, created, now())
		if err != nil {
			return nil, err
		}
		state.sums = append(state.sums, c.head)
	}
	state.markAll()
	return newWriter("a copy of the ledger", state, c, now, memory{}), nil
}

// A memory is the [Store] of a ledger that nobody keeps.
type memory struct{}

func (memory) Append(Lines) error { return nil }
func (memory) Reserve(int) error  { return nil }
func (memory) Close() error       { return nil }
