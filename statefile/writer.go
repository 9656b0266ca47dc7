package statefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"sync"
	"time"
)

// A Store keeps the lines of one ledger, which this process alone writes. It
// is used by one [Writer], and never for two things at once.
type Store interface {
	// Append makes lines durable behind those that are there: all of them or
	// none. After an error nobody knows which, so the Writer writes nothing more.
	Append(Lines) error
	// Reserve makes as sure as the store can that the entries of n more actions
	// will find room.
	Reserve(n int) error
	// Close gives the ledger back.
	Close() error
}

// Lines are the next entries of a ledger. They are valid until the Store's
// method returns.
type Lines struct {
	Text []byte // one canonical line an entry, each with its newline
	of   []*request
}

// Entries yields each entry with its line, without the newline.
func (l Lines) Entries() iter.Seq2[*Entry, []byte] {
	return func(yield func(*Entry, []byte) bool) {
		text := l.Text
		for _, r := range l.of {
			for i := range r.entries {
				line, rest, _ := bytes.Cut(text, []byte("\n"))
				if text = rest; !yield(&r.entries[i], line) {
					return
				}
			}
		}
	}
}

// A Writer appends to a ledger, wherever that is kept. Its methods are safe
// for concurrent use.
type Writer struct {
	name  string // of the ledger, for people
	now   func() time.Time
	state *State
	store Store

	turn  chan struct{} // holds a value while somebody uses what follows, or the store
	chain chain
	buf   []byte
	err   error // why nothing more is written

	mu    sync.Mutex
	queue []*request
}

// newWriter goes on from what was read.
func newWriter(name string, state *State, c chain, now func() time.Time, store Store) *Writer {
	return &Writer{name: name, now: now, state: state, store: store, turn: make(chan struct{}, 1), chain: c}
}

// State returns what the ledger says. It is live: it shows every entry from
// the moment it is durable.
func (w *Writer) State() *State { return w.state }

// Reserve makes room for the entries of n actions, as far as the store can.
func (w *Writer) Reserve(n int) error {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	if w.err != nil {
		return w.err
	}
	return w.store.Reserve(n)
}

// Close waits for the append that is under way and gives the ledger back. Calls
// after it do nothing.
func (w *Writer) Close() error {
	w.turn <- struct{}{}
	defer func() { <-w.turn }()
	if errors.Is(w.err, errClosed) {
		return nil
	}
	w.err = errClosed
	return w.store.Close()
}

var errClosed = fmt.Errorf("the ledger is closed: %w", fs.ErrClosed)

// Append writes payloads as the next entries, in that order, and returns them
// when they are durable. Calls at the same time share a sync. All of one call's
// payloads are written, or none.
//
// A [*ClaimedError] or an [*ImpossibleError] means that nothing was written
// and that the ledger can be used on. A [*WriteError] means that the entries
// may be on the disk or not; every later call returns it too.
//
// Append does not begin when ctx is done, and never stops half way: pass
// [context.WithoutCancel] for what has happened already.
func (w *Writer) Append(ctx context.Context, payloads ...Payload) ([]Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append to ledger: %w", err)
	}
	if len(payloads) == 0 {
		return nil, nil
	}
	r := &request{payloads: payloads, done: make(chan struct{})}
	w.mu.Lock()
	w.queue = append(w.queue, r)
	w.mu.Unlock()
	select {
	case <-r.done: // somebody else's commit took it along
	case w.turn <- struct{}{}:
		w.commit()
		<-w.turn
		<-r.done
	}
	return r.entries, r.err
}
