package dibs

import (
	"context"
	"sync/atomic"
)

// A gate guards the API user, whom three refusals lock out for 30 minutes
// (flexwin.md 1.1). Until the gateway has taken the login once, calls that
// need it go one at a time; once it has refused it, none go at all. So a wrong
// password costs exactly one try, however many calls want to be made.
type gate struct {
	turn    chan struct{} // capacity 1, holds a token while a call tries the login
	proven  atomic.Bool
	refusal atomic.Pointer[LoginError]
}

func newGate() *gate { return &gate{turn: make(chan struct{}, 1)} }

// enter waits for leave to use the login. The caller must call leave when its
// call is over. The error is a *LoginError or the context's.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	leave = func() {}
	if !g.proven.Load() {
		select {
		case g.turn <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		leave = func() { <-g.turn }
		if g.proven.Load() { // by the one we waited for
			leave()
			leave = func() {}
		}
	}
	if refusal := g.refusal.Load(); refusal != nil {
		leave()
		return nil, refusal
	}
	return leave, nil
}

// accept records that the gateway took the login.
func (g *gate) accept() { g.proven.Store(true) }

// refuse records that it did not, and returns what every later call gets.
func (g *gate) refuse(e *LoginError) *LoginError {
	g.refusal.CompareAndSwap(nil, e)
	return g.refusal.Load()
}
