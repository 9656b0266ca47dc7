package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/plan"
	"flexform/statefile"

	"github.com/google/go-cmp/cmp"
)

// R3, R7: a request that is delivered twice is carried out the first time and
// refused the second, and the no is what is heard. It is never recorded as
// declined.
func TestNoToASecondDelivery(t *testing.T) {
	part := refund(0, 0, 15000)
	part.Class = plan.SelfLimiting
	later := refund(0, 12000, 18000)
	later.Class = plan.SelfLimiting
	for name, tt := range map[string]struct {
		action plan.Action
		no     error
		want   string
	}{
		"a capture":          {capture(0, 20000), &dibs.DeclinedError{Result: dibs.ResultStatusForbids}, "unknown"},
		"a capture in batch": {capture(0, 20000), &dibs.DeclinedError{Result: dibs.ResultPendingBatch}, "unknown"},
		"a cancel":           {cancel(0), &dibs.DeclinedError{Result: dibs.ResultStatusForbids}, "unknown"},
		"a full refund":      {refund(0, 0, 20000), &dibs.DeclinedError{Result: dibs.ResultStatusForbids}, "unknown"},
		"a refund of a part": {part, &dibs.DeclinedError{Result: dibs.ResultAmountTooHigh}, "unknown"},
		"a later refund":     {later, &dibs.DeclinedError{Result: dibs.ResultAmountTooHigh}, "unknown"},
		"a charge":           {charging(0, "A-1", 9900), &dibs.AuthDeclinedError{Reason: dibs.ReasonOrderNotUnique}, "settled"},
		"a deletion":         {deleting(0), &dibs.DeclinedError{Result: dibs.ResultUnstated}, "settled"},
	} {
		for _, carriedOut := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, carried out %t", name, carriedOut), func(t *testing.T) {
				r := newRig(t, 1)
				switch tt.action.Verb {
				case statefile.Capture, statefile.Cancel:
					r.authorised(0)
				case statefile.Charge, statefile.Delete:
					r.ticket(0)
				}
				if tt.action.FromMinor > 0 {
					r.run(r.runner(), planOf(refund(0, 0, 12000)))
				}
				r.bank.fault = func(int, statefile.Verb, dibs.TransactID) (bool, error) { return carriedOut, tt.no }
				want := tt.want
				refused, is := tt.no.(*dibs.DeclinedError)
				switch {
				case carriedOut:
				case !is, refused.Result == dibs.ResultAmountTooHigh:
					want = "unknown" // nothing shows that the no stands
				default:
					want = "declined"
				}
				got := r.run(r.runner(), planOf(tt.action))
				if diff := cmp.Diff([]string{fmt.Sprintf("%s 11111111: %s", tt.action.Verb, want)}, ended(got)); diff != "" {
					t.Fatalf("result (-want +got):\n%s", diff)
				}
				r.bank.fault = nil
				r.settle(r.runner()) // no later look settles what only a person can
				a, _ := r.file.State().Action(statefile.ActionID(must(tt.action.Step()), 1))
				undecided := a.State == statefile.ActionUnknown
				if undecided != (want == "unknown") || carriedOut && a.State.Failed() {
					t.Errorf("the ledger has it as %s (%s)", a.State, a.Message)
				}
				if undecided && tt.action.Verb != statefile.Charge && !strings.Contains(a.Message, "delivered twice") {
					t.Errorf("message %q", a.Message)
				}
			})
		}
	}
}

func must(s statefile.Step, err error) statefile.Step {
	if err != nil {
		panic(err)
	}
	return s
}

// When nothing can be read after such a no, it proves nothing.
func TestNoWithoutASecondLook(t *testing.T) {
	r := newRig(t, 1)
	r.bank.fault = func(int, statefile.Verb, dibs.TransactID) (bool, error) {
		return false, &dibs.DeclinedError{Result: dibs.ResultAmountTooHigh}
	}
	r.bank.blind = func(n int, _ dibs.TransactID) error {
		if n > 1 {
			return errors.New("no answer")
		}
		return nil
	}
	if got := r.run(r.runner(), planOf(refund(0, 0, 5000))); len(got.Unknown) != 1 {
		t.Errorf("result %v, want it unknown", ended(got))
	}
}

// The same over loopback: the sandbox gets each request twice.
func TestSandboxTwice(t *testing.T) {
	for name, tt := range map[string]struct {
		action plan.Action
		status sandbox.Status
		want   string
	}{
		"refund.cgi":      {refund(0, 0, 20000), sandbox.StatusCaptured, "unknown"},
		"capture.cgi":     {capture(0, 20000), sandbox.StatusAuthorised, "unknown"},
		"cancel.cgi":      {cancel(0), sandbox.StatusAuthorised, "unknown"},
		"ticket_auth.cgi": {charging(0, "A-1", 9900), sandbox.StatusTicket, "settled"},
		"delticket.cgi":   {deleting(0), sandbox.StatusTicket, "settled"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 0)
			server := sandbox.Start(t, sandbox.Options{
				Faults: []sandbox.Fault{{Service: name, Do: sandbox.FaultTwice}}, Users: []sandbox.User{{Name: "api", Password: "secret"}}, Merchants: []sandbox.Merchant{{ID: shop}},
			}, sandbox.Transaction{Transact: string(transact(0)), OrderID: orderID(0), Amount: dkk(20000), Status: tt.status})
			client, err := dibs.New(dibs.Config{Gateway: server.URL, Merchant: shop, User: "api", Password: dibs.NewSecret("secret")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.CloseIdleConnections)
			runner := r.runner()
			runner.Merchants[shop] = Merchant{Gateway: client, Reader: client, Tickets: client, Login: true, Concurrency: 1}
			got := r.run(runner, planOf(tt.action))
			if diff := cmp.Diff([]string{fmt.Sprintf("%s 11111111: %s", tt.action.Verb, tt.want)}, ended(got)); diff != "" {
				t.Errorf("result (-want +got):\n%s\n%+v", diff, got)
			}
		})
	}
}

type listing struct{ *bank }

// TransInfo names every transaction of the order.
func (g listing) TransInfo(_ context.Context, r dibs.TransInfoRequest) (info dibs.TransInfo, err error) {
	for id, a := range g.accounts {
		if a.orderID == r.OrderID {
			info.Transacts = append(info.Transacts, id)
		}
	}
	if len(info.Transacts) == 0 {
		return info, &dibs.NotFoundError{Service: "transinfo.cgi", What: r.OrderID}
	}
	return info, nil
}

// A declined charge leaves a transaction of its order behind. The retry becomes
// final all the same, with its answer and without.
func TestChargeAfterADeclinedOne(t *testing.T) {
	for name, answer := range map[string]error{"answered": nil, "not answered": lost(transact(0))} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			r.ticket(0)
			runner := r.runner()
			runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: r.bank, Tickets: listing{r.bank}}
			r.account(0).old = true // its card is declined
			r.run(runner, planOf(charging(0, "A-1", 9900)))
			r.account(0).old = false
			r.bank.fault = func(int, statefile.Verb, dibs.TransactID) (bool, error) { return true, answer }
			again := charging(0, "A-1", 9900)
			again.Attempt = 2
			got := r.run(runner, planOf(again))
			if diff := cmp.Diff([]string{"charge 11111111: settled"}, ended(got)); diff != "" {
				t.Fatalf("result (-want +got):\n%s\n%+v", diff, got)
			}
			if s := r.settle(runner); len(s.Settling)+len(s.Unknown) > 0 || got.Done[0].Payment != "90000002" {
				t.Errorf("settled %+v, payment %q", s, got.Done[0].Payment)
			}
		})
	}
}
