package statefile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"flexform/internal/durable/disktest"
)

var faults = map[string]disktest.Fault{
	"an I/O error":                {Err: syscall.EIO},
	"an I/O error after the fact": {Err: syscall.EIO, Done: true},
	"a full disk":                 {Err: syscall.ENOSPC},
	"a full disk half way":        {Err: syscall.ENOSPC, Short: true},
	"a short write":               {Short: true},
	"death before":                {Kill: true},
	"death half way":              {Kill: true, Short: true},
	"death after":                 {Kill: true, Done: true},
}

func nth(n int, f disktest.Fault) func(disktest.Call) disktest.Fault {
	return func(c disktest.Call) disktest.Fault {
		if c.N == n {
			return f
		}
		return disktest.Fault{}
	}
}

// batches are what the life writes, one append each.
func batches() [][]Payload {
	a := intent("11111111", Refund, 0, 5000, 1)
	b := intent("11111112", Refund, 0, 5000, 1)
	return [][]Payload{
		{begin(planA, 2)}, {a}, {outcome(a, Accepted)}, {b, outcome(b, Unknown)},
		{observed(a, 8, VerdictSettled), observed(b, 5, VerdictNotDone)}, {End{Plan: planA}},
	}
}

// live opens the ledger and writes all batches, and reports how many were
// acknowledged.
func live(t *testing.T, fsys *disktest.Process) (acked int) {
	t.Helper()
	f, err := Open("x.ledger", Options{Now: clock(), Actor: anna, FS: fsys})
	if err != nil {
		return 0
	}
	f.Reserve(2) // refused or not, the ledger stays usable
	failed := false
	for _, batch := range batches() {
		entries, err := f.Append(t.Context(), batch...)
		switch {
		case err == nil && failed:
			t.Errorf("an append succeeded after one that failed")
		case err == nil && len(entries) != len(batch):
			t.Errorf("%d entries for %d payloads", len(entries), len(batch))
		case err != nil && !isA[*WriteError](err):
			t.Errorf("Append: %T %v, want *WriteError", err, err)
		case err == nil:
			acked++
		default:
			failed = true
		}
	}
	f.Close()
	return acked
}

// wantPrefix checks that a ledger is sound and holds the first batches, all
// that were acknowledged and perhaps a part of the next.
func wantPrefix(t *testing.T, what string, disk *disktest.Disk, acked int) {
	t.Helper()
	f, err := Open("x.ledger", Options{Now: clock(), Actor: anna, FS: disk.Start()})
	if err != nil {
		t.Errorf("%s: open anew: %v", what, err)
		return
	}
	defer f.Close()
	var all []Payload
	need := 1 // the created entry
	for i, batch := range batches() {
		all = append(all, batch...)
		if i < acked {
			need += len(batch)
		}
	}
	_, seq := f.State().Head()
	if int(seq) < need || int(seq) > len(all)+1 {
		t.Errorf("%s: %d entries, at least %d were acknowledged", what, seq, need)
		return
	}
	want, err := Fold(all[:seq-1]...)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if got, want := stripTimes(dump(f.State())), stripTimes(dump(want)); got != want {
		t.Errorf("%s: state\n%s\nwant\n%s", what, got, want)
	}
	if _, err := f.Append(t.Context(), Observed{Merchant: "12345678", Transact: "11111119", Status: 5}); err != nil {
		t.Errorf("%s: append anew: %v", what, err)
	}
}

