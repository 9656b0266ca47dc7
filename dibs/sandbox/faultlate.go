package sandbox

import (
	"slices"
	"sync"
	"time"
)

// maxLate is how many calls are held back at most. Others are carried out at
// once.
const maxLate = 10_000

// lateCalls are the calls that a fault holds back, as a gateway does that is
// slower than its client's patience.
type lateCalls struct {
	mu      sync.Mutex
	waiting []*lateCall // oldest first
	under   sync.WaitGroup
	closed  bool
}

type lateCall struct {
	carryOut func()
	timer    *time.Timer // nil: held
}

// hold keeps a call back until Release, or until so long from now when after
// is above zero.
func (l *lateCalls) hold(after time.Duration, carryOut func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.under.Add(1)
	c := &lateCall{carryOut: carryOut}
	if len(l.waiting) >= maxLate {
		go l.run(c)
		return
	}
	l.waiting = append(l.waiting, c)
	if after > 0 {
		c.timer = time.AfterFunc(after, func() {
			if l.take(c) {
				l.run(c)
			}
		})
	}
}

// now carries a call out beside everything else.
func (l *lateCalls) now(carryOut func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.under.Add(1)
		go l.run(&lateCall{carryOut: carryOut})
	}
}

func (l *lateCalls) run(c *lateCall) {
	defer l.under.Done()
	c.carryOut()
}

// take reports whether c was still waiting; it is not any more.
func (l *lateCalls) take(c *lateCall) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.waiting)
	l.waiting = slices.DeleteFunc(l.waiting, func(w *lateCall) bool { return w == c })
	return len(l.waiting) < before
}

func (l *lateCalls) takeAll() []*lateCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.waiting
	l.waiting = nil
	for _, c := range all {
		if c.timer != nil {
			c.timer.Stop()
		}
	}
	return all
}

func (l *lateCalls) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.waiting)
}

// close gives up the calls that wait and lets those under way end.
func (l *lateCalls) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	for range l.takeAll() {
		l.under.Done()
	}
	l.under.Wait()
}

// Release carries out the calls that faults hold back, held and late ones,
// oldest first, and returns how many there were. They are durable then.
func (g *Gateway) Release() int {
	all := g.mischief.late.takeAll()
	for _, c := range all {
		g.mischief.late.run(c)
	}
	return len(all)
}

// Held returns how many calls wait for [Gateway.Release], or for their time.
func (g *Gateway) Held() int { return g.mischief.late.count() }
