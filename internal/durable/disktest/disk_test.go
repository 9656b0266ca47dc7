package disktest_test

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"flexform/internal/durable"
	"flexform/internal/durable/disktest"
)

// A disk that loses nothing would prove nothing: each case says what must be
// lost in some power cuts and kept in others, or never lost.
func TestPowerCut(t *testing.T) {
	ok := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	create := func(t *testing.T, p *disktest.Process, name string) durable.File {
		t.Helper()
		f, err := p.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		ok(t, err)
		_, err = f.Write([]byte("new content"))
		ok(t, err)
		return f
	}
	for name, tt := range map[string]struct {
		do         func(t *testing.T, d *disktest.Disk, p *disktest.Process)
		file       string
		sometimes  []string // contents that must turn up; "absent" for no file
		neverOther bool
	}{
		"a write that was not synced": {
			do: func(t *testing.T, _ *disktest.Disk, p *disktest.Process) {
				create(t, p, "f.txt")
				ok(t, p.SyncDir("."))
			},
			file: "f.txt", sometimes: []string{"", "new content", "new", "new\x00\x00\x00\x00\x00\x00\x00\x00"},
		},
		"a write that was synced, with its name": {
			do: func(t *testing.T, _ *disktest.Disk, p *disktest.Process) {
				ok(t, create(t, p, "f.txt").Sync())
				ok(t, p.SyncDir("."))
			},
			file: "f.txt", sometimes: []string{"new content"}, neverOther: true,
		},
		"a new name that was not synced": {
			do: func(t *testing.T, _ *disktest.Disk, p *disktest.Process) {
				ok(t, create(t, p, "f.txt").Sync())
			},
			file: "f.txt", sometimes: []string{"new content", "absent"}, neverOther: true,
		},
		"a rename that was not synced": {
			do: func(t *testing.T, d *disktest.Disk, p *disktest.Process) {
				d.Put("f.txt", []byte("old"), 0o600)
				ok(t, create(t, p, "f.tmp").Sync())
				ok(t, p.Rename("f.tmp", "f.txt"))
			},
			file: "f.txt", sometimes: []string{"new content", "old"}, neverOther: true,
		},
		"a write whose first sync failed": {
			do: func(t *testing.T, d *disktest.Disk, p *disktest.Process) {
				f := create(t, p, "f.txt")
				ok(t, p.SyncDir("."))
				ok(t, failedSync(t, d, f).Sync())
			},
			file: "f.txt", sometimes: []string{"", "new content"},
		},
		"a write behind one whose sync failed": {
			do: func(t *testing.T, d *disktest.Disk, p *disktest.Process) {
				f := failedSync(t, d, create(t, p, "f.txt"))
				ok(t, p.SyncDir("."))
				_, err := f.Write([]byte("!"))
				ok(t, err)
				ok(t, f.Sync())
			},
			file: "f.txt", sometimes: []string{"new content!", strings.Repeat("\x00", 11) + "!"},
		},
		"a write whose sync failed, written anew": {
			do: func(t *testing.T, d *disktest.Disk, p *disktest.Process) {
				f := failedSync(t, d, create(t, p, "f.txt"))
				ok(t, p.SyncDir("."))
				ok(t, f.Rewrite([]byte("new content"), 0))
				ok(t, f.Sync())
			},
			file: "f.txt", sometimes: []string{"new content"}, neverOther: true,
		},
		"a part of it written anew": {
			do: func(t *testing.T, d *disktest.Disk, p *disktest.Process) {
				f := failedSync(t, d, create(t, p, "f.txt"))
				ok(t, p.SyncDir("."))
				ok(t, f.Rewrite([]byte("con"), 4))
				ok(t, f.Sync())
			},
			file: "f.txt", sometimes: []string{"new content", "\x00\x00\x00\x00con", "new con", "\x00\x00\x00\x00content"},
		},
		"a write over what is durable": {
			do: func(t *testing.T, d *disktest.Disk, p *disktest.Process) {
				f := create(t, p, "f.txt")
				ok(t, f.Sync())
				ok(t, p.SyncDir("."))
				ok(t, f.Rewrite([]byte("con"), 4))
			},
			file: "f.txt", sometimes: []string{"new content"}, neverOther: true,
		},
		"a truncation whose sync failed, and one that worked": {
			do: func(t *testing.T, d *disktest.Disk, p *disktest.Process) {
				f := create(t, p, "f.txt")
				ok(t, f.Sync())
				ok(t, p.SyncDir("."))
				ok(t, f.Truncate(3))
				ok(t, failedSync(t, d, f).Sync())
			},
			file: "f.txt", sometimes: []string{"new"}, neverOther: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := map[string]bool{}
			for seed := range uint64(500) {
				d := disktest.New()
				tt.do(t, d, d.Start())
				d.PowerCut(rand.New(rand.NewPCG(seed, 0)))
				content := "absent"
				if b := d.Bytes(tt.file); b != nil {
					content = string(b)
				}
				found[content] = true
			}
			for _, want := range tt.sometimes {
				if !found[want] {
					t.Errorf("never %q, only %q", want, slices.Sorted(maps.Keys(found)))
				}
			}
			if tt.neverOther && len(found) != len(tt.sometimes) {
				t.Errorf("found %q, want only %q", slices.Sorted(maps.Keys(found)), tt.sometimes)
			}
		})
	}
}

