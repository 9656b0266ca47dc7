package report

import (
	"fmt"
	"strings"
	"testing"
)

// The page of a history fits, its filter works, and no payload runs in it (R69).
func TestHistoryInBrowser(t *testing.T) {
	b := browse(t)
	h := sampleMoves("RMA 4411: one of four returned")
	for _, l := range []struct {
		width        int64
		kind, scheme string
	}{{1280, "screen", "light"}, {1280, "screen", "dark"}, {390, "screen", "light"}, {390, "screen", "dark"}, {760, "print", "light"}} {
		look := fmt.Sprintf("history-%d-%s-%s", l.width, l.kind, l.scheme)
		b.Look(l.width, l.kind, l.scheme)
		b.open("history.html", movesOf(t, h, MovesHTML))
		if got := value[int64](b, "document.documentElement.scrollWidth"); got > l.width {
			t.Errorf("%s: the page is %d pixels wide", look, got)
		}
		b.Picture(*screenshots, look)
	}
	b.Look(1280, "screen", "light")
	b.open("history.html", movesOf(t, h, MovesHTML))
	if got, want := value[string](b, set("verb", "refund")), "Filtered: 2 of 4 rows shown: 2 refunds, 60.00 DKK."; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}

	all := payloads(t)
	hostile := sampleMoves(strings.Join(all[:40], " "))
	hostile.Chosen = nil
	for _, payload := range all {
		hostile.Chosen = append(hostile.Chosen, sampleMoves(payload).Chosen...)
	}
	b.open("hostile.html", movesOf(t, hostile, MovesHTML))
	if got := value[string](b, provoke); got != "unharmed" {
		t.Error(got)
	}
	if got := value[[]string](b, strangers); len(got) > 0 {
		t.Errorf("what the template does not have: %q", got)
	}
	if got := value[int](b, "document.querySelectorAll('#rows tbody tr[data-verb]').length"); got != len(hostile.Chosen) {
		t.Errorf("%d rows, want %d", got, len(hostile.Chosen))
	}
	if said := b.heard(); len(said) > 0 {
		t.Errorf("the browser says %q", said[:min(len(said), 5)])
	}
}
