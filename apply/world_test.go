package apply

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/internal/durable/disktest"
	"flexform/money"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/schema"
	"flexform/statefile"
)

// A world is a rig whose ledger is on a disk that fails, and whose processes
// die. What they do is the real thing: settle, observe, plan, apply.
type world struct {
	*rig
	disk   *disktest.Disk
	config *schema.Config
	width  int // transactions under way at once
	login  bool
}

// newWorld wants a full refund, a first and a later partial one, a capture
// with a refund after it, and a cancel.
func newWorld(t tester) *world {
	t.Helper()
	w := &world{disk: disktest.New(), width: 1}
	w.rig = rigOn(t, nil, "flexform.ledger", 5)
	w.authorised(3)
	w.authorised(4)
	w.config = &schema.Config{Merchants: []schema.Merchant{{Name: "shop", ID: shop, Mode: schema.ModeSandbox}}}
	w.want(2, "", "50")
	w.process(&trap{}) // account 2 has its first refund behind it
	w.config.Transactions = nil
	w.want(0, "", "200")
	w.want(1, "", "50")
	w.want(2, "", "80")
	w.want(3, "150", "50")
	w.want(4, "", "")
	return w
}

// want declares totals for account i; none at all is a cancel.
func (w *world) want(i int, captured, refunded string) {
	t := schema.Transaction{
		Address: fmt.Sprintf("transaction.t%d", i), Merchant: shop, Transact: string(transact(i)), OrderID: orderID(i),
		Amount: dkk(20000), Reason: "recall", Cancelled: captured == "" && refunded == "",
	}
	for text, total := range map[string]*schema.Total{captured: &t.Captured, refunded: &t.Refunded} {
		var kroner int64
		if n, _ := fmt.Sscan(text, &kroner); n == 1 {
			*total = schema.Total{Declared: true, Amount: dkk(kroner * 100)}
		}
	}
	w.config.Transactions = append(w.config.Transactions, t)
}

// plan observes and plans, without faults.
func (w *world) plan() *plan.Plan {
	w.t.Helper()
	blind := w.bank.blind
	w.bank.blind = nil
	defer func() { w.bank.blind = blind }()
	seen, err := plan.Observe(context.Background(), plan.ObserveInput{
		Config: w.config, State: w.file.State(), Gateways: map[string]plan.Gateway{shop: {Reader: w.bank, Login: w.login}},
	})
	if err != nil {
		w.t.Fatalf("observe: %v", err)
	}
	tickets, err := plan.ObserveTickets(context.Background(), plan.ObserveInput{
		Config: w.config, State: w.file.State(), Gateways: map[string]plan.Gateway{shop: {Reader: w.bank}},
	})
	if err != nil {
		w.t.Fatalf("observe tickets: %v", err)
	}
	draft, problems := plan.Build(plan.BuildInput{Config: w.config, State: w.file.State(), Observations: seen, Tickets: tickets})
	if len(problems) > 0 {
		w.t.Fatalf("plan: %+v", problems)
	}
	hash, seq := w.file.State().Head()
	p, err := plan.Seal(draft, plan.Envelope{
		CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(time.Hour), Version: "0.1", Ledger: plan.Head{Hash: hash, Seq: seq},
	})
	if err != nil {
		w.t.Fatalf("seal: %v", err)
	}
	return p
}

func (w *world) approve(p *plan.Plan) policy.Approved {
	w.t.Helper()
	approved, err := policy.Check(p, policy.Facts{Now: w.clock.Now(), Version: "0.1", Config: w.config, State: w.file.State()})
	if err != nil {
		w.t.Fatalf("policy: %v", err)
	}
	return approved
}

// process is one run of the program from its start to its end, or to the trap.
func (w *world) process(tr *trap) {
	w.t.Helper()
	w.processWith(tr, func(*Runner) {}, func(r *Runner, a policy.Approved) { _, _ = r.Run(context.Background(), a) })
}

func (w *world) processWith(tr *trap, setup func(*Runner), run func(*Runner, policy.Approved)) {
	w.t.Helper()
	tr.process = w.disk.Start()
	w.fs = tr.process
	w.disk.Inject(func(disktest.Call) disktest.Fault { return tr.next() })
	defer w.disk.Inject(nil)
	defer tr.process.Kill()
	if err := w.open(); err != nil {
		if !tr.sprung {
			w.t.Fatalf("open ledger: %v", err)
		}
		return
	}
	runner := w.runner()
	trapped := trappedGateway{w.bank, tr}
	runner.Merchants[shop] = Merchant{Gateway: trapped, Reader: trapped, Tickets: trapped, Login: w.login, Concurrency: w.width}
	setup(runner)
	if _, err := runner.Settle(context.Background()); err == nil {
		if p := w.plan(); !p.Empty() {
			run(runner, w.approve(p))
		}
	}
	w.file.Close() // after a trap it may say what it likes
}

