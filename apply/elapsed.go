package apply

import "time"

// elapsed says how much time has passed from since to now: at least, and at
// most. The two differ when the wall clock was set in between, or when the
// machine slept, which the monotonic clock does not count. Times read back
// from the ledger have the wall clock only.
func elapsed(since, now time.Time) (least, most time.Duration) {
	monotonic, wall := now.Sub(since), now.Round(0).Sub(since.Round(0))
	return min(monotonic, wall), max(monotonic, wall)
}
