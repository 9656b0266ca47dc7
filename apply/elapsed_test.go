package apply

import (
	"testing"
	"time"
	"unsafe"
)

// R39: the settle window, and the time to send, are measured by whichever of
// the two clocks is the worse for us. Only a machine whose clock is set, or
// that sleeps, has them differ; the test bends a [time.Time] instead.
func TestElapsed(t *testing.T) {
	since := time.Now() // the only way to get a monotonic reading; the test hangs on nothing that it says
	for name, tt := range map[string]struct{ monotonic, wall, least, most time.Duration }{
		"nothing happened":           {time.Minute, time.Minute, time.Minute, time.Minute},
		"the clock was set ahead":    {time.Minute, time.Hour, time.Minute, time.Hour},
		"the clock was set back":     {time.Minute, -time.Hour, -time.Hour, time.Minute},
		"the machine slept an hour":  {time.Second, time.Hour, time.Second, time.Hour},
		"read back from the ledger":  {0, time.Hour, time.Hour, time.Hour},
		"no time, and no going back": {0, 0, 0, 0},
	} {
		now := since.Add(tt.wall)
		if tt.monotonic == 0 {
			now = now.Round(0)
		} else {
			// The second word of a Time with a monotonic reading is that reading.
			*(*time.Duration)(unsafe.Add(unsafe.Pointer(&now), 8)) += tt.monotonic - tt.wall
			if got := now.Sub(since); got != tt.monotonic || now.Round(0).Sub(since.Round(0)) != tt.wall {
				t.Fatalf("%s: a time is laid out in another way now: %v", name, got)
			}
		}
		if least, most := elapsed(since, now); least != tt.least || most != tt.most {
			t.Errorf("%s: elapsed = %v, %v; want %v, %v", name, least, most, tt.least, tt.most)
		}
	}
}
