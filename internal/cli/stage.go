package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"flexform/apply"
	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// A stage is a world in which a plan is carried out and nothing happens: a
// gateway in memory with the plan's transactions as the plan saw them, a copy
// of the ledger in memory, and a clock that only waiting moves. What plays on
// it is the code that applies plans.
type stage struct {
	gateway *sandbox.Gateway
	ledger  *statefile.Writer
	runner  *apply.Runner
	clock   *stageClock
	close   func() error
}

// A stageClock stands still until somebody waits, and then jumps: so a run is
// the same however fast the machine is, and a settle window of minutes is over
// at once.
type stageClock struct {
	mu      sync.Mutex
	now     time.Time
	waiting func() // before each jump: what is late has come by then
}

func (c *stageClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stageClock) wait(_ context.Context, d time.Duration) error {
	c.waiting()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return nil
}

// setStage builds a stage for a plan. Neither the merchants' gateways nor their
// credentials are used. With several transactions at once only the order of
// the calls differs; one at a time gives the same run each time.
func (a *app) setStage(ctx context.Context, cfg *schema.Config, p *plan.Plan, concurrency int) (_ *stage, err error) {
	now := a.env.Now().UTC().Truncate(time.Second)
	clock := &stageClock{now: now.Add(-tooOld)} // when what is to be approved again was authorised
	at, err := a.place(cfg)
	if err != nil {
		return nil, err
	}
	s := &stage{clock: clock}
	if s.ledger, err = statefile.Copy(at.Entries(ctx), clock.Now); err != nil {
		return nil, err
	}
	user, password := "rehearsal", rand.Text()
	s.gateway, err = sandbox.Open(sandbox.Options{Users: []sandbox.User{{Name: user, Password: password}}, Now: clock.Now})
	if err != nil {
		return nil, fmt.Errorf("rehearsal: %w", err)
	}
	clock.waiting = func() { s.gateway.Release() }
	seeds, earlier, err := stageSeeds(p, now)
	if err == nil {
		err = s.gateway.Seed(seeds)
	}
	var listener net.Listener
	if err == nil {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("rehearsal: the plan's transactions cannot be put on a stage: %w", err), s.gateway.Close())
	}
	serving, cancel := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- sandbox.Serve(serving, listener, s.gateway) }()
	clients := []*dibs.Client{}
	s.close = func() error {
		for _, c := range clients {
			c.CloseIdleConnections()
		}
		cancel()
		return errors.Join(<-served, s.gateway.Close())
	}
	s.runner = &apply.Runner{
		Ledger: s.ledger, Merchants: map[string]apply.Merchant{}, Now: clock.Now, Wait: clock.wait,
		Actor: a.env.Actor, Version: Version,
	}
	for _, m := range cfg.Merchants {
		c, err := dibs.New(dibs.Config{
			Gateway: "http://" + listener.Addr().String(), Merchant: m.ID, User: user, Password: dibs.NewSecret(password), UserAgent: "flexform/" + Version,
		})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("rehearsal: merchant %q: %w", m.Name, err), s.close())
		}
		clients = append(clients, c)
		s.runner.Merchants[m.ID] = apply.Merchant{Gateway: c, Reader: c, Tickets: c, Login: true, Concurrency: concurrency, SettleWindow: m.SettleWindow, Line: c, Site: "rehearsal"}
	}
	for merchant, parts := range earlier {
		for _, part := range parts {
			if _, err := s.runner.Merchants[merchant].Gateway.Capture(ctx, part); err != nil {
				return nil, errors.Join(fmt.Errorf("rehearsal: transaction %s cannot be put on a stage: %w", part.Transact, err), s.close())
			}
		}
	}
	clock.now = now
	return s, nil
}

// tooOld is an age at which an authorisation has to be approved again
// (flexwin.md 12, row 12).
const tooOld = 8 * 24 * time.Hour

// stageSeeds are the plan's transactions where it saw them, and its tickets. Of
// an authorisation that is captured in parts no seed can say what was captured
// of it: that is captured on the stage, by merchant.
func stageSeeds(p *plan.Plan, now time.Time) ([]sandbox.Transaction, map[string][]dibs.CaptureRequest, error) {
	positions := map[string]plan.Position{}
	for _, position := range p.Envelope.Positions {
		positions[position.Address] = position
	}
	var seeds []sandbox.Transaction
	earlier := map[string][]dibs.CaptureRequest{}
	known := map[statefile.Key]bool{}
	for _, a := range p.Body.Actions {
		key := a.Key()
		if known[key] {
			continue // the capture behind a reauthorise, a further charge of a ticket
		}
		known[key] = true
		seed, err := stageSeed(a, positions[a.Address])
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", a.Address, err)
		}
		seed.AuthorisedAt = now
		if a.Verb == statefile.Reauthorise {
			seed.AuthorisedAt = now.Add(-tooOld)
		}
		if plan.Split(a.Status) {
			if !seed.Captured.Zero() {
				earlier[a.Merchant] = append(earlier[a.Merchant], dibs.CaptureRequest{Transact: dibs.TransactID(a.Transact), OrderID: a.OrderID, Amount: seed.Captured, SplitPay: true})
			}
			seed.Captured, seed.Refunded = money.Amount{}, money.Amount{}
		}
		seeds = append(seeds, seed)
	}
	return seeds, earlier, nil
}

func stageSeed(a plan.Action, position plan.Position) (sandbox.Transaction, error) {
	seed := sandbox.Transaction{Transact: a.Transact, Merchant: a.Merchant, OrderID: a.OrderID, Status: sandbox.Status(a.Status)}
	if a.Verb.OfTicket() {
		seed.OrderID, seed.Status = "ticket-"+a.Transact, sandbox.StatusTicket
		kroner, err := money.ParseCurrency("DKK") // a ticket has no amount, and a seed has one
		if err == nil {
			seed.Amount, err = money.New(100, kroner)
		}
		return seed, err
	}
	c, err := money.ParseCurrency(a.Currency)
	if err != nil {
		return seed, err
	}
	for _, sum := range []struct {
		minor int64
		into  *money.Amount
	}{{a.AmountMinor, &seed.Amount}, {position.Captured.Minor, &seed.Captured}, {position.Refunded.Minor, &seed.Refunded}} {
		if *sum.into, err = money.New(sum.minor, c); err != nil {
			return seed, err
		}
	}
	return seed, nil
}