// untilQuiet runs processes without traps until there is nothing to do.
func (w *world) untilQuiet() {
	w.t.Helper()
	for range 6 {
		w.process(&trap{})
		if w.plan().Empty() {
			return
		}
	}
	w.t.Errorf("still something to do: %+v", w.plan().Body.Actions)
}

// check compares the bank's money with what is wanted and with the ledger: no
// more moved than was wanted; not less, unless the ledger says that it does
// not know; and the ledger has it right.
func (w *world) check() {
	w.t.Helper()
	w.noDoubles()
	w.checkTickets()
	for _, want := range w.config.Transactions {
		a := w.bank.accounts[dibs.TransactID(want.Transact)]
		tr, _ := w.file.State().Transaction(statefile.Key{Merchant: shop, Transact: want.Transact})
		if slices.ContainsFunc(tr.Actions, func(x statefile.Action) bool { return x.State == statefile.ActionUnknown }) {
			continue
		}
		cancelled := a.status == dibs.StatusCancelled
		if a.refunded != want.Refunded.Amount.Minor() || tr.Refunded.Minor() != a.refunded ||
			want.Captured.Declared && (a.captured != want.Captured.Amount.Minor() || tr.Captured.Minor() != a.captured) ||
			cancelled != want.Cancelled || tr.Cancelled != cancelled {
			w.t.Errorf("%s: the bank has %+v, the ledger %+v, wanted is %+v", want.Address, *a, tr, want)
		}
		if i := slices.IndexFunc(tr.Actions, func(x statefile.Action) bool { return x.State == statefile.ActionOpen }); i >= 0 {
			w.t.Errorf("%s: %s has no outcome", want.Address, tr.Actions[i].ID)
		}
	}
}

// noDoubles holds at every moment: nothing above what is wanted, every request
// has an intent of its own.
func (w *world) noDoubles() {
	w.t.Helper()
	for _, want := range w.config.Transactions {
		a := w.bank.accounts[dibs.TransactID(want.Transact)]
		if a.refunded > want.Refunded.Amount.Minor() || want.Captured.Declared && a.captured > want.Captured.Amount.Minor() ||
			a.status == dibs.StatusCancelled && !want.Cancelled && !want.Reauthorise {
			w.t.Errorf("%s: the bank has %+v, wanted is only %+v", want.Address, *a, want)
		}
	}
	intents := 0
	for tr := range w.file.State().Transactions() {
		intents += len(tr.Actions)
	}
	if len(w.bank.sent) > intents {
		w.t.Errorf("%d requests for %d intents", len(w.bank.sent), intents)
	}
}

// A trap springs at the at-th contact of a process with the world outside: a
// call of the disk, a status that is read, a call that moves money. Zero: never.
type trap struct {
	at      int
	how     disktest.Fault
	process *disktest.Process

	mu           sync.Mutex
	n            int
	sprung, dead bool
}

func (t *trap) next() disktest.Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
	if t.n != t.at {
		return disktest.Fault{}
	}
	t.sprung, t.dead = true, t.how.Kill
	return t.how
}

func (t *trap) isDead() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dead
}

// around makes a contact that is no call of the disk. A dead process has no
// effect any more.
func (t *trap) around(effect func()) error {
	if t.isDead() {
		return disktest.ErrDead
	}
	f := t.next()
	if failed := f.Kill || f.Err != nil; !failed || f.Done {
		effect()
	}
	if f.Kill {
		t.process.Kill()
		return disktest.ErrDead
	}
	return f.Err
}

type trappedGateway struct {
	*bank
	trap *trap
}

func (g trappedGateway) Capture(ctx context.Context, r dibs.CaptureRequest) (dibs.Receipt, error) {
	return g.money(r.Transact, func() (dibs.Receipt, error) { return g.bank.Capture(ctx, r) })
}

