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
		"4/4, 1 not done, 1 moved, 0.2/s: capture 200.00 of 323.45 DKK; refund 50.00 of 1445.00 DKK; cancel 0.00 of 80.00 DKK; refund 0.00 of 120.00 EUR",
		"looking whether 2 accepted actions settled",
	}
	if diff := cmp.Diff(want, screen(out.String())); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
	}
	if strings.Contains(out.String(), "\n") {
		t.Error("a line end on the terminal")
	}
	last := out.String()[strings.LastIndex(strings.TrimRight(out.String(), " \r"), "\r"):]
	if wiped := strings.Count(last, " "); !strings.HasSuffix(out.String(), " \r") || wiped < len("looking whether 2 accepted actions settled") {
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
1/3, 0.0/s, 40m00s left: refund 5.00 of 30.00 DKK
2/3, 0.0/s, 20m00s left: refund 15.00 of 30.00 DKK
3/3, 0.0/s: refund 30.00 of 30.00 DKK
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("mismatch (-want +got):\n%s", diff)
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
