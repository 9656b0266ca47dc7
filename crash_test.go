//go:build unix

package main

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"flexform/statefile"
)

var (
	kills = flag.Int("kills", 8, "how often TestKilledApply ends an apply before its time")
	shops = flag.Int("shops", 4, "how many shops the tests of processes have open at once; they mostly wait")
	seed  = flag.Uint64("seed", 1, "of the random moments in the tests of processes")
)

const (
	shopKills  = 40 // so many a shop, and so many before it may come to its rest
	stageKills = 4
	tooLate    = "too late"
	noMemory   = "no memory"
)

// ways are those in which an apply ends before its time. SIGQUIT is as a panic
// in any of its goroutines: the runtime prints them and exits.
var ways = []string{"SIGKILL", "SIGKILL", "SIGKILL", "SIGKILL", "SIGTERM", "SIGINT twice", "SIGQUIT", noMemory}

// R1, R8: an apply ends before its time, again and again, at random moments of
// its start, its recovery and its batch: by SIGKILL, by SIGTERM, by two SIGINT,
// by what the runtime does about a panic and about memory that it cannot get.
// At every moment the gateway, a process of its own, has counted no more than
// was wanted and no request without an intent; in the end it has counted
// everything exactly once.
func TestKilledApply(t *testing.T) {
	t.Parallel()
	left := *kills
	if testing.Short() {
		left = min(left, 6)
	}
	inShops(t, max(min(left/stageKills, 2), (left+shopKills-1)/shopKills), left, func(t *testing.T, _, n int, r *rand.Rand) {
		for again := 0; n > 0 && !t.Failed(); again++ {
			if again == 5 {
				t.Fatalf("%d kills came too late, in five shops one after the other", n)
			}
			n = killInShop(t, n, r)
		}
	})
}

// inShops shares n rounds among so many shops, some of them at once. The test
// gets the number of its shop, from 0, its rounds and its own random source.
func inShops(t *testing.T, count, n int, test func(t *testing.T, shop, n int, r *rand.Rand)) {
	var all sync.WaitGroup
	turns := make(chan struct{}, *shops)
	for i := range count {
		share := n / (count - i)
		n -= share
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			t.Run(fmt.Sprint("shop ", i+1), func(t *testing.T) { test(t, i, share, rand.New(rand.NewPCG(*seed, uint64(i)))) })
		})
	}
	all.Wait()
}

// killInShop ends applies in a shop until its stages are used up: on a busy
// machine many a kill comes too late. It returns how many are left.
func killInShop(t *testing.T, kills int, r *rand.Rand) (left int) {
	s := newShop(t)
	s.want(t, 1)
	begun := time.Now()
	s.finish(t) // so that further refunds are second ones
	took := time.Since(begun) / 4
	count, resolved := map[string]int{}, 0
	for stage := 2; kills > 0 && stage <= stages && !t.Failed(); stage++ {
		s.want(t, stage)
		for range min(kills, stageKills) {
			how := s.interrupt(t, r, took)
			s.safe(t)
			if count[how]++; how == tooLate {
				break
			}
			kills--
		}
		resolved += s.finish(t)
	}
	t.Logf("%v, %d actions resolved by a person, %d bytes of ledger", count, resolved, s.size())
	return kills
}

// interrupt starts an apply, which takes about so long, ends it, and says how.
func (s *shop) interrupt(t *testing.T, r *rand.Rand, took time.Duration) (how string) {
	t.Helper()
	begun, size := time.Now(), s.size()
	how = ways[r.IntN(len(ways))]
	cmd := s.command("apply", "--auto-approve", s.dir)
	if how == noMemory {
		cmd.Env = append(cmd.Env, "GOGC=off") // it will want some
	}
	p := s.run(t, cmd)
	if how == "SIGKILL" && r.IntN(2) == 0 {
		pause := time.Duration(r.Int64N(int64(took)))
		p.await(t, "a moment", func() bool { return time.Since(begun) > pause })
		how = "SIGKILL early"
	} else {
		grown := size + 1 + r.Int64N(6000) // bytes, of the 20,000 of a whole stage
		p.await(t, "a longer ledger", func() bool { return s.size() >= grown })
	}
	select {
	case <-p.ended:
		return tooLate
	default:
	}
	switch how {
	case "SIGTERM":
		p.signal(t, syscall.SIGTERM)
	case "SIGQUIT":
		p.signal(t, syscall.SIGQUIT)
	case noMemory:
		p.starve(t)
	case "SIGINT twice":
		p.signal(t, os.Interrupt)
		pause, again := time.Duration(r.IntN(3000))*time.Microsecond, time.Now()
		p.await(t, "a moment", func() bool { return time.Since(again) > pause })
		p.signal(t, os.Interrupt)
	default:
		p.signal(t, os.Kill)
	}
	code := p.exit(t)
	if how == noMemory && code >= 0 && !bytes.Contains(p.out.Bytes(), []byte("out of memory")) && !bytes.Contains(p.out.Bytes(), []byte("cannot allocate memory")) {
		return tooLate // it had enough
	}
	if how != "SIGTERM" {
		return how
	}
	if code < 0 {
		t.Errorf("SIGTERM killed the process:\n%s", p.out.String())
	}
	for _, a := range s.state(t).Undecided() {
		if a.State == statefile.ActionOpen {
			t.Errorf("after SIGTERM %s has no outcome:\n%s", a.ID, p.out.String())
		}
	}
	return how
}

// signal sends a signal; the process may have ended by itself.
func (p *process) signal(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := p.Process.Signal(sig); err != nil && err != os.ErrProcessDone {
		t.Fatal(err)
	}
}
