package plan

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

var _ Records = (*statefile.State)(nil)

// A pen writes tales into a real ledger, each under a transact of its own.
type pen struct {
	file *statefile.File
	plan string
	next int
}

func newPen(t *testing.T) *pen {
	t.Helper()
	start := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	file, err := statefile.Open(filepath.Join(t.TempDir(), "flexform.ledger"), statefile.Options{Now: func() time.Time { return start }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	p := &pen{file: file, plan: "sha256:0000", next: 20000000}
	p.write(t, statefile.Begin{Plan: p.plan, Mode: "sandbox", Actions: 1 << 20})
	return p
}

func (p *pen) write(t testing.TB, payloads ...statefile.Payload) {
	t.Helper()
	if _, err := p.file.Append(t.Context(), payloads...); err != nil {
		t.Fatal(err)
	}
}

// entries are what flexform would have written for the deeds of s.
func (p *pen) entries(t testing.TB, s tale, key statefile.Key) []statefile.Payload {
	var all []statefile.Payload
	r, _ := s.record(t)
	var captured money.Amount
	for _, a := range r.Actions {
		a.Key = key
		if a.Verb == statefile.Capture {
			captured = a.To
		}
		i := statefile.Intent{
			Action: statefile.ActionID(a.Step, a.Attempt), Plan: p.plan, Address: address, Merchant: key.Merchant, Transact: key.Transact,
			OrderID: r.OrderID, Verb: a.Verb, Currency: "DKK", AmountMinor: 20000, FromMinor: a.From.Minor(), ToMinor: a.To.Minor(),
			Attempt: a.Attempt, Class: "counted", Status: a.Before,
		}
		all = append(all, i)
		see := func(status dibs.Status, v statefile.Verdict) statefile.Observed {
			return statefile.Observed{Merchant: key.Merchant, Transact: key.Transact, Status: int(status), Action: i.Action, Verdict: v}
		}
		settled := map[statefile.Verb]dibs.Status{statefile.Capture: 5, statefile.Cancel: 6, statefile.Refund: 8}[a.Verb]
		if a.Verb == statefile.Refund && (a.To.Minor() == 20000 || a.To == captured) {
			settled = 11
		}
		outcome := map[statefile.ActionState]statefile.Result{
			accepted: statefile.Accepted, done: statefile.Accepted, reversed: statefile.Accepted,
			declined: statefile.Declined, notSent: statefile.NotSent, notDone: statefile.Unknown, unknown: statefile.Unknown,
		}[a.State]
		all = append(all, statefile.Outcome{Action: i.Action, Result: outcome, Code: a.Code})
		switch a.State {
		case done:
			all = append(all, see(settled, statefile.VerdictSettled))
		case reversed:
			all = append(all, see(10, statefile.VerdictReversed))
		case notDone:
			all = append(all, see(dibs.Status(a.Before), statefile.VerdictNotDone))
		}
	}
	if a := s.adopted; a != nil {
		all = append(all, statefile.Adopted{
			Address: address, Merchant: key.Merchant, Transact: key.Transact, OrderID: r.OrderID, Currency: "DKK", AmountMinor: 20000,
			CapturedMinor: a.captured, RefundedMinor: a.refunded, Cancelled: a.cancelled, Status: int(a.status), Evidence: "console",
		})
	}
	return all
}

// The rules find in a real ledger what the tests' own imitation of it tells
// them: the other tests of this package stand on that.
func TestRealLedgerTellsTheSame(t *testing.T) {
	p, compared := newPen(t), 0
	rapid.Check(t, func(r *rapid.T) {
		s := drawTale(r)
		for i, d := range s.ledger {
			// No plan goes on from 5 after a refund became final at 8.
			if i > 0 && d.verb == statefile.Refund && d.from > 0 && (d.before == 5 || d.before == 7) {
				s.ledger[i].before = 8
			}
			// The ledger ends accepted actions that adopted totals leave no room
			// for, which the imitation does not.
			if a := s.adopted; a != nil && d.state == statefile.ActionAccepted && (d.verb == statefile.Capture && d.to > a.captured ||
				d.verb == statefile.Refund && d.to > a.refunded || d.verb == statefile.Cancel && !a.cancelled) {
				s.ledger[i].state = statefile.ActionReversed
			}
		}
		p.next++
		key := statefile.Key{Merchant: merchant, Transact: fmt.Sprint(p.next)}
		entries := p.entries(t, s, key)
		if len(entries) > 0 {
			var impossible *statefile.ImpossibleError
			if _, err := p.file.Append(t.Context(), entries...); errors.As(err, &impossible) {
				return // a history that the ledger does not take
			} else if err != nil {
				r.Fatal(err)
			}
		}
		compared++
		in := s.input(t)
		want, problems := Build(in)
		in.State = p.file.State()
		in.Config.Transactions[0].Transact, in.Observations[0].Transact = key.Transact, dibs.TransactID(key.Transact)
		got, gotProblems := Build(in)
		if a, b := kind(want, problems), kind(got, gotProblems); a != b {
			r.Fatalf("Build(%+v) = %s with the imitation, %s with a ledger", s, a, b)
		}
		for i := range got.Body.Actions {
			got.Body.Actions[i].Transact = transact
		}
		if diff := cmp.Diff(want.Body.Actions, got.Body.Actions); diff != "" {
			r.Fatalf("Build(%+v) mismatch (-imitation +ledger):\n%s", s, diff)
		}
	})
	if compared < 10 {
		t.Errorf("only %d tales could be written", compared)
	}
}

// What a person resolved counts, as long as the gateway says what it said then.
func TestResolvedActions(t *testing.T) {
	p := newPen(t)
	for name, tt := range map[string]struct {
		tale
		done   bool
		then   dibs.Status // when it was resolved; 0: could not be read
		failed dibs.Status // an attempt at the next step that was not sent, at this status; 0: none
		want   string
	}{
		"done, and still 5":             {tale{refunded: "50.00", status: 5}, true, 5, 0, "unchanged"},
		"done, and balanced since":      {tale{refunded: "50.00", status: 7}, true, 5, 0, "unchanged"},
		"done, and more wanted":         {tale{refunded: "80.00", status: 5}, true, 5, 0, "refund 5000->8000 #1"},
		"done, more tried in vain":      {tale{refunded: "80.00", status: 5}, true, 5, 5, "refund 5000->8000 #2"},
		"done, and visible since":       {tale{refunded: "50.00", status: 8}, true, 5, 0, "unchanged"},
		"done, and all refunded since":  {tale{refunded: "50.00", status: 11}, true, 5, 0, "drift"},
		"done, the status was not read": {tale{refunded: "50.00", status: 5}, true, 0, 0, "unchanged"}, // the intent's own status stands
		"done at 8, and gone since":     {tale{refunded: "50.00", status: 5}, true, 8, 0, "drift"},
		"not done, and still 5":         {tale{refunded: "50.00", status: 5}, false, 5, 0, "refund 0->5000 #2"},
		"not done, and visible since":   {tale{refunded: "50.00", status: 8}, false, 5, 0, "drift"},
	} {
		t.Run(name, func(t *testing.T) {
			tt.ledger = deeds(refundOf(0, 5000, unknown, 5))
			p.next++
			key := statefile.Key{Merchant: merchant, Transact: fmt.Sprint(p.next)}
			entries := p.entries(t, tt.tale, key)
			id := entries[0].(statefile.Intent).Action
			decision := statefile.Resolved{Action: id, Done: tt.done, Evidence: "acquirer's statement"}
			if tt.then != 0 {
				then := int(tt.then)
				decision.Status = &then
			}
			entries = append(entries, decision)
			if tt.failed != 0 {
				next := tale{ledger: deeds(refundOf(5000, 8000, notSent, tt.failed))}
				entries = append(entries, p.entries(t, next, key)...)
			}
			p.write(t, entries...)
			in := tt.tale.input(t)
			in.State = p.file.State()
			in.Config.Transactions[0].Transact, in.Observations[0].Transact = key.Transact, dibs.TransactID(key.Transact)
			d, problems := Build(in)
			if got := kind(d, problems); got != tt.want {
				t.Errorf("Build = %s (%s), want %s", got, told(d, problems), tt.want)
			}
		})
	}
}

// What became final at 8 and is not to be seen any more is drift, also when a
// later look wrote the new status down.
func TestALaterLookSettlesNothing(t *testing.T) {
	p := newPen(t)
	s := tale{refunded: "50.00", status: 5, ledger: deeds(refundOf(0, 5000, done, 5))}
	key := statefile.Key{Merchant: merchant, Transact: fmt.Sprint(p.next)}
	p.write(t, p.entries(t, s, key)...)
	p.write(t, statefile.Observed{Merchant: key.Merchant, Transact: key.Transact, Status: 5})
	in := s.input(t)
	in.State = p.file.State()
	in.Config.Transactions[0].Transact, in.Observations[0].Transact = key.Transact, dibs.TransactID(key.Transact)
	d, problems := Build(in)
	if got := kind(d, problems); got != string(CauseDrift) {
		t.Errorf("Build = %s, want %s", told(d, problems), CauseDrift)
	}
}
