package apply

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"

	"github.com/google/go-cmp/cmp"
)

// answers makes the bank answer its calls in this order, carrying out those
// with a nil error; the last one stands for all that follow.
func answers(b *bank, errs ...error) {
	b.fault = func(n int, _ statefile.Verb, _ dibs.TransactID) (bool, error) {
		err := errs[min(n, len(errs))-1]
		return err == nil, err
	}
}

func refunds(n int) []plan.Action {
	var list []plan.Action
	for i := range n {
		list = append(list, refund(i, 0, 5000))
	}
	return list
}

// R49: stop rules.
func TestStopRules(t *testing.T) {
	no := &dibs.DeclinedError{Result: dibs.ResultBlocked}
	away := &dibs.NotSentError{Err: io.EOF}
	silent := lost("11111111")
	login := &dibs.LoginError{Service: "refund.cgi", User: "api"}
	for name, tt := range map[string]struct {
		setup func(*Runner)
		says  []error
		sent  int
		rule  Rule
	}{
		"the first unknown stops":                   {nil, []error{nil, silent, nil}, 2, StopUnknown},
		"an error of no known type stops":           {nil, []error{nil, io.EOF, nil}, 2, StopUnknown},
		"an unknown does not stop where so set":     {func(r *Runner) { r.PastUnknown = true }, []error{nil, silent, nil}, 12, ""},
		"many unknowns stop all the same":           {func(r *Runner) { r.PastUnknown = true }, []error{silent}, 5, StopDeclines},
		"five declines in a row stop":               {nil, []error{nil, no}, 6, StopDeclines},
		"five not sent in a row stop":               {nil, []error{nil, nil, away}, 7, StopDeclines},
		"declines that are not in a row do not":     {nil, []error{no, no, no, no, nil, no, no, no, no, nil}, 12, ""},
		"the limit can be set":                      {func(r *Runner) { r.MaxDeclines = 2 }, []error{no}, 2, StopDeclines},
		"the limit can be lifted":                   {func(r *Runner) { r.MaxDeclines = -1 }, []error{no}, 12, ""},
		"a refused login stops at once":             {nil, []error{login}, 1, StopLogin},
		"a refused login stops whatever the limits": {func(r *Runner) { r.MaxDeclines, r.PastUnknown = -1, true }, []error{login}, 1, StopLogin},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 12)
			answers(r.bank, tt.says...)
			runner := r.runner()
			if tt.setup != nil {
				tt.setup(runner)
			}
			got := r.run(runner, planOf(refunds(12)...))
			if len(r.bank.sent) != tt.sent || got.Rule != tt.rule || (got.Stopped == "") != (tt.rule == "") {
				t.Errorf("sent %d, stopped by %q (%s); want %d, %q", len(r.bank.sent), got.Rule, got.Stopped, tt.sent, tt.rule)
			}
			if len(got.NotStarted) != 12-tt.sent {
				t.Errorf("%d not started, want %d", len(got.NotStarted), 12-tt.sent)
			}
			for _, a := range got.NotStarted {
				if a.Detail == "" {
					t.Errorf("%s was not started and no cause is given", a.ID)
				}
			}
		})
	}
}

func TestUnreadStatusesInARowStop(t *testing.T) {
	r := newRig(t, 12)
	r.bank.blind = func(int, dibs.TransactID) error { return io.EOF }
	got := r.run(r.runner(), planOf(refunds(12)...))
	if got.Rule != StopDeclines || r.bank.reads != 5 || len(got.NotStarted) != 12 {
		t.Errorf("stopped by %q after %d reads, %d not started; want %q after 5, 12", got.Rule, r.bank.reads, len(got.NotStarted), StopDeclines)
	}
}

func TestRefusedLoginOfAReadStops(t *testing.T) {
	r := newRig(t, 12)
	r.bank.blind = func(int, dibs.TransactID) error { return &dibs.LoginError{Service: "payinfo.cgi", User: "api"} }
	got := r.run(r.runner(), planOf(refunds(12)...))
	if got.Rule != StopLogin || r.bank.reads != 1 {
		t.Errorf("stopped by %q after %d reads, want %q after 1", got.Rule, r.bank.reads, StopLogin)
	}
}

