package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/internal/durable/disktest"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// base makes account i one that is captured in parts, with that much so far.
func (r *rig) base(i int, captured int64) {
	r.account(i).captured, r.account(i).status = captured, dibs.StatusMulticapOpen
}

// part is the action that raises the captured total of account i by one of
// several captures.
func part(i int, from, to int64) plan.Action {
	a := capture(i, to)
	a.FromMinor, a.Status, a.Class = from, dibs.StatusMulticapOpen, plan.Counted
	return a
}

func loggedIn(r *rig) *Runner {
	runner := r.runner()
	runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: r.bank, Login: true, Concurrency: 1}
	return runner
}

// Captures of one authorisation, one an apply. The gateway's own total counts
// where the ledger does not know one yet.
func TestCapturesInParts(t *testing.T) {
	r := newRig(t, 1)
	r.base(0, 3000)
	for _, a := range []plan.Action{part(0, 3000, 5000), part(0, 5000, 12000), part(0, 12000, 20000)} {
		if got := r.run(loggedIn(r), planOf(a)); !got.Complete() || got.Settling() > 0 {
			t.Errorf("%d to %d: %v", a.FromMinor, a.ToMinor, ended(got))
		}
	}
	tr, _ := r.file.State().Transaction(key(0))
	if r.account(0).captured != 20000 || tr.Captured != dkk(20000) || !tr.Final() {
		t.Errorf("the bank has %d, the ledger %s", r.account(0).captured, tr.Captured)
	}
}

// R3, R4: the sums decide a lost reply of a capture in parts, but never that one
// did not happen which the gateway could carry out on top of another.
func TestLostCaptureOfSeveral(t *testing.T) {
	for name, tt := range map[string]struct {
		to              int64
		class           plan.Class
		commit, pending bool
		want            Fate
	}{
		"carried out":                           {12000, plan.Counted, true, false, FateSettled},
		"carried out, and pending":              {12000, plan.Counted, true, true, FateSettling},
		"not arrived":                           {12000, plan.Counted, false, false, FateUnknown},
		"not arrived, and it would fit in once": {13000, plan.SelfLimiting, false, false, FateUnknown},
		"not arrived, and it is all the rest":   {20000, plan.SelfLimiting, false, false, FateNotDone},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			r.base(0, 5000)
			r.bank.pending = tt.pending
			r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) { return tt.commit, lost(id) }
			a := part(0, 5000, tt.to)
			a.Class = tt.class
			got := r.run(loggedIn(r), planOf(a))
			if diff := cmp.Diff([]string{"capture 11111111: " + string(tt.want)}, ended(got)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if len(r.bank.sent) != 1 {
				t.Errorf("sent %v, want one request", r.bank.sent)
			}
		})
	}
}

// R5: a capture that the gateway accepted and the acquirer declined later.
func TestCaptureOfSeveralReversed(t *testing.T) {
	r := newRig(t, 1)
	r.base(0, 5000)
	r.bank.pending = true
	if got := r.run(loggedIn(r), planOf(part(0, 5000, 12000))); got.Settling() != 1 {
		t.Fatalf("result = %v, want it settling", ended(got))
	}
	r.account(0).captured, r.account(0).inFlight = 5000, 0
	r.clock.now = r.clock.now.Add(2 * defaultWindow)
	if s := r.settle(loggedIn(r)); len(s.Decided) != 1 || s.Decided[0].Judgement != plan.Reversed {
		t.Errorf("settle = %+v, want it reversed", s)
	}
	if tr, _ := r.file.State().Transaction(key(0)); tr.Captured != dkk(5000) {
		t.Errorf("the ledger has %s", tr.Captured)
	}
	r.bank.pending = false
	again := part(0, 5000, 12000)
	again.Attempt = 2
	if got := r.run(loggedIn(r), planOf(again)); !got.Complete() || r.account(0).captured != 12000 {
		t.Errorf("result = %v, the bank has %d", ended(got), r.account(0).captured)
	}
}

