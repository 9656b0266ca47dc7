package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"

	"flexform/dibs"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"

	"github.com/google/go-cmp/cmp"
)

func TestRunRecordsEachStep(t *testing.T) {
	r := newRig(t, 3)
	r.authorised(1)
	r.authorised(2)
	runner := r.runner()
	runner.Actor, runner.Version, runner.Commit, runner.Author = statefile.Actor{User: "ann"}, "0.1", "abc", "Bo"

	got := r.run(runner, planOf(refund(0, 0, 5000), capture(1, 15000), cancel(2)))

	if diff := cmp.Diff([]string{"cancel 11111113: settled", "capture 11111112: settled", "refund 11111111: settled"}, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	wantCalls := []string{"refund 11111111 5000", "capture 11111112 15000", "cancel 11111113 0"}
	if diff := cmp.Diff(wantCalls, r.bank.sent); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	want := []string{"created", "begin", "intent", "accepted", "intent", "accepted", "intent", "accepted",
		"observed settled", "observed settled", "observed settled", "end"}
	if diff := cmp.Diff(want, r.kinds()); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	if !got.Complete() || got.AnyUnknown() || got.AnyMoved() || got.AnyFailed() || got.Settling() != 0 || got.Rule != "" {
		t.Errorf("result = %+v, want a complete one that nothing stopped", got)
	}
	wantSums := []plan.Sum{
		{Currency: "DKK", Verb: statefile.Cancel, Count: 1, Minor: 20000, LargestMinor: 20000},
		{Currency: "DKK", Verb: statefile.Capture, Count: 1, Minor: 15000, LargestMinor: 15000},
		{Currency: "DKK", Verb: statefile.Refund, Count: 1, Minor: 5000, LargestMinor: 5000},
	}
	if diff := cmp.Diff(wantSums, got.Sums()); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
}

func TestRunWritesItsContext(t *testing.T) {
	r := newRig(t, 1)
	runner := r.runner()
	runner.Actor, runner.Version, runner.Commit, runner.Author = statefile.Actor{User: "ann"}, "0.1", "abc", "Bo"
	p := planOf(refund(0, 0, 5000))
	r.run(runner, p)

	var begin *statefile.Begin
	var intent *statefile.Intent
	var end *statefile.End
	for e, err := range statefile.ReadEntries(r.path) {
		if err != nil {
			t.Fatal(err)
		}
		switch e.Kind {
		case statefile.KindBegin:
			begin = e.Begin
		case statefile.KindIntent:
			intent = e.Intent
		case statefile.KindEnd:
			end = e.End
		}
	}
	wantBegin := &statefile.Begin{Plan: p.Digest, Mode: "sandbox", Actions: 1, Actor: statefile.Actor{User: "ann"}, Commit: "abc", Author: "Bo", Version: "0.1"}
	if diff := cmp.Diff(wantBegin, begin); diff != "" {
		t.Errorf("begin (-want +got):\n%s", diff)
	}
	wantIntent := &statefile.Intent{
		Action: "12345678/11111111/refund/0-5000/DKK#1", Plan: p.Digest, Address: "transaction.t0", Merchant: shop,
		Transact: "11111111", OrderID: "order-0", Verb: statefile.Refund, Currency: "DKK", AmountMinor: 20000,
		FromMinor: 0, ToMinor: 5000, Attempt: 1, Class: "counted", Status: 5, Reason: "recall",
		SettleWindow: "2m0s", // as no sandbox has it
	}
	if diff := cmp.Diff(wantIntent, intent); diff != "" {
		t.Errorf("intent (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(&statefile.End{Plan: p.Digest, Accepted: 1}, end); diff != "" {
		t.Errorf("end (-want +got):\n%s", diff)
	}
}

// R1: the intent is durable before the call, the outcome before the next one.
func TestIntentStandsBeforeTheCall(t *testing.T) {
	r := newRig(t, 2)
	r.bank.fault = func(n int, _ statefile.Verb, id dibs.TransactID) (bool, error) {
		state, err := statefile.Read(r.path) // what the next process would find
		if err != nil {
			t.Fatal(err)
		}
		tr, _ := state.Transaction(statefile.Key{Merchant: shop, Transact: string(id)})
		if len(tr.Actions) != 1 || tr.Actions[0].State != statefile.ActionOpen {
			t.Errorf("call %d: the ledger on disk has %+v, want one open action", n, tr.Actions)
		}
		if first, _ := state.Transaction(key(0)); n == 2 && first.Actions[0].State != statefile.ActionAccepted {
			t.Errorf("call 2: the first action is %v on disk, want accepted", first.Actions[0].State)
		}
		return true, nil
	}
	r.run(r.runner(), planOf(refund(0, 0, 5000), refund(1, 0, 5000)))
}

func TestOneTransactionOneLane(t *testing.T) {
	second := refund(0, 5000, 8000)
	t.Run("in the plan's order", func(t *testing.T) {
		r := newRig(t, 2)
		runner := r.runner()
		runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: r.bank, Concurrency: 8}
		got := r.run(runner, planOf(refund(0, 0, 5000), refund(1, 0, 5000), second))
		if len(got.Done) != 3 || r.account(0).refunded != 8000 {
			t.Errorf("result %v, refunded %d; want 3 done and 8000", ended(got), r.account(0).refunded)
		}
	})
	t.Run("ends with the first that does not happen", func(t *testing.T) {
		r := newRig(t, 2)
		r.bank.fault = func(n int, _ statefile.Verb, id dibs.TransactID) (bool, error) {
			if n == 1 {
				return false, &dibs.DeclinedError{Transact: id, Result: dibs.ResultBlocked}
			}
			return true, nil
		}
		got := r.run(r.runner(), planOf(refund(0, 0, 5000), second, refund(1, 0, 5000)))
		want := []string{"refund 11111111: declined", "refund 11111111: not_started", "refund 11111112: settled"}
		if diff := cmp.Diff(want, ended(got)); diff != "" {
			t.Errorf("result (-want +got):\n%s", diff)
		}
	})
}

func TestTransactionsRunSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, 9)
		const width = 4
		// Every call waits until as many are under way as may be.
		var full sync.WaitGroup
		full.Add(width)
		r.bank.fault = func(n int, _ statefile.Verb, _ dibs.TransactID) (bool, error) {
			if n <= width {
				full.Done()
				full.Wait()
			}
			return true, nil
		}
		runner := r.runner()
		runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: r.bank, Concurrency: width}
		var actions []plan.Action
		for i := range 9 {
			actions = append(actions, refund(i, 0, 5000))
		}
		if got := r.run(runner, planOf(actions...)); !got.Complete() {
			t.Errorf("result = %v, want all done", ended(got))
		}
	})
}

