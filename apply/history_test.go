package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"

	"pgregory.net/rapid"
)

// R1, R4, R12, R13: histories of processes that die, disks that lose what was
// not synced, and a gateway that does anything. After every run
// sum(plan) = done + not done + unknown, and the result says what the ledger
// says; in the end everything is as it was wanted, or said to be unknown.
func TestHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.misfortunes(t, 1)
		w.untilQuiet()
		w.check()
	})
}

// R4: calls that take effect up to ten windows after they were sent. Then the
// evidence may have been wrong, and the next plan finds the gateway and the
// ledger at odds; but nothing is ever paid twice.
func TestVeryLateCommits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		w.misfortunes(t, 10)
		for range 4 {
			w.process(&trap{})
			w.noDoubles()
			w.clock.now = w.clock.now.Add(3 * defaultWindow)
		}
	})
}

// misfortunes runs a few processes, each with faults as drawn. Calls take
// effect up to so many windows late.
func (w *world) misfortunes(t *rapid.T, windows int) {
	w.width = rapid.IntRange(1, 4).Draw(t, "width")
	cuts, ways := rapid.Bool().Draw(t, "power cuts"), slices.Sorted(maps.Keys(hows))
	for range rapid.IntRange(1, 4).Draw(t, "processes") {
		w.bank.blind = blindness(t)
		w.faults(t, windows)
		w.bank.pending = rapid.IntRange(0, 3).Draw(t, "pending") == 0
		tr := &trap{}
		if rapid.Bool().Draw(t, "trapped") {
			tr.at = rapid.IntRange(1, 120).Draw(t, "at")
			tr.how = hows[rapid.SampledFrom(ways).Draw(t, "how")]
		}
		w.processWith(tr, func(r *Runner) {
			r.PastUnknown = rapid.Bool().Draw(t, "past unknown")
			r.MaxDeclines = rapid.IntRange(-1, 6).Draw(t, "limit")
		}, w.runAndCompare)
		chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		if rapid.IntRange(0, 3).Draw(t, "evicted") == 0 {
			w.disk.Evict(chance)
		}
		if cuts && rapid.Bool().Draw(t, "power cut") {
			w.disk.PowerCut(chance)
		}
		w.fs = w.disk.Start()
		if err := w.open(); err != nil {
			t.Fatalf("open ledger: %v", err)
		}
		w.noDoubles()
		w.file.Close()
		w.batches(func() bool { return rapid.Bool().Draw(t, "acquirer") })
	}
	w.bank.fault, w.bank.slow, w.bank.blind, w.bank.pending = nil, nil, nil, false
	w.batches(func() bool { return true })
}

// batches lets the acquirer take some of what is pending, or all.
func (w *world) batches(takes func() bool) {
	for i := range len(w.bank.accounts) {
		a := w.account(i)
		switch {
		case !takes():
		case plan.Split(a.status):
			a.inFlight = 0
		case a.status == dibs.StatusCapturePending:
			a.status = dibs.StatusCaptured
		case a.status == dibs.StatusRefundPending && a.refunded == a.captured:
			a.status = dibs.StatusRefunded
		case a.status == dibs.StatusRefundPending:
			a.status = dibs.StatusPartlyRefunded
		}
	}
}

// faults answers each money call as drawn.
func (w *world) faults(t *rapid.T, windows int) {
	drawn := rapid.SliceOfN(rapid.IntRange(0, 11), 12, 12).Draw(t, "faults")
	delays := rapid.SliceOfN(rapid.IntRange(1, windows*int(defaultWindow/time.Second)-1), 12, 12).Draw(t, "delays")
	w.bank.fault = func(n int, _ statefile.Verb, id dibs.TransactID) (bool, error) {
		switch drawn[n%len(drawn)] {
		case 0:
			return true, lost(id)
		case 1, 5:
			return false, lost(id)
		case 2:
			return false, &dibs.DeclinedError{Transact: id, Result: dibs.ResultBlocked}
		case 3:
			return false, &dibs.NotSentError{Transact: id, Err: io.EOF}
		case 4:
			return true, errors.New("something else")
		}
		return true, nil
	}
	w.bank.slow = func(n int) time.Duration {
		if drawn[n%len(drawn)] != 5 {
			return 0
		}
		return time.Duration(delays[n%len(delays)]) * time.Second
	}
}

// blindness lets some status reads fail.
func blindness(t *rapid.T) func(int, dibs.TransactID) error {
	drawn := rapid.SliceOfN(rapid.IntRange(0, 5), 7, 7).Draw(t, "blind")
	return func(n int, _ dibs.TransactID) error {
		if drawn[n%len(drawn)] == 0 {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
}

// runAndCompare runs a plan and compares its result with the plan's sums and
// with the ledger.
func (w *world) runAndCompare(runner *Runner, approved policy.Approved) {
	w.t.Helper()
	sent, p := len(w.bank.sent), approved.Plan()
	result, err := runner.Run(context.Background(), approved)
	all := slices.Collect(result.All())
	if want, got := fmt.Sprint(p.Body.Summary), fmt.Sprint(Sums(all)); want != got {
		w.t.Errorf("sums of the result: %s, of the plan: %s", got, want)
	}
	if n := len(w.bank.sent) - sent; n > len(p.Body.Actions) {
		w.t.Errorf("%d requests for %d actions", n, len(p.Body.Actions))
	}
	for _, a := range all {
		if a.Detail == "" && a.Fate != FateSettling && a.Fate != FateSettled {
			w.t.Errorf("%s ended as %s without a reason", a.ID, a.Fate)
		}
		if err != nil {
			continue // the ledger is behind, and says so
		}
		recorded, ok := w.file.State().Action(a.ID)
		if started := a.Fate != FateMoved && a.Fate != FateNotStarted; ok != started || ok && fateOf(recorded.State) != a.Fate {
			w.t.Errorf("%s: the result says %s, the ledger %v (%t)", a.ID, a.Fate, recorded.State, ok)
		}
	}
}