// R25: the status of a base is the same before and after a capture. Its sums
// tell that somebody was there.
func TestBaseMoved(t *testing.T) {
	for name, tt := range map[string]struct {
		move func(*rig, *Runner)
		why  string
	}{
		"somebody captured a part":  {func(r *rig, _ *Runner) { r.account(0).captured = 6000 }, "the gateway has it at 60.00 DKK"},
		"somebody closed it":        {func(r *rig, _ *Runner) { r.account(0).status = dibs.StatusMulticapClosed }, "now it is split capture closed"},
		"something is under way":    {func(r *rig, _ *Runner) { r.account(0).inFlight = 1000 }, "a capture of it is under way"},
		"another amount":            {func(r *rig, _ *Runner) { r.account(0).amount = 19999 }, "199.99 DKK"},
		"another order":             {func(r *rig, _ *Runner) { r.account(0).orderID = "order-9" }, "order-9"},
		"there is no API user":      {func(r *rig, u *Runner) { u.Merchants[shop] = Merchant{Gateway: r.bank, Reader: r.bank} }, "only to an API user"},
		"the ledger is ahead of it": {func(r *rig, u *Runner) { r.run(u, planOf(part(0, 5000, 7000))); r.account(0).captured = 5000 }, "the ledger has it at 70.00 DKK"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			r.base(0, 5000)
			runner := loggedIn(r)
			tt.move(r, runner)
			sent := len(r.bank.sent)
			got := r.run(runner, planOf(part(0, 5000, 12000)))
			if len(got.Moved) != 1 || !strings.Contains(got.Moved[0].Detail, tt.why) || len(r.bank.sent) != sent {
				t.Errorf("result = %+v, sent %v; want it moved because of %q", got, r.bank.sent, tt.why)
			}
		})
	}
}

// Sums that cannot be read, or cannot be, are no answer: nothing is sent.
func TestUnreadSumsAreNotSent(t *testing.T) {
	for name, info := range map[string]func() (dibs.SplitPayInfo, error){
		"not read": func() (dibs.SplitPayInfo, error) { return dibs.SplitPayInfo{}, errors.New("connection reset") },
		"nonsense": func() (dibs.SplitPayInfo, error) { return dibs.SplitPayInfo{}, nil },
		"a panic":  func() (dibs.SplitPayInfo, error) { panic("nil pointer") },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			r.base(0, 5000)
			runner := r.runner()
			runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: sumless{r.bank, info}, Login: true}
			if got := r.run(runner, planOf(part(0, 5000, 12000))); len(got.NotStarted) != 1 || len(r.bank.sent) != 0 {
				t.Errorf("result = %v, sent %v; want it not started", ended(got), r.bank.sent)
			}
		})
	}
}

type sumless struct {
	*bank
	info func() (dibs.SplitPayInfo, error)
}

func (s sumless) SplitPayInfo(context.Context, dibs.TransactID, money.Currency) (dibs.SplitPayInfo, error) {
	return s.info()
}

// newSplitWorld wants the rest of a base of which flexform captured a part, and
// of another one. After any other capture the gateway would refuse both.
func newSplitWorld(t tester) *world { return splitWorld(t, "200") }

// newOnceWorld is a world whose first capture the gateway would not repeat, but
// take on top of a smaller one.
func newOnceWorld(t tester) *world { return splitWorld(t, "130") }

// newCountedWorld is a world whose first capture the gateway would repeat.
func newCountedWorld(t tester) *world { return splitWorld(t, "120") }

func splitWorld(t tester, total string) *world {
	t.Helper()
	w := &world{disk: disktest.New(), width: 1, login: true}
	w.rig = rigOn(t, nil, "flexform.ledger", 2)
	w.base(0, 0)
	w.base(1, 4000)
	w.config = &schema.Config{Merchants: []schema.Merchant{{Name: "shop", ID: shop, Mode: schema.ModeSandbox}}}
	w.want(0, "50", "")
	w.process(&trap{})
	w.config.Transactions = nil
	w.want(0, total, "")
	w.want(1, "200", "")
	return w
}

// R2: every contact of captures in parts goes wrong in every way.
func TestEveryContactOfSplitsGoesWrong(t *testing.T) {
	t.Run("the rest", func(t *testing.T) { everyContact(t, newSplitWorld) })
	t.Run("self-limiting", func(t *testing.T) { everyContact(t, newOnceWorld) })
	t.Run("counted", func(t *testing.T) { everyContact(t, newCountedWorld) })
}

