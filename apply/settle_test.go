package apply

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"

	"github.com/google/go-cmp/cmp"
)

// R3: what a lost reply meant is proven by the status, or stays unknown.
func TestLostReply(t *testing.T) {
	for name, tt := range map[string]struct {
		action  plan.Action
		setup   func(*rig)
		commit  bool
		pending bool
		want    Fate
		waits   bool
	}{
		"full refund that happened":            {refund(0, 0, 20000), nil, true, false, FateSettled, false},
		"full refund that did not":             {refund(0, 0, 20000), nil, false, false, FateNotDone, true},
		"full refund in a batch that happened": {refund(0, 0, 20000), nil, true, true, FateSettling, false},
		"first partial refund that happened":   {refund(0, 0, 5000), nil, true, false, FateSettled, false},
		"first partial refund that did not":    {refund(0, 0, 5000), nil, false, false, FateUnknown, true},
		"later partial refund that happened":   {refund(0, 5000, 8000), earlier, true, false, FateUnknown, true},
		"later partial refund that did not":    {refund(0, 5000, 8000), earlier, false, false, FateUnknown, true},
		"capture that happened":                {capture(1, 20000), nil, true, false, FateSettled, false},
		"capture that did not":                 {capture(1, 20000), nil, false, false, FateNotDone, true},
		"capture in a batch that happened":     {capture(1, 20000), nil, true, true, FateSettling, false},
		"cancel that happened":                 {cancel(1), nil, true, false, FateSettled, false},
		"cancel that did not":                  {cancel(1), nil, false, false, FateNotDone, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2)
			r.authorised(1)
			if tt.setup != nil {
				tt.setup(r)
			}
			sent := len(r.bank.sent)
			r.bank.pending = tt.pending
			r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) { return tt.commit, lost(id) }
			got := r.run(r.runner(), planOf(tt.action))
			if len(got.Done)+len(got.NotSent)+len(got.Unknown) != 1 {
				t.Fatalf("result = %v, want one", ended(got))
			}
			for _, list := range [][]ActionResult{got.Done, got.NotSent, got.Unknown} {
				for _, a := range list {
					if a.Fate != tt.want || a.Detail == "" {
						t.Errorf("fate = %s (%q), want %s with a reason", a.Fate, a.Detail, tt.want)
					}
				}
			}
			if len(r.bank.sent)-sent != 1 {
				t.Errorf("sent %v, want one request more", r.bank.sent)
			}
			if waited := len(r.clock.waits) > 0; waited != tt.waits {
				t.Errorf("waited %v", r.clock.waits)
			}
		})
	}
}

// earlier refunds 50.00 of account 0, which then stands at status 8.
func earlier(r *rig) {
	r.run(r.runner(), planOf(refund(0, 0, 5000)))
}

// The waits double up to a limit and end with the window.
func TestWaitsAreBounded(t *testing.T) {
	r := newRig(t, 1)
	answers(r.bank, lost(transact(0)))
	r.run(r.runner(), planOf(refund(0, 0, 20000)))
	want := []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 30e9, 30e9, 29e9}
	if diff := cmp.Diff(want, r.clock.waits); diff != "" {
		t.Errorf("waits (-want +got):\n%s", diff)
	}
}

// A clock that is set back while we wait neither proves nor prolongs anything.
func TestClockSetBack(t *testing.T) {
	r := newRig(t, 1)
	answers(r.bank, lost(transact(0)))
	runner := r.runner()
	var total time.Duration
	runner.Wait = func(_ context.Context, d time.Duration) error {
		total += d
		r.clock.now = r.clock.now.Add(-time.Hour)
		return nil
	}
	got := r.run(runner, planOf(refund(0, 0, 20000)))
	if len(got.Unknown) != 1 || total != defaultSendBy+defaultWindow {
		t.Errorf("result = %v after %v, want unknown after %v", ended(got), total, defaultSendBy+defaultWindow)
	}
}

// R4: a commit that comes after the reply was given up is found while the
// window is open, and nothing is sent again.
func TestLateCommit(t *testing.T) {
	r := newRig(t, 1)
	answers(r.bank, lost(transact(0)))
	runner := r.runner()
	runner.Wait = func(ctx context.Context, d time.Duration) error {
		if len(r.clock.waits) == 5 {
			r.account(0).commit(statefile.Refund, 20000, false)
		}
		return r.clock.Wait(ctx, d)
	}
	got := r.run(runner, planOf(refund(0, 0, 20000)))
	if len(got.Done) != 1 || len(r.bank.sent) != 1 {
		t.Errorf("result = %v, sent %v; want done after one request", ended(got), r.bank.sent)
	}
	r.agree()
}

