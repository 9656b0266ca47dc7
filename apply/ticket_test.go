package apply

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/plan"
	"flexform/statefile"

	"github.com/google/go-cmp/cmp"
)

// charging is the action that charges account i, a ticket, for an order.
func charging(i int, order string, minor int64) plan.Action {
	a := refund(i, 0, minor)
	a.Verb, a.Class, a.Status, a.OrderID, a.AmountMinor = statefile.Charge, plan.SelfLimiting, dibs.StatusTicket, order, minor
	return a
}

func deleting(i int) plan.Action {
	a := charging(i, "", 0)
	a.Verb, a.Currency = statefile.Delete, ""
	return a
}

// R2: charges and deletions, with every contact going wrong in every way.
func TestEveryContactOfTicketsGoesWrong(t *testing.T) { everyContact(t, newTicketWorld) }

func TestTickets(t *testing.T) {
	r := newRig(t, 4)
	for i := range 4 {
		r.ticket(i)
	}
	r.account(1).old = true // its card is declined
	r.account(3).status = dibs.StatusTicketDeleted
	captured := charging(0, "A-1", 9900)
	captured.Capture = true
	got := r.run(r.runner(), planOf(captured, charging(0, "A-2", 4900), charging(1, "B-1", 9900), charging(1, "B-2", 9900), deleting(2), charging(3, "C-1", 100)))
	if diff := cmp.Diff([]string{
		"charge 11111111: settled", "charge 11111111: settled", "charge 11111112: declined", "charge 11111112: declined", "charge 11111114: moved", "delete 11111113: settled",
	}, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	for order, want := range map[string]string{"A-1": "captured (5)", "A-2": "authorised (2)"} {
		for _, a := range got.Done {
			if a.Action.OrderID == order && (a.Payment == "" || a.Status.String() != want) {
				t.Errorf("order %s: payment %q with status %s, want %s", order, a.Payment, a.Status, want)
			}
		}
	}
	if diff := cmp.Diff([]plan.Sum{{Verb: statefile.Delete, Count: 1}, {Currency: "DKK", Verb: statefile.Charge, Count: 2, Minor: 14800, LargestMinor: 9900}}, got.Sums()); diff != "" {
		t.Errorf("sums (-want +got):\n%s", diff)
	}
	if code := got.Declined[0].Code; code == nil || *code != int(dibs.ReasonRejected) || !strings.Contains(got.Declined[0].Detail, "rejected by the acquirer (0)") {
		t.Errorf("declined = %+v, want the reason of the authorisation's own table", got.Declined[0])
	}
}

// R25: what is there already is not sent again, whoever made it.
func TestChargeOfWhatIsThere(t *testing.T) {
	r := newRig(t, 2)
	r.ticket(0)
	r.account(1).orderID, r.account(1).amount = "A-1", 9900
	got := r.run(r.runner(), planOf(charging(0, "A-1", 9900)))
	if diff := cmp.Diff([]string{"charge 11111111: moved"}, ended(got)); diff != "" || len(r.bank.sent) > 0 {
		t.Errorf("result (-want +got):\n%s\nsent %v", diff, r.bank.sent)
	}
	if !strings.Contains(got.Moved[0].Detail, `order "A-1" is there already, as payment 11111112`) {
		t.Errorf("detail %q", got.Moved[0].Detail)
	}
}

// R3, R4: what a lost answer leaves behind. A payment that is there proves the
// charge, and a ticket that is gone its deletion. That there is no payment, or
// still a ticket, proves nothing, however long it is waited for; what comes later
// is found by the next run.
func TestLostTicketAnswers(t *testing.T) {
	for name, tt := range map[string]struct {
		action plan.Action
		commit bool
		late   time.Duration
		want   string
		next   statefile.ActionState // after a further Settle
	}{
		"a charge, carried out":          {charging(0, "A-1", 9900), true, 0, "charge 11111111: settled", statefile.ActionDone},
		"a charge, not arrived":          {charging(0, "A-1", 9900), false, 0, "charge 11111111: unknown", statefile.ActionUnknown},
		"a charge, late in the window":   {charging(0, "A-1", 9900), false, time.Minute, "charge 11111111: settled", statefile.ActionDone},
		"a charge, long after it":        {charging(0, "A-1", 9900), false, time.Hour, "charge 11111111: unknown", statefile.ActionDone},
		"a deletion, carried out":        {deleting(0), true, 0, "delete 11111111: settled", statefile.ActionDone},
		"a deletion, not arrived":        {deleting(0), false, 0, "delete 11111111: unknown", statefile.ActionUnknown},
		"a deletion, late in the window": {deleting(0), false, time.Minute, "delete 11111111: settled", statefile.ActionDone},
		"a deletion, long after it":      {deleting(0), false, time.Hour, "delete 11111111: unknown", statefile.ActionDone},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			r.ticket(0)
			r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) { return tt.commit, lost(id) }
			r.bank.slow = func(int) time.Duration { return tt.late }
			got := r.run(r.runner(), planOf(tt.action))
			if diff := cmp.Diff([]string{tt.want}, ended(got)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			_ = r.clock.Wait(t.Context(), 2*time.Hour)
			r.settle(r.runner())
			tr, _ := r.file.State().Transaction(key(0))
			if a := tr.Actions[0]; a.State != tt.next || a.State == statefile.ActionDone && a.Verb == statefile.Charge && a.Payment == "" {
				t.Errorf("the ledger has %+v, want %s", a, tt.next)
			}
			if len(r.bank.sent) != 1 {
				t.Errorf("sent %v, want one request", r.bank.sent)
			}
		})
	}
}

