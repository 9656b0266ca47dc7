package sim

import (
	"sync/atomic"
	"time"
)

// A clock moves only when the history says so. True time never goes back;
// what processes read may be set by somebody.
type clock struct {
	passed atomic.Int64 // since start
	skew   atomic.Int64 // of the processes' wall clock
}

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// Now is what a process reads.
func (c *clock) Now() time.Time { return start.Add(time.Duration(c.passed.Load() + c.skew.Load())) }

// since is true time.
func (c *clock) since() time.Duration { return time.Duration(c.passed.Load()) }

func (c *clock) advance(d time.Duration) { c.passed.Add(int64(d)) }

// reach moves true time on to t, when it is before t.
func (c *clock) reach(t time.Duration) {
	if t > c.since() {
		c.passed.Store(int64(t))
	}
}
