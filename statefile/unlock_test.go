package statefile

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/internal/durable"
)

var elsewhere = Holder{User: "bo", Host: "laptop", PID: 812, Boot: "their boot", Time: time.Date(2026, 11, 2, 8, 12, 40, 0, time.UTC), Command: "apply", Token: "theirs"}

// leave puts a lock file beside a ledger, as a process that is gone left it.
func leave(t *testing.T, path string, h Holder) {
	t.Helper()
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path+lockSuffix, b, 0o600)
}

// R23: whether the holder of a lock lives is told by the kernel's lock, and by
// nothing else.
func TestReadLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	look := func() *LockInfo {
		t.Helper()
		info, err := ReadLock(path, options())
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	if info := look(); info != nil {
		t.Errorf("without a lock: %+v", info)
	}
	f := open(t, path, options())
	if info := look(); info == nil || info.State != HolderAlive || info.Holder.User != "anna" || info.Path != path+lockSuffix {
		t.Errorf("while it is open: %+v", info)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if info := look(); info != nil {
		t.Errorf("after Close: %+v", info)
	}
	here := elsewhere
	here.Host = anna.Host
	for want, h := range map[HolderState]Holder{HolderDead: here, HolderUnknown: elsewhere} {
		leave(t, path, h)
		if info := look(); info.State != want || info.Holder != h || info.Age <= 0 {
			t.Errorf("of %s: %+v", h, info)
		}
	}
	write(t, path+lockSuffix, []byte("4711\n"), 0o600)
	if info := look(); info.State != HolderUnknown || info.Holder != (Holder{}) || info.Age != 0 {
		t.Errorf("of another program: %+v", info)
	}
}

// R23: a lock that is broken is in the ledger, and then gone. What the ledger
// said stays.
func TestBreakLock(t *testing.T) {
	for name, tt := range map[string]struct {
		left string
		want Unlocked
	}{
		"of another host": {`{"user":"bo","host":"laptop","pid":812,"time":"2026-11-02T08:12:40Z","command":"apply","token":"theirs"}`,
			Unlocked{Actor{"bo", "laptop", 812}, "apply", "2026-11-02T08:12:40Z", "wiped", anna}},
		"that does not tell":    {"4711\n", Unlocked{Reason: "wiped", Actor: anna}},
		"of a dead one here":    {`{"user":"bo","host":"build7","pid":812,"token":"theirs"}`, Unlocked{Actor{"bo", "build7", 812}, "", "", "wiped", anna}},
		"with a card number":    {`{"user":"bo","host":"laptop","pid":812,"command":"4711100000000000","token":"theirs"}`, Unlocked{Actor{"bo", "laptop", 812}, "****************", "", "wiped", anna}},
		"that is older than us": {`{"user":"bo","host":"laptop","pid":812,"time":"1999-01-01T00:00:00+01:00","token":"theirs"}`, Unlocked{Actor{"bo", "laptop", 812}, "", "1998-12-31T23:00:00Z", "wiped", anna}},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.ledger")
			f := open(t, path, options())
			if _, err := f.Append(t.Context(), begin(planA, 1)); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			write(t, path+lockSuffix, []byte(tt.left), 0o600)
			seen, err := ReadLock(path, options())
			if err != nil {
				t.Fatal(err)
			}
			e, err := BreakLock(t.Context(), path, options(), *seen, "wiped")
			if err != nil || e.Unlocked == nil {
				t.Fatalf("BreakLock: %+v, %v", e, err)
			}
			if diff := cmp.Diff(tt.want, *e.Unlocked); diff != "" {
				t.Errorf("recorded (-want +got):\n%s", diff)
			}
			if _, err := os.Stat(path + lockSuffix); err == nil {
				t.Error("the lock is still there")
			}
			again := open(t, path, options())
			if hash, seq := again.State().Head(); seq != 3 || hash != e.Hash || !again.State().PlanUse(planA).Begun {
				t.Errorf("head %d %s, want entry 3 %s", seq, hash, e.Hash)
			}
		})
	}
}

// R23: what must not be broken is not, and then the ledger is as it was.
func TestBreakLockRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	if _, err := BreakLock(t.Context(), path, options(), LockInfo{}, "gone"); !errors.Is(err, ErrLockChanged) {
		t.Errorf("of no lock: %v", err)
	}
	f := open(t, path, options())
	seen, err := ReadLock(path, options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := BreakLock(t.Context(), path, options(), *seen, "gone"); !isA[*LockedError](err) {
		t.Errorf("of a living holder: %v", err)
	}
	// The lock file of a living holder was removed and another's stands there:
	// the ledger itself is locked too.
	if err := os.Remove(path + lockSuffix); err != nil {
		t.Fatal(err)
	}
	leave(t, path, elsewhere)
	if _, err := BreakLock(t.Context(), path, options(), LockInfo{Holder: elsewhere}, "gone"); !isA[*LockedError](err) {
		t.Errorf("of a lock over a living writer: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := elsewhere
	other.Token = "another"
	for name, err := range map[string]error{
		"that changed hands": func() error {
			_, err := BreakLock(t.Context(), path, options(), LockInfo{Holder: other}, "gone")
			return err
		}(),
		"without a reason": func() error {
			_, err := BreakLock(t.Context(), path, options(), LockInfo{Holder: elsewhere}, "")
			return err
		}(),
	} {
		if err == nil {
			t.Errorf("a lock %s was broken", name)
		}
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Errorf("the ledger was changed:\n%s", after)
	}
	if holderOf(t, path).Token != "theirs" {
		t.Error("the lock was changed")
	}
}

// A blindFS is a file system of which the kernel's locks do not reach other
// hosts.
type blindFS struct{ durable.FS }

type blindFile struct{ durable.File }

func (f blindFS) OpenFile(name string, flag int, perm os.FileMode) (durable.File, error) {
	file, err := f.FS.OpenFile(name, flag, perm)
	return blindFile{file}, err
}

func (blindFile) Lock() (bool, error) { return true, nil }

// R20, R23: a holder on another host that was given up and lives all the same
// writes no intent any more, and so sends nothing.
func TestBrokenLockStopsItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	theirs := options()
	theirs.Actor = Actor{User: "bo", Host: "laptop", PID: 812}
	theirs.FS = blindFS{durable.OS()}
	f, err := Open(path, theirs)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Append(t.Context(), begin(planA, 1)); err != nil {
		t.Fatal(err)
	}
	// This process is on the other host's kernel; the lock file says otherwise.
	h := holderOf(t, path)
	h.Boot = "their boot"
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path+lockSuffix, b, 0o600)
	seen, err := ReadLock(path, options())
	if err != nil || seen.State != HolderUnknown {
		t.Fatalf("ReadLock: %+v, %v", seen, err)
	}
	if _, err := BreakLock(t.Context(), path, options(), *seen, "the laptop is lost"); err != nil {
		t.Fatal(err)
	}
	ours := open(t, path, options())
	if _, err := f.Append(t.Context(), intent("11111111", Refund, 0, 5000, 1)); !isA[*WriteError](err) {
		t.Errorf("the intent of the holder that was given up: %v", err)
	}
	if _, err := ours.Append(t.Context(), begin(planB, 1)); err != nil {
		t.Errorf("and ours: %v", err)
	}
	f.Close()
	if holderOf(t, path).User != "anna" {
		t.Error("the old holder took our lock away")
	}
}
