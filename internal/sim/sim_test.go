package sim

import (
	"bytes"
	"flag"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	simN       = flag.Int("sim.n", 0, "how many histories to play; 0: 1500, or one when -sim.seed is given")
	simSeed    = flag.Uint64("sim.seed", 0, "the first history's seed; 0: 1")
	simRunners = flag.Int("sim.runners", 0, "runners of each history, 1 to 8; 0: as the seed has it")
)

// R1, R2, R4, R5, R9-R13, R20, R21, R24, R25, R39: histories of processes that
// die, disks that fail, and a gateway that does anything. See [audit] and
// [history.quiet] for what must hold.
func TestHistories(t *testing.T) {
	n, seed := *simN, max(*simSeed, 1)
	if n == 0 {
		n = 1500
		if *simSeed != 0 {
			n = 1
		} else if testing.Short() {
			n = 300
		}
	}
	total := playAll(t, seed, n, Options{Runners: *simRunners, Trace: n == 1})
	t.Logf("%d histories, %d contacts, %s", n, total.Contacts, sights(total))
	for i, name := range Sights {
		if rare := i == sawDamaged || i == sawDeadEnd || i == sawLockLost; n >= 1000 && total.Saw[i] == 0 && !rare && !t.Failed() {
			t.Errorf("%d histories without any %s prove nothing about them", n, name)
		}
	}
}

// playAll plays n histories, on every processor.
func playAll(t *testing.T, seed uint64, n int, o Options) *Report {
	var next atomic.Uint64
	var mu sync.Mutex
	total := &Report{}
	begun := time.Now()
	t.Run("histories", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for {
					i := next.Add(1) - 1
					if i >= uint64(n) || t.Failed() {
						return
					}
					o := o
					o.Seed = seed + i
					r := Play(t, o)
					if r.Trace != nil {
						t.Logf("seed %d:\n%s", o.Seed, strings.Join(r.Trace, "\n"))
					}
					if len(r.Failures) == 0 && !linearizable(r.Story) {
						r.Failures = []string{"no bank could have done what flexform says was done"}
					}
					report(t, o, r)
					mu.Lock()
					total.Contacts += r.Contacts
					for i := range r.Saw {
						total.Saw[i] += r.Saw[i]
					}
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%.0f histories a second", float64(n)/time.Since(begun).Seconds())
	return total
}

// One seed is one history: every contact, every byte of the ledger.
func TestReplay(t *testing.T) {
	for seed := range uint64(40) {
		o := Options{Seed: 1000 + seed, Runners: int(seed % 5), Trace: true}
		a, b := Play(t, o), Play(t, o)
		if diff := cmp.Diff(a.Trace, b.Trace); diff != "" {
			t.Fatalf("seed %d is two histories:\n%s", o.Seed, diff)
		}
		if a.Print != b.Print || !bytes.Equal(a.Ledger, b.Ledger) {
			t.Fatalf("seed %d ends in two ways", o.Seed)
		}
	}
}

func report(t *testing.T, o Options, r *Report) {
	if len(r.Failures) == 0 {
		return
	}
	runners := ""
	if o.Runners != 0 {
		runners = fmt.Sprintf(" -sim.runners=%d", o.Runners)
	}
	t.Errorf("seed %d:\n  %s\nto see it again:\n  go test ./internal/sim -run TestHistories -sim.seed=%d%s -v", o.Seed, strings.Join(r.Failures, "\n  "), o.Seed, runners)
}

func sights(r *Report) string {
	var all []string
	for i, n := range r.Saw {
		all = append(all, fmt.Sprintf("%s %d", Sights[i], n))
	}
	return strings.Join(all, ", ")
}
