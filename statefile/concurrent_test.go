package statefile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"flexform/internal/durable/disktest"
)

// Many workers on their own transactions, one whose every call is refused, and
// readers: each intent stands before its outcome, what Append returned is in
// the state at once, and the file says the same.
func TestConcurrentAppends(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	f := open(t, path, options())
	const workers, actions = 8, 12
	if _, err := f.Append(t.Context(), begin(planA, workers*actions)); err != nil {
		t.Fatal(err)
	}
	var writers, readers sync.WaitGroup
	done := make(chan struct{})
	readers.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				for tr := range f.State().Transactions() {
					f.State().Action(tr.Actions[0].ID)
				}
				f.State().Undecided()
				f.State().Head()
				runtime.Gosched()
			}
		}
	})
	for w := range workers {
		writers.Go(func() {
			for i := range actions {
				v := intent(fmt.Sprint(11111111+w*actions+i), Refund, 0, 5000, 1)
				for _, p := range []Payload{v, outcome(v, Accepted), observed(v, 8, VerdictSettled)} {
					entries, err := f.Append(t.Context(), p)
					if err != nil {
						t.Errorf("Append: %v", err)
						return
					}
					if hash, ok := f.State().HashAt(entries[0].Seq); !ok || hash != entries[0].Hash {
						t.Errorf("entry %d is not in the state when Append returns", entries[0].Seq)
					}
				}
				if a, _ := f.State().Action(v.Action); a.State != ActionDone {
					t.Errorf("%s is %v when Append returns", v.Action, a.State)
				}
				if _, err := f.Append(t.Context(), begin(planB, 1), v); !isA[*ClaimedError](err) {
					t.Errorf("a second claim: %v", err)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	readers.Wait()
	if f.State().PlanUse(planB).Begun {
		t.Error("the first half of a refused append was written")
	}
	s, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := dump(f.State()), dump(s); a != b {
		t.Errorf("live state\n%s\nfile\n%s", a, b)
	}
	if _, seq := s.Head(); seq != 2+3*workers*actions {
		t.Errorf("%d entries, want %d", seq, 2+3*workers*actions)
	}
}

// Calls that come while a sync is under way share the next one. A failure is
// everybody's.
func TestGroupCommit(t *testing.T) {
	for _, fails := range []bool{false, true} {
		disk := disktest.New()
		f, err := Open("x.ledger", Options{Now: clock(), FS: disk.Start()})
		if err != nil {
			t.Fatal(err)
		}
		const callers = 16
		var syncs atomic.Int32
		syncing := make(chan struct{})
		disk.Inject(func(c disktest.Call) disktest.Fault {
			if c.Op != "sync" {
				return disktest.Fault{}
			}
			if syncs.Add(1) == 1 {
				close(syncing)
				for f.waiting() < callers-1 { // the first sync takes until all others wait
					runtime.Gosched()
				}
				return disktest.Fault{}
			}
			if fails {
				return disktest.Fault{Err: errors.New("no")}
			}
			return disktest.Fault{}
		})
		var group sync.WaitGroup
		var failed atomic.Int32
		for i := range callers {
			if i == 1 {
				<-syncing // the first one is alone in its commit
			}
			group.Go(func() {
				if _, err := f.Append(t.Context(), begin(fmt.Sprint("plan ", i), 1)); err != nil {
					failed.Add(1)
				}
			})
		}
		group.Wait()
		want := int32(0)
		if fails {
			want = callers - 1
		}
		if syncs.Load() != 2 || failed.Load() != want {
			t.Errorf("%d syncs and %d failures for %d calls, want 2 and %d", syncs.Load(), failed.Load(), callers, want)
		}
	}
}

func (f *File) waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queue)
}

func TestAppendContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ledger")
	f := open(t, path, options())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Append(ctx, begin(planA, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Append when ctx is done: %v", err)
	}
	if entries, err := f.Append(t.Context()); entries != nil || err != nil {
		t.Errorf("Append of nothing: %v, %v", entries, err)
	}
	if _, err := f.Append(context.WithoutCancel(ctx), begin(planA, 1)); err != nil {
		t.Errorf("Append of what has happened: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || strings.Count(string(b), "\n") != 2 {
		t.Errorf("the ledger is %s, %v, want two entries", b, err)
	}
}
