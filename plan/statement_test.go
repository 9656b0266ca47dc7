package plan

import (
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
			err := CheckOutcome(tr, a, Evidence{Status: tt.status}, tt.done)
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
