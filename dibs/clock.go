package dibs

import (
	"net/http"
	"sync/atomic"
	"time"
)

// A clock keeps what the gateway said last of its own time.
type clock struct{ unix atomic.Int64 } // seconds; 0 for none

// note takes the Date of a reply, and forgets what was said before where the
// reply has none that can be read.
func (k *clock) note(header http.Header) {
	at, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		k.unix.Store(0)
		return
	}
	k.unix.Store(at.Unix())
}

// Date returns the time that the gateway gave in its last reply to a status
// call, in UTC and to the second; the zero time when it gave none.
func (c *Client) Date() time.Time {
	if seconds := c.clock.unix.Load(); seconds != 0 {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Time{}
}
