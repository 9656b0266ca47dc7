package sim

import (
	"context"
	"errors"
	"fmt"

	"flexform/apply"
	"flexform/dibs"
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
	_ apply.Gateway       = gateway{}
	_ apply.TicketGateway = gateway{}
	_ plan.Reader         = gateway{}
)

// A call is one request that flexform makes.
type call struct {
	verb    statefile.Verb
	id      dibs.TransactID
	order   string
	minor   int64
	capture bool // of a charge
	part    bool // a capture that says that it is one of several
}

// service is what the client would have called.
func (c call) service() string {
	switch c.verb {
	case statefile.Reauthorise:
		return "reauth.cgi"
	case statefile.Charge:
		return "ticket_auth.cgi"
	case statefile.Delete:
		return "delticket.cgi"
	}
	return string(c.verb) + ".cgi"
}

func (g gateway) Capture(ctx context.Context, r dibs.CaptureRequest) (dibs.Receipt, error) {
	return g.receipt(ctx, call{verb: statefile.Capture, id: r.Transact, order: r.OrderID, minor: r.Amount.Minor(), part: r.SplitPay})
}

func (g gateway) Refund(ctx context.Context, r dibs.RefundRequest) (dibs.Receipt, error) {
	return g.receipt(ctx, call{verb: statefile.Refund, id: r.Transact, order: r.OrderID, minor: r.Amount.Minor()})
}

func (g gateway) Cancel(ctx context.Context, r dibs.CancelRequest) (dibs.Receipt, error) {
	return g.receipt(ctx, call{verb: statefile.Cancel, id: r.Transact, order: r.OrderID})
}

func (g gateway) DelTicket(ctx context.Context, id dibs.TransactID) (dibs.Receipt, error) {
	return g.receipt(ctx, call{verb: statefile.Delete, id: id})
}

func (g gateway) Reauth(ctx context.Context, id dibs.TransactID) (dibs.Authorisation, error) {
	return g.authorisation(ctx, call{verb: statefile.Reauthorise, id: id})
}

func (g gateway) TicketAuth(ctx context.Context, r dibs.TicketAuthRequest) (dibs.Authorisation, error) {
	if !r.UniqueOID {
		g.p.h.failf("ticket %s is charged for order %s, and the order need not be new", r.Ticket, r.OrderID)
	}
	return g.authorisation(ctx, call{verb: statefile.Charge, id: r.Ticket, order: r.OrderID, minor: r.Amount.Minor(), capture: r.CaptureNow})
}

func (g gateway) receipt(ctx context.Context, c call) (dibs.Receipt, error) {
	a, err := g.money(ctx, c)
	if err != nil {
		return dibs.Receipt{}, err
	}
	return dibs.Receipt{Result: a.code, Transact: c.id, Reply: "result=0&card=" + canary}, nil
}

func (g gateway) authorisation(ctx context.Context, c call) (dibs.Authorisation, error) {
	a, err := g.money(ctx, c)
	if err != nil {
		return dibs.Authorisation{}, err
	}
	return dibs.Authorisation{Transacts: a.payments, Reply: "status=ACCEPTED&card=" + canary}, nil
}

// canary is a card number. What the gateway says may hold one, what flexform
// writes never does (R74).
const canary = "4111111111111111"

// An answer is a yes of the gateway.
type answer struct {
	code     dibs.Result
	payments []dibs.TransactID // of an authorisation
}

// money makes one money call as a client does: a connection, the last look at
// whether it may still send, the request, the answer.
func (g gateway) money(ctx context.Context, c call) (a answer, err error) {
	p := g.p
	notSent := func(err error) (answer, error) {
		return answer{}, &dibs.NotSentError{Service: c.service(), Transact: c.id, Err: err}
	}
	if err := p.around("dial", string(c.id), func() {}); err != nil {
		return notSent(err)
	}
	if p.h.unlucky(p.h.luck.dial) {
		p.h.saw(sawNoLine)
		return notSent(errors.New("connection refused"))
	}
	var pan any
	dead := p.around("send "+c.service(), string(c.id), func() {
		defer func() { pan = recover() }()
		if late := dibs.MaySend(ctx); late != nil && p.h.bug != bugSleepyhead {
			p.h.saw(sawTooLate)
			a, err = notSent(late)
			return
		}
		if a, err = g.answer(c); err != nil && p.h.bug == bugResend {
			if _, unknown := err.(*dibs.UncertainError); unknown {
				a, err = g.answer(c)
			}
		}
	})
	if dead != nil {
		return answer{}, &dibs.UncertainError{Service: c.service(), Transact: c.id, Err: dead}
	}
	if pan != nil {
		panic(pan)
	}
	return a, err
}