// failedSync returns f after a sync of it that failed.
func failedSync(t *testing.T, d *disktest.Disk, f durable.File) durable.File {
	t.Helper()
	d.Inject(func(disktest.Call) disktest.Fault { return disktest.Fault{Err: syscall.EIO} })
	defer d.Inject(nil)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Sync = %v, want EIO", err)
	}
	return f
}

// After a failed sync every process reads the new content until memory is
// needed for something else; then it reads what the disk has.
func TestEvict(t *testing.T) {
	found := map[string]bool{}
	for seed := range uint64(200) {
		d := disktest.New()
		d.Put("f.txt", []byte("old."), 0o600)
		f, err := d.Start().OpenFile("f.txt", os.O_RDWR|os.O_APPEND, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("new")); err != nil {
			t.Fatal(err)
		}
		d.Evict(rand.New(rand.NewPCG(seed, 0)))
		if got := string(d.Bytes("f.txt")); got != "old.new" {
			t.Fatalf("before any sync memory shows %q", got)
		}
		failedSync(t, d, f)
		if got := string(d.Bytes("f.txt")); got != "old.new" {
			t.Fatalf("after a failed sync memory shows %q", got)
		}
		d.Evict(rand.New(rand.NewPCG(seed, 0)))
		found[string(d.Bytes("f.txt"))] = true
	}
	for _, want := range []string{"old.new", "old.\x00\x00\x00", "old.n\x00\x00"} {
		if !found[want] {
			t.Errorf("never %q, only %q", want, slices.Sorted(maps.Keys(found)))
		}
	}
}

// Locks are between processes, and die with them.
func TestLocks(t *testing.T) {
	d := disktest.New()
	d.Put("f.txt", nil, 0o600)
	lock := func(p *disktest.Process) bool {
		t.Helper()
		f, err := p.OpenFile("f.txt", os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		ok, err := f.Lock()
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	a, b := d.Start(), d.Start()
	if !lock(a) || lock(b) || lock(a) {
		t.Error("the first to come must have the lock, alone")
	}
	a.Kill()
	if _, err := a.Stat("f.txt"); !errors.Is(err, disktest.ErrDead) {
		t.Errorf("a dead process's Stat = %v", err)
	}
	if !lock(b) {
		t.Error("the lock outlived its process")
	}
	if err := b.Link("f.txt", "f.txt"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Link over a file = %v, want ErrExist", err)
	}
}
