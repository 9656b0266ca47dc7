// Package ledgertest holds every place that keeps ledgers to the same promises.
// Only tests import it.
package ledgertest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/statefile"
)

// A Ledger is one that is open for writing.
type Ledger interface {
	Append(context.Context, ...statefile.Payload) ([]statefile.Entry, error)
	State() *statefile.State
	Reserve(n int) error
	Close() error
}

// A Place is where one ledger is kept, or will be.
type Place struct {
	Open    func(context.Context, statefile.Options) (Ledger, error)
	Read    func(context.Context) (*statefile.State, error)
	Entries func(context.Context) iter.Seq2[statefile.Entry, error]
}

// Run tests a kind of place; make returns one without a ledger.
func Run(t *testing.T, make func(*testing.T) Place) {
	tests := map[string]func(*testing.T, Place){
		"a ledger comes into being":         testCreated,
		"what was appended is read":         testAppended,
		"a key is claimed once":             testClaimed,
		"what cannot follow leaves nothing": testImpossible,
		"appends at the same time":          testConcurrent,
		"one at a time":                     testLocked,
		"after it was closed":               testClosed,
		"texts of every kind":               testTexts,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, make(t)) })
	}
}

const plan = "sha256:aaaa000000000000000000000000000000000000000000000000000000000001"

// Options are those of somebody who opens a ledger.
func Options(user string) statefile.Options {
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	return statefile.Options{Now: func() time.Time { return noon }, Actor: statefile.Actor{User: user, Host: "build7", PID: 4711}, Command: "apply"}
}

// Begin is the start of a plan of so many actions.
func Begin(actions int) statefile.Begin {
	return statefile.Begin{Plan: plan, Mode: "sandbox", Actions: actions, Version: "0.1.0"}
}

// Intent is the n-th action of that plan.
func Intent(n int) statefile.Intent {
	v := statefile.Intent{
		Plan: plan, Address: fmt.Sprintf("transaction.recall[%q]", fmt.Sprint(20000000+n)), Merchant: "12345678", Transact: fmt.Sprint(20000000 + n), OrderID: fmt.Sprint("order-", n),
		Verb: statefile.Refund, Currency: "DKK", AmountMinor: 20000, FromMinor: 0, ToMinor: 5000, Attempt: 1, Class: "counted", Status: 5,
	}
	step, err := v.Step()
	if err != nil {
		panic(err)
	}
	v.Action = statefile.ActionID(step, 1)
	return v
}

func open(t *testing.T, p Place, user string) Ledger {
	t.Helper()
	l, err := p.Open(t.Context(), Options(user))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func appended(t *testing.T, l Ledger, payloads ...statefile.Payload) []statefile.Entry {
	t.Helper()
	entries, err := l.Append(t.Context(), payloads...)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func read(t *testing.T, p Place) (*statefile.State, []statefile.Entry) {
	t.Helper()
	state, err := p.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var entries []statefile.Entry
	for e, err := range p.Entries(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, e)
	}
	return state, entries
}

func testCreated(t *testing.T, p Place) {
	if state, entries := read(t, p); state.Ledger() != "" || len(entries) != 0 {
		t.Errorf("there is a ledger %q with %d entries before anybody made one", state.Ledger(), len(entries))
	}
	l := open(t, p, "anna")
	head, seq := l.State().Head()
	state, entries := read(t, p)
	if again, _ := state.Head(); seq != 1 || again != head || len(entries) != 1 || entries[0].Kind != statefile.KindCreated {
		t.Errorf("a new ledger has head %q, %d entries; read are %q and %+v", head, seq, again, entries)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if again := open(t, p, "anna").State().Ledger(); again != state.Ledger() || again == "" {
		t.Errorf("opened again it is ledger %q, and was %q", again, state.Ledger())
	}
}

func testAppended(t *testing.T, p Place) {
	l := open(t, p, "anna")
	if err := l.Reserve(2); err != nil {
		t.Fatal(err)
	}
	_, want := read(t, p)
	want = append(want, appended(t, l, Begin(2), Intent(1))...)
	want = append(want, appended(t, l, statefile.Outcome{Action: Intent(1).Action, Result: statefile.Accepted})...)
	state, got := read(t, p)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries read (-appended +read):\n%s", diff)
	}
	live, _ := l.State().Head()
	if head, seq := state.Head(); head != live || seq != 4 || head != got[3].Hash {
		t.Errorf("the head is %q at %d, and to the writer %q", head, seq, live)
	}
	if a, ok := state.Action(Intent(1).Action); !ok || a.State != statefile.ActionAccepted {
		t.Errorf("the action is %+v", a)
	}
}

// R20: a key is claimed once, forever.
func testClaimed(t *testing.T, p Place) {
	l := open(t, p, "anna")
	appended(t, l, Begin(3), Intent(1))
	refused := func(l Ledger) {
		t.Helper()
		_, err := l.Append(t.Context(), Intent(2), Intent(1))
		if claimed, ok := errors.AsType[*statefile.ClaimedError](err); !ok || claimed.Seq != 3 {
			t.Errorf("a second claim: %v", err)
		}
		if _, there := l.State().Action(Intent(2).Action); there {
			t.Error("of an append that was refused a part was written")
		}
	}
	refused(l)
	appended(t, l, statefile.Outcome{Action: Intent(1).Action, Result: statefile.Unknown})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, p, "bo")
	refused(again)
	appended(t, again, Intent(2)) // it can be used on
	if _, entries := read(t, p); len(entries) != 5 {
		t.Errorf("%d entries, want 5", len(entries))
	}
}