// A charge that a person resolved as not done is offered again. It charges
// nothing twice, also when the first one arrives after all, even between the
// last look and the call.
func TestLateChargeAfterItsResolution(t *testing.T) {
	for name, tt := range map[string]struct {
		before bool // it arrives before the look, or right after it
		want   string
	}{
		"before the second look": {true, "charge 11111111: moved"},
		"after the second look":  {false, "charge 11111111: settled"}, // the gateway has the order, for this step
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			r.ticket(0)
			r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) { return false, lost(id) }
			first := charging(0, "A-1", 9900)
			got := r.run(r.runner(), planOf(first))
			r.record(statefile.Resolved{Action: got.Unknown[0].ID, Evidence: "not in the console"})
			arrives := func() {
				r.bank.fault = nil
				if _, err := r.bank.TicketAuth(t.Context(), dibs.TicketAuthRequest{Ticket: transact(0), OrderID: "A-1", Amount: dkk(9900), UniqueOID: true}); err != nil {
					t.Fatal(err)
				}
			}
			if tt.before {
				arrives()
			} else {
				r.bank.fault = func(int, statefile.Verb, dibs.TransactID) (bool, error) { arrives(); return true, nil }
			}
			again := first
			again.Attempt = 2
			got = r.run(r.runner(), planOf(again))
			if diff := cmp.Diff([]string{tt.want}, ended(got)); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if paid := r.bank.payments("A-1"); len(paid) != 1 {
				t.Errorf("paid %d times", len(paid))
			}
		})
	}
}

type misnumbered struct{ *bank }

func (g misnumbered) TicketAuth(ctx context.Context, r dibs.TicketAuthRequest) (dibs.Authorisation, error) {
	a, err := g.bank.TicketAuth(ctx, r)
	a.Transacts = []dibs.TransactID{r.Ticket}
	return a, err
}

// A reply that does not name a payment of its own decides nothing; the order
// does.
func TestChargeUnderTheTicketsNumber(t *testing.T) {
	r := newRig(t, 1)
	r.ticket(0)
	runner := r.runner()
	runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: r.bank, Tickets: misnumbered{r.bank}}
	got := r.run(runner, planOf(charging(0, "A-1", 9900)))
	if diff := cmp.Diff([]string{"charge 11111111: settled"}, ended(got)); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"created", "begin", "intent", "unknown", "observed done", "observed settled", "end"}, r.kinds()); diff != "" {
		t.Errorf("ledger (-want +got):\n%s", diff)
	}
}

// Without a way to reach tickets nothing is started; an old question waits.
func TestTicketsOutOfReach(t *testing.T) {
	r := newRig(t, 1)
	r.ticket(0)
	r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) { return true, lost(id) }
	r.bank.blind = func(n int, _ dibs.TransactID) error {
		if n > 1 {
			return errors.New("no answer")
		}
		return nil
	}
	if got := r.run(r.runner(), planOf(charging(0, "A-1", 9900))); len(got.Unknown) != 1 {
		t.Fatalf("result %v, want it unknown while its payment cannot be read", ended(got))
	}
	runner := r.runner()
	runner.Merchants[shop] = Merchant{Gateway: r.bank, Reader: r.bank}
	if _, err := runner.withDefaults().run(t.Context(), planOf(deleting(0))); !errors.Is(err, errNoTickets) {
		t.Errorf("run: %v, want errNoTickets", err)
	}
	if s := r.settle(runner); len(s.Unknown) != 1 || !errors.Is(s.Unknown[0].Err, errNoTickets) {
		t.Errorf("settled %+v, want one unknown", s)
	}
}

