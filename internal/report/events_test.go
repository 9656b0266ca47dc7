package report

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/apply"
	"flexform/plan"
	"flexform/statefile"
)

// sampleEvents is an apply of four actions.
func sampleEvents() []apply.Event {
	p, r := mixedResult()
	return []apply.Event{
		{Kind: apply.EventPlanned, Total: 4, Sums: p.Body.Summary},
		{Kind: apply.EventIntent, Result: r.Done[0], Seq: 12},
		{Kind: apply.EventCall, Result: r.Done[0]},
		{Kind: apply.EventOutcome, Result: r.Done[0]},
		{Kind: apply.EventOutcome, Result: r.Declined[0]},
		{Kind: apply.EventOutcome, Result: r.Unknown[0]},
		{Kind: apply.EventOutcome, Result: r.Moved[0]},
		{Kind: apply.EventWaiting, Wait: 1500 * time.Millisecond, Left: 1},
		{Kind: apply.EventSettled, Finding: sampleFindings().Decided[0]},
		{Kind: apply.EventConfirming, Total: 2},
	}
}

// ticking is a clock that is a second later each time.
func ticking() func() time.Time {
	at := noon
	return func() time.Time { at = at.Add(time.Second); return at }
}

// writeStory writes a whole apply, with one line of every type.
func writeStory(t testing.TB, w *EventWriter) {
	t.Helper()
	actions := append(threeActions(), action(4, statefile.Refund, 0, 5000, "RMA 4412"))
	p := newPlan("live", actions, blockedSample()[0])
	at := func(a plan.Action, fate apply.Fate, code int, detail string) apply.ActionResult {
		r := outcome(a, fate, code, detail)
		r.Status = &actions[0].Status
		return r
	}
	refund := outcome(actions[1], apply.FateUnknown, 1, "no reply within 60 s")
	capture := at(actions[0], apply.FateSettling, 0, "")
	named := func(a plan.Action, fate apply.Fate, why string) apply.ActionResult {
		r := outcome(a, apply.FateUnknown, -1, why)
		r.Fate = fate
		return r
	}
	bare := func(r apply.ActionResult) apply.ActionResult { r.Code, r.Detail = nil, ""; return r }
	bulk := apply.BatchFinding{Name: "refund271126_01", Merchant: shopID, Stage: apply.StageWaiting, Detail: "it is released, and the response is not there yet", Open: 1}
	steps := []apply.Event{
		{Kind: apply.EventPlanned, Total: 4, Sums: p.Body.Summary},
		{Kind: apply.EventIntent, Result: bare(capture), Seq: 44},
		{Kind: apply.EventCall, Result: bare(capture)},
		{Kind: apply.EventOutcome, Result: capture},
		{Kind: apply.EventOutcome, Result: named(actions[2], apply.FateMoved, "the plan saw it as authorised (2), now it is captured (5)")},
		{Kind: apply.EventIntent, Result: bare(refund), Seq: 46},
		{Kind: apply.EventCall, Result: bare(refund)},
		{Kind: apply.EventOutcome, Result: refund},
		{Kind: apply.EventOutcome, Result: named(actions[3], apply.FateNotStarted, "the outcome of "+refund.ID+" is not known")},
		{Kind: apply.EventWaiting, Wait: 1500 * time.Millisecond, Left: 1},
		{Kind: apply.EventConfirming, Total: 1},
		{Kind: apply.EventSettled, Finding: finalCapture(t, capture)},
		{Kind: apply.EventBulk, Batch: bulk, Wait: 10 * time.Second},
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.Version("0.1.0"))
	must(w.Event(apply.Event{Kind: apply.EventSettled, Finding: sampleFindings().Decided[0]}))
	must(w.Recovered(sampleFindings()))
	must(w.Plan(p))
	must(w.Outages(outages()[:1]))
	for _, e := range steps {
		must(w.Event(e))
	}
	capture.Fate = apply.FateSettled
	must(w.End(ending(p, apply.Result{
		Plan: p.Digest, Done: []apply.ActionResult{capture}, Unknown: []apply.ActionResult{refund}, Moved: []apply.ActionResult{steps[4].Result},
		NotStarted: []apply.ActionResult{steps[8].Result}, Rule: apply.StopUnknown, Stopped: "the outcome of " + refund.ID + " is not known",
	}, 4)))
}

func finalCapture(t testing.TB, r apply.ActionResult) apply.Finding {
	t.Helper()
	step, err := r.Action.Step()
	if err != nil {
		t.Fatal(err)
	}
	accepted := unknownAction(3, 44)
	accepted.Step, accepted.ID, accepted.Address, accepted.State = step, r.ID, r.Action.Address, statefile.ActionAccepted
	captured := plan.Settled
	return apply.Finding{Action: accepted, Status: r.Status, Judgement: captured, Detail: "the status is captured (5), so it happened and is final"}
}