func (g trappedGateway) Refund(ctx context.Context, r dibs.RefundRequest) (dibs.Receipt, error) {
	return g.money(r.Transact, func() (dibs.Receipt, error) { return g.bank.Refund(ctx, r) })
}

func (g trappedGateway) Cancel(ctx context.Context, r dibs.CancelRequest) (dibs.Receipt, error) {
	return g.money(r.Transact, func() (dibs.Receipt, error) { return g.bank.Cancel(ctx, r) })
}

func (g trappedGateway) Reauth(ctx context.Context, id dibs.TransactID) (a dibs.Authorisation, err error) {
	if g.trap.around(func() { a, err = g.bank.Reauth(ctx, id) }) != nil {
		return dibs.Authorisation{}, lost(id)
	}
	return a, err
}

func (g trappedGateway) PayInfo(ctx context.Context, id dibs.TransactID) (pay dibs.PayInfo, err error) {
	if trapped := g.trap.around(func() { pay, err = g.bank.PayInfo(ctx, id) }); trapped != nil {
		return dibs.PayInfo{}, trapped
	}
	return pay, err
}

func (g trappedGateway) SplitPayInfo(ctx context.Context, id dibs.TransactID, c money.Currency) (info dibs.SplitPayInfo, err error) {
	if trapped := g.trap.around(func() { info, err = g.bank.SplitPayInfo(ctx, id, c) }); trapped != nil {
		return dibs.SplitPayInfo{}, trapped
	}
	return info, err
}

func (g trappedGateway) money(id dibs.TransactID, call func() (dibs.Receipt, error)) (receipt dibs.Receipt, err error) {
	if g.trap.around(func() { receipt, err = call() }) != nil {
		return dibs.Receipt{}, lost(id)
	}
	return receipt, err
}

func (g trappedGateway) TransStatus(ctx context.Context, id dibs.TransactID) (status dibs.Status, err error) {
	if trapped := g.trap.around(func() { status, err = g.bank.TransStatus(ctx, id) }); trapped != nil {
		return 0, trapped
	}
	return status, err
}

// hows is every way in which a contact can go wrong.
var hows = map[string]disktest.Fault{
	"death before":               {Kill: true},
	"death after":                {Kill: true, Done: true},
	"EIO":                        {Err: syscall.EIO},
	"EIO, and done all the same": {Err: syscall.EIO, Done: true},
	"ENOSPC half way":            {Err: syscall.ENOSPC, Short: true},
}

// R2, R9, R10, R11, R12: every contact goes wrong in every way, once, and with
// a power cut after it. The next processes find out what happened.
func TestEveryContactGoesWrong(t *testing.T) {
	everyContact(t, newWorld, 80)
}

// everyContact tries every way at every contact of a world's process, of which
// there must be so many.
func everyContact(t *testing.T, made func(tester) *world, contacts int) {
	for name, how := range hows {
		for _, cut := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, power cut %t", name, cut), func(t *testing.T) {
				t.Parallel()
				for n := 1; ; n++ {
					w, tr := made(t), &trap{at: n, how: how}
					w.process(tr)
					if cut {
						w.disk.PowerCut(rand.New(rand.NewPCG(uint64(n), 1)))
					}
					w.untilQuiet()
					w.check()
					if t.Failed() {
						t.Fatalf("at contact %d", n)
					}
					if !tr.sprung {
						t.Logf("%d contacts", n-1)
						if n < contacts {
							t.Errorf("only %d contacts: is something not trapped?", n-1)
						}
						return
					}
				}
			})
		}
	}
}

// R2: two processes go wrong one after the other, at every pair of contacts.
func TestEveryPairGoesWrong(t *testing.T) {
	kinds := []disktest.Fault{hows["death before"], hows["death after"], hows["EIO"]}
	pairs := 0
	for n, end := 1, false; !end; n++ {
		for m := 1; ; m++ {
			w := newWorld(t)
			w.config.Transactions = w.config.Transactions[1:2]
			a, b := &trap{at: n, how: kinds[n%3]}, &trap{at: m, how: kinds[(n/3+m)%3]}
			w.process(a)
			w.process(b)
			w.untilQuiet()
			w.check()
			if t.Failed() {
				t.Fatalf("at contacts %d and %d", n, m)
			}
			if end = !a.sprung; end || !b.sprung {
				break
			}
			pairs++
		}
	}
	if t.Logf("%d pairs", pairs); pairs < 1500 {
		t.Errorf("only %d pairs: is something not trapped?", pairs)
	}
}
