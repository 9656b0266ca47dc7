package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/statefile"

	"github.com/google/go-cmp/cmp"
)

// R7, R8: only the known answers are answers.
func TestClassify(t *testing.T) {
	declined := &dibs.DeclinedError{Service: "refund.cgi", Transact: "11111111", Result: dibs.ResultAmountTooHigh, Reply: "result=7"}
	notSent := &dibs.NotSentError{Service: "refund.cgi", Transact: "11111111", Err: io.EOF}
	for name, tt := range map[string]struct {
		receipt dibs.Receipt
		err     error
		want    statefile.Result
		code    int // -1: none
	}{
		"a receipt":                          {dibs.Receipt{Result: 0}, nil, statefile.Accepted, 0},
		"a receipt with 1000":                {dibs.Receipt{Result: 1000}, nil, statefile.Accepted, 1000},
		"a receipt that is none":             {dibs.Receipt{Result: 7}, nil, statefile.Unknown, 7},
		"a decline":                          {dibs.Receipt{}, declined, statefile.Declined, 7},
		"a decline with a code that is none": {dibs.Receipt{}, &dibs.DeclinedError{Result: 2}, statefile.Unknown, 2},
		"a refused login":                    {dibs.Receipt{}, &dibs.LoginError{User: "api"}, statefile.Declined, -1},
		"nothing sent":                       {dibs.Receipt{}, notSent, statefile.NotSent, -1},
		"no answer":                          {dibs.Receipt{}, lost("11111111"), statefile.Unknown, -1},
		"an error of no known type":          {dibs.Receipt{}, io.ErrUnexpectedEOF, statefile.Unknown, -1},
		"the end of a context":               {dibs.Receipt{}, context.Canceled, statefile.Unknown, -1},
		"a wrapped decline":                  {dibs.Receipt{}, fmt.Errorf("proxy: %w", declined), statefile.Unknown, -1},
		"a wrapped not sent":                 {dibs.Receipt{}, fmt.Errorf("second try: %w", notSent), statefile.Unknown, -1},
		"no answer after nothing sent":       {dibs.Receipt{}, &dibs.UncertainError{Err: notSent}, statefile.Unknown, -1},
		"both at once":                       {dibs.Receipt{}, errors.Join(notSent, declined), statefile.Unknown, -1},
	} {
		t.Run(name, func(t *testing.T) {
			got := classify("id", tt.receipt, tt.err)
			code := -1
			if got.Code != nil {
				code = *got.Code
			}
			if got.Action != "id" || got.Result != tt.want || code != tt.code {
				t.Errorf("classify = %+v with code %d, want %s with %d", got, code, tt.want, tt.code)
			}
			if (got.Message == "") != (tt.want == statefile.Accepted) {
				t.Errorf("message = %q", got.Message)
			}
		})
	}
}

// R7: every code of the table, through the whole of Run.
func TestEveryResultCode(t *testing.T) {
	for result := dibs.Result(0); result <= 20; result++ {
		t.Run(result.String(), func(t *testing.T) {
			r := newRig(t, 1)
			want := statefile.ActionAccepted
			r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) {
				switch {
				case result.Accepted():
					return false, nil
				case result == dibs.ResultAmountTooHigh: // as the second delivery of a first one, see TestNoToASecondDelivery
					want = statefile.ActionUnknown
					return false, &dibs.DeclinedError{Transact: id, Result: result}
				case result.Declined():
					want = statefile.ActionDeclined
					return false, &dibs.DeclinedError{Transact: id, Result: result}
				}
				want = statefile.ActionUnknown
				return false, &dibs.UncertainError{Transact: id, Reply: fmt.Sprintf("result=%d", int(result)), Err: fmt.Errorf("result %d", result)}
			}
			r.run(r.runner(), planOf(refund(0, 0, 5000)))
			tr, _ := r.file.State().Transaction(key(0))
			if tr.Actions[0].State != want {
				t.Errorf("state = %v, want %v", tr.Actions[0].State, want)
			}
			if len(r.bank.sent) != 1 {
				t.Errorf("sent %v, want one request", r.bank.sent)
			}
		})
	}
}

// R8: a panic of the client is an unknown outcome.
func TestPanicIsUnknown(t *testing.T) {
	r := newRig(t, 1)
	r.bank.fault = func(int, statefile.Verb, dibs.TransactID) (bool, error) { panic("out of memory") }
	runner := r.runner()
	runner.Merchants[shop] = Merchant{Gateway: panicking{r.bank}, Reader: r.bank}
	got := r.run(runner, planOf(refund(0, 0, 5000)))
	if len(got.Unknown) != 1 || got.Rule != StopUnknown {
		t.Errorf("result = %v stopped by %q, want one unknown that stopped it", ended(got), got.Rule)
	}
}

