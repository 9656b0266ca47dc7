package durable_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"flexform/internal/durable"
	"flexform/internal/durable/disktest"
)

func openLog(t *testing.T, fsys durable.FS, name string) *durable.Log {
	t.Helper()
	l, err := durable.OpenLog(fsys, name)
	if err != nil {
		t.Fatalf("OpenLog(%q): %v", name, err)
	}
	b, err := io.ReadAll(l)
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	if err := l.Keep(int64(len(b))); err != nil {
		t.Fatalf("Keep(%d): %v", len(b), err)
	}
	return l
}

func TestLogOnTheRealDisk(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(name, []byte("one\ntwo\nthr"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := durable.OpenLog(durable.OS(), name)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := l.Keep(8); err == nil {
		t.Error("Keep before reading = nil")
	}
	if _, err := io.ReadAll(l); err != nil {
		t.Fatal(err)
	}
	if err := l.Keep(12); err == nil {
		t.Error("Keep of more than there is = nil")
	}
	if err := l.Keep(8); err != nil {
		t.Fatalf("Keep(8): %v", err)
	}
	if err := l.Reserve(1 << 16); err != nil {
		t.Fatalf("Reserve: %v", err)
	}
	if err := l.Append([]byte("three\n")); err != nil {
		t.Fatalf("Append: %v", err)
	}
	if _, err := durable.OpenLog(durable.OS(), name); !isBusy(err) {
		t.Errorf("second OpenLog = %v, want *BusyError", err)
	}
	if err := l.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	got, err := os.ReadFile(name)
	if want := "one\ntwo\nthree\n"; err != nil || string(got) != want {
		t.Errorf("content %q, %v, want %q", got, err, want)
	}
	if n := blocks(t, name); n > 1<<15 {
		t.Errorf("%d bytes on disk after Close, want the reserved ones given back", n)
	}
	openLog(t, durable.OS(), name).Close()
}

func isBusy(err error) bool {
	_, ok := errors.AsType[*durable.BusyError](err)
	return ok
}

// R11: room that is not there is refused before it is needed.
func TestReserveWithoutRoom(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := openLog(t, durable.OS(), name)
	defer l.Close()
	if err := l.Reserve(1 << 55); err == nil {
		t.Fatal("Reserve(32 PiB) = nil")
	}
	if err := l.Append([]byte("still usable\n")); err != nil {
		t.Errorf("Append after a refused reservation: %v", err)
	}
}

// R20: something else that writes, cuts, removes, moves or replaces the file is
// noticed.
func TestLogIsAlone(t *testing.T) {
	for name, meddle := range map[string]func(path string) error{
		"written": func(p string) error { return os.WriteFile(p, []byte("one\nother\n"), 0o600) },
		"cut":     func(p string) error { return os.Truncate(p, 1) },
		"removed": os.Remove,
		"replaced": func(p string) error {
			return errors.Join(os.WriteFile(p+"2", []byte("one\n"), 0o600), os.Rename(p+"2", p))
		},
		"moved": func(p string) error { return os.Rename(p, p+"~") },
		"moved and copied back": func(p string) error { // as editors do that keep the old file
			return errors.Join(os.Rename(p, p+"~"), os.WriteFile(p, []byte("one\n"), 0o600))
		},
		"replaced, and kept by a second name,": func(p string) error {
			return errors.Join(os.Link(p, p+"~"), os.WriteFile(p+"2", []byte("one\n"), 0o600), os.Rename(p+"2", p))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			l := openLog(t, durable.OS(), path)
			defer l.Close()
			if err := l.Append([]byte("one\n")); err != nil {
				t.Fatal(err)
			}
			if err := meddle(path); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, ok := errors.AsType[*durable.PoisonedError](l.Append([]byte("two\n"))); !ok {
					t.Errorf("Append to a %s file: want *PoisonedError", name)
				}
			}
		})
	}
}

// faults are the ways in which a call can go wrong.
var faults = map[string]disktest.Fault{
	"an I/O error":                 {Err: syscall.EIO},
	"an I/O error after the fact":  {Err: syscall.EIO, Done: true},
	"a full disk":                  {Err: syscall.ENOSPC},
	"a full disk half way":         {Err: syscall.ENOSPC, Short: true},
	"a short write":                {Short: true},
	"death before the call":        {Kill: true},
	"death half way through":       {Kill: true, Short: true},
	"death after the call":         {Kill: true, Done: true},
	"death with the power":         {Kill: true},
	"death with the power, after":  {Kill: true, Done: true},
	"an error, then loss of power": {Err: syscall.EIO},
}

func nth(n int, f disktest.Fault) func(disktest.Call) disktest.Fault {
	return func(c disktest.Call) disktest.Fault {
		if c.N == n {
			return f
		}
		return disktest.Fault{}
	}
}