// R9: no ledger, no money.
func TestNoLedgerNoMoney(t *testing.T) {
	broken := errors.New("input/output error")
	for name, spoil := range map[string]func(l *faultyLedger){
		"the start cannot be written":  func(l *faultyLedger) { l.before = failAt(1, broken) },
		"the start may not be on disk": func(l *faultyLedger) { l.after = failAt(1, broken) },
		"an intent cannot be written":  func(l *faultyLedger) { l.before = failAt(2, broken) },
		"an intent may not be on disk": func(l *faultyLedger) { l.after = failAt(2, broken) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 3)
			runner := r.runner()
			l := &faultyLedger{Ledger: r.file}
			spoil(l)
			runner.Ledger = l
			got, err := runner.withDefaults().run(context.Background(), planOf(refund(0, 0, 5000), refund(1, 0, 5000), refund(2, 0, 5000)))
			if !errors.Is(err, broken) || (got.Rule != StopLedger && got.Rule != StopRefused) || len(got.NotStarted) != 3 {
				t.Errorf("run = %v, %q, %v; want 3 not started, stopped by the ledger", ended(got), got.Rule, err)
			}
			if len(r.bank.sent) != 0 {
				t.Errorf("the bank was called: %v", r.bank.sent)
			}
		})
	}
}

// R11: room for the whole batch comes first.
func TestReserveComesFirst(t *testing.T) {
	r := newRig(t, 2)
	runner := r.runner()
	full := errors.New("no space left on device")
	runner.Ledger = fullDisk{r.file, full}
	got, err := runner.withDefaults().run(context.Background(), planOf(refund(0, 0, 5000), refund(1, 0, 5000)))
	if !errors.Is(err, full) || len(got.NotStarted) != 2 || r.bank.reads+len(r.bank.sent) != 0 {
		t.Errorf("run = %v, %v after %d reads and %d calls; want all not started, nothing asked", ended(got), err, r.bank.reads, len(r.bank.sent))
	}
	if diff := cmp.Diff([]string{"created"}, r.kinds()); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
}

type fullDisk struct {
	Ledger
	err error
}

func (d fullDisk) Reserve(n int) error { return fmt.Errorf("reserve %d: %w", n, d.err) }

