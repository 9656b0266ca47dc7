package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

// A plan has one action a transaction, but for an authorisation that is
// approved again and its capture, in this order and next to each other.
func TestSealPairs(t *testing.T) {
	capture := sample(t).Body.Actions[0]
	again := capture
	again.Verb, again.ToMinor, again.Class = statefile.Reauthorise, again.AmountMinor, Moneyless
	other := sample(t).Body.Actions[1]
	change := func(a Action, with func(*Action)) Action { with(&a); return a }
	for name, tt := range map[string]struct {
		actions []Action
		good    bool
	}{
		"approved again and captured":       {[]Action{again, capture}, true},
		"approved again, and no capture":    {[]Action{again, other}, true},
		"captured first":                    {[]Action{capture, again}, false},
		"approved again twice":              {[]Action{again, again}, false},
		"captured twice":                    {[]Action{again, capture, capture}, false},
		"something between":                 {[]Action{again, other, capture}, false},
		"a refund behind it":                {[]Action{again, change(capture, func(a *Action) { a.Verb = statefile.Refund })}, false},
		"the capture under another name":    {[]Action{again, change(capture, func(a *Action) { a.Address = "transaction.other" })}, false},
		"a part of the authorisation":       {[]Action{change(again, func(a *Action) { a.ToMinor-- })}, false},
		"one that could move money":         {[]Action{change(again, func(a *Action) { a.Class = Counted })}, false},
		"a capture that moves no money":     {[]Action{change(capture, func(a *Action) { a.Class = Moneyless })}, false},
		"an authorisation that is captured": {[]Action{change(again, func(a *Action) { a.FromMinor = 1 })}, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := Draft{Body: Body{Mode: schema.ModeSandbox, Actions: tt.actions, Summary: summarise(tt.actions)}}
			if _, err := Seal(d, Envelope{}); (err == nil) != tt.good || err != nil && !refusal(err) {
				t.Errorf("Seal = %v, want it accepted: %t", err, tt.good)
			}
		})
	}
}