type panicking struct{ Gateway }

func (panicking) Refund(context.Context, dibs.RefundRequest) (dibs.Receipt, error) {
	panic("nil pointer")
}

// R25: what is not where the plan saw it is skipped, without an intent.
func TestMoved(t *testing.T) {
	recorded := func(p ...statefile.Payload) func(*rig) {
		return func(r *rig) {
			r.record(p...)
		}
	}
	intentOf := func(a plan.Action) statefile.Intent {
		j, err := newJob(0, a)
		if err != nil {
			t.Fatal(err)
		}
		return j.intent("sha256:earlier", 5)
	}
	outcome := func(a plan.Action, result statefile.Result) statefile.Outcome {
		return statefile.Outcome{Action: intentOf(a).Action, Result: result}
	}
	for name, tt := range map[string]struct {
		action plan.Action
		login  bool
		move   func(*rig)
		why    string // part of the reason
	}{
		"somebody refunded in the back-office": {refund(0, 0, 5000), false, func(r *rig) { r.account(0).status = dibs.StatusRefunded }, "now it is refunded"},
		"somebody captured meanwhile":          {cancel(1), false, func(r *rig) { r.account(1).status = dibs.StatusCaptured }, "now it is captured"},
		"the order is another one":             {refund(0, 0, 5000), true, func(r *rig) { r.account(0).orderID = "order-9" }, "order-9"},
		"less was captured than is refunded":   {refund(0, 0, 5000), true, func(r *rig) { r.account(0).captured = 4000 }, "40.00 DKK"},
		"more was captured than authorised":    {refund(0, 0, 5000), true, func(r *rig) { r.account(0).captured = 20001 }, "200.01 DKK"},
		"another amount was authorised":        {capture(1, 15000), true, func(r *rig) { r.account(1).amount = 19999 }, "199.99 DKK"},
		"the ledger is ahead": {refund(0, 0, 5000), false,
			recorded(intentOf(refund(0, 0, 3000)), outcome(refund(0, 0, 3000), statefile.Accepted)), "the ledger has it at 30.00 DKK"},
		"the ledger is behind": {func() plan.Action {
			a := refund(0, 3000, 5000)
			a.Status = dibs.StatusCaptured
			return a
		}(), false, func(*rig) {}, "the plan raises the total from 30.00 DKK"},
		"the same step was taken already": {refund(0, 0, 5000), false,
			recorded(intentOf(refund(0, 0, 5000)), outcome(refund(0, 0, 5000), statefile.Accepted)), "the ledger has it at 50.00 DKK"},
		"the same attempt failed already": {refund(0, 0, 5000), false,
			recorded(intentOf(refund(0, 0, 5000)), outcome(refund(0, 0, 5000), statefile.Declined)), "claimed"},
		"an attempt before it never was": {func() plan.Action {
			a := refund(0, 0, 5000)
			a.Attempt = 2
			return a
		}(), false, func(*rig) {}, "there was no attempt 1"},
		"another call's outcome is not known": {refund(0, 0, 5000), false,
			recorded(intentOf(refund(0, 0, 3000)), outcome(refund(0, 0, 3000), statefile.Unknown)), "refund/0-3000/DKK#1 is not known"},
		"it is cancelled in the ledger": {cancel(1), false,
			recorded(intentOf(cancel(1)), outcome(cancel(1), statefile.Accepted)), "claimed"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2)
			r.authorised(1)
			tt.move(r)
			runner := r.runner()
			runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: r.bank, Login: tt.login}
			before := len(r.kinds())
			got := r.run(runner, planOf(tt.action))
			if len(got.Moved) != 1 || !got.AnyMoved() || !strings.Contains(got.Moved[0].Detail, tt.why) || len(r.bank.sent) != 0 {
				t.Errorf("result = %+v, sent %v; want it moved because of %q, and nothing sent", got, r.bank.sent, tt.why)
			}
			if diff := cmp.Diff([]string{"begin", "end"}, r.kinds()[before:]); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPayInfoThatFits(t *testing.T) {
	r := newRig(t, 3)
	r.account(0).captured = 15000 // payinfo tells what was captured: fits a refund of 150.00
	r.authorised(1)
	r.authorised(2)
	runner := r.runner()
	runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: r.bank, Login: true}
	if got := r.run(runner, planOf(refund(0, 0, 15000), capture(1, 15000), cancel(2))); !got.Complete() {
		t.Errorf("result = %+v, want all done", got)
	}
}