func TestUnreadableUnknownStaysUnknown(t *testing.T) {
	r := newRig(t, 1)
	answers(r.bank, lost(transact(0)))
	r.bank.blind = func(n int, _ dibs.TransactID) error {
		if n > 1 {
			return io.EOF
		}
		return nil
	}
	got := r.run(r.runner(), planOf(refund(0, 0, 20000)))
	if len(got.Unknown) != 1 {
		t.Errorf("result = %v, want unknown", ended(got))
	}
}

// R5: accepted is not settled.
func TestAcceptedThenDeclined(t *testing.T) {
	for name, tt := range map[string]struct {
		after dibs.Status
		want  plan.Judgement // 0: none
		state statefile.ActionState
		total int64
	}{
		"final":             {dibs.StatusRefunded, plan.Settled, statefile.ActionDone, 20000},
		"declined later":    {dibs.StatusRefundDeclined, plan.Reversed, statefile.ActionReversed, 0},
		"still on its way":  {dibs.StatusRefundSent, 0, statefile.ActionAccepted, 20000},
		"still in a batch":  {dibs.StatusRefundPending, 0, statefile.ActionAccepted, 20000},
		"of unknown status": {25, 0, statefile.ActionAccepted, 20000},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			r.bank.pending = true
			if got := r.run(r.runner(), planOf(refund(0, 0, 20000))); got.Settling() != 1 {
				t.Fatalf("result = %v, want settling", ended(got))
			}
			r.reopen()
			r.account(0).status = tt.after
			s := r.settle(r.runner())
			switch {
			case tt.want == 0 && (len(s.Settling) != 1 || len(s.Decided) != 0),
				tt.want != 0 && (len(s.Decided) != 1 || s.Decided[0].Judgement != tt.want || len(s.Settling) != 0):
				t.Errorf("settle = %+v, want %v", s, tt.want)
			}
			tr, _ := r.file.State().Transaction(key(0))
			if tr.Actions[0].State != tt.state || tr.Refunded.Minor() != tt.total {
				t.Errorf("ledger: %v with %s refunded, want %v with %d", tr.Actions[0].State, tr.Refunded, tt.state, tt.total)
			}
		})
	}
}

// R1: an open intent is settled before anything else.
func TestSettleOpenIntent(t *testing.T) {
	for name, tt := range map[string]struct {
		happened bool
		age      time.Duration
		want     plan.Judgement // 0: none
		waits    bool
	}{
		"that happened, just now":      {true, 0, plan.Settled, false},
		"that happened, long ago":      {true, time.Hour, plan.Settled, false},
		"that did not, just now":       {false, 0, plan.DidNotHappen, true},
		"that did not, a minute ago":   {false, time.Minute, plan.DidNotHappen, true},
		"that did not, a window ago":   {false, defaultWindow, plan.DidNotHappen, true}, // it may have been sent later than its intent
		"that did not, long ago":       {false, time.Hour, plan.DidNotHappen, false},
		"of a clock that was set back": {false, -time.Hour, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			r.openIntent(refund(0, 0, 20000))
			r.reopen()
			if tt.happened {
				r.account(0).commit(statefile.Refund, 20000, false)
			}
			r.clock.now = r.clock.now.Add(tt.age)
			s := r.settle(r.runner())
			if tt.want == 0 && len(s.Unknown) != 1 || tt.want != 0 && (len(s.Decided) != 1 || s.Decided[0].Judgement != tt.want) {
				t.Errorf("settle = %+v, want %v", s, tt.want)
			}
			if waited := len(r.clock.waits) > 0; waited != tt.waits {
				t.Errorf("waited %v", r.clock.waits)
			}
			a, _ := r.file.State().Action("12345678/11111111/refund/0-20000/DKK#1")
			if tt.want != 0 && a.State.Undecided() {
				t.Errorf("ledger: %v, want it decided", a.State)
			}
			if kinds := r.kinds(); kinds[3] != "unknown" {
				t.Errorf("ledger = %v, want the lost answer recorded as unknown", kinds)
			}
			if len(r.bank.sent) != 0 {
				t.Errorf("sent %v", r.bank.sent)
			}
			r.agree()
		})
	}
}

// What was unknown may turn out to have been declined by the acquirer.
func TestSettleUnknownThatWasDeclined(t *testing.T) {
	r := newRig(t, 1)
	r.openIntent(refund(0, 0, 20000))
	r.account(0).status = dibs.StatusRefundDeclined
	s := r.settle(r.runner())
	a, _ := r.file.State().Action("12345678/11111111/refund/0-20000/DKK#1")
	if len(s.Decided) != 1 || a.State != statefile.ActionReversed {
		t.Errorf("settle = %+v, ledger: %v; want it reversed", s, a.State)
	}
}

