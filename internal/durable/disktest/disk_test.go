package disktest_test

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
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
				d.Inject(func(disktest.Call) disktest.Fault { return disktest.Fault{Err: syscall.EIO} })
				if err := f.Sync(); !errors.Is(err, syscall.EIO) {
					t.Fatalf("Sync = %v, want EIO", err)
				}
				d.Inject(nil)
				ok(t, f.Sync())
			},
			file: "f.txt", sometimes: []string{"", "new content"},
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