// Payinfo has what was authorised or what was captured: not less than the
// refund's total, and not more than was authorised.
func TestPayInfoAtTheLimit(t *testing.T) {
	j, err := newJob(0, refund(0, 0, 15000))
	if err != nil {
		t.Fatal(err)
	}
	for minor, fits := range map[int64]bool{14999: false, 15000: true, 20000: true, 20001: false} {
		if why := j.mistaken(dibs.PayInfo{Status: 5, Amount: dkk(minor)}); (why == "") != fits {
			t.Errorf("a refund of 150.00 of 200.00, and payinfo has %d: mistaken = %q", minor, why)
		}
	}
}

func TestPayInfoInAnotherCurrency(t *testing.T) {
	j, err := newJob(0, refund(0, 0, 5000))
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		amount money.Amount
		fits   bool
	}{
		"its own": {dkk(20000), true}, "another": {usd(20000), false}, "none": {money.Amount{}, true},
	} {
		if why := j.mistaken(dibs.PayInfo{Status: 5, Amount: tt.amount}); (why == "") != tt.fits {
			t.Errorf("%s: mistaken = %q", name, why)
		}
	}
}

// R20: an intent that another process claimed between our look and our append
// sends nothing.
func TestClaimedElsewhere(t *testing.T) {
	r := newRig(t, 1)
	runner := r.runner()
	claimed := &statefile.ClaimedError{}
	runner.Ledger = &faultyLedger{Ledger: r.file, before: func(n int, _ []statefile.Payload) error {
		if n == 2 {
			return claimed
		}
		return nil
	}}
	got := r.run(runner, planOf(refund(0, 0, 5000)))
	if len(got.Moved) != 1 || !errors.Is(got.Moved[0].Err, claimed) || len(r.bank.sent) != 0 {
		t.Errorf("result = %+v, sent %v; want it moved and nothing sent", got, r.bank.sent)
	}
}

func TestPayInfoOfAnotherTransactionIsNoAnswer(t *testing.T) {
	r := newRig(t, 1)
	runner := r.runner()
	runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: confused{r.bank}, Login: true}
	got := r.run(runner, planOf(refund(0, 0, 5000)))
	if len(got.NotStarted) != 1 || len(r.bank.sent) != 0 {
		t.Errorf("result = %v, sent %v; want it not started", ended(got), r.bank.sent)
	}
}

type confused struct{ *bank }

func (c confused) PayInfo(ctx context.Context, id dibs.TransactID) (dibs.PayInfo, error) {
	pay, err := c.bank.PayInfo(ctx, id)
	pay.Transact = "99999999"
	return pay, err
}

func TestUnreadIsNotSent(t *testing.T) {
	r := newRig(t, 3)
	r.bank.blind = func(_ int, id dibs.TransactID) error {
		if id == transact(1) {
			return io.ErrUnexpectedEOF
		}
		return nil
	}
	got := r.run(r.runner(), planOf(refund(0, 0, 20000), refund(1, 0, 20000), refund(2, 0, 20000)))
	want := []string{"refund 11111111: settled", "refund 11111112: not_started", "refund 11111113: settled"}
	if diff := cmp.Diff(want, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if !errors.Is(got.NotStarted[0].Err, io.ErrUnexpectedEOF) || got.NotStarted[0].Status != nil {
		t.Errorf("not started = %+v, want the cause and no status", got.NotStarted[0])
	}
}

// A slowLine takes longer to connect than a call may wait, and then asks, as
// every sender must.
type slowLine struct {
	Gateway
	clock *clock
}

func (l slowLine) Refund(ctx context.Context, r dibs.RefundRequest) (dibs.Receipt, error) {
	l.clock.now = l.clock.now.Add(defaultSendBy + 1)
	if err := dibs.MaySend(ctx); err != nil {
		return dibs.Receipt{}, &dibs.NotSentError{Transact: r.Transact, Err: err}
	}
	return l.Gateway.Refund(ctx, r)
}

// R21: the time to send runs out while the connection is made.
func TestConnectedTooLate(t *testing.T) {
	r := newRig(t, 1)
	runner := r.runner()
	m := runner.Merchants[shop]
	m.Gateway = slowLine{m.Gateway, r.clock}
	runner.Merchants[shop] = m
	got := r.run(runner, planOf(refund(0, 0, 5000)))
	if len(got.NotSent) != 1 || len(r.bank.sent) != 0 {
		t.Errorf("result = %v after %v, want it not sent", ended(got), r.bank.sent)
	}
}
