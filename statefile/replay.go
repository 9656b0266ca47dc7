package statefile

import (
	"bytes"
	"errors"
	"time"
)

// A Replay verifies the lines of a ledger, from the first to the last, and
// folds them. It is for stores that keep lines in another way than as text.
type Replay struct {
	state *State
	scan  scan
	last  *Entry
}

// NewReplay stands before the first line of a ledger; name says which one it
// is, for people.
func NewReplay(name string) *Replay {
	r := &Replay{state: newState()}
	r.scan = scan{path: name, each: func(e *Entry, hash sum) error {
		r.last = e
		return r.state.take(e, hash)
	}}
	return r
}

// Line takes the next line, without its newline. The error is a
// [*CorruptError], or a [*VersionError]; after it the Replay is of no use.
func (r *Replay) Line(line []byte) (Entry, error) {
	if bytes.IndexByte(line, '\n') >= 0 {
		return Entry{}, r.Corrupt("it holds an end of line")
	}
	if len(line) > maxLine {
		return Entry{}, r.Corrupt("it is too long for a ledger")
	}
	if err := r.scan.accept(line); err != nil {
		if foreign, ok := errors.AsType[*ForeignError](err); ok {
			return Entry{}, r.Corrupt(foreign.Why)
		}
		return Entry{}, r.scan.corrupt(err)
	}
	return *r.last, nil
}

// Corrupt returns the error of a ledger whose next entry does not verify, for a
// reason that its store has.
func (r *Replay) Corrupt(why string) error { return r.scan.corrupt(errors.New(why)) }

// State returns what the lines say that were taken so far; no line can be taken
// after it.
func (r *Replay) State() *State {
	r.state.markAll()
	return r.state
}

// Writer returns what appends to the ledger that was read, by way of store.
func (r *Replay) Writer(now func() time.Time, store Store) *Writer {
	return newWriter(r.scan.path, r.State(), r.scan.chain, now, store)
}

// Claim returns the key that the entry claims, once and forever: that of an
// action, or the name of a bulk file behind "batch:", which no action's key
// has. It is "" for an entry that claims none.
func (e *Entry) Claim() string {
	switch {
	case e.Intent != nil:
		return e.Intent.Action
	case e.Batch != nil:
		return "batch:" + e.Batch.Name
	}
	return ""
}