func stripTimes(s string) string {
	lines := strings.Split(s, "\n")
	kept := lines[:0]
	for _, l := range lines {
		if !strings.Contains(l, `"At"`) {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

// R2, R9, R10, R11: each call to the disk fails once in each way; with and
// without a power cut after it.
func TestEveryFault(t *testing.T) {
	points := 0
	for name, fault := range faults {
		for n, hit := 1, true; hit; n++ {
			for _, cut := range []bool{false, true} {
				disk := disktest.New()
				process := disk.Start()
				disk.Inject(nth(n, fault))
				acked := live(t, process)
				hit = disk.Calls() >= n
				disk.Inject(nil)
				if cut {
					disk.PowerCut(rand.New(rand.NewPCG(uint64(n), 7)))
				} else {
					process.Kill()
				}
				wantPrefix(t, fmt.Sprintf("%s in call %d, power cut %t", name, n, cut), disk, acked)
				points++
			}
		}
	}
	t.Logf("%d fault points", points)
	if points < 500 {
		t.Errorf("only %d fault points: the loop is broken", points)
	}
}

// R12: power goes at every call, with every fate of what was not synced.
func TestPowerCuts(t *testing.T) {
	cuts := 0
	for n, hit := 1, true; hit; n++ {
		for seed := range uint64(40) {
			disk := disktest.New()
			fault := disktest.Fault{Kill: true, Done: seed%2 == 0}
			disk.Inject(nth(n, fault))
			acked := live(t, disk.Start())
			hit = disk.Calls() >= n
			disk.Inject(nil)
			disk.PowerCut(rand.New(rand.NewPCG(seed, uint64(n))))
			wantPrefix(t, fmt.Sprintf("power cut %d in call %d", seed, n), disk, acked)
			cuts++
		}
	}
	t.Logf("%d power cuts", cuts)
}

// R2, R10, R12: a process goes wrong in every call in every way. The next one
// finds no fault, and what memory shows it may not be on the disk: what it
// leaves, the ledger's name included, survives the power cut that follows.
func TestNextProcessTrustsTheDiskOnly(t *testing.T) {
	points := 0
	for name, fault := range faults {
		for n, hit := 1, true; hit; n++ {
			for seed := range uint64(4) {
				disk := disktest.New()
				r := rand.New(rand.NewPCG(seed, uint64(n)))
				process := disk.Start()
				disk.Inject(nth(n, fault))
				live(t, process)
				hit = disk.Calls() >= n
				disk.Inject(nil)
				process.Kill()
				if seed%2 == 1 {
					disk.Evict(r)
				}
				wantAfterPowerCut(t, fmt.Sprintf("%s in call %d, seed %d", name, n, seed), disk, r)
				points++
			}
		}
	}
	t.Logf("%d fault points", points)
	if points < 1000 {
		t.Errorf("only %d fault points: the loop is broken", points)
	}
}

// wantAfterPowerCut has a process open the ledger and append, cuts the power,
// and wants to find what that process knew and wrote.
func wantAfterPowerCut(t *testing.T, what string, disk *disktest.Disk, r *rand.Rand) {
	t.Helper()
	f, err := Open("x.ledger", Options{Now: clock(), Actor: anna, FS: disk.Start()})
	if err != nil {
		t.Errorf("%s: open anew: %v", what, err)
		return
	}
	if _, err := f.Append(t.Context(), Observed{Merchant: "12345678", Transact: "11111119", Status: 5}); err != nil {
		t.Errorf("%s: append anew: %v", what, err)
		return
	}
	hash, seq := f.State().Head()
	disk.PowerCut(r)
	s, _, err := verify(disk.Bytes("x.ledger"))
	if err != nil {
		t.Errorf("%s: after the power cut: %v", what, err)
		return
	}
	if got, _ := s.HashAt(seq); got != hash {
		t.Errorf("%s: entry %d is lost in the power cut", what, seq)
	}
}

// R10: a process that cannot make the end of the ledger durable does not have
// it, also when it could read it.
func TestOpenRefusesWhatItCannotSync(t *testing.T) {
	disk := disktest.New()
	live(t, disk.Start())
	for range 2 {
		disk.Inject(func(c disktest.Call) disktest.Fault {
			if c.Op == "sync" && c.Name == "x.ledger" {
				return disktest.Fault{Err: syscall.EIO}
			}
			return disktest.Fault{}
		})
		if _, err := Open("x.ledger", Options{Now: clock(), FS: disk.Start()}); !errors.Is(err, syscall.EIO) {
			t.Errorf("Open when the sync fails: %v, want EIO", err)
		}
		disk.Inject(nil)
	}
	wantAfterPowerCut(t, "after two failed syncs", disk, rand.New(rand.NewPCG(1, 2)))
}

// R9: after a failed append nothing is written any more, whatever asks.
func TestPoisoned(t *testing.T) {
	for _, op := range []string{"write", "sync", "stat"} {
		disk := disktest.New()
		f, err := Open("x.ledger", Options{Now: clock(), Actor: anna, FS: disk.Start()})
		if err != nil {
			t.Fatal(err)
		}
		v := intent("11111111", Refund, 0, 5000, 1)
		if _, err := f.Append(t.Context(), begin(planA, 1), v); err != nil {
			t.Fatal(err)
		}
		before := dump(f.State())
		if _, err := f.Append(t.Context(), outcome(v, Accepted), outcome(v, Accepted)); !isA[*ImpossibleError](err) || dump(f.State()) != before {
			t.Errorf("a refused append, %v, left its first half in the state: %s", err, dump(f.State()))
		}
		failed := false
		disk.Inject(func(c disktest.Call) disktest.Fault {
			if c.Op == op && !failed {
				failed = true
				return disktest.Fault{Err: syscall.EIO}
			}
			return disktest.Fault{}
		})
		for range 3 {
			_, err := f.Append(t.Context(), outcome(v, Accepted))
			if !isA[*WriteError](err) || !errors.Is(err, syscall.EIO) {
				t.Errorf("%s fails: Append: %v, want the *WriteError of the first failure", op, err)
			}
		}
		if err := f.Reserve(1); !isA[*WriteError](err) {
			t.Errorf("%s fails: Reserve: %v, want *WriteError", op, err)
		}
		if after := dump(f.State()); after != before {
			t.Errorf("%s fails: the state shows what may not be on the disk: %s", op, after)
		}
		if err := f.Close(); err != nil {
			t.Errorf("%s fails: Close: %v", op, err)
		}
	}
}

// R11: a refused reservation leaves the ledger as it is.
func TestReserveRefused(t *testing.T) {
	disk := disktest.New()
	f, err := Open("x.ledger", Options{Now: clock(), FS: disk.Start()})
	if err != nil {
		t.Fatal(err)
	}
	disk.Inject(func(c disktest.Call) disktest.Fault {
		if c.Op == "reserve" {
			return disktest.Fault{Err: syscall.ENOSPC}
		}
		return disktest.Fault{}
	})
	if err := f.Reserve(1000); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "1000 actions") {
		t.Errorf("Reserve: %v", err)
	}
	if _, err := f.Append(t.Context(), begin(planA, 1)); err != nil {
		t.Errorf("Append after it: %v", err)
	}
}

// Another writer that goes around the lock is noticed before anything is sent.
func TestLockBypassed(t *testing.T) {
	disk := disktest.New()
	f, err := Open("x.ledger", Options{Now: clock(), FS: disk.Start()})
	if err != nil {
		t.Fatal(err)
	}
	disk.Put("x.ledger", short(t), 0o600) // as git checkout would
	if _, err := f.Append(t.Context(), begin(planA, 1)); !isA[*WriteError](err) || !strings.Contains(err.Error(), "put the file that was there back") {
		t.Errorf("Append to a replaced ledger: %v", err)
	}
}
