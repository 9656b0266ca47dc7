package statefile

import (
	"path/filepath"
	"testing"
	"time"
)

// A copy goes on exactly as the ledger itself would, and changes nothing of it.
func TestCopy(t *testing.T) {
	path := filepath.Join("testdata", "every-kind.ledger")
	now := func() time.Time { return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC) }
	copied, err := Copy(ReadEntries(path), now)
	if err != nil {
		t.Fatal(err)
	}
	original, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	hash, seq := original.Head()
	if h, n := copied.State().Head(); h != hash || n != seq {
		t.Fatalf("the copy ends with %s, %d, and the ledger with %s, %d", h, n, hash, seq)
	}
	entries, err := copied.Append(t.Context(), Begin{Plan: "sha256:" + hash, Mode: original.Mode(), Actions: 1})
	if err != nil || entries[0].Seq != seq+1 || entries[0].Prev != hash {
		t.Errorf("Append = %+v, %v", entries, err)
	}
	if again, err := Read(path); err != nil || again.sums[len(again.sums)-1] != original.sums[seq-1] || len(again.sums) != int(seq) {
		t.Errorf("the ledger itself has changed: %v", err)
	}
	// What the ledger refuses, the copy refuses.
	claimed := Intent{}
	for e := range ReadEntries(path) {
		if e.Intent != nil {
			claimed = *e.Intent
		}
	}
	if _, err := copied.Append(t.Context(), claimed); err == nil {
		t.Error("the copy lets an action be claimed a second time")
	}
}

func TestCopyOfNothing(t *testing.T) {
	copied, err := Copy(ReadEntries(filepath.Join(t.TempDir(), "none")), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := copied.Append(t.Context(), Begin{Plan: "x", Mode: "sandbox", Actions: 1}); err != nil {
		t.Error(err)
	}
	if _, seq := copied.State().Head(); seq != 2 {
		t.Errorf("the copy has %d entries, want 2", seq)
	}
}
