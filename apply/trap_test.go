package apply

import (
	"context"
	"slices"
	"sync"
	"time"

	"flexform/dibs"
	"flexform/internal/durable/disktest"
	"flexform/money"
	"flexform/plan"
	"flexform/statefile"
)

// A trap springs at the at-th contact of a process with the world outside: a
// call of the disk, a status that is read, a call that moves money. Zero: never.
type trap struct {
	at      int
	how     disktest.Fault
	process *disktest.Process

	late bool // a money call takes effect later, and no answer comes

	mu           sync.Mutex
	n            int
	log          []string // what was done at each contact
	sprung, dead bool
	postponed    bool // the call that is being made takes effect later
}

// next counts a contact, and says how it goes wrong.
func (t *trap) next(what string) disktest.Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n++
	t.log = append(t.log, what)
	if t.n != t.at {
		return disktest.Fault{}
	}
	t.sprung, t.dead, t.postponed = true, t.how.Kill, t.late
	return t.how
}

func (t *trap) isDead() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dead
}

// around makes a contact that is no call of the disk. A dead process has no
// effect any more.
func (t *trap) around(what string, effect func()) error {
	if t.isDead() {
		return disktest.ErrDead
	}
	f := t.next(what)
	if failed := f.Kill || f.Err != nil; !failed || f.Done {
		effect()
	}
	if f.Kill {
		t.process.Kill()
		return disktest.ErrDead
	}
	return f.Err
}

// A trappedGateway makes each call a contact. It embeds nothing, so that a
// method which the interfaces gain is missing here until it is one too.
type trappedGateway struct {
	bank *bank
	trap *trap
}

var (
	_ Gateway       = trappedGateway{}
	_ Reader        = trappedGateway{}
	_ TicketGateway = trappedGateway{}
	_ plan.Reader   = trappedGateway{}
)

func (g trappedGateway) Capture(ctx context.Context, r dibs.CaptureRequest) (dibs.Receipt, error) {
	return g.money("Capture", r.Transact, func() (dibs.Receipt, error) { return g.bank.Capture(ctx, r) })
}

func (g trappedGateway) Refund(ctx context.Context, r dibs.RefundRequest) (dibs.Receipt, error) {
	return g.money("Refund", r.Transact, func() (dibs.Receipt, error) { return g.bank.Refund(ctx, r) })
}

func (g trappedGateway) Cancel(ctx context.Context, r dibs.CancelRequest) (dibs.Receipt, error) {
	return g.money("Cancel", r.Transact, func() (dibs.Receipt, error) { return g.bank.Cancel(ctx, r) })
}

func (g trappedGateway) Reauth(ctx context.Context, id dibs.TransactID) (a dibs.Authorisation, err error) {
	if g.trap.around("Reauth", func() { a, err = g.bank.Reauth(ctx, id) }) != nil {
		return dibs.Authorisation{}, lost(id)
	}
	return a, err
}

func (g trappedGateway) PayInfo(ctx context.Context, id dibs.TransactID) (pay dibs.PayInfo, err error) {
	if trapped := g.trap.around("PayInfo", func() { pay, err = g.bank.PayInfo(ctx, id) }); trapped != nil {
		return dibs.PayInfo{}, trapped
	}
	return pay, err
}

func (g trappedGateway) SplitPayInfo(ctx context.Context, id dibs.TransactID, c money.Currency) (info dibs.SplitPayInfo, err error) {
	if trapped := g.trap.around("SplitPayInfo", func() { info, err = g.bank.SplitPayInfo(ctx, id, c) }); trapped != nil {
		return dibs.SplitPayInfo{}, trapped
	}
	return info, err
}

func (g trappedGateway) money(what string, id dibs.TransactID, call func() (dibs.Receipt, error)) (receipt dibs.Receipt, err error) {
	if g.trap.around(what, func() { receipt, err = call() }) != nil {
		return dibs.Receipt{}, lost(id)
	}
	return receipt, err
}

func (g trappedGateway) TransStatus(ctx context.Context, id dibs.TransactID) (status dibs.Status, err error) {
	if trapped := g.trap.around("TransStatus", func() { status, err = g.bank.TransStatus(ctx, id) }); trapped != nil {
		return 0, trapped
	}
	return status, err
}

func (g trappedGateway) TicketAuth(ctx context.Context, r dibs.TicketAuthRequest) (a dibs.Authorisation, err error) {
	if g.trap.around("TicketAuth", func() { a, err = g.bank.TicketAuth(ctx, r) }) != nil {
		return dibs.Authorisation{}, lost(r.Ticket)
	}
	return a, err
}

func (g trappedGateway) DelTicket(ctx context.Context, id dibs.TransactID) (dibs.Receipt, error) {
	return g.money("DelTicket", id, func() (dibs.Receipt, error) { return g.bank.DelTicket(ctx, id) })
}

func (g trappedGateway) TransInfo(ctx context.Context, r dibs.TransInfoRequest) (info dibs.TransInfo, err error) {
	if trapped := g.trap.around("TransInfo", func() { info, err = g.bank.TransInfo(ctx, r) }); trapped != nil {
		return dibs.TransInfo{}, trapped
	}
	return info, err
}

// moneyCalls are the contacts that move money, or keep or release it.
func moneyCalls() []string {
	return []string{"Capture", "Refund", "Cancel", "Reauth", "TicketAuth", "DelTicket"}
}

func movesMoney(what string) bool { return slices.Contains(moneyCalls(), what) }

// postpone makes the call at which a trap for late calls springs take effect
// within the settle window, without an answer. The returned function leaves the
// bank as it was.
func (w *world) postpone(tr *trap) (undo func()) {
	if !tr.late {
		return func() {}
	}
	w.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) {
		if tr.postponed {
			return false, lost(id)
		}
		return true, nil
	}
	w.bank.slow = func(int) time.Duration {
		if !tr.postponed {
			return 0
		}
		tr.postponed = false
		return defaultWindow / 2
	}
	return func() { w.bank.fault, w.bank.slow = nil, nil }
}
