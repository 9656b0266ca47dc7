package report

import (
	"strings"
	"testing"

	"flexform/apply"
	"flexform/schema"
	"flexform/statefile"
)

// rehearsalSample has every way in which an action can end, some of them in an
// action whose address is hostile.
func rehearsalSample() Rehearsal {
	p := newPlan(schema.ModeTest, threeActions())
	hostile := p.Body.Actions[1]
	hostile.Address = "transaction.\x1b[2Jx"
	end := func(i int, fate apply.Fate, state statefile.ActionState) RehearsalEnd {
		a := p.Body.Actions[i]
		if i == 1 {
			a = hostile
		}
		return RehearsalEnd{Before: apply.ActionResult{Action: a, ID: "12345678/11111111/x#1", Fate: fate}, State: state}
	}
	done := apply.Result{Plan: p.Digest}
	for _, a := range p.Body.Actions {
		done.Done = append(done.Done, apply.ActionResult{Action: a, Fate: apply.FateSettled})
	}
	lost := apply.Result{Plan: p.Digest, Rule: apply.StopUnknown, Stopped: "the outcome of X is not known", Done: done.Done[:1],
		Unknown: []apply.ActionResult{{Action: hostile, Fate: apply.FateUnknown}}, NotStarted: []apply.ActionResult{{Action: p.Body.Actions[2], Fate: apply.FateNotStarted}}}
	return Rehearsal{Plan: p, Seed: 7, Runs: []RehearsalRun{
		{Title: "nothing goes wrong", Result: done, End: []RehearsalEnd{end(0, apply.FateSettled, statefile.ActionDone)}},
		{Title: "refund of transaction.\x1b[2Jx: the answer is lost", Fault: "refund.cgi drop", Result: lost, ExitCode: 4, End: []RehearsalEnd{
			end(1, apply.FateUnknown, statefile.ActionUnknown), end(1, apply.FateUnknown, statefile.ActionDone), end(0, apply.FateUnknown, statefile.ActionNotDone),
			end(0, apply.FateSettling, statefile.ActionReversed), end(1, apply.FateMoved, 0), end(0, apply.FateDeclined, statefile.ActionDeclined), end(2, apply.FateNotStarted, 0),
		}},
	}}
}

func TestRehearsal(t *testing.T) {
	r := rehearsalSample()
	var text, doc strings.Builder
	if err := RehearsalText(&text, r, Style{Width: 100}); err != nil {
		t.Fatal(err)
	}
	golden(t, "rehearsal.txt", text.String())
	if err := RehearsalJSON(&doc, r); err != nil {
		t.Fatal(err)
	}
	golden(t, "rehearsal.json", doc.String())
	if strings.Contains(text.String()+doc.String(), "\x1b") {
		t.Error("an escape character from data is in the report")
	}
}

// A rehearsal passes when the plan goes through and every record is true.
func TestRehearsalPassed(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*Rehearsal)
		want   bool
		says   string
	}{
		"as it is":          {func(*Rehearsal) {}, true, "The plan can be carried out as it stands"},
		"no run":            {func(r *Rehearsal) { r.Runs = nil }, false, ""},
		"not even at peace": {func(r *Rehearsal) { r.Runs[0].Result = r.Runs[1].Result }, false, "cannot be carried out as it stands"},
		"a false record":    {func(r *Rehearsal) { r.Runs[1].Wrong = []string{"transaction.x: twice"} }, false, "The record of a run is not true"},
	} {
		r := rehearsalSample()
		tt.change(&r)
		var text strings.Builder
		if err := RehearsalText(&text, r, Style{}); err != nil {
			t.Fatal(err)
		}
		if r.Passed() != tt.want || !strings.Contains(text.String(), tt.says) {
			t.Errorf("%s: Passed = %t, want %t, and it says\n%s", name, r.Passed(), tt.want, text.String())
		}
	}
}
