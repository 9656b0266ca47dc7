package sandbox

import (
	"fmt"
	"testing"
	"time"
)

// TestLimiterForgets: merchants beyond the bound are let through, until those
// who may call again are forgotten.
func TestLimiterForgets(t *testing.T) {
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	l := newLimiter(time.Second)
	refused := func(merchant string) bool {
		var bad *badRequest
		return l.refuses(merchant, clock, &bad)
	}
	for i := range maxLimited {
		if refused(fmt.Sprint(i)) {
			t.Fatalf("the first call of merchant %d is refused", i)
		}
	}
	for range 2 {
		if refused("one more") {
			t.Error("a merchant beyond the bound is refused")
		}
	}
	if !refused("0") {
		t.Error("a merchant within the bound is not refused")
	}
	now = now.Add(time.Second)
	if refused("one more") {
		t.Error("the first call is refused once there is room")
	}
	if !refused("one more") || len(l.next) != 1 {
		t.Errorf("the second call is not refused; %d merchants are kept", len(l.next))
	}
}
