package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/apply"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// A clock that moves by hand.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

// screen is what a terminal of one line shows after each \r.
func screen(out string) []string {
	var lines []string
	for part := range strings.SplitSeq(out, "\r") {
		if part = strings.TrimRight(part, " "); part != "" {
			lines = append(lines, part)
		}
	}
	return lines
}

func TestProgressOnTerminal(t *testing.T) {
	var out strings.Builder
	c := &clock{noon}
	p := NewProgress(&out, c.now, ProgressOptions{Terminal: true, Style: Style{Width: 200}})
	for _, e := range sampleEvents() {
		p.Event(e)
		c.Time = c.Add(2 * time.Second)
	}
	p.Close()
	want := []string{
		"0/4: capture 0.00 of 323.45 DKK; refund 0.00 of 1445.00 DKK; cancel 0.00 of 80.00 DKK; refund 0.00 of 120.00 EUR",
		"0/4: capture 0.00 of 323.45 DKK; refund 0.00 of 1445.00 DKK; cancel 0.00 of 80.00 DKK; refund 0.00 of 120.00 EUR",
		"0/4: capture 0.00 of 323.45 DKK; refund 0.00 of 1445.00 DKK; cancel 0.00 of 80.00 DKK; refund 0.00 of 120.00 EUR",
		"1/4, 0.2/s, 18s left: capture 200.00 of 323.45 DKK; refund 0.00 of 1445.00 DKK; cancel 0.00 of 80.00 DKK; refund 0.00 of 120.00 EUR",
		"2/4, 1 not done, 0.2/s, 8s left: capture 200.00 of 323.45 DKK; refund 0.00 of 1445.00 DKK; cancel 0.00 of 80.00 DKK; refund 0.00 of 120.00 EUR",
		"3/4, 1 unknown, 1 not done, 0.3/s, 3s left: capture 200.00 of 323.45 DKK; refund 0.00 of 1445.00 DKK; cancel 0.00 of 80.00 DKK; refund 0.00 of 120.00 EUR",
		"4/4, 1 unknown, 1 not done, 1 moved, 0.3/s: capture 200.00 of 323.45 DKK; refund 0.00 of 1445.00 DKK; cancel 0.00 of 80.00 DKK; refund 0.00 of 120.00 EUR",
		"1 outcome is not known yet; asking the gateway again in 2s",
		"4/4, 1 not done, 1 moved, 0.3/s: capture 200.00 of 323.45 DKK; refund 50.00 of 1445.00 DKK; cancel 0.00 of 80.00 DKK; refund 0.00 of 120.00 EUR",
		"Looking again at 0/2 actions",
	}
	if diff := cmp.Diff(want, screen(out.String())); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if strings.Contains(out.String(), "\n") {
		t.Error("a line end on the terminal")
	}
	last := out.String()[strings.LastIndex(strings.TrimRight(out.String(), " \r"), "\r"):]
	if wiped := strings.Count(last, " "); !strings.HasSuffix(out.String(), " \r") || wiped < len("Looking again at 0/2 actions") {
		t.Errorf("Close left the line: %q", last)
	}
}

func TestProgressFitsTheTerminal(t *testing.T) {
	var out strings.Builder
	c := &clock{noon}
	p := NewProgress(&out, c.now, ProgressOptions{Terminal: true, Style: Style{Width: 30}})
	for _, e := range sampleEvents() {
		p.Event(e)
		c.Time = c.Add(time.Second)
	}
	for _, line := range screen(out.String()) {
		if columns(line) > 29 {
			t.Errorf("line %q is wider than 29 columns", line)
		}
	}
}

// Ten thousand events in a moment are drawn a few times, not ten thousand.
func TestProgressIsCalm(t *testing.T) {
	for name, terminal := range map[string]bool{"terminal": true, "file": false} {
		var out strings.Builder
		c := &clock{noon}
		p := NewProgress(&out, c.now, ProgressOptions{Terminal: terminal})
		actions := recall(10000)
		p.Event(apply.Event{Kind: apply.EventPlanned, Total: len(actions), Sums: oracle(actions)})
		for _, a := range actions {
			c.Time = c.Add(5 * time.Millisecond) // 50 seconds in all
			p.Event(apply.Event{Kind: apply.EventOutcome, Result: outcome(a, apply.FateSettled, 0, "")})
		}
		final := unknownAction(1, 4)
		final.State = statefile.ActionAccepted
		for range actions { // looked at once more, in the same moment
			p.Event(apply.Event{Kind: apply.EventSettled, Finding: apply.Finding{Action: final, Judgement: plan.Settled}})
		}
		lines := strings.Count(out.String(), "\r") + strings.Count(out.String(), "\n")
		want := map[string]int{"terminal": 501, "file": 5}[name]
		if lines < want || lines > want+1 {
			t.Errorf("%s: %d lines, want %d", name, lines, want)
		}
	}
}

