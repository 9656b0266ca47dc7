package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// maxLimited is how many merchants a limiter keeps apart. Those beyond are
// let through.
const maxLimited = 10_000

// A limiter turns away the calls of a merchant that come too soon after the
// one before. FlexWin documents no limit, and one client of its last years
// keeps 200 to 500 ms between calls (flexwin.md 1).
type limiter struct {
	interval time.Duration // zero or less: no limit

	mu   sync.Mutex
	next map[string]time.Time // by merchant: when a call may come again
}

func newLimiter(interval time.Duration) *limiter {
	return &limiter{interval: interval, next: map[string]time.Time{}}
}

// refuses reports whether a call comes too soon, and sets bad to what it is
// answered. A call that is refused does not push the next one back.
func (l *limiter) refuses(merchant string, clock func() time.Time, bad **badRequest) bool {
	if l.interval <= 0 {
		return false
	}
	now := clock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.next[merchant]) {
		*bad = &badRequest{http.StatusTooManyRequests, "Too many requests"}
		return true
	}
	if len(l.next) >= maxLimited {
		l.forget(now)
	}
	if len(l.next) < maxLimited {
		l.next[merchant] = now.Add(l.interval)
	}
	return false
}

// forget drops the merchants who may call again.
func (l *limiter) forget(now time.Time) {
	for merchant, next := range l.next {
		if !now.Before(next) {
			delete(l.next, merchant)
		}
	}
}
