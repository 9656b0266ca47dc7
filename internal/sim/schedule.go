package sim

import (
	"cmp"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// A schedule lets one contact at a time happen and chooses which. Between two
// choices every goroutine runs until it stands at its next contact, which
// synctest tells: so the order of contacts is the order of choices, and those
// come from the seed. The nil schedule is for a history in which there never
// is a choice.
type schedule struct {
	h *history

	mu       sync.Mutex
	turns    []*turn
	last     int // the runner that was chosen last
	switches int // of 100 choices, how many may be another runner's
}

// A turn is that of one goroutine, which stands at a contact.
type turn struct {
	runner int
	key    string // tells contacts of one runner apart
	due    time.Duration
	next   chan struct{}
}

// enter waits until the contact is chosen, and not before due.
func (s *schedule) enter(runner int, key string, due time.Duration) {
	t := &turn{runner, key, due, make(chan struct{})}
	s.mu.Lock()
	s.turns = append(s.turns, t)
	s.mu.Unlock()
	<-t.next
}

// run plays the runners to their ends.
func (s *schedule) run(runners ...func()) {
	for _, r := range runners {
		go r()
	}
	for {
		synctest.Wait()
		t := s.choose()
		if t == nil {
			return
		}
		s.h.clock.reach(t.due)
		s.last = t.runner
		close(t.next)
	}
}

// choose takes one of the turns that are due, or else the one that is due
// first; nil when there is none.
func (s *schedule) choose() *turn {
	if len(s.turns) == 0 {
		return nil
	}
	slices.SortFunc(s.turns, func(a, b *turn) int {
		return cmp.Or(cmp.Compare(a.runner, b.runner), cmp.Compare(a.key, b.key))
	})
	var ready []int
	first := 0
	for i, t := range s.turns {
		if due := s.due(t); due <= s.h.clock.since() {
			ready = append(ready, i)
		}
		if s.due(t) < s.due(s.turns[first]) {
			first = i
		}
	}
	i := first
	if len(ready) > 0 {
		i = s.prefer(ready)
	}
	t := s.turns[i]
	t.due = s.due(t)
	s.turns = slices.Delete(s.turns, i, i+1)
	return t
}

// due is when a turn may have its turn: while its runner is paused, not yet.
func (s *schedule) due(t *turn) time.Duration { return max(t.due, s.h.paused[t.runner]) }

// prefer stays with a runner for some time: most of what goes wrong between two
// needs one of them to get far while the other stands still.
func (s *schedule) prefer(ready []int) int {
	if s.h.chance(s.switches, 100) {
		return ready[s.h.random.IntN(len(ready))]
	}
	var same []int
	for _, i := range ready {
		if s.turns[i].runner == s.last {
			same = append(same, i)
		}
	}
	if len(same) == 0 {
		same = ready
	}
	return same[s.h.random.IntN(len(same))]
}
