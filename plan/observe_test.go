package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// A desk is a gateway to read from: every transaction answers after a second
// of the test's own time.
type desk struct {
	infos  map[string]dibs.TransInfo // by order id
	status map[dibs.TransactID]dibs.Status
	fail   map[string]error // by order id or transact
	split  map[dibs.TransactID]dibs.SplitPayInfo

	mu        sync.Mutex
	calls     []string
	busy, top int
}

func (d *desk) call(ctx context.Context, what string) error {
	d.mu.Lock()
	d.calls = append(d.calls, what)
	d.busy++
	d.top = max(d.top, d.busy)
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		d.busy--
		d.mu.Unlock()
	}()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return ctx.Err()
	}
	_, key, _ := strings.Cut(what, " ")
	return d.fail[key]
}

func (d *desk) TransInfo(ctx context.Context, r dibs.TransInfoRequest) (dibs.TransInfo, error) {
	if err := d.call(ctx, "transinfo "+r.OrderID); err != nil {
		return dibs.TransInfo{}, err
	}
	info, ok := d.infos[r.OrderID]
	if !ok {
		return dibs.TransInfo{}, &dibs.NotFoundError{Service: "transinfo.cgi", What: r.OrderID}
	}
	return info, nil
}

func (d *desk) TransStatus(ctx context.Context, id dibs.TransactID) (dibs.Status, error) {
	return d.status[id], d.call(ctx, "transstatus "+string(id))
}

func (d *desk) PayInfo(ctx context.Context, id dibs.TransactID) (dibs.PayInfo, error) {
	return dibs.PayInfo{Transact: id, Status: d.status[id]}, d.call(ctx, "payinfo "+string(id))
}

func (d *desk) SplitPayInfo(ctx context.Context, id dibs.TransactID, _ money.Currency) (dibs.SplitPayInfo, error) {
	return d.split[id], d.call(ctx, "splitpay_info "+string(id))
}

// scene is a configuration of n transactions that the desk knows, all
// captured, alternating between merchants 1 and 2.
func scene(t testing.TB, n int) (ObserveInput, *desk) {
	d := &desk{infos: map[string]dibs.TransInfo{}, status: map[dibs.TransactID]dibs.Status{}, fail: map[string]error{}}
	c := &schema.Config{}
	for i := range n {
		id := fmt.Sprint(1000000 + i)
		w := tale{refunded: "full"}.want(t)
		w.Address, w.Merchant, w.Transact, w.OrderID = "transaction.t"+id, fmt.Sprint(1+i%2), id, "order-"+id
		c.Transactions = append(c.Transactions, w)
		d.infos[w.OrderID] = dibs.TransInfo{Transacts: []dibs.TransactID{dibs.TransactID(id)}, Status: dibs.CoarseCaptured}
		d.status[dibs.TransactID(id)] = dibs.StatusCaptured
	}
	return ObserveInput{
		Config: c, State: memory{},
		Gateways: map[string]Gateway{"1": {Reader: d, Concurrency: 8}, "2": {Reader: d, Concurrency: 8}},
	}, d
}

func TestObserveReadsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, d := scene(t, 10000)
		in.Gateways["2"] = Gateway{Reader: d, Login: true, Concurrency: 3}
		dones, total := []int{}, 0
		in.Progress = func(done, of int) { dones, total = append(dones, done), of }
		start := time.Now()
		seen, err := Observe(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range seen {
			want := Observation{Looked: true, Transact: dibs.TransactID(in.Config.Transactions[i].Transact), Status: 5}
			if i%2 == 1 {
				want.Pay = &dibs.PayInfo{Transact: want.Transact, Status: 5}
			}
			if diff := cmp.Diff(want, o, cmpopts.EquateErrors(), cmpopts.IgnoreUnexported(dibs.PayInfo{}.Amount)); diff != "" {
				t.Fatalf("observation %d mismatch (-want +got):\n%s", i, diff)
			}
		}
		// Merchant 2 reads 5,000 transactions, two seconds each, three at once.
		if took := time.Since(start); took != 2*1667*time.Second {
			t.Errorf("took %v of the test's time, want %v", took, 2*1667*time.Second)
		}
		if d.top != 8+3 || len(d.calls) != 20000 {
			t.Errorf("%d calls, at most %d at once; want 20000 and 11", len(d.calls), d.top)
		}
		if !slices.IsSorted(dones) || dones[0] != 0 || len(dones) != 10001 || dones[10000] != 10000 || total != 10000 {
			t.Errorf("progress was told %d times of %d, the last time %d", len(dones), total, dones[len(dones)-1])
		}
	})
}

