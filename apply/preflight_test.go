package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/plan"

	"github.com/google/go-cmp/cmp"
)

// A switchboard is a line of which a test says what is down, and what is told
// of transactions.
type switchboard struct {
	down      map[string]bool
	broken    map[string]bool // acquirers that cannot be asked about
	acquirers map[dibs.TransactID]string
	payTypes  map[dibs.TransactID]string
	calls     []string
	panics    bool
}

func (s *switchboard) AcquirerStatus(_ context.Context, acquirer string) (dibs.AcquirerStatus, error) {
	s.calls = append(s.calls, "status "+acquirer)
	switch {
	case s.panics:
		panic("nil pointer")
	case s.broken[acquirer]:
		return dibs.AcquirerStatus{}, errors.New("timeout")
	}
	up := !s.down[acquirer]
	if acquirer == dibs.AllAcquirers {
		up = len(s.down) == 0
	}
	return dibs.AcquirerStatus{Acquirer: acquirer, Up: up, LastContact: time.Unix(0, 0).UTC()}, nil
}

func (s *switchboard) Callback(_ context.Context, id dibs.TransactID) (dibs.Callback, error) {
	s.calls = append(s.calls, "callback "+string(id))
	if s.acquirers[id] == "" {
		return dibs.Callback{}, &dibs.NotFoundError{}
	}
	return dibs.Callback{Acquirer: s.acquirers[id]}, nil
}

func (s *switchboard) CardType(_ context.Context, id dibs.TransactID) (string, error) {
	s.calls = append(s.calls, "cardtype "+string(id))
	if s.payTypes[id] == "" {
		return "", &dibs.NotFoundError{}
	}
	return s.payTypes[id], nil
}

