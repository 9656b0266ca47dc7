package sandbox

import (
	"strconv"
	"testing"
	"time"
)

// TestAcquirersDown: outages are remembered by name, in any case, and no more
// of them than a gateway can have.
func TestAcquirersDown(t *testing.T) {
	g, err := Open(Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	for n := range maxDown + 1 {
		g.SetAcquirer("Acquirer "+strconv.Itoa(n), false)
		g.SetAcquirer("acquirer 0", false) // is down already
	}
	if n := len(g.outages()); n != maxDown {
		t.Errorf("%d acquirers are down, want %d", n, maxDown)
	}
	if _, up := g.acquirers.lastContact("ACQUIRER 0", time.Now()); up {
		t.Error("the first that went down is up")
	}
	g.SetAcquirer("Acquirer 0", true)
	g.SetAcquirer("one more", false)
	if _, up := g.acquirers.lastContact("one more", time.Now()); up || len(g.outages()) != maxDown {
		t.Error("one that went down when another had come up is not")
	}
}
