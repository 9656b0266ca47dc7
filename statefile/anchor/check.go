package anchor

import (
	"fmt"
	"time"
)

// A Ledger is what is asked of a ledger; [*statefile.State] answers it.
type Ledger interface {
	// Ledger returns its identity; "" when it has no entries.
	Ledger() string
	// Head returns the hash and the number of its last entry.
	Head() (hash string, seq uint64)
	// HashAt returns the hash of an entry, and false when there is none.
	HashAt(seq uint64) (string, bool)
}

// A Fault says how a ledger contradicts an anchor. The zero Fault is invalid.
type Fault uint8

const (
	_         Fault = iota
	Missing         // there is no entry at all
	Shorter         // entries are missing at its end
	Rewritten       // the entry is another one
	Replaced        // another ledger stands in its place
)

// A ContradictedError reports a ledger that is not the one that was anchored, or
// is an older copy of it. Nothing may be done on the strength of it (hazards
// R33, R34).
type ContradictedError struct {
	Fault  Fault
	Anchor Statement
	When   time.Time // that the anchor gives; a note
	Seq    uint64    // of the ledger's last entry
}

func (e *ContradictedError) Error() string {
	was := fmt.Sprintf("the git tag %s of %s anchors the ledger %s at entry %d", e.Anchor.Name(), e.When.UTC().Format(time.DateTime+" MST"), e.Anchor.Place, e.Anchor.Seq)
	switch e.Fault {
	case Missing:
		return was + ", and there is no ledger"
	case Shorter:
		return fmt.Sprintf("%s, and the ledger here ends at entry %d: it is an older copy, or its end was cut off", was, e.Seq)
	case Rewritten:
		return fmt.Sprintf("%s, and entry %d is another one here: its history was replaced", was, e.Anchor.Seq)
	}
	return was + ", and another ledger stands in its place"
}

// Check holds the ledger that is kept at a place against the anchors of a
// repository. Those of this ledger, wherever it was kept, and those of whatever
// was kept at this place have to be in it. The error is a [*ContradictedError]
// about the newest that is not.
func Check(l Ledger, place string, anchors []Tag) error {
	var worst *ContradictedError
	_, seq := l.Head()
	for _, a := range anchors {
		if !Concerns(l, place, a) {
			continue
		}
		e := &ContradictedError{Anchor: a.Statement, When: a.Time, Seq: seq}
		hash, there := l.HashAt(a.Seq)
		switch {
		case seq == 0:
			e.Fault = Missing
		case l.Ledger() != a.Ledger:
			e.Fault = Replaced
		case !there:
			e.Fault = Shorter
		case hash != a.Head:
			e.Fault = Rewritten
		default:
			continue
		}
		if worst == nil || a.Seq > worst.Anchor.Seq {
			worst = e
		}
	}
	if worst == nil {
		return nil
	}
	return worst
}

// Concerns reports whether an anchor is about a ledger, or about what is kept at
// its place.
func Concerns(l Ledger, place string, a Tag) bool {
	return a.Ledger == l.Ledger() || a.Place == place
}
