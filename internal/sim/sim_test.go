package sim

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	simN       = flag.Int("sim.n", 0, "how many histories to play; 0: 1500, or one when -sim.seed is given")
	simSeed    = flag.Uint64("sim.seed", 0, "the first history's seed; 0: 1")
	simBug     = flag.String("sim.bug", "", "a bug to plant, one of Bugs")
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
	total := playAll(t, seed, n, Options{Runners: *simRunners, Bug: Bug(*simBug), Trace: n == 1})
	t.Logf("%d histories, %d contacts, %s", n, total.Contacts, sights(total))
	for i, name := range Sights() {
		if often := Often(i); often > 0 && n >= often && total.Saw[i] == 0 && *simRunners == 0 && !t.Failed() {
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
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // there is little to keep
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
					if said := failure(o, judge(r)); said != "" {
						t.Error(said)
					}
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

func sights(r *Report) string {
	var all []string
	for i, name := range Sights() {
		all = append(all, fmt.Sprintf("%s %d", name, r.Saw[i]))
	}
	return strings.Join(all, ", ")
}
