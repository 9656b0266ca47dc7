package statefile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/internal/durable/disktest"
)

// R13, R86: what is counted as spent, action by action.
func TestSpentSince(t *testing.T) {
	now := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	f, err := Open("x.ledger", Options{Now: func() time.Time { return now }, FS: disktest.New().Start()})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write := func(payloads ...Payload) {
		t.Helper()
		if _, err := f.Append(t.Context(), payloads...); err != nil {
			t.Fatal(err)
		}
	}
	in := func(transact string, verb Verb, from, to int64) Intent {
		return intent(transact, verb, from, to, 1)
	}
	write(begin(planA, 99))
	// Two days ago: one that was accepted, one that nobody knows of.
	old := in("11111111", Refund, 0, 1000)
	write(old, outcome(old, Accepted))
	unknown := in("11111112", Refund, 0, 200)
	write(unknown, outcome(unknown, Unknown))
	now = now.Add(48 * time.Hour)
	// Today: each kind of end.
	for i, end := range []Result{Accepted, Declined, NotSent, Unknown} {
		a := in([]string{"21111111", "21111112", "21111113", "21111114"}[i], Refund, 5000, 5000+int64(i+1))
		write(a, outcome(a, end))
	}
	capture := in("31111111", Capture, 0, 7000)
	write(capture)
	cancel := in("31111112", Cancel, 0, 20000)
	write(cancel, outcome(cancel, Accepted))
	want := map[Purse]Spent{
		{"12345678", Refund, "DKK"}:  {Count: 3, Minor: 200 + 1 + 4},
		{"12345678", Capture, "DKK"}: {Count: 1, Minor: 7000},
		{"12345678", Cancel, "DKK"}:  {Count: 1, Minor: 20000},
	}
	got := f.State().SpentSince(now.Add(-24 * time.Hour))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("SpentSince yesterday (-want +got):\n%s", diff)
	}
	// The unknown one of two days ago is found not to have happened.
	write(Resolved{Action: unknown.Action, Done: false, Evidence: "the report", Actor: Actor{User: "anna"}})
	want[Purse{"12345678", Refund, "DKK"}] = Spent{Count: 2, Minor: 1 + 4}
	if diff := cmp.Diff(want, f.State().SpentSince(now.Add(-24*time.Hour))); diff != "" {
		t.Errorf("SpentSince after it was resolved (-want +got):\n%s", diff)
	}
	// A clock that went back hides nothing.
	if got := f.State().SpentSince(now.Add(-240 * time.Hour)); got[Purse{"12345678", Refund, "DKK"}].Minor != 1000+1+4 {
		t.Errorf("SpentSince long ago = %v", got)
	}
	if got := new(State).SpentSince(now); len(got) != 0 {
		t.Errorf("an empty ledger has spent %v", got)
	}
}