func TestEvents(t *testing.T) {
	var b bytes.Buffer
	writeStory(t, &EventWriter{W: &b, Now: ticking()})
	golden(t, "events.jsonl", b.String())

	page, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```jsonl\n")
	sample, _, _ := strings.Cut(rest, "```\n")
	if diff := cmp.Diff(b.String(), sample); diff != "" {
		t.Errorf("the sample in docs/events.md (-written +documented):\n%s", diff)
	}
	types := map[string]bool{}
	members := map[string]bool{}
	for line := range strings.Lines(b.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		types[v["type"].(string)] = true
		for name := range v {
			members[name] = true
		}
		if !strings.HasPrefix(line, `{"type":"`+v["type"].(string)+`","time":"2026-11-03T12:00:`) {
			t.Errorf("the line does not begin with its type and time: %s", line)
		}
	}
	all := []eventType{lineVersion, lineRecovered, linePlan, lineOutage, lineBegin, lineIntent, lineCall, lineOutcome, lineSkipped, lineObserved, lineWaiting, lineConfirming, lineBulk, lineEnd}
	for _, name := range all {
		if !types[string(name)] {
			t.Errorf("the story has no line %q", name)
		}
		if !strings.Contains(string(page), "| `"+string(name)+"` |") {
			t.Errorf("docs/events.md has no row for %q", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/events.md does not say what %q is", name)
		}
	}
}

// Whatever stands in data, a line is one line of JSON, of a known type, with the
// data's own value in it and nothing raw that a terminal acts on (R68).
func FuzzEvents(f *testing.F) {
	for _, text := range []string{"", "order 1", "\x1b[2J\r\n", "\u202eDKK 1", "\u2028\x7f\u0085", "\xff\xfe", `","type":"end`, "\U000e0041"} {
		f.Add(text, text, int64(5000))
	}
	f.Fuzz(func(t *testing.T, order, detail string, minor int64) {
		a := action(1, statefile.Refund, 0, 5000, "x")
		a.OrderID, a.ToMinor = order, minor
		var b bytes.Buffer
		w := &EventWriter{W: &b, Now: func() time.Time { return noon }}
		r := apply.ActionResult{Action: a, ID: detail, Fate: apply.FateUnknown, Detail: detail}
		events := []apply.Event{{Kind: apply.EventIntent, Result: r}, {Kind: apply.EventCall, Result: r}, {Kind: apply.EventOutcome, Result: r},
			{Kind: apply.EventBulk, Batch: apply.BatchFinding{Name: order, Detail: detail}}}
		for _, e := range events {
			if err := w.Event(e); err != nil {
				t.Fatal(err)
			}
		}
		p := newPlan("live", []plan.Action{a})
		if err := w.End(Ending{Plan: p, Result: apply.Result{Plan: p.Digest, Unknown: []apply.ActionResult{r}, Stopped: detail}, Finished: true, Error: detail}); err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(b.String(), "\n")
		if len(lines) != 6 || lines[5] != "" {
			t.Fatalf("%d lines, want 5:\n%q", len(lines)-1, b.String())
		}
		for i, want := range []string{"intent", "call", "outcome", "bulk", "end"} {
			var got struct {
				Type, Orderid, Name, Detail, Error string
				To                                 int64 `json:"to_minor"`
			}
			if err := json.Unmarshal([]byte(lines[i]), &got); err != nil || got.Type != want {
				t.Fatalf("line %d is %q, %v: %s", i, got.Type, err, lines[i])
			}
			if i < 3 && (got.Orderid != jsonText(order) || got.To != minor) {
				t.Errorf("orderid %q to %d, want %q to %d", got.Orderid, got.To, order, minor)
			}
			if got.Detail+got.Error != jsonText(detail) {
				t.Errorf("line %d says %q, want %q", i, got.Detail+got.Error, detail)
			}
		}
		for _, r := range strings.ReplaceAll(b.String(), "\n", "") {
			if r < ' ' || r >= 0x7f && !proseRune(r, 0, false) {
				t.Errorf("%q is raw in %q", r, b.String())
			}
		}
	})
}

// jsonText is what JSON makes of a text.
func jsonText(s string) (text string) {
	b, _ := json.Marshal(s)
	_ = json.Unmarshal(b, &text)
	return text
}

// A plan that went past its approvals says so where it begins and where it ends.
func TestEventsOfABrokenGlass(t *testing.T) {
	var b bytes.Buffer
	w := EventWriter{W: &b, Now: time.Now}
	why, who := "INC 812: paid out twice", "anna@example.com (SHA256:abc)"
	if err := w.Event(apply.Event{Kind: apply.EventPlanned, Total: 1, BreakGlass: why, BrokenBy: who}); err != nil {
		t.Fatal(err)
	}
	if err := w.End(Ending{Finished: true, Result: apply.Result{BreakGlass: why, BrokenBy: who}}); err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b.Bytes()) {
		var said struct {
			BreakGlass string `json:"break_glass"`
			BrokenBy   string `json:"broken_by"`
		}
		if err := json.Unmarshal(line, &said); err != nil || said.BreakGlass != why || said.BrokenBy != who {
			t.Errorf("%v: %s", err, line)
		}
	}
}
