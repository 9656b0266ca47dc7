package cli

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A gateway that answers nothing for half a minute does not leave people
// without a word.
func TestProgressWhileNothingHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		env := envOf(nil)
		env.Stderr, env.Now = &out, time.Now
		a := &app{env: env}
		p, stop := a.progress()
		p.Reading(0, 100)
		time.Sleep(time.Second) // of the bubble's clock
		p.Reading(1, 100)
		time.Sleep(29500 * time.Millisecond)
		stop()
		time.Sleep(time.Hour)
		want := "Reading 1/100 transactions, 0.1/s, 16m30s left\nReading 1/100 transactions, 3.0/min, 33m00s left\nReading 1/100 transactions, 2.0/min, 49m30s left\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("mismatch (-want +got):\n%s", diff)
		}
	})
}
