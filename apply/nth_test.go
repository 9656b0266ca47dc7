package apply

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"flexform/internal/durable"
	"flexform/internal/durable/disktest"
	"flexform/plan"
)

var nthStep = flag.Int("nth.step", 0, "of the pairs of contacts take each that is so many on, in one pair of ways; 0: 8, or 40 in short mode")
var nthAll = flag.Bool("nth.all", false, "go wrong at every pair of contacts and in every pair of ways; else at some")

// hows is every way in which a contact can go wrong. What fails for the disk is
// for the network a request that is lost, or, when it is done all the same, its
// answer.
var hows = map[string]disktest.Fault{
	"death before":               {Kill: true},
	"death after":                {Kill: true, Done: true},
	"EIO":                        {Err: syscall.EIO},
	"EIO, and done all the same": {Err: syscall.EIO, Done: true},
	"ENOSPC":                     {Err: syscall.ENOSPC},
	"ENOSPC half way":            {Err: syscall.ENOSPC, Short: true},
	"short write":                {Err: io.ErrShortWrite, Short: true},
}

// tooLate is one more way, for money calls only: the call takes effect within the
// settle window, and no answer comes.
const tooLate = "late"

// ways names them all, in an order.
func ways() []string { return append(slices.Sorted(maps.Keys(hows)), tooLate) }

func newTrap(at int, way string) *trap { return &trap{at: at, how: hows[way], late: way == tooLate} }

// R2, R9, R10, R11, R12: every contact goes wrong in every way, once, and with
// a power cut after it. The next processes find out what happened.
func TestEveryContactGoesWrong(t *testing.T) { everyContact(t, newWorld) }

// everyContact tries every way at every contact of a world's process, in short
// mode at every fifth.
func everyContact(t *testing.T, made func(tester) *world) {
	points := contacts(t, made)
	var runs atomic.Int64
	t.Run("ways", func(t *testing.T) {
		for _, way := range ways() {
			for _, cut := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, power cut %t", way, cut), func(t *testing.T) {
					t.Parallel()
					for n := range len(points) + 1 {
						if way == tooLate && n < len(points) && !movesMoney(points[n]) || testing.Short() && n%5 > 0 {
							continue
						}
						w, tr := made(t), newTrap(n+1, way)
						w.process(tr)
						if cut {
							w.disk.PowerCut(rand.New(rand.NewPCG(uint64(n), 1)))
						}
						w.untilQuiet()
						w.check()
						if sprung := n < len(points); t.Failed() || tr.sprung != sprung {
							t.Fatalf("at contact %d of %d, sprung %t", n+1, len(points), tr.sprung)
						}
						runs.Add(1)
					}
				})
			}
		}
	})
	t.Logf("%s: %d runs", tally(points), runs.Load())
}

// contacts returns what a world's process does outside itself, when nothing
// goes wrong.
func contacts(t *testing.T, made func(tester) *world) []string {
	t.Helper()
	w, tr := made(t), &trap{}
	w.process(tr)
	if len(tr.log) < 35 {
		t.Fatalf("only %d contacts: is something not trapped? %v", len(tr.log), tr.log)
	}
	return tr.log
}

// tally counts contacts by what they are.
func tally(points []string) string {
	count := map[string]int{}
	for _, p := range points {
		count[p]++
	}
	var all []string
	for _, what := range slices.Sorted(maps.Keys(count)) {
		all = append(all, fmt.Sprintf("%s %d", what, count[what]))
	}
	return fmt.Sprintf("%d points (%s)", len(points), strings.Join(all, ", "))
}

// R2: two processes go wrong one after the other, at pairs of contacts, for
// each kind of action.
func TestEveryPairGoesWrong(t *testing.T) {
	transaction := func(made func(tester) *world, i int) func(tester) *world {
		return func(t tester) *world {
			w := made(t)
			w.config.Transactions = w.config.Transactions[i : i+1]
			return w
		}
	}
	ticket := func(i int) func(tester) *world {
		return func(t tester) *world {
			w := newTicketWorld(t)
			w.config.Tickets = w.config.Tickets[i : i+1]
			return w
		}
	}
	var pairs, runs atomic.Int64
	t.Run("kinds", func(t *testing.T) {
		for name, made := range map[string]func(tester) *world{
			"full refund":                              transaction(newWorld, 0),
			"first partial refund":                     transaction(newWorld, 1),
			"later partial refund":                     transaction(newWorld, 2),
			"capture and a refund":                     transaction(newWorld, 3),
			"cancel":                                   transaction(newWorld, 4),
			"capture of the rest of several":           transaction(newSplitWorld, 0),
			"capture of several, which could be twice": transaction(newCountedWorld, 0),
			"reauthorise of an old one and a capture":  transaction(newOldWorld, 1),
			"reauthorise of a deleted one, likewise":   transaction(newOldWorld, 2),
			"charge":                                   ticket(1),
			"deletion":                                 ticket(2),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := everyPair(t, func(n, m int, first, second string) (bool, bool) {
					w, a, b := made(t), newTrap(n, first), newTrap(m, second)
					w.process(a)
					w.process(b)
					w.untilQuiet()
					w.check()
					runs.Add(1)
					return a.sprung, b.sprung
				})
				pairs.Add(int64(p))
			})
		}
	})
	t.Logf("%d pairs, %d runs", pairs.Load(), runs.Load())
}

