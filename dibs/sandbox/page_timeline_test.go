package sandbox_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
)

// timelineOn returns the events on a transaction's page, without their times.
func timelineOn(t *testing.T, base, transact string) []string {
	t.Helper()
	_, body := get(t, base+"/transactions/"+transact)
	all := lines(body)
	from := slices.Index(all, "Timeline the newest first")
	var events []string
	for _, line := range all[from+1:] {
		if len(line) > 20 && line[4] == '-' && line[13] == ':' {
			line = line[20:]
		}
		events = append(events, line)
	}
	return events
}

// TestPageTimeline tells a payment's whole life, also while the clock stands
// still: moves come in their own order, each call's with the call.
func TestPageTimeline(t *testing.T) {
	for name, o := range map[string]sandbox.Options{
		"a clock that goes on":      {Settle: sandbox.Manual, FirstTransact: 11111111, Now: ticking()},
		"a clock that stands still": {Settle: sandbox.Manual, FirstTransact: 11111111},
	} {
		t.Run(name, func(t *testing.T) {
			s := sandbox.Start(t, o)
			settle := func() {
				t.Helper()
				if _, err := s.Gateway.Settle(); err != nil {
					t.Fatal(err)
				}
			}
			call(t, s.URL, "/cgi-ssl/auth.cgi", "merchant=12345678&orderid=W-1&amount=10000&currency=208&cardno=4711100000000000&expmon=06&expyear=24&textreply=yes")
			call(t, s.URL, "/cgi-bin/capture.cgi", "merchant=12345678&transact=11111111&orderid=W-1&amount=10000")
			settle()
			settle()
			if err := s.Gateway.BackOffice(sandbox.MoveRefund, "11111111", amount(t, "30.00 DKK")); err != nil {
				t.Fatal(err)
			}
			if err := s.Gateway.Decline("11111111"); err != nil {
				t.Fatal(err)
			}
			call(t, s.URL, "/cgi-adm/refund.cgi", "merchant=12345678&transact=11111111&orderid=W-1&amount=2500")
			call(t, s.URL, "/transstatus.pml", "merchant=12345678&transact=11111111")
			want := []string{
				"transstatus.pml answered 15 call 4 merchant=12345678 transact=11111111",
				"Status refund pending 15 since then",
				"refund.cgi money moved refund 25.00 DKK call 3 amount=2500 merchant=12345678 orderid=W-1 transact=11111111",
				"Refund declined 30.00 DKK by acquirer",
				"Refunded 30.00 DKK by back-office",
				"capture.cgi money moved capture 100.00 DKK call 2 amount=10000 merchant=12345678 orderid=W-1 transact=11111111",
				"auth.cgi accepted call 1 amount=10000 cardno=redacted currency=208 expmon=redacted expyear=redacted merchant=12345678 orderid=W-1 textreply=yes",
				"Authorisation 100.00 DKK",
				"All its calls",
			}
			got := timelineOn(t, s.URL, "11111111")
			if name == "a clock that stands still" { // the status changed when everything else happened, too
				want[0], want[1] = want[1], want[0]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("timeline mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPageTimelineIsBounded: of many events the newest are shown, and the
// others are counted.
func TestPageTimelineIsBounded(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{Now: ticking()}, readSeed(t, captured20)...)
	for i := range 230 {
		r := serve(s.Gateway, "GET", fmt.Sprintf("/transstatus.pml?merchant=12345678&transact=11111111&test=%d", i), "*/*")
		if r.Body.String() != "5" {
			t.Fatalf("status %q", r.Body)
		}
	}
	got := timelineOn(t, s.URL, "11111111")
	if len(got) != 202 || !strings.Contains(got[0], "test=229") || got[200] != "33 earlier events are not shown." {
		t.Errorf("%d lines, the first %q, the last %q", len(got), got[0], got[len(got)-2:])
	}
}
