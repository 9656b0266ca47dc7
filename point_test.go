//go:build unix

package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"math/rand/v2"
)

var points = flag.Int("points", 16, "at how many of its calls the tests of points kill an apply, spread evenly; 0: at every one")

// pointStages is how many batches a shop of these tests has.
const pointStages = 40

// pointGroups make a batch of four actions, one of each kind, at every stage.
var pointGroups = []group{
	{"full", "captured", 1, 1, `refunded = full`, func(int) totals { return totals{Captured: amount, Refunded: amount} }},
	{"part", "captured", 1, 0, `refunded = "%d.00 DKK"`, func(n int) totals { return totals{Captured: amount, Refunded: int64(n) * 100} }},
	{"take", "authorised", 1, 1, `captured = full`, func(int) totals { return totals{Captured: amount} }},
	{"free", "authorised", 1, 1, `cancelled = true`, func(int) totals { return totals{} }},
}

// A killer runs the apply of a shop's stage and kills it at a point; the zero
// point is nowhere. It returns what was called, in order; when the apply was
// killed in time, the last is where.
type killer func(t *testing.T, s *shop, at point) (calls []string, killed bool)

// R1, R8: an apply of four actions is killed before and after each call of the
// disk, and in the middle of each write. The next ones bring the shop to its
// rest, and the gateway has then moved everything once.
func TestKilledAtEveryDiskCall(t *testing.T) {
	t.Parallel()
	killAtEvery(t, []death{before, midway, after}, newPointShop, func(t *testing.T, s *shop, at point) ([]string, bool) {
		program, err := exec.LookPath(mortal)
		if err != nil {
			t.Fatal(err)
		}
		cmd, log := s.command("apply", "--auto-approve", s.dir), filepath.Join(t.TempDir(), "calls")
		cmd.Path, cmd.Args[0] = program, program
		cmd.Env = append(cmd.Env, mortalLog+"="+log, fmt.Sprintf("%s=%s", mortalAt, at))
		p := s.run(t, cmd)
		code := p.exit(t)
		calls, err := os.ReadFile(log)
		if err != nil {
			t.Fatalf("%v\n%s", err, p.out.String())
		}
		return strings.Split(strings.TrimSpace(string(calls)), "\n"), code < 0
	})
}

// R1, R8: the same at each moment of its connections: when one is made, and
// before and after each piece of a request and of a reply is passed on.
func TestKilledAtEveryNetworkCall(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) *shop {
		s := newPointShop(t)
		var addr string
		s.relay, addr = startRelay(t, strings.TrimPrefix(s.url, "http://"))
		s.via = "http://" + addr
		return s
	}
	killAtEvery(t, []death{before}, open, func(t *testing.T, s *shop, at point) ([]string, bool) {
		p := s.relay.watch(at, func() *process { return s.startApply(t) })
		code := p.exit(t)
		return s.relay.seen(), code < 0
	})
}

func newPointShop(t *testing.T) *shop {
	s := newShopOf(t, pointGroups, pointStages)
	s.width = 1 // one call after the other: the n-th is the same each time
	return s
}

// killAtEvery finds out which calls an apply makes, and has it killed at them.
func killAtEvery(t *testing.T, hows []death, open func(*testing.T) *shop, kill killer) {
	first := open(t)
	first.want(t, 1)
	first.finish(t)
	first.want(t, 2)
	calls, _ := kill(t, first, point{})
	first.finish(t)
	var all []point
	nth := map[string]int{}
	for _, call := range calls {
		nth[call]++
		for _, how := range hows {
			if write := strings.HasPrefix(call, "write ") || strings.HasPrefix(call, "rewrite "); how != midway || write {
				all = append(all, point{call, nth[call], how})
			}
		}
	}
	tries := spread(all, *points)
	next := make(chan point, len(tries))
	for _, p := range tries {
		next <- p
	}
	close(next)
	var mu sync.Mutex
	count, resolved := map[string]int{}, 0
	shops := max((len(tries)+pointStages-2)/(pointStages-1), min(2, len(tries)))
	inShops(t, shops, shops*(pointStages-1), func(t *testing.T, _, n int, _ *rand.Rand) {
		s := open(t)
		s.want(t, 1)
		s.finish(t)
		for stage := 2; stage < 2+n && !t.Failed(); stage++ {
			p, ok := <-next
			if !ok {
				return
			}
			s.want(t, stage)
			seen, killed := kill(t, s, p)
			s.safe(t)
			n := s.finish(t)
			mu.Lock()
			resolved += n
			if killed {
				count[p.call]++
			}
			mu.Unlock()
			if !killed {
				t.Logf("not killed %s: it made %d calls", p, len(seen))
			}
		}
	})
	kills := 0
	for _, name := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%4d kills at %q", count[name], name)
		kills += count[name]
	}
	t.Logf("%d kills at the %d points of %d calls, %d actions resolved by a person", kills, len(all), len(calls), resolved)
	if kills < len(tries)*9/10 {
		t.Errorf("%d of %d applies were killed", kills, len(tries))
	}
	for _, p := range tries {
		if count[p.call] == 0 && len(tries) == len(all) {
			t.Errorf("no apply was killed at %q", p.call)
		}
	}
}

// spread returns n of all, evenly, from the first to the last; all for 0.
func spread(all []point, n int) []point {
	if n <= 0 || n >= len(all) {
		return all
	}
	var some []point
	for i := range n {
		some = append(some, all[i*(len(all)-1)/max(n-1, 1)])
	}
	return some
}
