package apply

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/internal/durable"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

const shop = "12345678"

// What holds where a test sets nothing else.
const (
	defaultWindow = 2 * time.Minute
	defaultSendBy = 30 * time.Second
)

// tester is what a test and a property's try have in common.
type tester interface {
	Helper()
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

// A rig is a bank, a ledger and a clock that moves only when waited for.
type rig struct {
	t     tester
	bank  *bank
	clock *clock
	fs    durable.FS // nil: the operating system's
	path  string
	file  *statefile.File
}

// newRig has the accounts 11111111, 11111112 ... with 200.00 DKK captured, and
// its ledger in a file.
func newRig(t testing.TB, accounts int) *rig {
	t.Helper()
	r := rigOn(t, nil, filepath.Join(t.TempDir(), "flexform.ledger"), accounts)
	if err := r.open(); err != nil {
		t.Fatalf("open ledger: %v", err)
	}
	t.Cleanup(func() { r.file.Close() })
	return r
}

func rigOn(t tester, fs durable.FS, path string, accounts int) *rig {
	clock := newClock()
	bank := &bank{accounts: map[dibs.TransactID]*account{}, clock: clock}
	for i := range accounts {
		bank.accounts[transact(i)] = &account{orderID: orderID(i), amount: 20000, captured: 20000, status: dibs.StatusCaptured}
	}
	return &rig{t: t, bank: bank, clock: clock, fs: fs, path: path}
}

func transact(i int) dibs.TransactID { return dibs.TransactID(fmt.Sprint(11111111 + i)) }
func orderID(i int) string           { return fmt.Sprintf("order-%d", i) }
func key(i int) statefile.Key        { return statefile.Key{Merchant: shop, Transact: string(transact(i))} }

func (r *rig) account(i int) *account { return r.bank.accounts[transact(i)] }

// open opens the ledger, as the next process would.
func (r *rig) open() (err error) {
	r.file, err = statefile.Open(r.path, statefile.Options{Now: r.clock.Now, Actor: statefile.Actor{User: "test"}, FS: r.fs})
	return err
}

// reopen ends the process that has the ledger and starts the next one.
func (r *rig) reopen() {
	r.t.Helper()
	r.file.Close() // a poisoned file may say so again
	if err := r.open(); err != nil {
		r.t.Fatalf("open ledger: %v", err)
	}
}

// runner is a Runner with one worker on the rig.
func (r *rig) runner() *Runner {
	return &Runner{
		Ledger:    r.file,
		Merchants: map[string]Merchant{shop: {Gateway: r.bank, Reader: r.bank, Tickets: r.bank, Concurrency: 1}},
		Now:       r.clock.Now,
		Wait:      r.clock.Wait,
	}
}

func (r *rig) run(runner *Runner, p *plan.Plan) Result {
	r.t.Helper()
	result, err := runner.withDefaults().run(context.Background(), p)
	if err != nil {
		r.t.Fatalf("run: %v", err)
	}
	return result
}

// record puts entries in the ledger as an earlier run would have.
func (r *rig) record(entries ...statefile.Payload) {
	r.t.Helper()
	for _, e := range entries {
		if i, ok := e.(statefile.Intent); ok {
			r.record(statefile.Begin{Plan: i.Plan, Mode: string(schema.ModeSandbox), Actions: 1})
		}
		if _, err := r.file.Append(context.Background(), e); err != nil {
			r.t.Fatalf("append: %v", err)
		}
	}
}

func (r *rig) settle(runner *Runner) Settled {
	r.t.Helper()
	s, err := runner.Settle(context.Background())
	if err != nil {
		r.t.Fatalf("settle: %v", err)
	}
	return s
}

// refund is the action that raises account i's refunded total.
func refund(i int, from, to int64) plan.Action {
	status := dibs.StatusCaptured
	if from > 0 {
		status = dibs.StatusPartlyRefunded
	}
	class := plan.Counted
	if 2*to-from > 20000 {
		class = plan.SelfLimiting
	}
	return plan.Action{
		Address: fmt.Sprintf("transaction.t%d", i), Merchant: shop, Transact: string(transact(i)), OrderID: orderID(i),
		Verb: statefile.Refund, Currency: "DKK", AmountMinor: 20000, FromMinor: from, ToMinor: to,
		Attempt: 1, Class: class, Status: status, Reason: "recall",
	}
}

// authorised makes account i one that is not captured yet.
func (r *rig) authorised(i int) {
	r.account(i).captured, r.account(i).status = 0, dibs.StatusAuthorised
}

func capture(i int, to int64) plan.Action {
	a := refund(i, 0, to)
	a.Verb, a.Class, a.Status = statefile.Capture, plan.SelfLimiting, dibs.StatusAuthorised
	return a
}

func cancel(i int) plan.Action {
	a := capture(i, 20000)
	a.Verb = statefile.Cancel
	return a
}

// planOf makes a plan of actions, with the sums that they have.
func planOf(actions ...plan.Action) *plan.Plan {
	p := &plan.Plan{FormatVersion: plan.FormatVersion, Digest: fmt.Sprintf("sha256:%x", sha256.Sum256(fmt.Append(nil, actions))), Body: plan.Body{Mode: schema.ModeSandbox, Actions: actions}}
	var list []ActionResult
	for _, a := range actions {
		list = append(list, ActionResult{Action: a})
	}
	p.Body.Summary = Sums(list)
	return p
}

// ended writes a result as one line a list, "done 0 1" for the accounts 0, 1.
func ended(r Result) []string {
	var lines []string
	for a := range r.All() {
		lines = append(lines, fmt.Sprintf("%s %s: %s", a.Action.Verb, a.Action.Transact, a.Fate))
	}
	slices.Sort(lines)
	return lines
}

// kinds reads the ledger back from its file: what each entry records.
func (r *rig) kinds() []string {
	r.t.Helper()
	var kinds []string
	for e, err := range statefile.ReadEntries(r.path) {
		if err != nil {
			r.t.Fatalf("read entries: %v", err)
		}
		switch e.Kind {
		case statefile.KindOutcome:
			kinds = append(kinds, string(e.Outcome.Result))
		case statefile.KindObserved:
			kinds = append(kinds, "observed "+string(e.Observed.Verdict))
		default:
			kinds = append(kinds, string(e.Kind))
		}
	}
	return kinds
}

// agree compares the bank's money with the ledger's: the ledger never says more
// than happened, and nothing happened of which it does not at least say that
// it may have.
func (r *rig) agree() {
	r.t.Helper()
	for id, a := range r.bank.accounts {
		tr, _ := r.file.State().Transaction(statefile.Key{Merchant: shop, Transact: string(id)})
		maybe := tr.Refunded.Minor()
		for _, x := range tr.Actions {
			if x.State.Undecided() && x.Verb == statefile.Refund {
				maybe = x.To.Minor()
			}
		}
		if a.refunded < tr.Refunded.Minor() || a.refunded > maybe {
			r.t.Errorf("%s: the bank refunded %d, the ledger says %d to %d", id, a.refunded, tr.Refunded.Minor(), maybe)
		}
	}
}

// A faultyLedger fails or interferes where a test says.
type faultyLedger struct {
	Ledger
	before func(n int, p []statefile.Payload) error // instead of the n-th append
	after  func(n int, p []statefile.Payload) error // although the n-th append was written
	mu     sync.Mutex
	n      int
}

func (l *faultyLedger) Append(ctx context.Context, p ...statefile.Payload) ([]statefile.Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n++
	n := l.n
	if l.before != nil {
		if err := l.before(n, p); err != nil {
			return nil, err
		}
	}
	entries, err := l.Ledger.Append(ctx, p...)
	if err == nil && l.after != nil {
		err = l.after(n, p)
	}
	return entries, err
}

func usd(minor int64) money.Amount { return amountIn("USD", minor) }
