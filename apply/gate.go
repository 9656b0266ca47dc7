package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// A Rule says why a run started no further actions. The empty Rule: it did
// not stop.
type Rule string

const (
	StopUnknown     Rule = "unknown"     // an outcome is not known
	StopDeclines    Rule = "declines"    // too many actions in a row came to nothing
	StopLogin       Rule = "login"       // the gateway refused the API user
	StopTotal       Rule = "total"       // one more action would have left the plan's total
	StopLedger      Rule = "ledger"      // the ledger could not be written
	StopInterrupted Rule = "interrupted" // the context ended
	StopRefused     Rule = "refused"     // nothing could be started at all
)

// A gate decides whether one more action may start. It closes once, for the
// first reason, and never opens again.
type gate struct {
	limit       int  // failures in a row, see [Runner.MaxDeclines]
	pastUnknown bool // see [Runner.PastUnknown]

	mu     sync.Mutex
	room   map[kind]room // what the plan's totals leave for further actions
	row    int           // failures in a row
	rule   Rule
	why    string
	ledger error // the first failure of the ledger
}

// A room is how many actions may still start, and what they may move in all, in
// minor units.
type room struct {
	count int
	minor int64
}

func newGate(r *Runner, p *plan.Plan) *gate {
	g := &gate{limit: r.MaxDeclines, pastUnknown: r.PastUnknown, room: map[kind]room{}}
	for _, s := range p.Body.Summary {
		left := g.room[kind{s.Currency, s.Verb}]
		g.room[kind{s.Currency, s.Verb}] = room{left.count + s.Count, left.minor + s.Minor}
	}
	return g
}

// open returns an error that says why no further action may start, or nil.
func (g *gate) open(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.openLocked(ctx)
}

func (g *gate) openLocked(ctx context.Context) error {
	if g.rule == "" && ctx.Err() != nil {
		g.closeLocked(StopInterrupted, fmt.Sprintf("interrupted: %v", context.Cause(ctx)))
	}
	if g.rule != "" {
		return errors.New(g.why)
	}
	return nil
}

// admit lets one action through and takes its money out of what the plan's
// total leaves. The sum is checked here again although the plan's own sums
// were checked when it was read: this is the last place before money moves.
func (g *gate) admit(ctx context.Context, a plan.Action) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.openLocked(ctx); err != nil {
		return err
	}
	key, minor := kindOf(a), a.ToMinor-a.FromMinor
	// A delete moves no money: the plan's count is what limits it.
	left := g.room[key]
	if minor < 0 || (minor == 0) != (a.Verb == statefile.Delete) || minor > left.minor || left.count < 1 {
		g.closeLocked(StopTotal, fmt.Sprintf("%s of %s would leave the plan's total for %s in %s", a.Verb, a.Transact, a.Verb, a.Currency))
		return errors.New(g.why)
	}
	g.room[key] = room{left.count - 1, left.minor - minor}
	return nil
}

// closed returns why the gate is closed for an action that it had let
// through. An interruption lets such an action go on.
func (g *gate) closed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.rule == "" || g.rule == StopInterrupted {
		return nil
	}
	return errors.New(g.why)
}

// note learns what came of an action and closes the gate where a rule says so.
func (g *gate) note(o statefile.Outcome, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch o.Result {
	case statefile.Accepted:
		g.row = 0
		return
	case statefile.Unknown:
		if !g.pastUnknown {
			g.closeLocked(StopUnknown, fmt.Sprintf("the outcome of %s is not known", o.Action))
		}
	}
	g.failLocked(err, o.Message)
}

// unread learns that a transaction's status could not be read.
func (g *gate) unread(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failLocked(err, err.Error())
}

func (g *gate) failLocked(err error, text string) {
	if _, ok := errors.AsType[*dibs.LoginError](err); ok {
		g.closeLocked(StopLogin, err.Error())
		return
	}
	g.row++
	if g.limit > 0 && g.row >= g.limit {
		g.closeLocked(StopDeclines, fmt.Sprintf("%d actions in a row came to nothing, the last one: %s", g.row, text))
	}
}

// broken learns that the ledger failed. Without a ledger no money moves, so
// this reason stands above every other.
func (g *gate) broken(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ledger == nil {
		g.ledger = err
		g.rule, g.why = StopLedger, fmt.Sprintf("the ledger cannot be written: %v", err)
	}
}

func (g *gate) closeLocked(rule Rule, why string) {
	if g.rule == "" {
		g.rule, g.why = rule, why
	}
}