// The plan's totals bound the run, whatever its list of actions says.
func TestRunningSumStopsAtThePlansTotal(t *testing.T) {
	for _, total := range []int64{12000, 14999} { // three refunds of 50.00
		r := newRig(t, 3)
		p := planOf(refunds(3)...)
		p.Body.Summary[0].Minor = total
		got := r.run(r.runner(), p)
		want := []string{"refund 11111111: settled", "refund 11111112: settled", "refund 11111113: not_started"}
		if diff := cmp.Diff(want, ended(got)); diff != "" || got.Rule != StopTotal {
			t.Errorf("a total of %d: stopped by %q, result (-want +got):\n%s", total, got.Rule, diff)
		}
	}
}

// An intent that was being synced when the gate closed is not sent any more,
// but for an interruption: what is started is finished.
func TestGateClosesBetweenIntentAndCall(t *testing.T) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	for name, tt := range map[string]struct {
		shut func(*gate)
		want string
		sent int
	}{
		"by an unknown outcome": {func(g *gate) { g.note(statefile.Outcome{Result: statefile.Unknown}, io.EOF) }, "not_sent", 0},
		"by an interruption":    {func(g *gate) { g.open(gone) }, "accepted", 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			runner := r.runner().withDefaults()
			p := planOf(refund(0, 0, 5000))
			jobs, err := runner.jobs(p)
			if err != nil {
				t.Fatal(err)
			}
			r.record(statefile.Begin{Plan: p.Digest, Mode: "sandbox", Actions: 1})
			b := &batch{Runner: runner, plan: p, jobs: jobs, gate: newGate(runner, p)}
			runner.Ledger = &faultyLedger{Ledger: r.file, after: func(int, []statefile.Payload) error {
				tt.shut(b.gate)
				return nil
			}}
			b.work(context.Background())
			if diff := cmp.Diff([]string{"created", "begin", "intent", tt.want}, r.kinds()); diff != "" || len(r.bank.sent) != tt.sent {
				t.Errorf("sent %v, ledger (-want +got):\n%s", r.bank.sent, diff)
			}
		})
	}
}

// R8: the first signal drains. What is under way ends and is recorded; nothing
// more is started.
func TestDrain(t *testing.T) {
	signal := errors.New("interrupt")
	for name, tt := range map[string]struct {
		interrupt func(r *rig, runner *Runner, stop func())
		want      []string
	}{
		"before the run": {func(_ *rig, _ *Runner, stop func()) { stop() },
			[]string{"refund 11111111: not_started", "refund 11111112: not_started"}},
		"while a status is read": {func(r *rig, _ *Runner, stop func()) {
			r.bank.blind = func(int, dibs.TransactID) error { stop(); return context.Canceled }
		}, []string{"refund 11111111: not_started", "refund 11111112: not_started"}},
		"while an intent is written": {func(r *rig, runner *Runner, stop func()) {
			runner.Ledger = &faultyLedger{Ledger: r.file, before: func(n int, _ []statefile.Payload) error {
				if n == 2 {
					stop()
				}
				return nil
			}}
		}, []string{"refund 11111111: settling", "refund 11111112: not_started"}},
		"while a call is under way": {func(r *rig, _ *Runner, stop func()) {
			r.bank.fault = func(int, statefile.Verb, dibs.TransactID) (bool, error) { stop(); return true, nil }
		}, []string{"refund 11111111: settling", "refund 11111112: not_started"}},
		"while a call is under way whose answer is lost": {func(r *rig, _ *Runner, stop func()) {
			r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) { stop(); return true, lost(id) }
		}, []string{"refund 11111111: unknown", "refund 11111112: not_started"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2)
			runner := r.runner()
			ctx, cancel := context.WithCancelCause(context.Background())
			defer cancel(nil)
			tt.interrupt(r, runner, func() { cancel(signal) })
			runner.Events = func(e Event) {
				if e.Kind == EventConfirming {
					t.Error("the gateway is still being asked")
				}
			}
			got, err := runner.withDefaults().run(ctx, planOf(refunds(2)...))
			if err != nil {
				t.Fatalf("run: %v", err)
			}
			if diff := cmp.Diff(tt.want, ended(got)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			for _, a := range got.NotStarted {
				if got.Stopped == "" || !strings.Contains(a.Detail, got.Stopped) {
					t.Errorf("%s was not started because of %q, want %q", a.ID, a.Detail, got.Stopped)
				}
			}
			if kinds := r.kinds(); len(kinds) > 1 && kinds[len(kinds)-1] != "end" || len(kinds) > 1 != (name != "before the run") {
				t.Errorf("ledger = %v, want a begin and an end, or neither", kinds)
			}
			if len(r.clock.waits) != 0 {
				t.Errorf("waited %v", r.clock.waits)
			}
			r.agree()
		})
	}
}
