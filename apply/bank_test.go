package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/statefile"
)

// A bank is a gateway in memory. It keeps the money itself, so it is the judge
// of what happened, whatever the answers said.
type bank struct {
	mu       sync.Mutex
	accounts map[dibs.TransactID]*account
	pending  bool // refunds and captures wait for a batch: status 15 and 12
	sent     []string
	reads    int
	clock    *clock
	late     []late // calls that take effect by and by

	// fault, when set, decides about one money call before it is carried out:
	// commit reports whether it is, and err is the answer.
	fault func(n int, verb statefile.Verb, id dibs.TransactID) (commit bool, err error)
	// slow, when set, says how much later a call takes effect that fault did
	// not let be carried out; zero is never.
	slow func(n int) time.Duration
	// blind, when set, decides about one status read.
	blind func(n int, id dibs.TransactID) error
}

// A late call takes effect at its time, whatever was answered before.
type late struct {
	at   time.Time
	call func()
}

// catchUp carries out what is due. The caller has the lock.
func (b *bank) catchUp() {
	for _, l := range b.late {
		if !l.at.After(b.clock.Now()) {
			l.call()
		}
	}
	b.late = slices.DeleteFunc(b.late, func(l late) bool { return !l.at.After(b.clock.Now()) })
}

type account struct {
	orderID                    string
	amount, captured, refunded int64
	status                     dibs.Status
	busy                       bool  // a money call is under way
	inFlight                   int64 // of captured, what waits for a batch; of a base of a split capture only
	old                        bool  // its authorisation must be approved again before it is captured
}

var (
	_ Gateway     = (*bank)(nil)
	_ plan.Reader = (*bank)(nil)
	_ Gateway     = (*dibs.Client)(nil)
	_ Reader      = plan.Reader(nil)
)

func (b *bank) Capture(ctx context.Context, r dibs.CaptureRequest) (dibs.Receipt, error) {
	if a := b.accounts[r.Transact]; a != nil && r.SplitPay != plan.Split(a.status) {
		panic("a capture of several says so, and no other")
	}
	return b.money(ctx, statefile.Capture, r.Transact, r.OrderID, r.Amount)
}

func (b *bank) Refund(ctx context.Context, r dibs.RefundRequest) (dibs.Receipt, error) {
	return b.money(ctx, statefile.Refund, r.Transact, r.OrderID, r.Amount)
}

func (b *bank) Cancel(ctx context.Context, r dibs.CancelRequest) (dibs.Receipt, error) {
	return b.money(ctx, statefile.Cancel, r.Transact, r.OrderID, money.Amount{})
}

func (b *bank) Reauth(ctx context.Context, id dibs.TransactID) (dibs.Authorisation, error) {
	order := ""
	if a := b.accounts[id]; a != nil {
		order = a.orderID
	}
	_, err := b.money(ctx, statefile.Reauthorise, id, order, money.Amount{})
	if refused, is := err.(*dibs.DeclinedError); is {
		err = &dibs.AuthDeclinedError{Service: "reauth.cgi", Transact: id, Reason: dibs.ReasonParameterError, Message: refused.Result.String()}
	}
	if err != nil {
		return dibs.Authorisation{}, err
	}
	return dibs.Authorisation{Transacts: []dibs.TransactID{id}, Reply: "status=ACCEPTED"}, nil
}

func (b *bank) money(ctx context.Context, verb statefile.Verb, id dibs.TransactID, order string, amount money.Amount) (dibs.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return dibs.Receipt{}, &dibs.UncertainError{Service: string(verb), Transact: id, Err: err}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.catchUp()
	b.sent = append(b.sent, fmt.Sprintf("%s %s %d", verb, id, amount.Minor()))
	a := b.accounts[id]
	if a == nil || a.orderID != order {
		return dibs.Receipt{}, &dibs.DeclinedError{Transact: id, Result: dibs.ResultOrderMismatch}
	}
	if a.busy {
		panic("two calls on one transaction at once")
	}
	commit, err := true, error(nil)
	if b.fault != nil {
		a.busy = true
		n := len(b.sent)
		b.mu.Unlock()
		commit, err = b.fault(n, verb, id)
		b.mu.Lock()
		a.busy = false
		if b.slow != nil && !commit && b.slow(n) > 0 {
			b.late = append(b.late, late{b.clock.Now().Add(b.slow(n)), func() { a.commit(verb, amount.Minor(), b.pending) }})
		}
	}
	if commit {
		if result := a.commit(verb, amount.Minor(), b.pending); result != dibs.ResultAccepted && err == nil {
			err = &dibs.DeclinedError{Service: string(verb) + ".cgi", Transact: id, Result: result}
		}
	}
	if err != nil {
		return dibs.Receipt{}, err
	}
	return dibs.Receipt{Transact: id, Reply: "result=0"}, nil
}