func TestObserveOneByOne(t *testing.T) {
	broken := errors.New("connection reset")
	for name, tt := range map[string]struct {
		change func(*schema.Transaction, *desk)
		want   Observation
		calls  string
	}{
		"found and read": {
			func(*schema.Transaction, *desk) {},
			Observation{Looked: true, Transact: "1000000", Status: 5}, "transinfo order-1000000, transstatus 1000000",
		},
		"transact left out": {
			func(w *schema.Transaction, _ *desk) { w.Transact = "" },
			Observation{Looked: true, Transact: "1000000", Status: 5}, "transinfo order-1000000, transstatus 1000000",
		},
		"another transact": {
			func(w *schema.Transaction, _ *desk) { w.Transact = "7777777" },
			Observation{Looked: true, Transact: "7777777", Err: &MismatchError{Declared: "7777777", Found: []dibs.TransactID{"1000000"}}}, "transinfo order-1000000",
		},
		"a split authorisation": {
			func(_ *schema.Transaction, d *desk) {
				d.infos["order-1000000"] = dibs.TransInfo{Transacts: []dibs.TransactID{"1000000", "1000001"}}
			},
			Observation{Looked: true, Transact: "1000000", Err: &MismatchError{Declared: "1000000", Found: []dibs.TransactID{"1000000", "1000001"}}}, "transinfo order-1000000",
		},
		"not found": {
			func(_ *schema.Transaction, d *desk) { clear(d.infos) },
			Observation{Looked: true, Transact: "1000000", Err: &dibs.NotFoundError{Service: "transinfo.cgi", What: "order-1000000"}}, "transinfo order-1000000",
		},
		"transinfo names nothing": {
			func(_ *schema.Transaction, d *desk) { d.infos["order-1000000"] = dibs.TransInfo{} },
			Observation{Looked: true, Transact: "1000000", Err: cmpopts.AnyError}, "transinfo order-1000000",
		},
		"transinfo not read": {
			func(_ *schema.Transaction, d *desk) { d.fail["order-1000000"] = broken },
			Observation{Looked: true, Transact: "1000000", Err: broken}, "transinfo order-1000000",
		},
		"status not read": {
			func(_ *schema.Transaction, d *desk) { d.fail["1000000"] = broken },
			Observation{Looked: true, Transact: "1000000", Status: 5, Err: broken}, "transinfo order-1000000, transstatus 1000000",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in, d := scene(t, 2) // the second one is always read
				in.Gateways["2"] = Gateway{Reader: &desk{infos: d.infos, status: map[dibs.TransactID]dibs.Status{}}}
				d.infos = map[string]dibs.TransInfo{"order-1000000": d.infos["order-1000000"]}
				tt.change(&in.Config.Transactions[0], d)
				seen, err := Observe(t.Context(), in)
				if err != nil {
					t.Fatal(err)
				}
				opt := cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Err" }, cmp.Comparer(sameError))
				if diff := cmp.Diff(tt.want, seen[0], opt); diff != "" {
					t.Errorf("Observe mismatch (-want +got):\n%s", diff)
				}
				if got := strings.Join(d.calls, ", "); got != tt.calls {
					t.Errorf("called %s, want %s", got, tt.calls)
				}
				if !seen[1].Looked || seen[1].Err != nil {
					t.Errorf("the other transaction is hidden: %+v", seen[1])
				}
			})
		})
	}
}