func named(names ...string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

func TestPreflight(t *testing.T) {
	acquirers := map[dibs.TransactID]string{"11111111": "NETS", "11111112": "NETS", "11111113": "SWED"}
	allNets := map[dibs.TransactID]string{"11111111": "NETS", "11111112": "NETS", "11111113": "NETS", "11111114": "NETS"}
	visa := map[dibs.TransactID]string{"11111111": "VISA", "11111112": "VISA"}
	actions := []plan.Action{refund(0, 0, 5000), again(1, 2), capture(1, 20000), refund(2, 0, 7000), refund(3, 0, 100)}
	for name, tt := range map[string]struct {
		board switchboard
		login bool
		want  []string
		calls string // empty: not of interest
	}{
		"all is up":                 {switchboard{}, true, nil, "status all"},
		"the gateway does not say":  {switchboard{broken: named("all"), down: named("NETS")}, true, nil, "status all"},
		"the client breaks":         {switchboard{panics: true}, true, nil, "status all"},
		"one is down":               {switchboard{down: named("NETS"), acquirers: acquirers}, true, []string{"NETS// capture 1 20000, reauthorise 1 20000, refund 1 5000", "// refund 1 100"}, "status all, callback 11111111, status NETS, callback 11111112, callback 11111113, status SWED, callback 11111114, cardtype 11111114"},
		"both are down":             {switchboard{down: named("SWED", "NETS"), acquirers: acquirers, payTypes: map[dibs.TransactID]string{"11111114": "VISA"}}, true, []string{"NETS// capture 1 20000, reauthorise 1 20000, refund 1 5000", "SWED// refund 1 7000", "/VISA/ refund 1 100"}, ""},
		"another one is down":       {switchboard{down: named("AMEX"), acquirers: allNets}, true, nil, ""},
		"one cannot be asked about": {switchboard{down: named("NETS"), broken: named("NETS"), acquirers: allNets}, true, []string{"// capture 1 20000, reauthorise 1 20000, refund 3 12100"}, ""},
		"without an API user":       {switchboard{down: named("NETS"), acquirers: acquirers, payTypes: visa}, false, []string{"/VISA/ capture 1 20000, reauthorise 1 20000, refund 1 5000", "// refund 2 7100"}, "status all, cardtype 11111111, cardtype 11111112, cardtype 11111113, cardtype 11111114"},
	} {
		t.Run(name, func(t *testing.T) {
			runner := &Runner{Merchants: map[string]Merchant{shop: {Line: &tt.board, Login: tt.login, Site: "a"}}}
			if diff := cmp.Diff(tt.want, outagesText(runner.Preflight(t.Context(), planOf(actions...)))); diff != "" {
				t.Errorf("outages (-want +got):\n%s", diff)
			}
			if got := strings.Join(tt.board.calls, ", "); tt.calls != "" && got != tt.calls {
				t.Errorf("calls: %s, want %s", got, tt.calls)
			}
		})
	}
}

func outagesText(outages []Outage) []string {
	var lines []string
	for _, o := range outages {
		var sums []string
		for _, s := range o.Sums {
			sums = append(sums, fmt.Sprintf("%s %d %d", s.Verb, s.Count, s.Minor))
		}
		lines = append(lines, o.Acquirer+"/"+o.PayType+"/ "+strings.Join(sums, ", "))
	}
	return lines
}

// A large batch costs one question when all is up, and a bounded number when
// something is down. Merchants of one gateway share its preflight.
func TestPreflightIsBounded(t *testing.T) {
	var actions []plan.Action
	for i := range 1000 {
		a := refund(i, 0, 100)
		if i%2 == 1 {
			a.Merchant = "23456789"
		}
		actions = append(actions, a)
	}
	board := &switchboard{}
	runner := &Runner{Merchants: map[string]Merchant{shop: {Line: board, Site: "a"}, "23456789": {Line: board, Site: "a"}}}
	if got := runner.Preflight(t.Context(), planOf(actions...)); got != nil || len(board.calls) != 1 {
		t.Errorf("all is up: %d outages after %d calls", len(got), len(board.calls))
	}
	board.calls, board.down = nil, named("NETS")
	got := runner.Preflight(t.Context(), planOf(actions...))
	if len(board.calls) != 1+maxPlaced || len(got) != 1 || got[0].Sums[0].Count != 1000 {
		t.Errorf("one is down: %v after %d calls", outagesText(got), len(board.calls))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	board.calls = nil
	if runner.Preflight(ctx, planOf(actions...)); len(board.calls) > 1 {
		t.Errorf("interrupted: %d calls", len(board.calls))
	}
}

// The client against the sandbox: an acquirer that a payment's callback names,
// and a payment without one.
func TestSandboxPreflight(t *testing.T) {
	s := newStreet(t, sandbox.Options{}, 1, 0)
	listening := httptest.NewServer(http.NotFoundHandler())
	defer listening.Close()
	card, err := dibs.NewCard("4571100000000000", time.June, 2099, "684")
	if err != nil {
		t.Fatal(err)
	}
	paid, err := s.client.Auth(t.Context(), dibs.AuthRequest{Order: dibs.Order{OrderID: "order-9", Amount: dkk(20000), CallbackURL: listening.URL}, Card: card})
	if err != nil {
		t.Fatal(err)
	}
	take := capture(0, 20000)
	take.Transact, take.OrderID = string(paid.Transacts[0]), "order-9"
	runner := s.runner()
	runner.Merchants[take.Merchant] = Merchant{Gateway: s.client, Reader: s.client, Line: s.client, Login: true}
	p := planOf(take, refund(0, 0, 5000))
	if got := runner.Preflight(t.Context(), p); got != nil {
		t.Errorf("all is up: %+v", got)
	}
	s.server.Gateway.SetAcquirer("TEST", false)
	got := runner.Preflight(t.Context(), p)
	if diff := cmp.Diff([]string{"TEST// capture 1 20000", "/VISA/ refund 1 5000"}, outagesText(got)); diff != "" {
		t.Fatalf("outages (-want +got):\n%s", diff)
	}
	if got[0].LastContact.IsZero() {
		t.Error("no last contact")
	}
	if result := s.run(runner, p); !result.Complete() { // a warning, never a stop
		t.Errorf("result = %v", ended(result))
	}
}
