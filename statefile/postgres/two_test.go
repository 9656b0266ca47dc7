//go:build unix

package postgres

import (
	"errors"
	"sync"
	"testing"

	"flexform/statefile"
	"flexform/statefile/ledgertest"
)

func overtaken(err error) bool {
	_, written := errors.AsType[*statefile.WriteError](err)
	_, ok := errors.AsType[*OvertakenError](err)
	return written && ok
}

// R20, R22: many that all believe to be alone claim the same action at once,
// past the lock. One has it; nobody else wrote anything.
func TestClaimRace(t *testing.T) {
	const rounds, writers = 6, 8
	p := newPlace(t)
	w := open(t, p)
	appended(t, w, ledgertest.Begin(2*rounds))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for round := range rounds {
		var all sync.WaitGroup
		var mu sync.Mutex
		won := 0
		ready := make(chan struct{})
		for range writers {
			w := behind(t, p)
			all.Go(func() {
				<-ready
				_, err := w.Append(t.Context(), ledgertest.Intent(round))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !overtaken(err) {
					t.Errorf("round %d: %v", round, err)
				}
				w.Close()
			})
		}
		close(ready)
		all.Wait()
		if won != 1 {
			t.Errorf("round %d: %d writers have the claim", round, won)
		}
	}
	if list := entries(t, p); len(list) != 2+rounds {
		t.Errorf("%d entries, want %d", len(list), 2+rounds)
	}
}

// R20, R22: who was overtaken writes nothing more, not even what would fit.
func TestOvertaken(t *testing.T) {
	p := newPlace(t)
	first := open(t, p)
	appended(t, first, ledgertest.Begin(3))
	second := behind(t, p)
	appended(t, second, ledgertest.Intent(1))
	for range 2 {
		if _, err := first.Append(t.Context(), ledgertest.Intent(2)); !overtaken(err) {
			t.Errorf("an append behind an old head: %v", err)
		}
	}
	if err := first.Reserve(1); !overtaken(err) {
		t.Errorf("room for more: %v", err)
	}
	appended(t, second, statefile.Outcome{Action: ledgertest.Intent(1).Action, Result: statefile.Accepted})
	if list := entries(t, p); len(list) != 4 {
		t.Errorf("%d entries, want 4", len(list))
	}
}

// Before the first call Reserve sees that somebody else was there.
func TestReserveSeesOthers(t *testing.T) {
	p := newPlace(t)
	first := open(t, p)
	appended(t, behind(t, p), ledgertest.Begin(3))
	err := first.Reserve(3)
	if _, ok := errors.AsType[*OvertakenError](err); !ok {
		t.Errorf("Reserve behind an old head: %v", err)
	}
}

// A key that was claimed stays claimed when the entries that say so are gone.
func TestClaimsOutliveEntries(t *testing.T) {
	p := newPlace(t)
	w := open(t, p)
	appended(t, w, ledgertest.Begin(3), ledgertest.Intent(1))
	stale := behind(t, p)
	appended(t, w, ledgertest.Intent(2))
	p.change(t, "DELETE FROM {entries} WHERE seq = 4")
	if _, err := stale.Append(t.Context(), ledgertest.Intent(2)); !overtaken(err) {
		t.Errorf("claimed again: %v", err)
	}
	if _, err := p.Read(t.Context()); err == nil {
		t.Error("a ledger that was cut off is read")
	}
}
