package plan

import (
	"regexp"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/statefile"
)

// acted makes an action that raised a total from nothing, or from some.
func acted(t *testing.T, verb statefile.Verb, from, to string, state statefile.ActionState, before dibs.Status) statefile.Action {
	step := statefile.Step{Key: statefile.Key{Merchant: "12345678", Transact: "11111111"}, Verb: verb, From: amount(t, from), To: amount(t, to)}
	return statefile.Action{ID: statefile.ActionID(step, 1), Step: step, Attempt: 1, State: state, Before: int(before)}
}

// R13: a person's word stands only where the gateway leaves room.
func TestCheckOutcome(t *testing.T) {
	for name, tt := range map[string]struct {
		to     string
		status dibs.Status
		done   bool
		want   string
	}{
		"done, as the status shows":          {"200.00 DKK", dibs.StatusRefunded, true, ""},
		"not done, though the status shows":  {"200.00 DKK", dibs.StatusRefunded, false, "so the action settled"},
		"not done, though it is on its way":  {"200.00 DKK", dibs.StatusRefundSent, false, "so the action happened"},
		"done, though the acquirer declined": {"200.00 DKK", dibs.StatusRefundDeclined, true, "so the action reversed"},
		"not done, as the acquirer says":     {"200.00 DKK", dibs.StatusRefundDeclined, false, ""},
		"done, the status is silent":         {"50.00 DKK", dibs.StatusCaptured, true, ""},
		"not done, the status is silent":     {"50.00 DKK", dibs.StatusCaptured, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := acted(t, statefile.Refund, "0.00 DKK", tt.to, statefile.ActionUnknown, dibs.StatusCaptured)
			tr := statefile.Transaction{Key: a.Key, Amount: amount(t, "200.00 DKK"), Captured: amount(t, "200.00 DKK"), Actions: []statefile.Action{a}}
			err := CheckOutcome(tr, a, Evidence{Status: tt.status}, false, tt.done)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("CheckOutcome(%s, %s, %t) = %v, want %q", a.ID, tt.status, tt.done, err, tt.want)
			}
		})
	}
}

// Adopted totals below what flexform did would be paid a second time, unless
// the acquirer took it back.
func TestCheckHistory(t *testing.T) {
	const accepted, done, reversed = statefile.ActionAccepted, statefile.ActionDone, statefile.ActionReversed
	for name, tt := range map[string]struct {
		states   [2]statefile.ActionState // of the refunds 0-30 and 30-50
		refunded string
		status   dibs.Status
		refused  bool
	}{
		"as the ledger has it":                        {[2]statefile.ActionState{done, done}, "50.00 DKK", dibs.StatusPartlyRefunded, false},
		"more than flexform did":                      {[2]statefile.ActionState{done, done}, "60.00 DKK", dibs.StatusPartlyRefunded, false},
		"less than it did":                            {[2]statefile.ActionState{done, done}, "30.00 DKK", dibs.StatusPartlyRefunded, true},
		"less than was accepted":                      {[2]statefile.ActionState{done, accepted}, "30.00 DKK", dibs.StatusPartlyRefunded, true},
		"less by what is known to be reversed":        {[2]statefile.ActionState{done, reversed}, "30.00 DKK", dibs.StatusPartlyRefunded, false},
		"less by the newest, which was declined":      {[2]statefile.ActionState{done, done}, "30.00 DKK", dibs.StatusRefundDeclined, false},
		"less by more than the newest":                {[2]statefile.ActionState{done, done}, "20.00 DKK", dibs.StatusRefundDeclined, true},
		"less by accepted ones, one of them declined": {[2]statefile.ActionState{accepted, accepted}, "20.00 DKK", dibs.StatusRefundDeclined, false},
		"a declined capture says nothing of refunds":  {[2]statefile.ActionState{done, accepted}, "30.00 DKK", dibs.StatusCaptureDeclined, true},
	} {
		t.Run(name, func(t *testing.T) {
			first := acted(t, statefile.Refund, "0.00 DKK", "30.00 DKK", tt.states[0], dibs.StatusCaptured)
			second := acted(t, statefile.Refund, "30.00 DKK", "50.00 DKK", tt.states[1], dibs.StatusPartlyRefunded)
			first.Seq, second.Seq = 3, 7
			totals := Totals{Authorised: amount(t, "200.00 DKK"), Captured: amount(t, "200.00 DKK"), Refunded: amount(t, tt.refunded)}
			err := CheckHistory(totals, statefile.Transaction{Actions: []statefile.Action{first, second}}, Evidence{Status: tt.status})
			if (err != nil) != tt.refused {
				t.Errorf("CheckHistory(%s, %s) = %v, want it refused: %t", tt.refunded, tt.status, err, tt.refused)
			}
		})
	}
}

func TestCheckHistoryOfACapture(t *testing.T) {
	a := acted(t, statefile.Capture, "0.00 DKK", "150.00 DKK", statefile.ActionDone, dibs.StatusAuthorised)
	totals := Totals{Authorised: amount(t, "200.00 DKK"), Captured: amount(t, "0.00 DKK"), Refunded: amount(t, "0.00 DKK")}
	record := statefile.Transaction{Actions: []statefile.Action{a}}
	if err := CheckHistory(totals, record, Evidence{Status: dibs.StatusAuthorised}); err == nil {
		t.Error("CheckHistory lets a capture be forgotten")
	}
	if err := CheckHistory(totals, record, Evidence{Status: dibs.StatusCaptureDeclined}); err != nil {
		t.Errorf("CheckHistory of a capture that the acquirer declined = %v", err)
	}
}