func TestProgressInFile(t *testing.T) {
	var out strings.Builder
	c := &clock{noon}
	p := NewProgress(&out, c.now, ProgressOptions{})
	for done := range 25 {
		p.Reading(done, 24)
		c.Time = c.Add(time.Second)
	}
	actions := recall(3)
	p.Event(apply.Event{Kind: apply.EventPlanned, Total: 3, Sums: newPlan(schema.ModeTest, actions).Body.Summary})
	for _, a := range actions {
		c.Time = c.Add(20 * time.Minute)
		p.Event(apply.Event{Kind: apply.EventOutcome, Result: outcome(a, apply.FateSettling, 0, "")})
	}
	p.Close()
	want := `Reading 10/24 transactions, 1.0/s, 14s left
Reading 20/24 transactions, 1.0/s, 4s left
Reading 24/24 transactions, 1.0/s
1/3, 3.0/h, 40m00s left: refund 5.00 of 30.00 DKK
2/3, 3.0/h, 20m00s left: refund 15.00 of 30.00 DKK
3/3, 3.0/h: refund 30.00 of 30.00 DKK
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// Thousands of accepted actions are looked at again, at the end of a run or the
// beginning of the next.
func TestProgressOfLooks(t *testing.T) {
	var out strings.Builder
	c := &clock{noon}
	p := NewProgress(&out, c.now, ProgressOptions{})
	for left := range 1000 {
		p.Event(apply.Event{Kind: apply.EventLooked, Total: 1000, Left: 999 - left})
		c.Time = c.Add(25 * time.Millisecond)
	}
	want := `Looking again at 401/1000 actions, 40.1/s, 15s left
Looking again at 801/1000 actions, 40.0/s, 5s left
Looking again at 1000/1000 actions, 40.0/s
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
}

// Nothing happens for a minute: the time that is left goes on, and without a
// terminal a line says every ten seconds how things stand. Nothing is drawn over
// what else stands on a terminal.
func TestProgressTicks(t *testing.T) {
	for name, tt := range map[string]struct {
		terminal bool
		events   []apply.Event
		want     []string
	}{
		"calls under way": {false, []apply.Event{{Kind: apply.EventPlanned, Total: 2, Sums: oracle(recall(2))}, {Kind: apply.EventOutcome, Result: outcome(recall(1)[0], apply.FateSettling, 0, "")}},
			[]string{"1/2, 0.1/s, 10s left: refund 5.00 of 15.00 DKK", "1/2, 3.0/min, 20s left: refund 5.00 of 15.00 DKK"}},
		"a wait is told of once": {false, []apply.Event{{Kind: apply.EventWaiting, Left: 1, Wait: 30 * time.Second}}, []string{"1 outcome is not known yet; asking the gateway again in 30s"}},
		"a wait on a terminal": {true, []apply.Event{{Kind: apply.EventWaiting, Left: 1, Wait: 3 * time.Second}},
			[]string{"1 outcome is not known yet; asking the gateway again in 3s", "1 outcome is not known yet; asking the gateway again in 2s",
				"1 outcome is not known yet; asking the gateway again in 1s", "1 outcome is not known yet; asking the gateway again in 0s"}},
		"nothing yet":  {true, nil, nil},
		"nothing read": {true, nil, nil},
	} {
		var out strings.Builder
		c := &clock{noon}
		p := NewProgress(&out, c.now, ProgressOptions{Terminal: tt.terminal})
		if name == "nothing read" {
			p.Reading(0, 0)
		}
		for _, e := range tt.events {
			p.Event(e)
		}
		for range 21 {
			c.Time = c.Add(time.Second)
			p.Tick()
		}
		var got []string
		for _, line := range strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\r' || r == '\n' }) {
			if line = strings.TrimSpace(line); line != "" && (len(got) == 0 || got[len(got)-1] != line) {
				got = append(got, line)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		p.Close()
		closed := out.Len()
		c.Time = c.Add(time.Hour)
		if p.Tick(); out.Len() != closed {
			t.Errorf("%s: drawn after Close: %q", name, out.String()[closed:])
		}
	}
}

// A terminal that is gone must not end the work, nor be written to for ever.
func TestProgressOfBrokenTerminal(t *testing.T) {
	w := &brokenWriter{left: 3}
	p := NewProgress(w, func() time.Time { return noon }, ProgressOptions{Terminal: true})
	p.Reading(1, 2)
	w.left = 1000
	p.Reading(2, 2)
	p.Close()
	if w.left != 1000 {
		t.Errorf("%d bytes written after the write error", 1000-w.left)
	}
}

func TestShortDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 9400 * time.Millisecond: "9s", 200 * time.Second: "3m20s", 65 * time.Minute: "1h05m", 59*time.Minute + 59700*time.Millisecond: "1h00m"} {
		if got := shortDuration(d); got != want {
			t.Errorf("shortDuration(%v) = %s, want %s", d, got, want)
		}
	}
}