func TestBuildReauthorise(t *testing.T) {
	first := "reauthorise 0->20000 #1 moneyless\n"
	attempt2 := "capture 0->20000 #2 self-limiting (attempt 1 was declined: authorisation older than 7 days (5))"
	for name, tt := range map[string]struct {
		tale
		want string
	}{
		"an old authorisation":              {tale{again: true, captured: "full", status: 2}, first + "capture 0->20000 #1 self-limiting"},
		"a part of it":                      {tale{again: true, captured: "150.00", status: 2}, first + "capture 0->15000 #1 self-limiting\nnotice: Only 150.00 DKK of 200.00 DKK is captured. An ordinary transaction can be captured once, so the other 50.00 DKK cannot be captured later."},
		"nothing to be captured":            {tale{again: true, captured: "full", status: 5}, "unchanged"},
		"nothing captured, and none wanted": {tale{again: true, captured: "0.00", status: 2}, "unchanged"},
		"declined for its age":              {tale{again: true, captured: "full", status: 2, ledger: deeds(tooOld(20000))}, first + attempt2},
		"declined for its age, not stated":  {tale{captured: "full", status: 2, ledger: deeds(tooOld(20000))}, attempt2 + "\nnotice: The capture before was declined: authorisation older than 7 days (5). To have it approved again first, declare reauthorise = true. Dankort and Visa-Dankort cannot be."},
		"approved, and not captured yet":    {tale{again: true, captured: "full", status: 2, ledger: deeds(tooOld(20000), againOf(done, 2))}, attempt2},
		"approved, and no more stated":      {tale{captured: "full", status: 2, ledger: deeds(tooOld(20000), againOf(done, 2))}, attempt2},
		"approved, and another total":       {tale{again: true, captured: "full", status: 2, ledger: deeds(tooOld(15000), againOf(done, 2))}, "capture 0->20000 #1 self-limiting"},
		"approved, and not sent": {tale{again: true, captured: "full", status: 2, ledger: deeds(againOf(done, 2), captureOf(20000, notSent, 2))},
			"capture 0->20000 #2 self-limiting (attempt 1 was not sent)"},
		"approved, and too old again": {tale{again: true, captured: "full", status: 2, ledger: deeds(againOf(done, 2), tooOld(20000))},
			"reauthorise 0->20000 #2 moneyless (attempt 1 happened, for an earlier capture)\n" + attempt2},
		"approved, captured, and declined later": {tale{again: true, captured: "full", status: 4, ledger: deeds(againOf(done, 2), captureOf(20000, accepted, 2))},
			"capture 0->20000 #2 self-limiting (attempt 1 was accepted, and declined by the acquirer later (status capture declined (4)))"},
		"not approved": {tale{again: true, captured: "full", status: 2, ledger: deeds(deed{statefile.Reauthorise, 0, 20000, declined, 2, 5})},
			"reauthorise 0->20000 #2 moneyless (attempt 1 was declined: card type not supported or not identified (5))\ncapture 0->20000 #1 self-limiting"},
		"nobody knows": {tale{again: true, captured: "full", status: 2, ledger: deeds(againOf(unknown, 2))},
			`blocked: unknown flexform resolve '12345678/11111111/reauthorise/0-20000/DKK#1' --outcome "done|not-done" --evidence "…"`},
		"lapsed or deleted":              {tale{again: true, captured: "full", status: 6}, first + "capture 0->20000 #1 self-limiting"},
		"lapsed, not stated":             {tale{captured: "full", status: 6}, "blocked: status"},
		"cancelled by flexform":          {tale{again: true, captured: "full", status: 6, ledger: deeds(cancelOf(done))}, "problem: Irreversible"},
		"approved, not to be seen yet":   {tale{again: true, captured: "full", status: 6, ledger: deeds(againOf(accepted, 6))}, "blocked: settling"},
		"approved, and deleted since":    {tale{again: true, captured: "full", status: 6, ledger: deeds(againOf(done, 6))}, "reauthorise 0->20000 #2 moneyless (attempt 1 happened, for an earlier capture)\ncapture 0->20000 #1 self-limiting"},
		"one more capture of a split":    {tale{again: true, captured: "full", status: 18, split: &splitTale{captured: 5000}}, first + "capture 5000->20000 #1 self-limiting"},
		"approved for a capture before":  {tale{again: true, captured: "full", status: 18, split: &splitTale{captured: 5000}, ledger: deeds(againOf(done, 18), deed{statefile.Capture, 0, 5000, done, 18, 0})}, "reauthorise 0->20000 #2 moneyless (attempt 1 happened, for an earlier capture)\ncapture 5000->20000 #1 self-limiting"},
		"approved for the one to come":   {tale{again: true, captured: "full", status: 18, split: &splitTale{captured: 5000}, ledger: deeds(deed{statefile.Capture, 0, 5000, done, 18, 0}, againOf(done, 18))}, "capture 5000->20000 #1 self-limiting"},
		"a capture that is done already": {tale{again: true, captured: "full", status: 2, ledger: deeds(captureOf(20000, done, 2)), adopted: &adoption{status: 2}}, `blocked: drift flexform adopt transaction.a --captured "0.00 DKK" --refunded "0.00 DKK" --evidence "…"`},
	} {
		t.Run(name, func(t *testing.T) {
			d, problems := Build(tt.input(t))
			if diff := cmp.Diff(tt.want, told(d, problems)); diff != "" {
				t.Errorf("Build(%+v) mismatch (-want +got):\n%s", tt.tale, diff)
			}
			if _, err := Seal(d, Envelope{}); err != nil && len(problems) == 0 {
				t.Errorf("Seal: %v", err)
			}
		})
	}
}

// Each of the two starts from the status that it will meet.
func TestReauthoriseLeadsToACapturableStatus(t *testing.T) {
	for before, after := range map[dibs.Status]dibs.Status{2: 2, 6: 2, 18: 18} {
		s := tale{again: true, captured: "full", status: before}
		if before == 18 {
			s.split = &splitTale{}
		}
		d, _ := Build(s.input(t))
		if len(d.Body.Actions) != 2 || d.Body.Actions[0].Status != before || d.Body.Actions[1].Status != after {
			t.Errorf("from %s: %+v", before, d.Body.Actions)
		}
	}
}