// R2, R9, R10, R12: whatever call fails, what Append reported as written is
// there, in order, and after a failure nothing more is written.
func TestLogFaults(t *testing.T) {
	const lines = 4
	points := 0
	for name, fault := range faults {
		for n, hit := 1, true; hit; n++ {
			disk := disktest.New()
			disk.Put("log", nil, 0o600)
			disk.Inject(nth(n, fault))
			acked := appendLines(disk.Start(), lines)
			hit = disk.Calls() >= n
			disk.Inject(nil)
			if strings.Contains(name, "power") {
				disk.PowerCut(rand.New(rand.NewPCG(uint64(n), 1)))
			}
			got := string(disk.Bytes("log"))
			want := ""
			for i := range acked {
				want += fmt.Sprintf("line %d\n", i)
			}
			if !strings.HasPrefix(got, want) {
				t.Errorf("%s in call %d: file %q, reported as written %q", name, n, got, want)
			}
			points++
		}
	}
	t.Logf("%d fault points", points)
	if points < 100 {
		t.Errorf("only %d fault points: the loop is broken", points)
	}
}

// appendLines returns how many lines were reported as written.
func appendLines(fsys durable.FS, lines int) (acked int) {
	l, err := durable.OpenLog(fsys, "log")
	if err != nil {
		return 0
	}
	defer l.Close()
	if l.Keep(0) != nil {
		return 0
	}
	failed := false
	for i := range lines {
		err := l.Append(fmt.Appendf(nil, "line %d\n", i))
		if err == nil && failed {
			return -1 // makes the caller's comparison fail
		}
		failed = failed || err != nil
		if !failed {
			acked++
		}
	}
	return acked
}

// R10, R12: a process appends more than is written before a sync, and goes
// wrong in every call. The next one keeps what it reads, whether memory had it
// or the disk, and it survives the power cut with what was appended behind it.
func TestNextLogTrustsTheDiskOnly(t *testing.T) {
	block := make([]byte, 600<<10) // two times what is written before a sync, and more
	for i := range block {
		block[i] = byte('a' + i%23)
	}
	for name, fault := range faults {
		for i, hit := 2, true; hit; i++ {
			n, evict := i/2, i%2 == 1
			disk := disktest.New()
			r := rand.New(rand.NewPCG(uint64(n), 3))
			disk.Put("log", []byte("begin\n"), 0o600)
			process := disk.Start()
			disk.Inject(nth(n, fault))
			if l, err := durable.OpenLog(process, "log"); err == nil {
				if _, err := io.ReadAll(l); err == nil && l.Keep(6) == nil {
					l.Append(block)
				}
			}
			hit = disk.Calls() >= n
			disk.Inject(nil)
			process.Kill()
			if evict {
				disk.Evict(r)
			}
			want := disk.Bytes("log")
			l := openLog(t, disk.Start(), "log")
			if err := l.Append([]byte("end\n")); err != nil {
				t.Fatal(err)
			}
			disk.PowerCut(r)
			if got := disk.Bytes("log"); string(got) != string(want)+"end\n" {
				t.Errorf("%s in call %d: %d bytes after the power cut, which differ from byte %d on; want %d", name, n, len(got), differ(got, want), len(want)+4)
			}
		}
	}
}

func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// Rewrite writes where it is told to, although the file is open for appending,
// and only to that file.
func TestRewriteOnTheRealDisk(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(name, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := durable.OS().OpenFile(name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Rewrite([]byte("TW"), 4); err != nil {
		t.Errorf("Rewrite: %v", err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "one\nTWo\n" {
		t.Errorf("content %q, %v", got, err)
	}
	if err := errors.Join(os.Rename(name, name+"2"), os.WriteFile(name, []byte("another"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := f.Rewrite([]byte("xx"), 0); err == nil {
		t.Error("Rewrite when the name is another file's = nil")
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "another" {
		t.Errorf("the other file holds %q, %v", got, err)
	}
}

// R10: a sync that failed once is not tried again.
func TestFailedSyncIsNotRetried(t *testing.T) {
	disk := disktest.New()
	disk.Put("log", nil, 0o600)
	l := openLog(t, disk.Start(), "log")
	syncs := 0
	disk.Inject(func(c disktest.Call) disktest.Fault {
		if c.Op == "sync" {
			syncs++
			return disktest.Fault{Err: syscall.EIO}
		}
		return disktest.Fault{}
	})
	for range 3 {
		err := l.Append([]byte("x\n"))
		if _, ok := errors.AsType[*durable.PoisonedError](err); !ok || !errors.Is(err, syscall.EIO) {
			t.Errorf("Append = %v, want a *PoisonedError with the first failure", err)
		}
	}
	if err := l.Reserve(1); !errors.Is(err, syscall.EIO) {
		t.Errorf("Reserve = %v, want the first failure", err)
	}
	if syncs != 1 {
		t.Errorf("%d syncs, want 1", syncs)
	}
}

func TestOpenLogMissing(t *testing.T) {
	if _, err := durable.OpenLog(durable.OS(), filepath.Join(t.TempDir(), "no")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenLog = %v, want ErrNotExist", err)
	}
}