// answer is the bank's side of one request: what becomes of it, and what comes
// back, which are two things.
func (g gateway) answer(c call) (answer, error) {
	h, a := g.p.h, g.p.h.bank.account(string(c.id))
	r := &request{process: g.p, account: a, verb: c.verb, minor: c.minor, order: c.order, capture: c.capture}
	h.audit.request(r)
	if why := g.misaddressed(a, c); why != "" {
		h.failf("a request for transaction %s, order %q, which is not there: %s", c.id, c.order, why)
		return answer{}, c.refused(int(dibs.ResultOrderMismatch))
	}
	way := h.luck.answer(g.p, c, a)
	h.tracef("    %s %s %s %d: %s", c.verb, c.id, c.order, c.minor, way.name)
	h.bank.catchUp()
	v := verdict{accepted: true}
	switch {
	case way.late > 0: // counted from here: that is what the window is about
		r.pending, r.due = true, h.clock.since()+way.late
		h.bank.late = append(h.bank.late, r)
	case way.take:
		v = h.bank.take(r)
	}
	if way.again {
		h.saw(sawTwice)
		again := *r
		second := h.bank.take(&again)
		if v.accepted && second.accepted {
			h.failf("the bank took %s of %s twice", c.verb, c.id)
		}
		if way.second && v.accepted && !second.accepted {
			a.lied = true
			v = second
		}
	}
	h.clock.advance(way.slow)
	h.bank.catchUp()
	switch {
	case way.panics:
		panic("the client broke")
	case way.err != nil:
		return answer{}, way.err(c)
	case !v.accepted:
		return answer{}, c.refused(v.code)
	}
	yes := answer{way.code, []dibs.TransactID{c.id}}
	if c.verb == statefile.Charge {
		yes.payments = nil
		if r.made != nil {
			yes.payments = []dibs.TransactID{dibs.TransactID(r.made.transact)}
		}
	}
	if way.other {
		yes.payments = []dibs.TransactID{c.id, "99999999"}
	}
	return yes, nil
}

// misaddressed says what a request gets wrong that no luck can, or "".
func (g gateway) misaddressed(a *account, c call) string {
	switch {
	case a == nil || a.merchant != g.merchant:
		return "no such account"
	case c.verb == statefile.Charge || c.verb == statefile.Delete || c.verb == statefile.Reauthorise:
		return ""
	case a.orderID != c.order:
		return "it is order " + a.orderID
	case c.verb == statefile.Capture && c.part != plan.Split(a.status) && !a.theirs:
		return fmt.Sprintf("one of several captures: %t", c.part)
	}
	return ""
}

// refused is an answer with a code, as the client hands it on: a definite no,
// or one that proves nothing.
func (c call) refused(code int) error {
	message, reply := "card "+canary, fmt.Sprintf("result=%d&card=%s", code, canary)
	unclear := &dibs.UncertainError{Service: c.service(), Transact: c.id, Reply: reply, Err: fmt.Errorf("the gateway answered %d", code)}
	switch c.verb {
	case statefile.Reauthorise, statefile.Charge:
		if reason := dibs.Reason(code); reason.Declined() {
			return &dibs.AuthDeclinedError{Service: c.service(), OrderID: c.order, Transact: c.id, Reason: reason, Message: message, Reply: reply}
		}
	case statefile.Delete:
		return &dibs.DeclinedError{Service: c.service(), Transact: c.id, Result: dibs.ResultUnstated, Message: message, Reply: reply}
	default:
		if result := dibs.Result(code); result.Declined() {
			return &dibs.DeclinedError{Service: c.service(), Transact: c.id, Result: result, Message: message, Reply: reply}
		}
	}
	return unclear
}

// uncertain is a request of which no clear answer came.
func uncertain(cause string) func(call) error {
	return func(c call) error {
		return &dibs.UncertainError{Service: c.service(), Transact: c.id, Err: errors.New(cause)}
	}
}

// wrapped hides a refusal in an error that proves nothing.
func wrapped(c call) error { return fmt.Errorf("proxy: %w", c.refused(int(dibs.ResultRejected))) }