// Whatever the table proves, no person may say the contrary of, with the calls
// of every kind, at every status before and after (R13).
func TestCheckOutcomeFollowsTheEvidence(t *testing.T) {
	record := statefile.Transaction{Amount: dkk(t, 20000), Captured: dkk(t, 15000)}
	refused := map[bool]int{}
	for name, step := range map[string]statefile.Step{
		"capture": {Verb: statefile.Capture, From: dkk(t, 0), To: dkk(t, 15000)},
		"cancel":  {Verb: statefile.Cancel, From: dkk(t, 0), To: dkk(t, 20000)},
		"full":    {Verb: statefile.Refund, From: dkk(t, 0), To: dkk(t, 15000)},
		"rest":    {Verb: statefile.Refund, From: dkk(t, 5000), To: dkk(t, 15000)},
		"part":    {Verb: statefile.Refund, From: dkk(t, 5000), To: dkk(t, 8000)},
		"again":   {Verb: statefile.Reauthorise, From: dkk(t, 0), To: dkk(t, 20000)},
		"delete":  {Verb: statefile.Delete},
	} {
		for before := range dibs.Status(30) {
			for after := range dibs.Status(30) {
				for _, over := range []bool{false, true} {
					a := statefile.Action{Step: step, State: statefile.ActionUnknown, Before: int(before), Class: string(SelfLimiting)}
					proven := Judge(record, a, after, over)
					want := map[Judgement]map[bool]bool{ // whether done, not done is refused
						Happened: {false: true}, Settled: {false: true}, Reversed: {true: true}, DidNotHappen: {true: true},
					}[proven]
					for _, done := range []bool{false, true} {
						err := CheckOutcome(record, a, Evidence{Status: after}, over, done)
						if (err != nil) != want[done] {
							t.Errorf("CheckOutcome(%s, %d -> %d, over %t, done %t) = %v, and the evidence is %s", name, before, after, over, done, err, proven)
						}
						if err != nil {
							refused[done]++
						}
					}
				}
			}
		}
	}
	if refused[true] == 0 || refused[false] == 0 {
		t.Errorf("refused %v, want some of both", refused)
	}
	base := statefile.Action{Step: statefile.Step{Verb: statefile.Capture, From: dkk(t, 5000), To: dkk(t, 8000)}, State: statefile.ActionUnknown, Before: 18}
	for captured, want := range map[int64]bool{8000: true, 5000: false, 6000: false} { // whether "not done" is refused
		sums := Sums{Authorised: dkk(t, 20000), Captured: dkk(t, captured), Settled: true, Open: true}
		if err := CheckOutcome(record, base, Evidence{dibs.StatusMulticapOpen, &sums}, true, false); (err != nil) != want {
			t.Errorf("CheckOutcome(capture in parts, %d captured, not done) = %v", captured, err)
		}
	}
}

// The command that a plan prints for drift is not refused for what it says, and
// what only a person can find out is left for them to fill in.
func TestAdoptCommandOfDrift(t *testing.T) {
	drifts, filled := 0, 0
	for status := dibs.Status(2); status <= 15; status++ {
		for name, ledger := range map[string][]deed{
			"nothing":       nil,
			"a capture":     deeds(captureOf(20000, done, 2)),
			"a part":        deeds(captureOf(20000, done, 2), refundOf(0, 5000, done, 5)),
			"a lagging one": deeds(captureOf(20000, done, 2), refundOf(0, 5000, accepted, 5)),
			"all of it":     deeds(captureOf(20000, done, 2), refundOf(0, 20000, done, 5)),
			"a cancel":      deeds(cancelOf(done)),
		} {
			for _, want := range []tale{{captured: "full", refunded: "50.00"}, {captured: "full"}, {cancelled: true}} {
				want.status, want.ledger = status, ledger
				draft, _ := Build(want.input(t))
				for _, b := range draft.Body.Blocked {
					if b.Cause != CauseDrift {
						continue
					}
					drifts++
					totals, ok := readAdopt(t, b.Command)
					if !ok {
						continue
					}
					filled++
					if err := CheckTotals(totals, Evidence{Status: status}); err != nil {
						t.Errorf("status %d, ledger with %s: %s is refused: %v", status, name, b.Command, err)
					}
				}
			}
		}
	}
	if drifts == 0 || filled == 0 {
		t.Errorf("%d drifts, %d of them with all totals: the test tests nothing", drifts, filled)
	}
}

// readAdopt takes the totals out of a command, false when some are not there.
func readAdopt(t *testing.T, command string) (Totals, bool) {
	t.Helper()
	match := regexp.MustCompile(`^flexform adopt transaction\.a --captured "([^"]*)" --refunded "([^"]*)"( --cancelled)? --evidence "…"$`).FindStringSubmatch(command)
	if match == nil {
		t.Fatalf("not an adopt command: %s", command)
	}
	if strings.Contains(match[1]+match[2], "…") {
		return Totals{}, false
	}
	return Totals{Authorised: dkk(t, 20000), Captured: amount(t, match[1]), Refunded: amount(t, match[2]), Cancelled: match[3] != ""}, true
}
