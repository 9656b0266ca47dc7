package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/apply"
	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

func outcome(a plan.Action, fate apply.Fate, code int, detail string) apply.ActionResult {
	r := apply.ActionResult{Action: a, Fate: fate, Detail: detail}
	if fate != apply.FateMoved && fate != apply.FateNotStarted {
		step, err := a.Step()
		if err != nil {
			panic(err)
		}
		r.ID = statefile.ActionID(step, a.Attempt)
	}
	if code >= 0 {
		r.Code = &code
	}
	return r
}

// mixedResult has an action of every fate, and twenty that were not started.
func mixedResult() (*plan.Plan, apply.Result) {
	actions := append(threeActions(), recall(25)...)
	p := newPlan(schema.ModeLive, actions)
	status := dibs.StatusPartlyRefunded
	r := apply.Result{
		Plan: p.Digest,
		Done: []apply.ActionResult{outcome(actions[0], apply.FateSettled, 0, ""), outcome(actions[2], apply.FateSettling, 0, "waits for the acquirer")},
		Declined: []apply.ActionResult{outcome(actions[1], apply.FateDeclined, 4, "rejected by the acquirer (4): do not honour"),
			outcome(actions[3], apply.FateReversed, 0, "the status is refund declined (10), so the acquirer declined it"), outcome(actions[4], apply.FateDeclined, 7, "")},
		NotSent: []apply.ActionResult{outcome(actions[5], apply.FateNotSent, -1, "dial tcp: timeout"), outcome(actions[6], apply.FateNotDone, -1, "the status is captured (5), so it did not happen")},
		Unknown: []apply.ActionResult{outcome(actions[7], apply.FateUnknown, 1, "no reply within 60 s\x1b[2J")},
		Moved:   []apply.ActionResult{outcome(actions[8], apply.FateMoved, -1, "the plan saw it as captured (5), now it is partly refunded (8)")},
		Rule:    apply.StopUnknown, Stopped: "the outcome of 12345678/11111115/refund/0-3000/DKK#1 is not known",
	}
	r.Unknown[0].Behind = true
	r.Moved[0].Status = &status
	for _, a := range actions[9:] {
		r.NotStarted = append(r.NotStarted, outcome(a, apply.FateNotStarted, -1, ""))
	}
	return p, r
}

func TestResult(t *testing.T) {
	mixed, mixedOutcome := mixedResult()
	done := newPlan(schema.ModeSandbox, threeActions()[:1])
	// Its answer was lost, and found out before the run was over.
	doneOutcome := apply.Result{
		Plan: done.Digest, Done: []apply.ActionResult{outcome(done.Body.Actions[0], apply.FateSettled, 0, "")},
		Rule: apply.StopUnknown, Stopped: "the outcome of 12345678/11111111/capture/0-34900/DKK#1 is not known",
	}
	tests := map[string]struct {
		plan   *plan.Plan
		result apply.Result
		style  Style
	}{
		"result.txt":       {mixed, mixedOutcome, Style{Width: 100}},
		"result-color.txt": {mixed, mixedOutcome, Style{Width: 100, Color: true}},
		"result-cut.txt":   {mixed, mixedOutcome, Style{Rows: 1}},
		"result-done.txt":  {done, doneOutcome, Style{}},
		"result-none.txt":  {done, apply.Result{Plan: done.Digest, Stopped: "interrupted", NotStarted: []apply.ActionResult{outcome(done.Body.Actions[0], apply.FateNotStarted, -1, "")}}, Style{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			if err := ResultText(&b, tt.plan, tt.result, tt.style); err != nil {
				t.Fatal(err)
			}
			golden(t, name, b.String())
		})
	}
	var b strings.Builder
	mixedOutcome.NotStarted = mixedOutcome.NotStarted[:1]
	if err := ResultJSON(&b, ending(mixed, mixedOutcome, 4)); err != nil {
		t.Fatal(err)
	}
	golden(t, "result.json", b.String())
	b.Reset()
	if err := ResultJSON(&b, ending(done, doneOutcome, 0)); err != nil {
		t.Fatal(err)
	}
	golden(t, "result-done.json", b.String())
}