// commit moves the money as the gateway would.
func (a *account) commit(verb statefile.Verb, minor int64, pending bool) dibs.Result {
	switch verb {
	case statefile.Capture:
		if plan.Split(a.status) {
			return a.commitPart(minor, pending)
		}
		if a.status != dibs.StatusAuthorised {
			return dibs.ResultStatusForbids
		}
		if a.old {
			return dibs.ResultAuthorisationTooOld
		}
		a.captured, a.status = minor, dibs.StatusCaptured
		if pending {
			a.status = dibs.StatusCapturePending
		}
	case statefile.Reauthorise:
		if a.status != dibs.StatusAuthorised && a.status != dibs.StatusCancelled {
			return dibs.ResultStatusForbids
		}
		a.status, a.old = dibs.StatusAuthorised, false
	case statefile.Cancel:
		if a.status != dibs.StatusAuthorised {
			return dibs.ResultStatusForbids
		}
		a.status = dibs.StatusCancelled
	case statefile.Refund:
		switch a.status {
		case dibs.StatusCaptured, dibs.StatusBalanced, dibs.StatusPartlyRefunded:
		default:
			return dibs.ResultStatusForbids
		}
		if a.refunded+minor > a.captured {
			return dibs.ResultAmountTooHigh
		}
		a.refunded += minor
		a.status = dibs.StatusPartlyRefunded
		if a.refunded == a.captured {
			a.status = dibs.StatusRefunded
		}
		if pending {
			a.status = dibs.StatusRefundPending
		}
	}
	return dibs.ResultAccepted
}

// commitPart takes one of several captures.
func (a *account) commitPart(minor int64, pending bool) dibs.Result {
	switch {
	case a.status == dibs.StatusMulticapClosed:
		return dibs.ResultStatusForbids
	case a.captured+minor > a.amount:
		return dibs.ResultAmountTooHigh
	}
	a.captured += minor
	if pending {
		a.inFlight += minor
	}
	if a.captured == a.amount {
		a.status = dibs.StatusMulticapClosed
	}
	return dibs.ResultAccepted
}

func (b *bank) SplitPayInfo(ctx context.Context, id dibs.TransactID, _ money.Currency) (dibs.SplitPayInfo, error) {
	if _, err := b.TransStatus(ctx, id); err != nil {
		return dibs.SplitPayInfo{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[id]
	if !plan.Split(a.status) {
		return dibs.SplitPayInfo{}, &dibs.DeclinedError{Transact: id, Result: dibs.ResultStatusForbids}
	}
	state := dibs.SplitOpen
	if a.status == dibs.StatusMulticapClosed {
		state = dibs.SplitClosed
		if a.inFlight > 0 {
			state = dibs.SplitClosing
		}
	}
	return dibs.SplitPayInfo{
		Transact: id, State: state, Authorised: dkk(a.amount), Left: dkk(a.amount - a.captured), Captured: dkk(a.captured - a.inFlight),
		PendingCaptures: dkk(a.inFlight), Refunded: dkk(0), Settled: dkk(a.captured - a.inFlight), PendingRefunds: dkk(0),
	}, nil
}

func (b *bank) TransStatus(ctx context.Context, id dibs.TransactID) (dibs.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	b.catchUp()
	b.reads++
	if b.blind != nil {
		if err := b.blind(b.reads, id); err != nil {
			return 0, err
		}
	}
	a := b.accounts[id]
	if a == nil {
		return 0, &dibs.NotFoundError{Service: "transstatus.pml", What: "transaction " + string(id)}
	}
	return a.status, nil
}

func (b *bank) TransInfo(_ context.Context, r dibs.TransInfoRequest) (dibs.TransInfo, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.catchUp()
	newest := dibs.TransactID("")
	for id, a := range b.accounts {
		if a.orderID == r.OrderID && dkk(a.amount) == r.Amount && id > newest {
			newest = id
		}
	}
	if newest != "" {
		return dibs.TransInfo{Transacts: []dibs.TransactID{newest}}, nil
	}
	return dibs.TransInfo{}, &dibs.NotFoundError{Service: "transinfo.cgi", What: r.OrderID}
}

func (b *bank) PayInfo(ctx context.Context, id dibs.TransactID) (dibs.PayInfo, error) {
	status, err := b.TransStatus(ctx, id)
	if err != nil {
		return dibs.PayInfo{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.accounts[id]
	amount := a.amount
	if a.captured > 0 && !plan.Split(a.status) {
		amount = a.captured
	}
	return dibs.PayInfo{Transact: id, Status: status, Amount: dkk(amount), OrderID: a.orderID}, nil
}

func dkk(minor int64) money.Amount { return amountIn("DKK", minor) }

func amountIn(code string, minor int64) money.Amount {
	c, err := money.ParseCurrency(code)
	if err != nil {
		panic(err)
	}
	a, err := money.New(minor, c)
	if err != nil {
		panic(err)
	}
	return a
}

var errLost = errors.New("connection reset")

// lost is the answer to a call of which no reply came.
func lost(id dibs.TransactID) error {
	return &dibs.UncertainError{Service: "refund.cgi", Transact: id, Err: errLost}
}

// A clock moves only when somebody waits.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	waits []time.Duration
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Wait(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	c.waits = append(c.waits, d)
	c.now = c.now.Add(d)
	return nil
}