// Payinfo must answer about the transaction that was asked about.
func TestObserveDistrustsAnotherAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, d := scene(t, 2)
		in.Gateways["1"] = Gateway{Reader: stranger{d}, Login: true}
		seen, err := Observe(t.Context(), in)
		if err != nil || seen[0].Err == nil || seen[0].Pay != nil || seen[1].Err != nil {
			t.Errorf("Observe = %+v, %v", seen, err)
		}
	})
}

// A stranger answers about somebody else.
type stranger struct{ *desk }

func (s stranger) PayInfo(context.Context, dibs.TransactID) (dibs.PayInfo, error) {
	return dibs.PayInfo{Transact: "7777777", Status: dibs.StatusRefunded}, nil
}

func sameError(a, b error) bool {
	if a == nil || b == nil {
		return a == b
	}
	return errors.Is(a, b) || a == cmpopts.AnyError || b == cmpopts.AnyError || a.Error() == b.Error()
}

// A refused login must not be tried again: three of them lock the user out.
func TestObserveEndsAtARefusedLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, d := scene(t, 1000)
		refused := &dibs.LoginError{Service: "payinfo.cgi", User: "api"}
		in.Gateways["1"] = Gateway{Reader: d, Login: true, Concurrency: 1}
		d.fail["1000000"] = refused
		seen, err := Observe(t.Context(), in)
		if seen != nil || !errors.Is(err, refused) {
			t.Fatalf("Observe = %d observations, %v; want the login error", len(seen), err)
		}
		var logins atomic.Int32
		for _, c := range d.calls {
			if strings.HasPrefix(c, "payinfo") {
				logins.Add(1)
			}
		}
		if logins.Load() != 1 {
			t.Errorf("%d calls with the login, want 1", logins.Load())
		}
	})
}

func TestObserveEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, d := scene(t, 1000)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		seen, err := Observe(ctx, in)
		if seen != nil || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Observe = %d observations, %v; want the deadline", len(seen), err)
		}
		if len(d.calls) > 10*16+16 {
			t.Errorf("%d calls within 10 seconds", len(d.calls))
		}
	})
}

func TestObserveFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, d := scene(t, 3)
		delete(in.Gateways, "2")
		if _, err := Observe(t.Context(), in); err == nil || len(d.calls) > 0 {
			t.Errorf("Observe without a gateway = %v after %d calls", err, len(d.calls))
		}

		in, d = scene(t, 3)
		broken := errors.New("no route to host")
		for order := range d.infos {
			d.fail[order] = broken
		}
		if _, err := Observe(t.Context(), in); !errors.Is(err, broken) {
			t.Errorf("Observe when nothing can be read = %v", err)
		}
		delete(d.fail, "order-1000001")
		if seen, err := Observe(t.Context(), in); err != nil || seen[1].Err != nil || seen[0].Err == nil {
			t.Errorf("Observe when one of three can be read = %+v, %v", seen, err)
		}
		clear(d.infos)
		clear(d.fail)
		if _, err := Observe(t.Context(), in); err != nil {
			t.Errorf("Observe when nothing is found = %v, want an answer for each", err)
		}
		in.Config.Transactions = nil
		if seen, err := Observe(t.Context(), in); err != nil || len(seen) != 0 {
			t.Errorf("Observe of nothing = %v, %v", seen, err)
		}
	})
}

