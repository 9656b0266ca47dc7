package statefile

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"time"
)

// A State is all that a ledger says: the fold of its entries. The zero State
// is that of a ledger without entries. It may be read while its [File] takes
// appends, and shows an entry from the moment it is on the disk. What the
// methods return belongs to the caller.
type State struct {
	mu     sync.RWMutex
	bottom *layer
	sums   []sum            // by number, less one
	open   map[Key]struct{} // transactions with an undecided action
	torn   int64
}

// A PlanUse says what became of a plan.
type PlanUse struct {
	Begun   bool
	Ended   bool      // its last apply came to an end
	Actions int       // how many it holds
	Started int       // how many were intended; from the first on, the plan is used up
	Seq     uint64    // of the first begin
	At      time.Time // of the first begin
}

func newState() *State { return &State{bottom: newLayer(nil), open: map[Key]struct{}{}} }

// read locks s for reading. The caller must call the returned function.
func (s *State) read() (*layer, func()) {
	s.mu.RLock()
	if s.bottom == nil {
		return newLayer(nil), s.mu.RUnlock
	}
	return s.bottom, s.mu.RUnlock
}

// merge takes what was written into the state.
func (s *State) merge(written *layer, sums []sum) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, r := range written.txs {
		s.mark(key, r)
	}
	written.merge()
	s.sums = append(s.sums, sums...)
}

// markAll finds the undecided actions of a state that nobody else sees yet.
func (s *State) markAll() {
	for key, r := range s.bottom.txs {
		s.mark(key, r)
	}
}

func (s *State) mark(key Key, r *record) {
	if r.open >= 0 {
		s.open[key] = struct{}{}
	} else {
		delete(s.open, key)
	}
}

// Head returns the hash and the number of the last entry; "" and 0 when there
// is none.
func (s *State) Head() (hash string, seq uint64) {
	l, done := s.read()
	defer done()
	if l.seq == 0 {
		return "", 0
	}
	return s.sums[l.seq-1].String(), l.seq
}

// HashAt returns the hash of an entry, and false when there is none with that
// number. It tells whether a plan was made from this ledger's history.
func (s *State) HashAt(seq uint64) (string, bool) {
	_, done := s.read()
	defer done()
	if seq == 0 || seq > uint64(len(s.sums)) {
		return "", false
	}
	return s.sums[seq-1].String(), true
}

// Ledger returns the ledger's random identity; "" when it has no entries.
func (s *State) Ledger() string {
	l, done := s.read()
	defer done()
	return l.created.Ledger
}

// Mode returns the mode that every plan and every call by hand in the ledger
// has; "" before the first.
func (s *State) Mode() string {
	l, done := s.read()
	defer done()
	return l.mode
}

// Torn returns how many bytes at the end of the file are the first part of an
// entry and not all of it: an append was cut off, or is going on. They are not
// in the state.
func (s *State) Torn() int64 {
	_, done := s.read()
	defer done()
	return s.torn
}

// Transaction returns what the ledger knows of a transaction, and false when
// that is nothing.
func (s *State) Transaction(k Key) (Transaction, bool) {
	l, done := s.read()
	defer done()
	return l.transaction(k)
}

func (l *layer) transaction(k Key) (Transaction, bool) {
	r := l.find(k)
	if r == nil {
		return Transaction{}, false
	}
	t := r.Transaction
	t.Actions, t.Calls, t.Payments = slices.Clone(t.Actions), slices.Clone(t.Calls), slices.Clone(t.Payments)
	return t, true
}

// Transactions yields every transaction, the one that was recorded first
// first. The loop may append to the ledger.
func (s *State) Transactions() iter.Seq[Transaction] {
	return func(yield func(Transaction) bool) {
		l, done := s.read()
		keys := l.added[:len(l.added):len(l.added)] // never changed, only appended to
		done()
		for _, k := range keys {
			if t, ok := s.Transaction(k); !ok || !yield(t) {
				return
			}
		}
	}
}

// Undecided returns the actions that may or may not have happened, the one
// that was claimed first first.
func (s *State) Undecided() []Action {
	l, done := s.read()
	defer done()
	var list []Action
	for k := range s.open {
		r := l.find(k)
		list = append(list, r.Actions[r.open])
	}
	slices.SortFunc(list, func(a, b Action) int { return cmp.Compare(a.Seq, b.Seq) })
	return list
}

// Action returns the action with that id, and false when it was never claimed.
func (s *State) Action(id string) (Action, bool) {
	l, done := s.read()
	defer done()
	if a := l.action(id); a != nil {
		return *a, true
	}
	return Action{}, false
}

// Attempts returns the tries of a step, in order.
func (s *State) Attempts(step Step) []Action {
	l, done := s.read()
	defer done()
	var list []Action
	for attempt := 1; ; attempt++ {
		a := l.action(ActionID(step, attempt))
		if a == nil {
			return list
		}
		list = append(list, *a)
	}
}

// PlanUse returns what became of the plan with that digest.
func (s *State) PlanUse(digest string) PlanUse {
	l, done := s.read()
	defer done()
	return l.plan(digest)
}

// TouchedSince reports whether an entry after the one with that number is
// about the transaction.
func (s *State) TouchedSince(k Key, seq uint64) bool {
	l, done := s.read()
	defer done()
	r := l.find(k)
	return r != nil && r.Seq > seq
}
