//go:build unix

package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"flexform/statefile"
)

var (
	pairs  = flag.Int("pairs", 3, "how many pairs of applies TestPairsOfApplies starts")
	pauses = flag.Int("pauses", 2, "how often TestPausedApply stops an apply in its batch")
)

const shopPairs = stages - 1 // each pair has a stage of its own

// R20: two applies start at once on one folder, and one of them may be killed.
// One of the two works; the other names it and leaves with exit code 3, or
// comes after it and finds nothing to do.
func TestPairsOfApplies(t *testing.T) {
	t.Parallel()
	n := *pairs
	if testing.Short() {
		n = min(n, 2)
	}
	inShops(t, (n+shopPairs-1)/shopPairs, n, func(t *testing.T, _, n int, r *rand.Rand) { pairsInShop(t, newShop(t), n, r) })
}

func pairsInShop(t *testing.T, s *shop, n int, r *rand.Rand) {
	s.want(t, 1)
	s.finish(t)
	s.interval = "4ms" // long enough to overlap
	refused, killed := 0, 0
	for i := range n {
		s.want(t, 2+i)
		a, size := s.startApply(t), s.size()
		time.Sleep(time.Duration(r.IntN(20)) * time.Millisecond)
		b := s.startApply(t)
		if i%4 == 3 {
			grown := size + r.Int64N(6000)
			a.await(t, "a longer ledger", func() bool { return s.size() > grown })
			a.signal(t, os.Kill)
			killed++
		}
		refused += s.onlyOne(t, a, b) + s.onlyOne(t, b, a)
		s.safe(t)
		s.finish(t)
	}
	t.Logf("%d pairs: %d times one was refused, %d times one was killed", n, refused, killed)
	if refused == 0 {
		t.Error("no pair overlapped")
	}
}

// onlyOne returns 1 when p was refused because the other one worked.
func (s *shop) onlyOne(t *testing.T, p, other *process) int {
	t.Helper()
	switch code := p.exit(t); code {
	case -1, 0, 1, 4: // killed; all done or nothing to do; stopped by a gateway that was busy; a killed one's call
		return 0
	case 3:
		if holder := fmt.Sprintf("(pid %d", other.Process.Pid); !strings.Contains(p.out.String(), "is in use by ") || !strings.Contains(p.out.String(), holder) {
			t.Errorf("the refused apply does not name the other one, %s:\n%s", holder, p.out.String())
		}
		return 1
	default:
		t.Errorf("apply: exit code %d\n%s", code, p.out.String())
		return 0
	}
}

// R20, R21: an apply is stopped between its intents and their requests for
// longer than a request may come after its intent, and somebody removes its
// lock. While it lives nobody else gets the ledger. Even somebody who goes
// around that, by putting a copy in the ledger's place, does not see it send
// when it wakes.
func TestPausedApply(t *testing.T) {
	t.Parallel()
	n := *pauses
	if testing.Short() {
		n = min(n, 1)
	}
	inShops(t, n, n, func(t *testing.T, shop, _ int, _ *rand.Rand) {
		s := newShop(t)
		s.want(t, 1)
		s.finish(t)
		if s.interval = "25ms"; shop%2 == 1 {
			s.pauseAndUnlock(t)
		} else {
			s.pauseAndReplace(t)
		}
	})
}

// sendBy is how long after its intent a request to a sandbox may be sent, and
// some more.
const sendBy = 3*time.Second + 200*time.Millisecond

func (s *shop) pauseAndUnlock(t *testing.T) {
	p, open, before := s.pause(t)
	stopped := time.Now()
	if err := os.Remove(s.ledger + ".lock"); err != nil {
		t.Fatal(err)
	}
	other := s.startApply(t)
	if code := other.exit(t); code != 3 || !strings.Contains(other.out.String(), "is in use by another process") {
		t.Errorf("apply beside a stopped one: exit code %d\n%s", code, other.out.String())
	}
	time.Sleep(time.Until(stopped.Add(sendBy)))
	p.signal(t, syscall.SIGCONT)
	p.exit(t)
	after := s.calls(t)
	for _, a := range open {
		if after[a.Transact] != before[a.Transact] {
			t.Errorf("%s was sent %v after its intent", a.ID, time.Since(a.At).Round(time.Millisecond))
		}
	}
	s.safe(t)
	s.interval = "0s"
	s.want(t, s.stage)
	s.finish(t)
}

func (s *shop) pauseAndReplace(t *testing.T) {
	p, _, _ := s.pause(t)
	copied, err := os.ReadFile(s.ledger)
	if err := errors.Join(err, os.WriteFile(s.ledger+".copy", copied, 0o600), os.Rename(s.ledger+".copy", s.ledger), os.Remove(s.ledger+".lock")); err != nil {
		t.Fatal(err)
	}
	s.interval = "0s"
	s.want(t, s.stage)
	s.finish(t)
	before, ledger := s.calls(t), s.size()
	p.signal(t, syscall.SIGCONT)
	if code := p.exit(t); code <= 0 {
		t.Errorf("the apply that lost its ledger: exit code %d\n%s", code, p.out.String())
	}
	if after := s.calls(t); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("it sent something:\n%s\nbefore %v\nafter  %v", p.out.String(), before, after)
	}
	if s.size() != ledger {
		t.Errorf("it wrote to the ledger:\n%s", p.out.String())
	}
	s.safe(t)
	s.done(t)
}

// pause starts an apply and stops it when some of its intents have no request
// yet. It returns those intents, and the requests so far.
func (s *shop) pause(t *testing.T) (*process, []statefile.Action, map[string]tally) {
	t.Helper()
	s.want(t, s.stage+1)
	p := s.startApply(t)
	for range 20 {
		p.await(t, "an open intent", func() bool { return len(s.state(t).Undecided()) > 1 })
		p.signal(t, syscall.SIGSTOP)
		before := s.calls(t)
		for still := 0; still < 3; { // until all its threads stand, and the gateway has answered
			time.Sleep(50 * time.Millisecond)
			if now := s.calls(t); maps.Equal(now, before) {
				still++
			} else {
				before, still = now, 0
			}
		}
		var open []statefile.Action
		for _, a := range s.state(t).Undecided() {
			if tx, _ := s.state(t).Transaction(a.Key); before[a.Transact].calls < len(tx.Actions) {
				open = append(open, a)
			}
		}
		if len(open) > 0 {
			return p, open, before
		}
		p.signal(t, syscall.SIGCONT)
	}
	t.Fatalf("there was no intent without a request:\n%s", p.out.String())
	return nil, nil, nil
}