// What the ledger knows to be final and as desired costs no call.
func TestObserveLeavesOutWhatIsSettled(t *testing.T) {
	settled := func() tale {
		return tale{refunded: "50.00", ledger: deeds(refundOf(0, 5000, done, 5)), status: 8}
	}
	for name, tt := range map[string]struct {
		change func(*tale, *schema.Transaction, *statefile.Transaction)
		skip   bool
	}{
		"as desired":            {func(*tale, *schema.Transaction, *statefile.Transaction) {}, true},
		"transact left out":     {func(_ *tale, w *schema.Transaction, _ *statefile.Transaction) { w.Transact = "" }, true},
		"another order id":      {func(_ *tale, w *schema.Transaction, _ *statefile.Transaction) { w.OrderID = "x" }, false},
		"another amount":        {func(_ *tale, w *schema.Transaction, _ *statefile.Transaction) { w.Amount = dkk(t, 20001) }, false},
		"more desired":          {func(_ *tale, w *schema.Transaction, _ *statefile.Transaction) { w.Refunded.Amount = dkk(t, 8000) }, false},
		"less desired":          {func(_ *tale, w *schema.Transaction, _ *statefile.Transaction) { w.Refunded.Amount = dkk(t, 4000) }, false},
		"not settled":           {func(_ *tale, _ *schema.Transaction, r *statefile.Transaction) { r.Actions[0].State = accepted }, false},
		"not known":             {func(_ *tale, _ *schema.Transaction, r *statefile.Transaction) { r.Actions[0].State = unknown }, false},
		"status not known":      {func(_ *tale, _ *schema.Transaction, r *statefile.Transaction) { r.StatusKnown = false }, false},
		"status that will move": {func(_ *tale, _ *schema.Transaction, r *statefile.Transaction) { r.Status = 9 }, false},
		"authorised, and it may move": {func(_ *tale, w *schema.Transaction, r *statefile.Transaction) {
			w.Captured, w.Refunded = schema.Total{Declared: true, Amount: dkk(t, 0)}, schema.Total{}
			r.Actions, r.Refunded, r.Captured, r.Status = nil, w.Captured.Amount, w.Captured.Amount, 2
		}, false},
		"status that contradicts":  {func(_ *tale, _ *schema.Transaction, r *statefile.Transaction) { r.Status = 11 }, false},
		"recorded without amounts": {func(_ *tale, _ *schema.Transaction, r *statefile.Transaction) { r.Amount = r.Captured }, false},
	} {
		for _, all := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", refresh all ", all), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := settled()
					in := s.input(t)
					w := &in.Config.Transactions[0]
					r, _ := s.record(t)
					r.Status, r.StatusKnown = 8, true
					tt.change(&s, w, &r)
					d := &desk{
						infos:  map[string]dibs.TransInfo{w.OrderID: {Transacts: []dibs.TransactID{transact}}},
						status: map[dibs.TransactID]dibs.Status{transact: 8},
					}
					seen, err := Observe(t.Context(), ObserveInput{
						Config: in.Config, State: memory{r.Key: r}, RefreshAll: all,
						Gateways: map[string]Gateway{merchant: {Reader: d}},
					})
					if err != nil {
						t.Fatal(err)
					}
					skip := tt.skip && !all
					if seen[0].Looked == skip || seen[0].Transact != transact || (len(d.calls) == 0) != skip {
						t.Errorf("Observe = %+v after %d calls, want it left out: %t", seen[0], len(d.calls), skip)
					}
					if skip {
						got, _ := Build(BuildInput{Config: in.Config, State: memory{r.Key: r}, Observations: seen})
						want := Counts{Declared: 1, Unchanged: 1, NotRefreshed: 1}
						if diff := cmp.Diff(want, got.Counts); diff != "" {
							t.Errorf("Build's counts mismatch (-want +got):\n%s", diff)
						}
					}
				})
			})
		}
	}
}

// Two transactions of one order in the ledger: only the gateway can tell.
func TestObserveAsksAboutAnAmbiguousOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := tale{refunded: "50.00", ledger: deeds(refundOf(0, 5000, done, 5)), status: 8}
		in := s.input(t)
		in.Config.Transactions[0].Transact = ""
		known := memory{}
		for _, id := range []string{transact, "22222222", "33333333"} {
			r, _ := s.record(t)
			r.Status, r.StatusKnown, r.Transact = 8, true, id
			known[r.Key] = r
		}
		d := &desk{infos: map[string]dibs.TransInfo{"11223344": {Transacts: []dibs.TransactID{transact}}}}
		seen, err := Observe(t.Context(), ObserveInput{Config: in.Config, State: known, Gateways: map[string]Gateway{merchant: {Reader: d}}})
		if err != nil || !seen[0].Looked {
			t.Errorf("Observe = %+v, %v; want the gateway to be asked", seen, err)
		}
	})
}