func testImpossible(t *testing.T, p Place) {
	l := open(t, p, "anna")
	appended(t, l, Begin(1))
	for name, bad := range map[string][]statefile.Payload{
		"an outcome without an intent":          {statefile.Outcome{Action: Intent(1).Action, Result: statefile.Accepted}},
		"a good one, and one action too many":   {Intent(1), Intent(2)},
		"a card number in a text from a person": {statefile.Unlocked{Reason: "see 4111 1111 1111 1111"}},
	} {
		_, err := l.Append(t.Context(), bad...)
		if _, ok := errors.AsType[*statefile.ImpossibleError](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	appended(t, l, Intent(1))
	if _, entries := read(t, p); len(entries) != 3 {
		t.Errorf("%d entries, want 3", len(entries))
	}
}

func testConcurrent(t *testing.T, p Place) {
	const workers, each = 8, 6
	l := open(t, p, "anna")
	appended(t, l, Begin(workers*each))
	var all sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint64]bool{}
	for w := range workers {
		all.Go(func() {
			for i := range each {
				intent := Intent(w*each + i)
				entries, err := l.Append(t.Context(), intent)
				if err == nil {
					var more []statefile.Entry
					more, err = l.Append(t.Context(), statefile.Outcome{Action: intent.Action, Result: statefile.Accepted})
					entries = append(entries, more...)
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, e := range entries {
					if seen[e.Seq] {
						t.Errorf("two entries have the number %d", e.Seq)
					}
					seen[e.Seq] = true
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if _, entries := read(t, p); len(entries) != 2+2*workers*each || len(seen) != 2*workers*each {
		t.Errorf("%d entries, and %d were reported", len(entries), len(seen))
	}
}

func testLocked(t *testing.T, p Place) {
	l := open(t, p, "anna")
	_, err := p.Open(t.Context(), Options("bo"))
	locked, ok := errors.AsType[*statefile.LockedError](err)
	if !ok || locked.Holder.User != "anna" || locked.Holder.PID != 4711 || !strings.Contains(err.Error(), "is in use by anna on build7 (pid 4711, apply)") {
		t.Fatalf("a second one opens it: %v", err)
	}
	appended(t, l, Begin(1))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	appended(t, open(t, p, "bo"), Intent(1))
}

func testClosed(t *testing.T, p Place) {
	l := open(t, p, "anna")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Append(ctx, Begin(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("an append that was given up before it began: %v", err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Append(t.Context(), Begin(1)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("an append after the end: %v", err)
	}
	if _, entries := read(t, p); len(entries) != 1 {
		t.Errorf("%d entries, want 1", len(entries))
	}
}

func testTexts(t *testing.T, p Place) {
	l := open(t, p, "anna")
	appended(t, l, Begin(6))
	var want []statefile.Entry
	for i, s := range []string{"", "Grøn \"7\"\t<&>\u2028 \\x \\u0000", "a\x00b\x1b[2J", "\xff is no UTF-8", "𝕏 e\u0301", strings.Repeat("ø", 40<<10)} {
		intent := Intent(i)
		intent.Reason, intent.Address = s, s+"."
		appended(t, l, intent)
		want = append(want, appended(t, l, statefile.Outcome{Action: intent.Action, Result: statefile.Unknown, Message: s, Reply: s})...)
	}
	_, got := read(t, p)
	for i, w := range want {
		if diff := cmp.Diff(w, got[3+2*i]); diff != "" {
			t.Errorf("entry %d (-appended +read):\n%s", w.Seq, diff)
		}
	}
}
