package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"flexform/apply"
	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/statefile"
)

// A gateway is one process' line to the bank, for one merchant.
type gateway struct {
	p        *process
	merchant string
	planning bool // the reads are the planner's
}

var (
	_ apply.Gateway = gateway{}
	_ plan.Reader   = gateway{}
)

func (g gateway) Capture(ctx context.Context, r dibs.CaptureRequest) (dibs.Receipt, error) {
	return g.money(ctx, statefile.Capture, r.Transact, r.OrderID, r.Amount.Minor())
}

func (g gateway) Refund(ctx context.Context, r dibs.RefundRequest) (dibs.Receipt, error) {
	return g.money(ctx, statefile.Refund, r.Transact, r.OrderID, r.Amount.Minor())
}

func (g gateway) Cancel(ctx context.Context, r dibs.CancelRequest) (dibs.Receipt, error) {
	return g.money(ctx, statefile.Cancel, r.Transact, r.OrderID, 0)
}

// Reauth is never planned: no shop here states that an authorisation is old.
func (g gateway) Reauth(_ context.Context, id dibs.TransactID) (dibs.Authorisation, error) {
	g.p.h.failf("%s is authorised again, and nobody asked for that", id)
	return dibs.Authorisation{}, &dibs.AuthDeclinedError{Transact: id, Reason: dibs.ReasonRejected}
}

// money makes one money call as a client does: a connection, the last look at
// whether it may still send, the request, the answer.
func (g gateway) money(ctx context.Context, verb statefile.Verb, id dibs.TransactID, order string, minor int64) (receipt dibs.Receipt, err error) {
	p, service := g.p, string(verb)+".cgi"
	notSent := func(err error) (dibs.Receipt, error) {
		return dibs.Receipt{}, &dibs.NotSentError{Service: service, Transact: id, Err: err}
	}
	if err := p.around("dial", string(id), func() {}); err != nil {
		return notSent(err)
	}
	if p.h.unlucky(p.h.luck.dial) {
		return notSent(errors.New("connection refused"))
	}
	var pan any
	dead := p.around("send "+service, string(id), func() {
		defer func() { pan = recover() }()
		if late := dibs.MaySend(ctx); late != nil {
			p.h.saw(sawTooLate)
			receipt, err = notSent(late)
			return
		}
		receipt, err = g.answer(verb, id, order, minor)
	})
	if dead != nil {
		return dibs.Receipt{}, &dibs.UncertainError{Service: service, Transact: id, Err: dead}
	}
	if pan != nil {
		panic(pan)
	}
	return receipt, err
}

// answer is the bank's side of one request: what becomes of it, and what comes
// back, which are two things.
func (g gateway) answer(verb statefile.Verb, id dibs.TransactID, order string, minor int64) (dibs.Receipt, error) {
	h, a := g.p.h, g.p.h.bank.account(string(id))
	r := &request{process: g.p, account: a, verb: verb, minor: minor}
	h.audit.request(r, order)
	if a == nil || a.merchant != g.merchant || a.orderID != order {
		h.failf("a request for transaction %s, order %q, which is not there", id, order)
		return dibs.Receipt{}, &dibs.DeclinedError{Transact: id, Result: dibs.ResultOrderMismatch}
	}
	way := h.luck.answer(h)
	h.tracef("    %s %s %d: %s", verb, id, minor, way.name)
	h.bank.catchUp()
	result := dibs.ResultAccepted
	switch {
	case way.late > 0: // counted from here: that is what the window is about
		r.pending, r.due = true, h.clock.since()+way.late
		h.bank.late = append(h.bank.late, r)
	case way.take:
		result = h.bank.take(r)
	}
	h.clock.advance(way.slow)
	h.bank.catchUp()
	if way.panics {
		panic("the client broke")
	}
	if way.err != nil {
		return dibs.Receipt{}, way.err(string(verb)+".cgi", id)
	}
	if !result.Accepted() {
		return dibs.Receipt{}, &dibs.DeclinedError{Service: string(verb) + ".cgi", Transact: id, Result: result}
	}
	return dibs.Receipt{Result: way.code, Transact: id, Reply: "result=0"}, nil
}