// R9, R10: an outcome that cannot be written stops everything; the intent is
// on disk, and the next run finds the outcome out.
func TestRecordBehind(t *testing.T) {
	r := newRig(t, 3)
	runner := r.runner()
	broken := errors.New("input/output error")
	runner.Ledger = &faultyLedger{Ledger: r.file, before: func(n int, _ []statefile.Payload) error {
		if n == 3 { // once: the Runner must not rely on a file that goes on failing
			return broken
		}
		return nil
	}}
	got, err := runner.withDefaults().run(context.Background(), planOf(refund(0, 0, 20000), refund(1, 0, 20000), refund(2, 0, 20000)))
	if _, ok := errors.AsType[*RecordError](err); !ok || !errors.Is(err, broken) || got.Rule != StopLedger {
		t.Errorf("run = %q, %v; want a RecordError, stopped by the ledger", got.Rule, err)
	}
	want := []string{"refund 11111111: unknown", "refund 11111112: not_started", "refund 11111113: not_started"}
	if diff := cmp.Diff(want, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if len(got.Unknown) == 1 && !got.Unknown[0].Behind {
		t.Errorf("unknown = %+v, want it marked as behind", got.Unknown[0])
	}
	if diff := cmp.Diff([]string{"created", "begin", "intent"}, r.kinds()); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	r.reopen()
	if s := r.settle(r.runner()); len(s.Decided) != 1 || s.AnyUnknown() {
		t.Errorf("settle = %+v, want one decided", s)
	}
	r.agree()
}

// What was found out before the ledger broke is in it, and the result says so.
func TestLedgerBreaksBetweenTwoLooks(t *testing.T) {
	r := newRig(t, 2)
	var sent sync.WaitGroup
	sent.Add(2)
	r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) {
		sent.Done()
		sent.Wait() // or the first unknown one would stop the second
		return true, &dibs.UncertainError{Transact: id, Err: io.ErrUnexpectedEOF}
	}
	looked := map[dibs.TransactID]int{}
	r.bank.blind = func(_ int, id dibs.TransactID) error {
		if looked[id]++; id == transact(1) && looked[id] == 2 { // the first one is before its call
			return io.EOF
		}
		return nil
	}
	runner := r.runner()
	found := 0
	runner.Ledger = &faultyLedger{Ledger: r.file, before: func(_ int, entries []statefile.Payload) error {
		if _, observed := entries[0].(statefile.Observed); observed {
			found++
		}
		if found > 1 {
			return errors.New("input/output error")
		}
		return nil
	}}
	m := runner.Merchants[shop]
	m.Concurrency = 2
	runner.Merchants[shop] = m
	got, err := runner.withDefaults().run(t.Context(), planOf(refund(0, 0, 20000), refund(1, 0, 20000)))
	if err == nil || got.Rule != StopLedger || found != 2 {
		t.Errorf("run stopped by %q with %v, %d appends of findings", got.Rule, err, found)
	}
	if diff := cmp.Diff([]string{"refund 11111111: settled", "refund 11111112: unknown"}, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
}

// failAt fails the n-th append and, as a poisoned file does, every later one.
func failAt(n int, err error) func(int, []statefile.Payload) error {
	return func(i int, _ []statefile.Payload) error {
		if i >= n {
			return err
		}
		return nil
	}
}

func TestRunRefusesWhatItCannotCarryOut(t *testing.T) {
	for name, spoil := range map[string]func(*plan.Action){
		"a merchant that is not configured": func(a *plan.Action) { a.Merchant = "87654321" },
		"a currency that does not exist":    func(a *plan.Action) { a.Currency = "XYZ" },
		"a total that falls":                func(a *plan.Action) { a.FromMinor = 6000 },
		"a total that stays":                func(a *plan.Action) { a.FromMinor = 5000 },
		"a verb that does not exist":        func(a *plan.Action) { a.Verb = "pay" },
		"attempt zero":                      func(a *plan.Action) { a.Attempt = 0 },
		"the same action twice":             func(a *plan.Action) { *a = refund(1, 0, 5000) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2)
			bad := refund(0, 0, 5000)
			spoil(&bad)
			p := planOf(refund(1, 0, 5000), bad)
			got, err := r.runner().withDefaults().run(context.Background(), p)
			if err == nil || len(got.NotStarted) != 2 || len(r.bank.sent) != 0 {
				t.Errorf("run = %v, %v after %v; want an error and nothing started", ended(got), err, r.bank.sent)
			}
		})
	}
}

func TestRunNeedsAnApprovedPlan(t *testing.T) {
	r := newRig(t, 1)
	if got, err := r.runner().Run(t.Context(), policy.Approved{}); err == nil || len(r.kinds()) != 1 {
		t.Errorf("run = %+v, %v; want an error and an untouched ledger", got, err)
	}
}

func TestEventsTellTheProgress(t *testing.T) {
	r := newRig(t, 2)
	r.bank.fault = func(n int, _ statefile.Verb, id dibs.TransactID) (bool, error) {
		if n == 2 {
			return true, lost(id)
		}
		return true, nil
	}
	runner := r.runner()
	var got []string
	runner.Events = func(e Event) {
		switch e.Kind {
		case EventPlanned:
			got = append(got, fmt.Sprintf("planned %d, %d minor", e.Total, e.Sums[0].Minor))
		case EventIntent:
			got = append(got, fmt.Sprintf("intent %s, entry %d", e.Result.Action.Transact, e.Seq))
		case EventCall:
			got = append(got, "call "+e.Result.Action.Transact)
		case EventOutcome:
			got = append(got, fmt.Sprintf("outcome %s %s", e.Result.Action.Transact, e.Result.Fate))
		case EventSettled:
			got = append(got, fmt.Sprintf("found %s %s", e.Finding.Action.Transact, e.Finding.Judgement))
		case EventWaiting:
			got = append(got, fmt.Sprintf("waiting %v for %d", e.Wait, e.Left))
		case EventConfirming:
			got = append(got, fmt.Sprintf("confirming %d", e.Total))
		}
	}
	r.run(runner, planOf(refund(0, 0, 20000), refund(1, 0, 20000)))
	want := []string{
		"planned 2, 40000 minor", "intent 11111111, entry 3", "call 11111111", "outcome 11111111 settling",
		"intent 11111112, entry 5", "call 11111112", "outcome 11111112 unknown", "found 11111112 settled", "confirming 1", "found 11111111 settled",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