// ending is that of an apply that had its say in its result alone.
func ending(p *plan.Plan, r apply.Result, code int) Ending {
	return Ending{Plan: p, Result: r, Finished: true, ExitCode: code, Ledger: plan.Head{Hash: digestA, Seq: 42}, At: noon.Add(90 * time.Second)}
}

func sampleFindings() apply.Settled {
	final, sent := dibs.StatusRefunded, dibs.StatusRefundSent
	decided, unknown, settling := unknownAction(1, 4), unknownAction(2, 5), unknownAction(3, 6)
	settling.State = statefile.ActionAccepted
	return apply.Settled{
		Decided:  []apply.Finding{{Action: decided, Status: &final, Judgement: plan.Settled, Detail: "the status is refunded (11), so it happened and is final"}},
		Unknown:  []apply.Finding{{Action: unknown, Judgement: plan.Undecidable, Detail: "its status could not be read: \x1b[2J"}},
		Settling: []apply.Finding{{Action: settling, Status: &sent, Judgement: plan.Happened, Detail: "the status is refund sent (9), so it happened and waits for the acquirer"}},
	}
}

func TestSettled(t *testing.T) {
	var b strings.Builder
	if err := Settled(&b, apply.Settled{}, Style{}); err != nil || b.String() != "" {
		t.Errorf("Settled of nothing = %q, %v", b.String(), err)
	}
	if err := Settled(&b, sampleFindings(), Style{Width: 100}); err != nil {
		t.Fatal(err)
	}
	golden(t, "settled.txt", b.String())
}

// What went as expected is counted and not listed: a batch of yesterday would
// push the plan off the screen.
func TestSettledAsExpected(t *testing.T) {
	accepted := unknownAction(3, 6)
	accepted.State = statefile.ActionAccepted
	final := dibs.StatusRefunded
	settled := apply.Settled{Settling: sampleFindings().Settling}
	for range 320 {
		settled.Decided = append(settled.Decided, apply.Finding{Action: accepted, Status: &final, Judgement: plan.Settled, Detail: "final"})
	}
	var b strings.Builder
	if err := Settled(&b, settled, Style{}); err != nil {
		t.Fatal(err)
	}
	want := "Earlier runs: 320 accepted actions are final now.\n\nEarlier runs: 1 accepted action is still settling.\n\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}

	// One that the acquirer declined is no matter of course.
	settled.Decided = append(settled.Decided, apply.Finding{Action: accepted, Status: &final, Judgement: plan.Reversed, Detail: "the acquirer declined it"})
	b.Reset()
	if err := Settled(&b, settled, Style{}); err != nil || !strings.Contains(b.String(), "the acquirer declined it") {
		t.Errorf("Settled does not tell of the declined one (%v):\n%s", err, b.String())
	}
}

// The reason of a stop is said once, and not again behind every action.
func TestResultSaysTheStopOnce(t *testing.T) {
	p := newPlan(schema.ModeTest, threeActions())
	r := apply.Result{Plan: p.Digest, Stopped: "interrupted: by hand"}
	for _, a := range p.Body.Actions {
		r.NotStarted = append(r.NotStarted, apply.ActionResult{Action: a, Fate: apply.FateNotStarted, Detail: r.Stopped})
	}
	var b strings.Builder
	if err := ResultText(&b, p, r, Style{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), r.Stopped); n != 1 {
		t.Errorf("the reason stands there %d times, want 1:\n%s", n, b.String())
	}

	// An outcome that stopped the run, and that the end of the run found out.
	r = apply.Result{Plan: p.Digest, Rule: apply.StopUnknown, Stopped: "the outcome of X is not known"}
	r.Done = []apply.ActionResult{{Action: p.Body.Actions[0], Fate: apply.FateSettled}}
	r.NotStarted = []apply.ActionResult{{Action: p.Body.Actions[1], Fate: apply.FateNotStarted, Detail: r.Stopped}}
	b.Reset()
	if err := ResultText(&b, p, r, Style{}); err != nil {
		t.Fatal(err)
	}
	if want := "Stopped: the outcome of X is not known; that was found out after the stop\n"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in:\n%s", want, b.String())
	}
}