// A way is how one money call goes.
type way struct {
	name   string
	take   bool          // it takes effect before the answer, if the bank allows it
	late   time.Duration // it takes effect that much later
	slow   time.Duration // the answer takes that long
	panics bool
	err    func(service string, id dibs.TransactID) error
	code   dibs.Result // of a receipt
}

// uncertain is a request of which no clear answer came.
func uncertain(cause error) func(string, dibs.TransactID) error {
	return func(service string, id dibs.TransactID) error {
		return &dibs.UncertainError{Service: service, Transact: id, Err: cause}
	}
}

// coded is an answer with a result code, as the client hands it on.
func coded(code dibs.Result) func(string, dibs.TransactID) error {
	return func(service string, id dibs.TransactID) error {
		if code.Declined() {
			return &dibs.DeclinedError{Service: service, Transact: id, Result: code}
		}
		return &dibs.UncertainError{Service: service, Transact: id, Reply: fmt.Sprintf("result=%d", int(code)), Err: errors.New(code.String())}
	}
}

// wrapped hides a refusal in an error that proves nothing.
func wrapped(service string, id dibs.TransactID) error {
	return fmt.Errorf("proxy: %w", &dibs.DeclinedError{Service: service, Transact: id, Result: dibs.ResultRejected})
}

func (g gateway) TransStatus(ctx context.Context, id dibs.TransactID) (dibs.Status, error) {
	a, err := g.read(ctx, "transstatus.pml", string(id))
	if err != nil {
		return 0, err
	}
	return a.status, nil
}

// PayInfo has the captured amount once there is one, or the authorised one for
// good: nobody knows which (flexwin.md 12, row 3).
func (g gateway) PayInfo(ctx context.Context, id dibs.TransactID) (dibs.PayInfo, error) {
	a, err := g.read(ctx, "payinfo.cgi", string(id))
	if err != nil {
		return dibs.PayInfo{}, err
	}
	amount := a.amount
	if a.captured > 0 && g.p.h.lowersPayInfo {
		amount = a.captured
	}
	return dibs.PayInfo{Transact: id, Status: a.status, Amount: dkk(amount), OrderID: a.orderID}, nil
}

// SplitPayInfo is never asked for: no account here is captured in parts.
func (g gateway) SplitPayInfo(_ context.Context, id dibs.TransactID, _ money.Currency) (dibs.SplitPayInfo, error) {
	return dibs.SplitPayInfo{}, &dibs.DeclinedError{Service: "splitpay_info.cgi", Transact: id, Result: dibs.ResultStatusForbids}
}

// read returns a copy of an account as it is when the question arrives.
func (g gateway) read(ctx context.Context, service, transact string) (seen account, err error) {
	h := g.p.h
	dead := g.p.around(service, transact, func() {
		h.bank.catchUp()
		a := h.bank.account(transact)
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case a == nil:
			err = &dibs.NotFoundError{Service: service, What: transact}
		case h.unlucky(h.luck.blind):
			err = io.ErrUnexpectedEOF
		default:
			seen = *a
			h.story.saw(a)
			if !g.planning && g.p.seen != nil {
				g.p.seen[transact] = a.status
			}
		}
	})
	if dead != nil {
		return seen, dead
	}
	return seen, err
}

func (g gateway) TransInfo(ctx context.Context, r dibs.TransInfoRequest) (info dibs.TransInfo, err error) {
	h := g.p.h
	dead := g.p.around("transinfo.cgi", r.OrderID, func() {
		err = &dibs.NotFoundError{Service: "transinfo.cgi", What: r.OrderID}
		for _, a := range h.bank.accounts {
			if a.merchant == g.merchant && a.orderID == r.OrderID && dkk(a.amount) == r.Amount {
				info, err = dibs.TransInfo{Transacts: []dibs.TransactID{dibs.TransactID(a.transact)}}, nil
			}
		}
		switch {
		case ctx.Err() != nil:
			err = ctx.Err()
		case h.unlucky(h.luck.blind):
			err = io.ErrUnexpectedEOF
		}
	})
	if dead != nil {
		return info, dead
	}
	return info, err
}

func dkk(minor int64) money.Amount {
	c, err := money.ParseCurrency("DKK")
	if err != nil {
		panic(err)
	}
	a, err := money.New(minor, c)
	if err != nil {
		panic(err)
	}
	return a
}
