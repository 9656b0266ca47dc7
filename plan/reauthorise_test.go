package plan

import (
	"testing"

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
