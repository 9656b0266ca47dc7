package statefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flexform/internal/durable"
	"flexform/internal/durable/disktest"
)

func holderOf(t *testing.T, path string) (h Holder) {
	t.Helper()
	b, err := os.ReadFile(path + lockSuffix)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &h); err != nil {
		t.Fatalf("lock file %s: %v", b, err)
	}
	return h
}

// R23: who comes second is told who has the ledger; the lock goes with Close.
func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	o := options()
	o.Command, o.Started = "apply", time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	f := open(t, path, o)
	if h := holderOf(t, path); h.User != "anna" || h.Host != "build7" || h.PID != 4711 || h.Command != "apply" || !h.Started.Equal(o.Started) || h.Time.IsZero() {
		t.Errorf("lock file names %+v", h)
	}
	other := options()
	other.Actor.User = "bo"
	_, err := Open(path, other)
	e, ok := errors.AsType[*LockedError](err)
	if !ok || e.Holder.User != "anna" || e.Unsure || !strings.Contains(err.Error(), "in use by anna on build7 (pid 4711, apply), for ") {
		t.Errorf("second Open: %v", err)
	}
	if _, err := Read(path); err != nil {
		t.Errorf("Read while locked: %v", err)
	}
	if _, err := f.Append(t.Context(), begin(planA, 1)); err != nil {
		t.Errorf("the holder's Append: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if _, err := f.Append(t.Context(), End{Plan: planA}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Append after Close: %v", err)
	}
	if err := f.Reserve(1); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Reserve after Close: %v", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("Close left %v, %v, want the ledger alone", entries, err)
	}
	open(t, path, other)
}

// The lock of a dead holder passes to the next, with a note; what tells is the
// kernel's lock, not the process number, which may be somebody else's now. A
// holder that this host cannot see is never taken for dead.
func TestLockLeftBehind(t *testing.T) {
	me := Holder{User: "bo", Host: "build7", PID: os.Getpid(), Boot: "this boot", Time: time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC), Token: "theirs"}
	with := func(change func(*Holder)) Holder { h := me; change(&h); return h }
	for name, tt := range map[string]struct {
		left  any
		taken bool
	}{
		"by this host":                          {me, true},
		"by this host before it was restarted":  {with(func(h *Holder) { h.Boot = "an earlier boot" }), true},
		"by another container of this host":     {with(func(h *Holder) { h.Host, h.Boot = "c0ffee", durable.BootID() }), true},
		"by another host":                       {with(func(h *Holder) { h.Host = "laptop" }), false},
		"by a host that does not know its name": {with(func(h *Holder) { h.Host = "" }), false},
		"by a process that wrote nothing":       {"", false},
		"by another program":                    {"4711\n", false},
		"without a token":                       {with(func(h *Holder) { h.Token = "" }), false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.ledger")
			content, ok := tt.left.(string)
			if !ok {
				b, err := json.Marshal(tt.left)
				if err != nil {
					t.Fatal(err)
				}
				content = string(b)
			}
			write(t, path+lockSuffix, []byte(content), 0o600)
			var notes []string
			o := options()
			o.Notify = func(s string) { notes = append(notes, s) }
			f, err := Open(path, o)
			if tt.taken {
				if err != nil || len(notes) != 1 || !strings.Contains(notes[0], "bo on ") || holderOf(t, path).User != "anna" {
					t.Fatalf("Open: %v, notes %q, want the lock taken over", err, notes)
				}
				if err := f.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
				return
			}
			e, ok := errors.AsType[*LockedError](err)
			if !ok || !e.Unsure || !strings.Contains(err.Error(), "flexform lock break") {
				t.Fatalf("Open: %v, want an unsure *LockedError with the command", err)
			}
			if b, _ := os.ReadFile(path + lockSuffix); string(b) != content {
				t.Errorf("the lock was changed to %s", b)
			}
			if _, err := os.Stat(path); err == nil {
				t.Error("the ledger was made without the lock")
			}
			if err := os.Remove(path + lockSuffix); err != nil {
				t.Fatal(err)
			}
			open(t, path, o)
		})
	}
}

// A lock file that somebody removed does not let a second writer in while the
// first one lives, and is not taken from whoever made a new one.
func TestLockFileRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	f := open(t, path, options())
	if err := os.Remove(path + lockSuffix); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, options()); !isA[*LockedError](err) {
		t.Errorf("second Open: %v, want *LockedError", err)
	}
	if _, err := f.Append(t.Context(), begin(planA, 1)); err != nil {
		t.Errorf("the first one's Append: %v", err)
	}
	theirs := `{"token":"theirs"}`
	write(t, path+lockSuffix, []byte(theirs), 0o600)
	if err := f.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if b, err := os.ReadFile(path + lockSuffix); err != nil || string(b) != theirs {
		t.Errorf("Close took the lock of another: %s, %v", b, err)
	}
}

// A process that is killed holds nothing any more.
func TestKilledHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe, "-test.run", "^TestHolderProcess$")
	child.Env = append(os.Environ(), "LEDGER="+path)
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Process.Kill()
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatalf("the child has not opened the ledger: %v", err)
	}
	if _, err := Open(path, options()); !isA[*LockedError](err) {
		t.Errorf("Open while the child lives: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	var notes []string
	o := options()
	o.Notify = func(s string) { notes = append(notes, s) }
	f := open(t, path, o)
	if u := f.State().PlanUse(planA); !u.Begun || len(notes) != 1 {
		t.Errorf("after the child: plan %+v, notes %q", u, notes)
	}
}

// TestHolderProcess is the child of TestKilledHolder.
func TestHolderProcess(t *testing.T) {
	path, ok := os.LookupEnv("LEDGER")
	if !ok {
		return
	}
	f, err := Open(path, options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Append(t.Context(), begin(planA, 1)); err != nil {
		t.Fatal(err)
	}
	fmt.Println("open")
	io.Copy(io.Discard, os.Stdin) // until the parent kills this process
}

// R20: of processes that come, go, die and come again at once, one at a time
// has the ledger, and what each wrote is there.
func TestOneWriterAtATime(t *testing.T) {
	disk := disktest.New()
	r := rand.New(rand.NewPCG(1, 2))
	var holder *File
	var process *disktest.Process
	o := func(p *disktest.Process) Options { return Options{Now: clock(), Actor: anna, FS: p} }
	begun := 0
	for range 400 {
		switch r.IntN(3) {
		case 0: // somebody comes
			p := disk.Start()
			f, err := Open("x.ledger", o(p))
			switch {
			case holder != nil && !isA[*LockedError](err):
				t.Fatalf("a second Open: %v", err)
			case holder == nil && err != nil:
				t.Fatalf("Open: %v", err)
			case err == nil:
				holder, process = f, p
			}
		case 1: // the holder writes
			if holder == nil {
				continue
			}
			begun++
			if _, err := holder.Append(t.Context(), begin(fmt.Sprint("plan ", begun), 1)); err != nil {
				t.Fatalf("Append: %v", err)
			}
		case 2: // the holder goes
			if holder == nil {
				continue
			}
			if r.IntN(2) == 0 {
				process.Kill()
			} else if err := holder.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			holder = nil
		}
	}
	s, _, err := verify(disk.Bytes("x.ledger"))
	if err != nil || !s.PlanUse(fmt.Sprint("plan ", begun)).Begun || begun < 50 {
		t.Errorf("%d plans begun, state %v, %v", begun, s, err)
	}
}