// A plan's totals bound what is sent: also of what has no amount.
func TestGateOfTickets(t *testing.T) {
	p := planOf(deleting(0), charging(1, "A-1", 9900))
	g := newGate(&Runner{}, p)
	for _, a := range []plan.Action{deleting(0), charging(1, "A-1", 9900)} {
		if err := g.admit(t.Context(), a); err != nil {
			t.Errorf("%s: %v", a.Verb, err)
		}
	}
	for name, a := range map[string]plan.Action{
		"a second deletion": deleting(2), "a second charge": charging(1, "A-2", 1), "a charge of nothing": charging(1, "A-2", 0),
	} {
		if err := newGate(&Runner{}, p).admit(t.Context(), a); name == "a charge of nothing" && err == nil {
			t.Errorf("%s was let through", name)
		}
		if err := g.admit(t.Context(), a); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
}

// R3, R46: the same over loopback, by the real client and the sandbox. The
// judge has each order once.
func TestSandboxTickets(t *testing.T) {
	for _, drop := range []string{"", "ticket_auth.cgi", "delticket.cgi"} {
		t.Run("lost "+drop, func(t *testing.T) {
			r := newRig(t, 0)
			seed := func(i int) sandbox.Transaction {
				return sandbox.Transaction{Transact: string(transact(i)), OrderID: orderID(i), Amount: dkk(100), Status: sandbox.StatusTicket}
			}
			server := sandbox.Start(t, sandbox.Options{
				Hook: commitThenDrop(drop), Users: []sandbox.User{{Name: "api", Password: "secret"}},
				Merchants: []sandbox.Merchant{{ID: shop, Key1: "key one", Key2: "key two"}},
			}, seed(0), seed(1))
			client, err := dibs.New(dibs.Config{
				Gateway: server.URL, Merchant: shop, User: "api", Password: dibs.NewSecret("secret"),
				Key1: dibs.NewSecret("key one"), Key2: dibs.NewSecret("key two"),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.CloseIdleConnections)
			runner := r.runner()
			runner.Merchants[shop] = Merchant{Gateway: client, Reader: client, Tickets: client, Login: true, Concurrency: 1}
			captured := charging(0, "A-1", 9900)
			captured.Capture = true
			runner.PastUnknown = true
			got := r.run(runner, planOf(captured, deleting(1)))
			if diff := cmp.Diff([]string{"charge 11111111: settled", "delete 11111112: settled"}, ended(got)); diff != "" {
				t.Errorf("result (-want +got):\n%s\n%+v", diff, got)
			}
			paid := 0
			for _, tr := range server.Gateway.Transactions() {
				if tr.OrderID == "A-1" {
					if paid++; tr.Captured != dkk(9900) {
						t.Errorf("payment %+v, want 99.00 DKK captured", tr)
					}
				}
			}
			if requests := server.Gateway.Requests(); paid != 1 || requests["ticket_auth.cgi"] != 1 || requests["delticket.cgi"] != 1 {
				t.Errorf("paid %d times by %v", paid, requests)
			}
		})
	}
}

type countedLine struct {
	Line
	asked int
}

func (l *countedLine) AcquirerStatus(context.Context, string) (dibs.AcquirerStatus, error) {
	l.asked++
	return dibs.AcquirerStatus{Up: true}, nil
}

// A deletion stays at the gateway, so no acquirer matters to it.
func TestPreflightOfTickets(t *testing.T) {
	for _, tt := range []struct {
		action plan.Action
		asked  int
	}{{deleting(0), 0}, {charging(0, "A-1", 9900), 1}} {
		line := &countedLine{}
		r := &Runner{Merchants: map[string]Merchant{shop: {Line: line}}}
		if r.Preflight(t.Context(), planOf(tt.action)); line.asked != tt.asked {
			t.Errorf("%s: asked about acquirers %d times, want %d", tt.action.Verb, line.asked, tt.asked)
		}
	}
}

// R4: an order that another ticket was charged for, or whose charge may still be
// carried out there, is not charged with this one: the gateway lets one of the
// two pass, and its payment would then prove both. With another amount the look
// before the call does not even find it.
func TestOrderOfAnotherTicket(t *testing.T) {
	for name, tt := range map[string]struct {
		lost  bool
		minor int64
		want  string
	}{
		"of the same amount, under way": {true, 9900, `order "A-1" may have been charged with ticket 11111111`},
		"of another amount, under way":  {true, 4900, `order "A-1" may have been charged with ticket 11111111`},
		"of the same amount, done":      {false, 9900, `order "A-1" was charged already: 99.00 DKK to ticket 11111111, as payment 90000002`},
		"of another amount, done":       {false, 4900, `order "A-1" was charged already: 99.00 DKK to ticket 11111111, as payment 90000002`},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2)
			r.ticket(0)
			r.ticket(1)
			if tt.lost {
				r.bank.fault = func(_ int, _ statefile.Verb, id dibs.TransactID) (bool, error) { return false, lost(id) }
			}
			r.run(r.runner(), planOf(charging(0, "A-1", 9900)))
			sent := len(r.bank.sent)
			r.bank.fault = nil
			got := r.run(r.runner(), planOf(charging(1, "A-1", tt.minor)))
			if diff := cmp.Diff([]string{"charge 11111112: moved"}, ended(got)); diff != "" || len(r.bank.sent) != sent {
				t.Fatalf("result (-want +got):\n%s\nsent %v", diff, r.bank.sent)
			}
			if !strings.Contains(got.Moved[0].Detail, tt.want) {
				t.Errorf("detail %q, want %q", got.Moved[0].Detail, tt.want)
			}
			if _, claimed := r.file.State().Action(got.Moved[0].ID); claimed {
				t.Errorf("%s was claimed", got.Moved[0].ID)
			}
		})
	}
}
