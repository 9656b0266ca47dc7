package apply

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/bulk/bulktest"
	"flexform/internal/durable/disktest"
	"flexform/plan/policy"
	"flexform/statefile"
)

// A bulkWorld is a world whose plans go with bulk files.
type bulkWorld struct {
	*world
	desk  *desk
	asked int // rows that a person had to decide
}

// newBulkWorld wants a full refund, a first and a later partial one.
func newBulkWorld(t tester, atOnce bool, clears bulktest.Clearing) *bulkWorld {
	w := &bulkWorld{world: newWorld(t)}
	w.config.Transactions = w.config.Transactions[:3]
	w.desk = newDesk(w.bank)
	w.desk.atOnce, w.desk.Clears = atOnce, clears
	return w
}

// ship is one run of the program from its start to its end, or to the trap.
func (w *bulkWorld) ship(tr *trap) {
	w.t.Helper()
	w.processWith(tr, func(r *Runner) {
		m := r.Merchants[shop]
		m.Drop = w.desk.drop(tr)
		r.Merchants[shop] = m
		r.Bulk.Patience = -1
		r.Wait = func(ctx context.Context, d time.Duration) error {
			if tr.isDead() {
				return disktest.ErrDead
			}
			w.desk.Work()
			return w.clock.Wait(ctx, d)
		}
	}, func(r *Runner, a policy.Approved) { _, _ = r.RunBulk(context.Background(), a) })
}

// untilQuiet runs processes without traps until there is nothing to do.
func (w *bulkWorld) untilQuiet() {
	w.t.Helper()
	for range 6 {
		w.ship(&trap{})
		w.desk.Work() // DIBS works in between as well
		w.asked += w.person()
		open := 0
		for _, b := range w.file.State().Batches() {
			open += b.Open
		}
		if open == 0 && w.plan().Empty() {
			return
		}
	}
	w.t.Errorf("still something to do: %+v", w.plan().Body.Actions)
}

// person is somebody who knows what DIBS did: where rows lie on the server that
// flexform would not release again, they take them away and record which of
// them were carried out. It returns how many.
func (w *bulkWorld) person() (rows int) {
	w.t.Helper()
	w.fs = w.disk.Start()
	if err := w.open(); err != nil {
		w.t.Fatalf("open ledger: %v", err)
	}
	defer w.file.Close()
	for _, b := range w.file.State().Batches() {
		if !b.Exposed() || b.Released > 0 || !w.desk.Stranded(b.Name) {
			continue
		}
		w.desk.Work() // they find out what it comes to
		w.desk.Work()
		if !w.desk.Stranded(b.Name) {
			continue
		}
		_ = w.desk.Remove(b.Name + ".txt")
		actions, _ := w.file.State().BatchActions(b.Name)
		for _, a := range actions {
			if !a.State.Undecided() {
				continue
			}
			said := statefile.Resolved{Action: a.ID, Done: w.desk.Rows()[dibs.TransactID(a.Transact)] > 0, Evidence: "DIBS support, ticket 4411"}
			if _, err := w.file.Append(context.Background(), said); err != nil {
				w.t.Errorf("resolve %s: %v", a.ID, err)
			}
			rows++
		}
	}
	return rows
}

// check counts by the desk: no row was carried out twice, none that the ledger
// does not know of, and none is silently short. It returns how many rows are
// left to a person.
func (w *bulkWorld) check() (unknown int) {
	w.t.Helper()
	for id, n := range w.desk.Rows() {
		if n != 1 {
			w.t.Errorf("%s was carried out %d times", id, n)
		}
	}
	for _, want := range w.config.Transactions {
		a := w.bank.accounts[dibs.TransactID(want.Transact)]
		if a.refunded > want.Refunded.Amount.Minor() {
			w.t.Errorf("%s: the bank has %+v, wanted is only %+v", want.Address, *a, want)
		}
		tr, _ := w.file.State().Transaction(statefile.Key{Merchant: shop, Transact: want.Transact})
		undecided := false
		for _, x := range tr.Actions {
			undecided = undecided || x.State.Undecided()
		}
		switch {
		case undecided:
			unknown++
		case a.refunded != want.Refunded.Amount.Minor() || tr.Refunded.Minor() != a.refunded:
			w.t.Errorf("%s: the bank has %+v, the ledger %+v, wanted is %+v", want.Address, *a, tr, want)
		}
	}
	claimed := map[string]bool{}
	for _, b := range w.file.State().Batches() {
		claimed[b.Name] = b.Exposed()
	}
	for _, name := range w.desk.Released() {
		if !claimed[name] {
			w.t.Errorf("%s was released, and the ledger does not say that it may have been", name)
		}
	}
	return unknown
}

// R1, R2, R9, R10, R12, and "bulk refund file" of hazards 1: every contact with
// the disk, the gateway or the server of the files goes wrong in every way,
// once, and with a power cut after it; at a server that carries files out at
// once or later, and that clears away what it has carried out or not, or its run
// file only. No row is ever carried out twice.
func TestEveryBulkContactGoesWrong(t *testing.T) {
	w, tr := newBulkWorld(t, false, bulktest.ClearsNothing), &trap{}
	w.ship(tr)
	var runs, asked atomic.Int64
	t.Run("ways", func(t *testing.T) {
		for _, way := range slices.Sorted(maps.Keys(hows)) { // DIBS is late in any case
			for kind := range 12 {
				cut, atOnce, clears := kind&1 > 0, kind&2 > 0, bulktest.Clearing(kind/4)
				t.Run(fmt.Sprintf("%s, power cut %t, at once %t, clears %d", way, cut, atOnce, clears), func(t *testing.T) {
					t.Parallel()
					step := 1
					if testing.Short() {
						step = 7
					}
					for n := 1; ; n += step {
						w, tr := newBulkWorld(t, atOnce, clears), newTrap(n, way)
						w.ship(tr)
						if cut {
							w.disk.PowerCut(rand.New(rand.NewPCG(uint64(n), 1)))
						}
						w.desk.Work() // before the next process starts
						w.untilQuiet()
						if open := w.check(); open > 0 {
							t.Errorf("%d rows are undecided", open)
						}
						asked.Add(int64(w.asked))
						runs.Add(1)
						if t.Failed() {
							t.Fatalf("at contact %d: desk %v, ledger %v", n, w.desk.List(), w.desk.Rows())
						}
						if !tr.sprung {
							if n < 60 {
								t.Errorf("only %d contacts: is something not trapped?", n-1)
							}
							return
						}
					}
				})
			}
		}
	})
	t.Logf("%s where nothing is cleared away: %d runs, %d rows decided by a person", tally(tr.log), runs.Load(), asked.Load())
}

// R2: two processes go wrong one after the other, at pairs of contacts.
func TestEveryBulkPairGoesWrong(t *testing.T) {
	open, runs := 0, 0
	pairs := everyPair(t, func(n, m int, first, second string) (bool, bool) {
		w := newBulkWorld(t, n%2 > 0, bulktest.Clearing(m%3))
		w.config.Transactions = w.config.Transactions[1:2]
		a, b := newTrap(n, first), newTrap(m, second)
		w.ship(a)
		w.ship(b)
		w.untilQuiet()
		open += w.check()
		runs++
		return a.sprung, b.sprung
	})
	if t.Logf("%d pairs, %d runs, %d rows left to a person", pairs, runs, open); open > 0 {
		t.Errorf("%d rows are undecided", open)
	}
}