// openIntent leaves what a process leaves that died in a call.
func (r *rig) openIntent(a plan.Action) {
	r.t.Helper()
	j, err := newJob(0, a)
	if err != nil {
		r.t.Fatalf("job: %v", err)
	}
	r.record(j.intent("sha256:dead", int(a.Status)))
}

func TestSettleOfNothingAsksNothing(t *testing.T) {
	r := newRig(t, 2)
	r.run(r.runner(), planOf(refund(0, 0, 20000)))
	reads, before := r.bank.reads, len(r.kinds())
	s := r.settle(r.runner())
	if diff := cmp.Diff(Settled{}, s); diff != "" || r.bank.reads != reads || len(r.kinds()) != before {
		t.Errorf("settle = %+v after %d reads, ledger grew by %d; want nothing", s, r.bank.reads-reads, len(r.kinds())-before)
	}
}

func TestSettleInterrupted(t *testing.T) {
	r := newRig(t, 1)
	r.openIntent(refund(0, 0, 20000))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s, err := r.runner().Settle(ctx)
	if err != nil || len(s.Unknown) != 1 || !s.AnyUnknown() || len(r.clock.waits) != 0 {
		t.Errorf("settle = %+v, %v after waits %v; want it unknown at once", s, err, r.clock.waits)
	}
}

func TestSettleWithoutTheMerchant(t *testing.T) {
	r := newRig(t, 1)
	r.openIntent(refund(0, 0, 20000))
	runner := r.runner()
	runner.Merchants = nil
	s := r.settle(runner)
	if len(s.Unknown) != 1 || s.Unknown[0].Err == nil || s.Unknown[0].Detail == "" || len(r.clock.waits) != 0 {
		t.Errorf("settle = %+v after waits %v, want it unknown with the cause, at once", s, r.clock.waits)
	}
}

// Nothing is gained by asking again with a login that was refused.
func TestSettleWithARefusedLogin(t *testing.T) {
	r := newRig(t, 1)
	r.openIntent(refund(0, 0, 20000))
	r.bank.blind = func(int, dibs.TransactID) error { return &dibs.LoginError{Service: "payinfo.cgi", User: "api"} }
	if s := r.settle(r.runner()); len(s.Unknown) != 1 || r.bank.reads != 1 || len(r.clock.waits) != 0 {
		t.Errorf("settle = %+v after %d reads and waits %v, want it unknown after one", s, r.bank.reads, r.clock.waits)
	}
}

func TestSettleWithABrokenLedger(t *testing.T) {
	r := newRig(t, 1)
	r.openIntent(refund(0, 0, 20000))
	r.clock.now = r.clock.now.Add(time.Hour)
	for n := 1; n <= 2; n++ {
		runner := r.runner()
		runner.Ledger = &faultyLedger{Ledger: r.file, before: failAt(n, io.ErrShortWrite)}
		if s, err := runner.Settle(context.Background()); !errors.As(err, new(*RecordError)) || len(s.Decided) != 0 {
			t.Errorf("append %d fails: settle = %+v, %v; want a RecordError and nothing decided", n, s, err)
		}
	}
}

// R4: a capture that is carried out long after it was given up is not taken for
// the smaller one that was asked for meanwhile: 100.00 would be recorded where
// 200.00 were taken.
func TestLateCaptureIsNoOther(t *testing.T) {
	r := newRig(t, 1)
	r.authorised(0)
	r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) { return false, lost(id) }
	r.bank.slow = func(n int) time.Duration {
		if n == 1 {
			return 10 * defaultWindow
		}
		return 0
	}
	if got := r.run(r.runner(), planOf(capture(0, 20000))); got.AnyUnknown() {
		t.Fatalf("result %v, want it not done", ended(got))
	}
	_ = r.clock.Wait(t.Context(), 8*defaultWindow)
	if got := r.run(r.runner(), planOf(capture(0, 10000))); len(got.Unknown)+len(got.NotSent) != 1 {
		t.Fatalf("result %v", ended(got))
	}
	_ = r.clock.Wait(t.Context(), 10*defaultWindow)
	r.settle(r.runner())
	tr, _ := r.file.State().Transaction(key(0))
	if r.account(0).captured != 20000 || tr.Captured.Minor() == 10000 {
		t.Errorf("the bank captured %d, the ledger says %s", r.account(0).captured, tr.Captured)
	}
}
