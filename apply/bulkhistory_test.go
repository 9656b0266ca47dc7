package apply

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"flexform/dibs/bulk/bulktest"
	"flexform/internal/durable/disktest"
	"flexform/plan/policy"
)

// R1, R12, R20: histories of processes, some by file and some by calls, that
// die on disks that lose what was not synced, while the files are carried out
// now or later and the server clears up or not. In the end everything is as it
// was wanted, or said to be unknown; nothing was ever paid twice.
func TestBulkHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newBulkWorld(t, rapid.Bool().Draw(t, "at once"), bulktest.Clearing(rapid.IntRange(0, 2).Draw(t, "clears")))
		cuts, ways := rapid.Bool().Draw(t, "power cuts"), slices.Sorted(maps.Keys(hows))
		for range rapid.IntRange(1, 5).Draw(t, "processes") {
			tr := &trap{}
			if rapid.IntRange(0, 3).Draw(t, "trapped") > 0 {
				tr.at = rapid.IntRange(1, 90).Draw(t, "at")
				tr.how = hows[rapid.SampledFrom(ways).Draw(t, "how")]
			}
			w.bank.blind = blindness(t)
			if rapid.Bool().Draw(t, "by file") {
				w.ship(tr)
			} else {
				w.byCalls(tr)
			}
			w.bank.blind = nil
			chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
			if cuts && rapid.Bool().Draw(t, "power cut") {
				w.disk.PowerCut(chance)
			}
			if rapid.Bool().Draw(t, "works") {
				w.desk.Work()
			}
			w.clock.now = w.clock.now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "minutes")) * time.Minute)
			w.fs = w.disk.Start()
			if err := w.open(); err != nil {
				t.Fatalf("open ledger: %v", err)
			}
			w.noMore()
			w.file.Close()
		}
		w.untilQuiet()
		w.check()
	})
}

// byCalls is one run of the program that makes calls, and looks for what came
// of files.
func (w *bulkWorld) byCalls(tr *trap) {
	w.t.Helper()
	w.processWith(tr, func(r *Runner) {
		m := r.Merchants[shop]
		m.Drop = w.desk.drop(tr)
		r.Merchants[shop] = m
		wait := r.Wait
		r.Wait = func(ctx context.Context, d time.Duration) error {
			if tr.isDead() {
				return disktest.ErrDead
			}
			return wait(ctx, d)
		}
	}, func(r *Runner, a policy.Approved) { _, _ = r.Run(context.Background(), a) })
}

// noMore holds at every moment: no row was carried out twice, and no total is
// above what is wanted.
func (w *bulkWorld) noMore() {
	w.t.Helper()
	for _, want := range w.config.Transactions {
		for id, a := range w.bank.accounts {
			if string(id) == want.Transact && a.refunded > want.Refunded.Amount.Minor() {
				w.t.Errorf("%s: the bank has %+v, wanted is only %+v", want.Address, *a, want)
			}
		}
	}
}
