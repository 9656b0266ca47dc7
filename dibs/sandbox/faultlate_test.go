package sandbox

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestLateCalls: calls that are held back are carried out once, in their order
// or at their time, and not at all when the gateway closed before.
func TestLateCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g Gateway
		late := &g.mischief.late
		done := make(chan string, 10)
		carry := func(name string) func() { return func() { done <- name } }
		late.hold(0, carry("held"))
		late.hold(time.Minute, carry("in a minute"))
		late.hold(time.Hour, carry("in an hour"))
		time.Sleep(time.Minute) // the bubble's
		synctest.Wait()
		if got := drain(done); !slices.Equal(got, []string{"in a minute"}) {
			t.Errorf("after a minute: %q", got)
		}
		if n := g.Release(); n != 2 {
			t.Errorf("released %d calls, want 2", n)
		}
		if got := drain(done); !slices.Equal(got, []string{"held", "in an hour"}) {
			t.Errorf("released %q", got)
		}
		time.Sleep(2 * time.Hour)
		late.hold(time.Hour, carry("given up"))
		late.hold(0, carry("given up"))
		late.close()
		late.hold(0, carry("after the end"))
		late.now(carry("after the end"))
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if got := drain(done); len(got) > 0 || g.Held() > 0 {
			t.Errorf("carried out twice, or after the end: %q, %d wait", got, g.Held())
		}
	})
}

// TestLateCallsAreBounded: a call too many is carried out at once.
func TestLateCallsAreBounded(t *testing.T) {
	var late lateCalls
	for range maxLate {
		late.hold(0, func() { t.Error("a call that was held is carried out") })
	}
	done := make(chan bool)
	late.hold(0, func() { close(done) })
	<-done
	if n := late.count(); n != maxLate {
		t.Errorf("%d calls wait, want %d", n, maxLate)
	}
	late.close()
}

func drain(done chan string) []string {
	var all []string
	for {
		select {
		case name := <-done:
			all = append(all, name)
		default:
			return all
		}
	}
}