// R4: a lost capture that arrives an hour late, after a smaller one was declared
// instead, would be captured on top of it.
func TestSmallerCaptureAfterALostOne(t *testing.T) {
	r := newRig(t, 1)
	r.base(0, 0)
	r.bank.fault = func(n int, _ statefile.Verb, id dibs.TransactID) (bool, error) {
		if n == 1 {
			return false, lost(id)
		}
		return true, nil
	}
	r.bank.slow = func(int) time.Duration { return time.Hour }
	large := part(0, 0, 15000)
	large.Class = plan.SelfLimiting
	r.run(loggedIn(r), planOf(large))
	got := r.run(loggedIn(r), planOf(part(0, 0, 4000)))
	if diff := cmp.Diff([]string{"capture 11111111: moved"}, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	_ = r.clock.Wait(t.Context(), 2*time.Hour)
	r.settle(loggedIn(r))
	tr, _ := r.file.State().Transaction(key(0))
	if r.account(0).captured != 15000 || tr.Captured != dkk(15000) {
		t.Errorf("the bank captured %d, the ledger has %s; want 150.00 in both", r.account(0).captured, tr.Captured)
	}
}

// R4: a capture that takes effect up to ten windows late is never followed by
// another one, though the gateway would take it: until a person knows better,
// what the sums do not show stays unknown.
func TestVeryLateSplitCaptures(t *testing.T) {
	unknown := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newCountedWorld(t)
		w.misfortunes(t, 10)
		for range 4 {
			w.process(&trap{})
			w.noDoubles()
			w.clock.now = w.clock.now.Add(3 * defaultWindow)
		}
		w.bank.catchUp()
		if got := w.account(0).captured; got > 12000 {
			t.Errorf("the bank captured %d, and 12000 was wanted", got)
		}
		unknown += len(w.file.State().Undecided())
	})
	if unknown == 0 {
		t.Error("nothing was ever left unknown")
	}
}

// R1, R4, R12, R13: as TestHistories, for captures in parts: with sums, not one
// is left unknown when nothing is late.
func TestSplitHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newSplitWorld(t)
		w.misfortunes(t, 1)
		w.untilQuiet()
		w.clock.now = w.clock.now.Add(3 * defaultWindow)
		w.bank.catchUp() // whoever did not wait for it has captured twice
		w.check()
		if left := w.file.State().Undecided(); len(left) > 0 {
			t.Errorf("unknown, and the sums tell: %s", left[0].ID)
		}
		if got := fmt.Sprint(w.account(0).captured, w.account(1).captured); got != "20000 20000" {
			t.Errorf("the bank captured %s", got)
		}
	})
}

// R5: captures in parts that the acquirer declines a day later, among lost
// answers. What was declined is captured again, and never twice.
func TestSplitReversals(t *testing.T) {
	declines := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newSplitWorld(t)
		day := func() { w.clock.now = w.clock.now.Add(24 * time.Hour) }
		for range rapid.IntRange(1, 5).Draw(t, "days") {
			w.bank.pending = rapid.IntRange(0, 3).Draw(t, "batch") > 0
			w.faults(t, 1)
			w.process(&trap{})
			day()
			for i := range 2 {
				a := w.account(i)
				if a.inFlight > 0 && rapid.Bool().Draw(t, "declined") {
					a.captured, a.status = a.captured-a.inFlight, dibs.StatusMulticapOpen
					declines++
				}
				a.inFlight = 0
			}
			w.fs = w.disk.Start()
			if err := w.open(); err != nil {
				t.Fatalf("open ledger: %v", err)
			}
			w.noDoubles()
			w.file.Close()
		}
		w.bank.fault, w.bank.slow, w.bank.pending = nil, nil, false
		day()
		w.untilQuiet()
		w.check()
		if got := fmt.Sprint(w.account(0).captured, w.account(1).captured); got != "20000 20000" {
			t.Errorf("the bank captured %s", got)
		}
	})
	if declines == 0 {
		t.Error("nothing was ever declined")
	}
}
