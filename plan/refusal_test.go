package plan

import (
	"testing"

	"flexform/dibs"
	"flexform/statefile"
)

// R3, R7: a no that the second delivery of a request would get is believed only
// where the status shows that nothing has moved.
func TestDoubt(t *testing.T) {
	const moved, stays, unseen = true, false, true
	of := statefile.Transaction{Amount: dkk(t, 20000), Captured: dkk(t, 20000)}
	for _, tt := range []struct {
		verb          statefile.Verb
		before, after dibs.Status
		no            dibs.Result
		doubt         bool
	}{
		{statefile.Capture, 2, 2, 6, stays},
		{statefile.Capture, 2, 5, 6, moved},
		{statefile.Capture, 2, 12, 14, moved},
		{statefile.Capture, 2, 6, 6, moved}, // cancelled by somebody: let a person look
		{statefile.Cancel, 2, 2, 6, stays},
		{statefile.Cancel, 2, 6, 6, moved},
		{statefile.Refund, 5, 5, 6, stays},
		{statefile.Refund, 5, 5, 7, unseen}, // 8 is "balanced and partly refunded": not at once, perhaps
		{statefile.Refund, 5, 8, 7, moved},
		{statefile.Refund, 5, 15, 6, moved},
		{statefile.Refund, 5, 11, 6, moved},
		{statefile.Refund, 8, 8, 6, stays}, // at 8 a repeat would be refused for its amount
		{statefile.Refund, 8, 8, 7, unseen},
		{statefile.Refund, 10, 10, 7, unseen},
	} {
		a := statefile.Action{Step: statefile.Step{Verb: tt.verb, From: dkk(t, 0), To: dkk(t, 5000)}, Before: int(tt.before), State: statefile.ActionOpen}
		if !RepeatRefused(tt.no) {
			t.Errorf("RepeatRefused(%s) = false", tt.no)
		}
		if why := Doubt(of, a, tt.no, Evidence{Status: tt.after}); (why != "") != tt.doubt {
			t.Errorf("Doubt(%s, %s, %s -> %s) = %q", tt.verb, tt.no, tt.before, tt.after, why)
		}
	}
	full := statefile.Action{Step: statefile.Step{Verb: statefile.Refund, From: dkk(t, 0), To: dkk(t, 20000)}, Before: 5}
	if why := Doubt(of, full, dibs.ResultAmountTooHigh, Evidence{Status: 5}); why != "" {
		t.Errorf("Doubt of a refund of everything that moved nothing = %q", why)
	}
	capture := statefile.Action{Step: statefile.Step{Verb: statefile.Capture, From: dkk(t, 4000), To: dkk(t, 9000)}, Before: 18}
	for captured, doubt := range map[int64]bool{4000: false, 9000: true, 6000: true} {
		now := Evidence{Status: 18, Sums: &Sums{Captured: dkk(t, captured)}}
		if why := Doubt(of, capture, dibs.ResultAmountTooHigh, now); (why != "") != doubt {
			t.Errorf("Doubt of a capture in parts, %d captured = %q", captured, why)
		}
	}
	if Doubt(of, capture, dibs.ResultAmountTooHigh, Evidence{Status: 18}) == "" {
		t.Error("a no to a capture in parts was believed without its sums")
	}
}

// Which codes a repeat gets, of all there are.
func TestRepeatRefused(t *testing.T) {
	for no := dibs.ResultUnstated; no <= 1001; no++ {
		if got, want := RepeatRefused(no), no == 6 || no == 7 || no == 14; got != want {
			t.Errorf("RepeatRefused(%d) = %t", no, got)
		}
	}
}

// What was refused without certainty is not decided by any status afterwards:
// it may have been moved by somebody else.
func TestNothingDecidesTheDoubted(t *testing.T) {
	no := int(dibs.ResultStatusForbids)
	for _, verb := range []statefile.Verb{statefile.Capture, statefile.Refund, statefile.Cancel} {
		for before := dibs.Status(0); before <= 19; before++ {
			for after := dibs.Status(0); after <= 19; after++ {
				a := statefile.Action{Step: statefile.Step{Verb: verb, From: dkk(t, 0), To: dkk(t, 20000)}, Before: int(before), State: unknown, Code: &no}
				tr := statefile.Transaction{Amount: dkk(t, 20000), Actions: []statefile.Action{a}}
				now := Evidence{Status: after, Sums: &Sums{Authorised: dkk(t, 20000), Captured: dkk(t, 20000), Settled: true}}
				if j, k := Judge(tr, a, after, true), now.Judge(tr, a, true); j != Undecidable || k != Undecidable {
					t.Fatalf("%s, %s -> %s: %s, %s", verb, before, after, j, k)
				}
				for _, done := range []bool{true, false} {
					if err := CheckOutcome(tr, a, now, true, done); err != nil {
						t.Fatalf("%s, %s -> %s: a person may not say done %t: %v", verb, before, after, done, err)
					}
				}
			}
		}
	}
}
