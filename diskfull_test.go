package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"flexform/internal/need"
	"flexform/statefile"
)

// refunds is a shop of which n payments are to be refunded.
func refunds(n int) []group {
	return []group{{"full", "captured", n, 0, `refunded = full`, func(int) totals { return totals{Captured: amount, Refunded: amount} }}}
}

// R11: the disk that has the ledger is full, or becomes it. Room for the whole
// batch is reserved before the first call, so that nothing is sent that could
// not be recorded; no file is damaged; and with room, the same command goes on.
//
// It takes the right to mount. Where that is missing the test that follows
// stands alone.
func TestFullDisk(t *testing.T) {
	for _, kib := range []int{16, 64, 256} {
		t.Run(fmt.Sprintf("%d KiB", kib), func(t *testing.T) {
			s := newShopOf(t, refunds(120), 1)
			if err := mount(t, s.dir, kib); err != nil {
				t.Logf("not done, as this machine does not let us mount a file system: %v", err)
				return
			}
			s.want(t, 1)
			files := s.files(t)

			p := s.startApply(t)
			if code := p.exit(t); code != 1 || !strings.Contains(p.out.String(), "no space left on device") {
				t.Errorf("apply on a full disk: exit code %d\n%s", code, p.out.String())
			}
			if n := len(s.calls(t)); n > 0 {
				t.Errorf("%d calls were made, and there was no room for their record", n)
			}
			s.undamaged(t, files)

			// A little more room, all of it taken: still nothing is sent.
			s.remount(t, 2*kib)
			s.fill(t)
			if code := s.startApply(t).exit(t); code == 0 {
				t.Errorf("apply on a disk without any room: exit code %d", code)
			}
			if n := len(s.calls(t)); n > 0 {
				t.Errorf("%d calls were made on a full disk", n)
			}
			s.undamaged(t, files)

			s.remount(t, 4<<10)
			s.finish(t)
			s.undamaged(t, files)
		})
	}
}

// R11: somebody else takes the rest of the disk while an apply is under way.
// What it needs was reserved, so it comes to its end.
func TestDiskFilledDuringApply(t *testing.T) {
	s := newShopOf(t, refunds(40), 1)
	if err := mount(t, s.dir, 256); err != nil {
		t.Logf("not done, as this machine does not let us mount a file system: %v", err)
		return
	}
	s.width, s.interval = 1, "5ms"
	s.want(t, 1)
	p := s.startApply(t)
	s.awaitCalls(t, p, 1)
	s.fill(t)
	if code := p.exit(t); code != 0 {
		t.Errorf("apply while its disk was filled: exit code %d\n%s", code, p.out.String())
	}
	s.done(t)
}

// R9, R11: a limit on the size of files cannot be reserved against, so the
// ledger cannot be written any more in the middle of a batch. Then nothing
// further is sent, what is in the file is sound, and the next run goes on.
func TestLedgerAtItsLimit(t *testing.T) {
	limited := need.Command(t, "prlimit")
	for _, kib := range []int{1, 4, 16, 24} {
		t.Run(fmt.Sprintf("%d KiB", kib), func(t *testing.T) {
			s := newShopOf(t, refunds(40), 1)
			s.want(t, 1)
			files := s.files(t)
			cmd := s.command("apply", "--auto-approve", s.dir)
			cmd.Path, cmd.Args = limited, append([]string{"prlimit", fmt.Sprintf("--fsize=%d", kib<<10), cmd.Path}, cmd.Args[1:]...)
			out, err := cmd.CombinedOutput()
			exit, ended := errors.AsType[*exec.ExitError](err)
			if !ended || exit.ExitCode() != 1 && exit.ExitCode() != 4 || !strings.Contains(string(out), "file too large") {
				t.Errorf("apply with a ledger of at most %d KiB: %v\n%s", kib, err, out)
			}
			sent := 0
			for _, tally := range s.calls(t) {
				sent += tally.calls
			}
			if state := s.state(t); sent > len(state.Undecided())+accepted(state) {
				t.Errorf("%d calls were made, and the ledger knows of %d open and %d accepted ones", sent, len(state.Undecided()), accepted(state))
			}
			t.Logf("%d of 40 calls were made, %d of them have no outcome in the ledger", sent, len(s.state(t).Undecided()))
			s.safe(t)
			s.undamaged(t, files)
			s.finish(t)
		})
	}
}

// mount puts a file system of that size at dir, until the test is over. The
// error says that this is not allowed here.
func mount(t *testing.T, dir string, kib int) error {
	t.Helper()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dk", kib), "flexform-test", dir).Run(); err != nil {
		return err
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("umount %s: %v: %s", dir, err, out)
		}
	})
	return nil
}

func (s *shop) remount(t *testing.T, kib int) {
	t.Helper()
	os.Remove(filepath.Join(s.dir, "filler"))
	if out, err := exec.Command("mount", "-o", fmt.Sprintf("remount,size=%dk", kib), s.dir).CombinedOutput(); err != nil {
		t.Fatalf("remount: %v: %s", err, out)
	}
}

// fill takes what is left of the disk.
func (s *shop) fill(t *testing.T) {
	t.Helper()
	f, err := os.Create(filepath.Join(s.dir, "filler"))
	if err != nil {
		return // not even a name
	}
	defer f.Close() // it failed to be written
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
}

// files reads the files of the folder.
func (s *shop) files(t *testing.T) map[string]string {
	t.Helper()
	names, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(s.dir, name.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[name.Name()] = string(text)
	}
	return files
}

// undamaged holds the folder against what it was: nothing but a ledger, which
// verifies, and its lock has come.
func (s *shop) undamaged(t *testing.T, before map[string]string) {
	t.Helper()
	s.state(t) // verifies
	now := s.files(t)
	for name, text := range before {
		if now[name] != text {
			t.Errorf("%s has %d bytes, and had %d", name, len(now[name]), len(text))
		}
	}
	for name := range now {
		if _, was := before[name]; !was && name != "filler" && !strings.HasPrefix(name, "flexform.ledger") {
			t.Errorf("%s was left behind", name)
		}
	}
}

// awaitCalls waits until the gateway has got so many calls, or p has ended.
func (s *shop) awaitCalls(t *testing.T, p *process, n int) {
	t.Helper()
	p.await(t, fmt.Sprintf("%d calls", n), func() bool { return len(s.calls(t)) >= n })
}

// accepted counts the actions that the gateway took.
func accepted(state *statefile.State) (n int) {
	for tx := range state.Transactions() {
		for _, a := range tx.Actions {
			if a.State == statefile.ActionAccepted || a.State == statefile.ActionDone {
				n++
			}
		}
	}
	return n
}
