package apply

import (
	"context"
	"strings"
	"sync"
	"testing"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
	"flexform/plan"
	"flexform/statefile"

	"github.com/google/go-cmp/cmp"
)

// A street is a rig whose gateway is the sandbox, over loopback.
type street struct {
	*rig
	server *sandbox.Server
	client *dibs.Client
}

// newStreet has n transactions like newRig's, refunded so far by that much.
func newStreet(t testing.TB, o sandbox.Options, n int, refunded int64) *street {
	t.Helper()
	r := newRig(t, 0)
	seeds := make([]sandbox.Transaction, n)
	for i := range seeds {
		seeds[i] = sandbox.Transaction{
			Transact: string(transact(i)), OrderID: orderID(i), Amount: dkk(20000), Status: 5, Captured: dkk(20000),
		}
		if refunded > 0 {
			seeds[i].Status, seeds[i].Refunded = 8, dkk(refunded)
		}
	}
	o.Users = []sandbox.User{{Name: "api", Password: "secret"}}
	s := &street{rig: r, server: sandbox.Start(t, o, seeds...)}
	s.client = s.login(t, "secret")
	return s
}

func (s *street) login(t testing.TB, password string) *dibs.Client {
	t.Helper()
	client, err := dibs.New(dibs.Config{Gateway: s.server.URL, Merchant: shop, User: "api", Password: dibs.NewSecret(password)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func (s *street) runner() *Runner {
	r := s.rig.runner()
	r.Merchants[shop] = Merchant{Gateway: s.client, Reader: s.client, Login: true, Concurrency: 8}
	return r
}

// refunded compares what the sandbox gave back with want, for every
// transaction, and returns how many refund requests reached it.
func (s *street) refunded(t testing.TB, want int64) uint64 {
	t.Helper()
	for _, tr := range s.server.Gateway.Transactions() {
		if tr.Refunded.Minor() != want {
			t.Errorf("%s: the gateway gave back %s, want %s", tr.Transact, tr.Refunded, dkk(want))
		}
	}
	return s.server.Gateway.Requests()["refund.cgi"]
}

func TestSandboxBatch(t *testing.T) {
	s := newStreet(t, sandbox.Options{}, 50, 0)
	got := s.run(s.runner(), planOf(refunds(50)...))
	if !got.Complete() || got.Settling() != 0 {
		t.Errorf("result = %v, stopped: %s", ended(got), got.Stopped)
	}
	if n := s.refunded(t, 5000); n != 50 {
		t.Errorf("%d requests, want 50", n)
	}
	if diff := cmp.Diff([]plan.Sum{{Currency: "DKK", Verb: statefile.Refund, Count: 50, Minor: 250000, LargestMinor: 5000}}, got.Sums()); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
}

// commitThenDrop carries the first call of a service out and loses the answer.
func commitThenDrop(service string) sandbox.Hook {
	var once sync.Once
	return func(name string, _ sandbox.Params, next func() sandbox.Reply) sandbox.Reply {
		reply := next()
		if name == service {
			once.Do(func() { reply.Drop = true })
		}
		return reply
	}
}

// R3, R46: a lost reply is one request, settled by evidence.
func TestSandboxLostReply(t *testing.T) {
	s := newStreet(t, sandbox.Options{Hook: commitThenDrop("refund.cgi")}, 1, 0)
	got := s.run(s.runner(), planOf(refund(0, 0, 5000)))
	if diff := cmp.Diff([]string{"refund 11111111: settled"}, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"created", "begin", "intent", "unknown", "observed done", "observed settled", "end"}, s.kinds()); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
	if n := s.refunded(t, 5000); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// R3: a second partial refund whose reply is lost cannot be decided.
func TestSandboxLostReplyOfASecondRefund(t *testing.T) {
	s := newStreet(t, sandbox.Options{Hook: commitThenDrop("refund.cgi")}, 1, 3000)
	s.record(statefile.Adopted{
		Merchant: shop, Transact: string(transact(0)), OrderID: orderID(0), Currency: "DKK",
		AmountMinor: 20000, CapturedMinor: 20000, RefundedMinor: 3000, Status: 8, Evidence: "the shop's books",
	})
	got := s.run(s.runner(), planOf(refund(0, 3000, 5000)))
	if diff := cmp.Diff([]string{"refund 11111111: unknown"}, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	s.reopen()
	s.clock.now = s.clock.now.Add(1e6 * defaultWindow)
	if after := s.settle(s.runner()); len(after.Unknown) != 1 {
		t.Errorf("settle = %+v, want it unknown for ever", after)
	}
	if n := s.refunded(t, 5000); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

// R25: somebody refunds in the back-office between plan and apply.
func TestSandboxMoved(t *testing.T) {
	s := newStreet(t, sandbox.Options{}, 2, 0)
	if err := s.server.Gateway.BackOffice(sandbox.MoveRefund, string(transact(0)), dkk(5000)); err != nil {
		t.Fatal(err)
	}
	got := s.run(s.runner(), planOf(refunds(2)...))
	if diff := cmp.Diff([]string{"refund 11111111: moved", "refund 11111112: settled"}, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if n := s.refunded(t, 5000); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestSandboxDeclines(t *testing.T) {
	s := newStreet(t, sandbox.Options{}, 2, 0)
	tooMuch, wrongOrder := refund(0, 0, 5000), refund(1, 0, 5000)
	wrongOrder.OrderID = "another"
	runner := s.runner()
	runner.Merchants[shop] = Merchant{Gateway: s.client, Reader: s.client, Concurrency: 1} // by status only: the order id is not compared
	tooMuch.ToMinor, tooMuch.AmountMinor = 20001, 30000
	got := s.run(runner, planOf(wrongOrder, tooMuch))
	if diff := cmp.Diff([]string{"refund 11111111: unknown", "refund 11111112: declined"}, ended(got)); diff != "" {
		t.Fatalf("result (-want +got):\n%s", diff)
	}
	if code := *got.Declined[0].Code; code != 9 {
		t.Errorf("declined with code %d, want 9", code)
	}
	// The gateway's no to a part is what the second delivery of it would get.
	if no := got.Unknown[0]; no.Code == nil || *no.Code != 7 || !strings.Contains(no.Detail, "delivered twice") {
		t.Errorf("unknown: %s", no.Detail)
	}
	s.refunded(t, 0)
}

// A wrong password is tried once: three times would lock the user out.
func TestSandboxWrongPassword(t *testing.T) {
	for name, reads := range map[string]bool{"found by a read": true, "found by the first refund": false} {
		t.Run(name, func(t *testing.T) {
			s := newStreet(t, sandbox.Options{}, 30, 0)
			runner := s.runner()
			client := s.login(t, "wrong")
			runner.Merchants[shop] = Merchant{Gateway: client, Reader: client, Login: reads, Concurrency: 8}
			got := s.run(runner, planOf(refunds(30)...))
			if got.Rule != StopLogin || len(got.Done) != 0 {
				t.Errorf("result = %v stopped by %q, want nothing done and %q", ended(got), got.Rule, StopLogin)
			}
			requests := s.server.Gateway.Requests()
			if n := requests["refund.cgi"] + requests["payinfo.cgi"]; n != 1 {
				t.Errorf("%d requests with the wrong password, want 1", n)
			}
			s.refunded(t, 0)
		})
	}
}

// R8: a signal in the middle of a batch.
func TestSandboxDrain(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var n int
	var mu sync.Mutex
	s := newStreet(t, sandbox.Options{Hook: func(name string, _ sandbox.Params, next func() sandbox.Reply) sandbox.Reply {
		if name == "refund.cgi" {
			mu.Lock()
			n++
			if n == 10 {
				cancel()
			}
			mu.Unlock()
		}
		return next()
	}}, 50, 0)
	got, err := s.runner().withDefaults().run(ctx, planOf(refunds(50)...))
	if err != nil || got.Rule != StopInterrupted || got.AnyUnknown() {
		t.Errorf("run = %v stopped by %q, %v", ended(got), got.Rule, err)
	}
	done := uint64(len(got.Done))
	if requests := s.server.Gateway.Requests()["refund.cgi"]; requests != done || done < 10 || done > 17 {
		t.Errorf("%d done, %d requests; want the same, 10 and those that were under way", done, requests)
	}
	s.reopen()
	if after := s.settle(s.runner()); len(after.Decided) != int(done) || after.AnyUnknown() {
		t.Errorf("settle decided %d, want %d", len(after.Decided), done)
	}
}

// R5: what waits for the acquirer is followed by later runs.
func TestSandboxSettlement(t *testing.T) {
	s := newStreet(t, sandbox.Options{Settle: sandbox.Manual}, 2, 0)
	if got := s.run(s.runner(), planOf(refunds(2)...)); got.Settling() != 2 {
		t.Errorf("result = %v, want both settling", ended(got))
	}
	if after := s.settle(s.runner()); len(after.Settling) != 2 || len(after.Decided) != 0 {
		t.Errorf("settle = %+v, want both settling", after)
	}
	if _, err := s.server.Gateway.Settle(); err != nil {
		t.Fatal(err)
	}
	if err := s.server.Gateway.Decline(string(transact(0))); err != nil {
		t.Fatal(err)
	}
	if _, err := s.server.Gateway.Settle(); err != nil {
		t.Fatal(err)
	}
	s.settle(s.runner())
	var totals []money.Amount
	for i := range 2 {
		tr, _ := s.file.State().Transaction(key(i))
		totals = append(totals, tr.Refunded)
	}
	if totals[0].Minor() != 0 || totals[1].Minor() != 5000 {
		t.Errorf("ledger totals = %v, want 0 for the declined one and 50.00", totals)
	}
}

// R21: what comes too late after its intent is not sent.
func TestSandboxSentTooLate(t *testing.T) {
	s := newStreet(t, sandbox.Options{}, 1, 0)
	runner := s.runner()
	runner.Ledger = &faultyLedger{Ledger: s.file, after: func(n int, _ []statefile.Payload) error {
		if n == 2 {
			s.clock.now = s.clock.now.Add(defaultSendBy + 1)
		}
		return nil
	}}
	got := s.run(runner, planOf(refund(0, 0, 5000)))
	if len(got.NotSent) != 1 {
		t.Errorf("result = %v, want it not sent", ended(got))
	}
	if n := s.refunded(t, 0); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}
