package durable_test

import (
	"errors"
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

func TestWriteFileOnTheRealDisk(t *testing.T) {
	name := filepath.Join(t.TempDir(), "plan.json")
	for _, content := range []string{"old", "new and longer", ""} {
		if err := durable.WriteFile(durable.OS(), name, []byte(content), 0o600); err != nil {
			t.Fatalf("WriteFile: %v", err)
		}
		got, err := os.ReadFile(name)
		if err != nil || string(got) != content {
			t.Errorf("content %q, %v, want %q", got, err, content)
		}
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	entries, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(entries) != 1 {
		t.Errorf("folder holds %v, %v, want the file alone", entries, err)
	}
	if err := durable.WriteFile(durable.OS(), filepath.Join(name, "below"), nil, 0o600); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("WriteFile below a file = %v, want ENOTDIR", err)
	}
}

// R38: after any fault, and after a power cut behind it, the file is the old
// one or the new one, and the new one when WriteFile said so.
func TestWriteFileFaults(t *testing.T) {
	const before, after = "the old content", "the new content"
	points := 0
	for name, fault := range faults {
		for n, hit := 1, true; hit; n++ {
			for seed := range uint64(4) {
				disk := disktest.New()
				disk.Put("dir/f.txt", []byte(before), 0o600)
				disk.Inject(nth(n, fault))
				err := durable.WriteFile(disk.Start(), "dir/f.txt", []byte(after), 0o600)
				hit = disk.Calls() >= n
				disk.Inject(nil)
				if strings.Contains(name, "power") {
					disk.PowerCut(rand.New(rand.NewPCG(uint64(n), seed)))
				}
				got := string(disk.Bytes("dir/f.txt"))
				if got != after && (err == nil || got != before) {
					t.Errorf("%s in call %d: WriteFile = %v and the file is %q", name, n, err, got)
				}
				points++
			}
		}
	}
	t.Logf("%d fault points", points)
	if points < 200 {
		t.Errorf("only %d fault points: the loop is broken", points)
	}
}

// A dead process may have left a temporary file with the first name.
func TestWriteFileBesideLeftovers(t *testing.T) {
	disk := disktest.New()
	disk.Put("dir/f.txt.tmp0", []byte("left over"), 0o600)
	p := disk.Start()
	if err := durable.WriteFile(p, "dir/f.txt", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := string(disk.Bytes("dir/f.txt")); got != "x" {
		t.Errorf("content %q", got)
	}
	disk.Inject(func(c disktest.Call) disktest.Fault {
		if c.Op == "open" {
			return disktest.Fault{Err: fs.ErrExist}
		}
		return disktest.Fault{}
	})
	if err := durable.WriteFile(p, "dir/f.txt", []byte("y"), 0o600); !errors.Is(err, fs.ErrExist) {
		t.Errorf("WriteFile without a free name = %v, want ErrExist", err)
	}
}
