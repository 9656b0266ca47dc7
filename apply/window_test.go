package apply

import (
	"context"
	"strings"
	"testing"
	"time"

	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// R4: an open intent keeps the settle window that it was sent with. A setting
// that became shorter since gives it up no sooner, a longer one later.
func TestSettleWindowOfAnOpenIntent(t *testing.T) {
	for name, tt := range map[string]struct {
		sent, now time.Duration
		want      time.Duration // from the intent until an unmoved status proves something
	}{
		"as it was":           {10 * time.Minute, 10 * time.Minute, 10*time.Minute + defaultSendBy},
		"made shorter":        {10 * time.Minute, 2 * time.Minute, 10*time.Minute + defaultSendBy},
		"made longer":         {2 * time.Minute, 10 * time.Minute, 10*time.Minute + defaultSendBy},
		"longer than nothing": {0, 2 * time.Minute, 2*time.Minute + defaultSendBy},
		"of a sandbox":        {0, 2 * time.Second, 5 * time.Second},
		"made the default":    {5 * time.Second, 2 * time.Second, 11 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 1)
			j, err := newJob(0, refund(0, 0, 20000))
			if err != nil {
				t.Fatal(err)
			}
			intent := j.intent("sha256:dead", 5)
			if tt.sent > 0 {
				intent.SettleWindow = tt.sent.String()
			}
			r.record(intent)
			r.reopen()
			runner := r.runner()
			runner.Merchants[shop] = withWindow(runner.Merchants[shop], tt.now)
			a, _ := r.file.State().Action(j.id)
			if got := runner.Settles(a).Sub(a.At); got != tt.want {
				t.Errorf("Settles says %v after the intent, want %v", got, tt.want)
			}
			r.clock.now = a.At.Add(tt.want - time.Second)
			hasty := *runner
			hasty.Wait = func(context.Context, time.Duration) error { return context.Canceled }
			over := a.At.Add(tt.want).UTC().Format("before 2006-01-02 15:04:05 UTC")
			if early := r.settle(&hasty); len(early.Unknown) != 1 || !strings.Contains(early.Unknown[0].Detail, over) {
				t.Errorf("settle inside the window = %+v; want it unknown, and not decided %q", early, over)
			}
			s := r.settle(runner)
			if len(s.Decided) != 1 || s.Decided[0].Judgement != plan.DidNotHappen || r.clock.now.Sub(a.At) < tt.want {
				t.Errorf("settle = %+v at %v after the intent, want it decided as not happened at %v", s, r.clock.now.Sub(a.At), tt.want)
			}
			if len(r.clock.waits) == 0 || len(r.bank.sent) > 0 {
				t.Errorf("waited %v and sent %v, want a wait and no call", r.clock.waits, r.bank.sent)
			}
		})
	}
}

// The window is recorded with the intent, unless it is the default of the mode.
func TestSettleWindowIsRecorded(t *testing.T) {
	for window, want := range map[time.Duration]string{
		schema.DefaultSettleWindow(schema.ModeSandbox): "",
		10 * time.Minute:        "10m0s",
		2500 * time.Millisecond: "2.5s",
	} {
		r := newRig(t, 1)
		runner := r.runner()
		runner.Merchants[shop] = withWindow(runner.Merchants[shop], window)
		r.run(runner, planOf(refund(0, 0, 20000)))
		for e, err := range statefile.ReadEntries(r.path) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Intent != nil && e.Intent.SettleWindow != want {
				t.Errorf("window %v is recorded as %q, want %q", window, e.Intent.SettleWindow, want)
			}
		}
		a, ok := r.file.State().Action("12345678/11111111/refund/0-20000/DKK#1")
		if !ok || want != "" && a.SettleWindow != window || want == "" && a.SettleWindow != 0 {
			t.Errorf("the ledger has the action %v with window %v, want %v", ok, a.SettleWindow, want)
		}
	}
}

// Two merchants have windows of their own.
func TestSettleWindowOfEachMerchant(t *testing.T) {
	r := newRig(t, 1)
	runner := r.runner()
	runner.Merchants["87654321"] = Merchant{SettleWindow: time.Hour}
	if got, want := runner.span(shop), (span{defaultSendBy, defaultWindow}); got != want {
		t.Errorf("span(%s) = %v, want %v", shop, got, want)
	}
	if got, want := runner.span("87654321"), (span{defaultSendBy, time.Hour}); got != want {
		t.Errorf("span(87654321) = %v, want %v", got, want)
	}
}

func withWindow(m Merchant, d time.Duration) Merchant {
	m.SettleWindow = d
	return m
}
