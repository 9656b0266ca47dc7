package apply

import (
	"context"
	"fmt"
	"slices"
	"time"

	"flexform/dibs"
	"flexform/internal/durable/disktest"
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
	p, err := w.planBy(w.bank)
	if err != nil {
		w.t.Fatalf("plan: %v", err)
	}
	return p
}

// planBy is plan with reads that may go wrong. The error is one of them.
func (w *world) planBy(reader plan.Reader) (*plan.Plan, error) {
	w.t.Helper()
	blind := w.bank.blind
	w.bank.blind = nil
	defer func() { w.bank.blind = blind }()
	in := plan.ObserveInput{
		Config: w.config, State: w.file.State(), Gateways: map[string]plan.Gateway{shop: {Reader: reader, Login: w.login}},
	}
	seen, err := plan.Observe(context.Background(), in)
	if err != nil {
		return nil, fmt.Errorf("observe: %w", err)
	}
	tickets, err := plan.ObserveTickets(context.Background(), in)
	if err != nil {
		return nil, fmt.Errorf("observe tickets: %w", err)
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
	return p, nil
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
	w.disk.Inject(func(c disktest.Call) disktest.Fault { return tr.next(c.Op) })
	defer w.disk.Inject(nil)
	defer tr.process.Kill()
	defer w.postpone(tr)()
	if err := w.open(); err != nil {
		if !tr.sprung {
			w.t.Fatalf("open ledger: %v", err)
		}
		return
	}
	runner := w.runner()
	trapped := trappedGateway{bank: w.bank, trap: tr}
	runner.Merchants[shop] = Merchant{Gateway: trapped, Reader: trapped, Tickets: trapped, Login: w.login, Concurrency: w.width}
	setup(runner)
	if _, err := runner.Settle(context.Background()); err == nil {
		if p, err := w.planBy(trapped); err == nil && !tr.isDead() && !p.Empty() {
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