// everyPair calls play with pairs of contacts, counted from 1, and of ways,
// until both traps no longer spring. It returns how many pairs there were.
// Without -nth.all it takes a share of the pairs, or with -nth.step=1 all of
// them, each in one pair of ways.
func everyPair(t *testing.T, play func(n, m int, first, second string) (bool, bool)) (pairs int) {
	ways, step := ways(), 8
	switch {
	case *nthAll:
		step = 1
	case *nthStep > 0:
		step = *nthStep
	case testing.Short():
		step = 40
	}
	for n := 1; ; n++ {
		for m := 1 + n%step; ; m += step {
			first, second := []string{ways[n%len(ways)]}, []string{ways[(n/len(ways)+m/step)%len(ways)]}
			if *nthAll {
				first, second = ways, ways
			}
			sprung, again := true, true
			for _, a := range first {
				for _, b := range second {
					one, two := play(n, m, a, b)
					sprung, again = sprung && one, again && two
					if t.Failed() {
						t.Fatalf("at contacts %d and %d, %q and %q", n, m, a, b)
					}
				}
			}
			if !sprung {
				return pairs
			}
			if !again {
				break
			}
			pairs++
		}
	}
}

// R2: nothing that a process does outside itself is missed by the loops above.
// Each method through which it does so is a contact, and each that asks the
// gateway is among the points that go wrong.
func TestEveryCallIsAContact(t *testing.T) {
	w := newBulkWorld(t, false, 0)
	tr := &trap{process: w.disk.Start()}
	w.disk.Inject(func(c disktest.Call) disktest.Fault { return tr.next(c.Op) })
	file, err := tr.process.OpenFile("some.file", 0o102, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	session, err := w.desk.drop(tr)(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	gateway := trappedGateway{bank: w.bank, trap: tr}
	for _, x := range []struct {
		of, like any
		free     string // method that costs nothing
	}{
		{gateway, (*Gateway)(nil), ""}, {gateway, (*Reader)(nil), ""}, {gateway, (*TicketGateway)(nil), ""}, {gateway, (*plan.Reader)(nil), ""},
		{session, (*Session)(nil), "Close"}, {tr.process, (*durable.FS)(nil), ""}, {file, (*durable.File)(nil), ""},
	} {
		methods := reflect.TypeOf(x.like).Elem()
		for i := range methods.NumMethod() {
			m := methods.Method(i)
			before := tr.n
			call(reflect.ValueOf(x.of).MethodByName(m.Name))
			if made := tr.n - before; made != 1 && m.Name != x.free {
				t.Errorf("%s.%s makes %d contacts, want one", methods, m.Name, made)
			}
		}
	}

	seen := map[string]bool{}
	for _, made := range []func(tester) *world{newWorld, newSplitWorld, newOldWorld, newTicketWorld} {
		for _, what := range contacts(t, made) {
			seen[what] = true
		}
	}
	for _, like := range []any{(*Gateway)(nil), (*Reader)(nil), (*TicketGateway)(nil), (*plan.Reader)(nil)} {
		methods := reflect.TypeOf(like).Elem()
		for i := range methods.NumMethod() {
			if name := methods.Method(i).Name; !seen[name] {
				t.Errorf("%s is asked for at no point that goes wrong", name)
			}
		}
	}
	for _, what := range moneyCalls() {
		if !seen[what] {
			t.Errorf("%s is made at no point", what)
		}
	}
}

// call calls a method with a context and otherwise nothing. It may panic: what
// counts is that it came so far.
func call(m reflect.Value) {
	var args []reflect.Value
	for i := range m.Type().NumIn() {
		arg := reflect.New(m.Type().In(i)).Elem()
		if m.Type().In(i) == reflect.TypeFor[context.Context]() {
			arg = reflect.ValueOf(context.Background())
		}
		args = append(args, arg)
	}
	var quiet sync.WaitGroup
	quiet.Go(func() {
		defer func() { _ = recover() }()
		m.Call(args)
	})
	quiet.Wait()
}
