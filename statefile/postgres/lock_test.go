//go:build unix

package postgres

import (
	"errors"
	"testing"

	"flexform/statefile"
	"flexform/statefile/ledgertest"
)

// R23: a lock tells whose it is; broken, it is recorded, and a holder that
// lives all the same writes nothing more.
func TestBreak(t *testing.T) {
	p := newPlace(t)
	ctx, bo := t.Context(), ledgertest.Options("bo")
	look := func() *statefile.LockInfo {
		t.Helper()
		info, err := p.Lock(ctx, bo)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	if info := look(); info != nil {
		t.Errorf("nobody has the ledger, and its lock is %+v", info)
	}
	w := open(t, p)
	appended(t, w, ledgertest.Begin(2))
	info := look()
	if info == nil || info.Holder.User != "anna" || info.Holder.Command != "apply" || info.State != statefile.HolderUnknown {
		t.Fatalf("the lock is %+v", info)
	}
	entry, err := p.Break(ctx, bo, *info, "the laptop was wiped")
	if err != nil {
		t.Fatal(err)
	}
	if u := entry.Unlocked; entry.Seq != 3 || u == nil || u.Holder.User != "anna" || u.Actor.User != "bo" || u.Since == "" || u.Command != "apply" {
		t.Errorf("recorded is %+v", entry)
	}
	if info := look(); info != nil {
		t.Errorf("the lock is still there: %+v", info)
	}
	if _, err := w.Append(ctx, ledgertest.Intent(1)); !overtaken(err) {
		t.Errorf("the old holder appends: %v", err)
	}
	if info := look(); info != nil {
		t.Errorf("the old holder has the lock again: %+v", info)
	}
	appended(t, open(t, p), ledgertest.Intent(1))
}

func TestBreakRefused(t *testing.T) {
	p := newPlace(t)
	ctx, bo := t.Context(), ledgertest.Options("bo")
	w := open(t, p)
	appended(t, w, ledgertest.Begin(2))
	info, err := p.Lock(ctx, bo)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Break(ctx, bo, *info, "why not"); !errors.Is(err, statefile.ErrLockChanged) {
		t.Errorf("a lock that was given back is broken: %v", err)
	}
	open(t, p)
	if _, err := p.Break(ctx, bo, *info, "why not"); !errors.Is(err, statefile.ErrLockChanged) {
		t.Errorf("the lock of the next one is broken: %v", err)
	}
	if list := entries(t, p); len(list) != 2 {
		t.Errorf("%d entries, want 2", len(list))
	}
}

// Ledgers of one database have locks of their own.
func TestLocksAreApart(t *testing.T) {
	p := newPlace(t)
	other, err := At(Where{DSN: server(t).DSN("postgres"), Schema: p.schema, Name: "other shop"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := open(t, p), open(t, other)
	appended(t, a, ledgertest.Begin(1), ledgertest.Intent(1))
	appended(t, b, ledgertest.Begin(1), ledgertest.Intent(1))
	if x, y := a.State().Ledger(), b.State().Ledger(); x == y {
		t.Errorf("two ledgers have the identity %s", x)
	}
	if n, m := len(entries(t, p)), len(entries(t, other)); n != 3 || m != 3 {
		t.Errorf("%d and %d entries, want 3 in each", n, m)
	}
}
