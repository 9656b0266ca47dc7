package statefile

import (
	"slices"
	"time"
)

// A Begun is the start of an apply, as far as later plans tell of it.
type Begun struct {
	Plan                 string // digest
	Settings             string // digest of the settings; empty where the entry has none
	BreakGlass, BrokenBy string // why approvals were passed by, and by whom; empty when they were not
	Seq                  uint64
	At                   time.Time
}

// LastApply returns the newest start of an apply, and false before the first.
func (s *State) LastApply() (Begun, bool) {
	l, done := s.read()
	defer done()
	return l.begun, l.begun.Seq > 0
}

// BrokenGlass returns the applies from a time on that passed approvals by, the
// oldest first.
func (s *State) BrokenGlass(since time.Time) []Begun {
	l, done := s.read()
	defer done()
	return slices.DeleteFunc(slices.Clone(l.broken), func(b Begun) bool { return b.At.Before(since) })
}
