package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// A Reader asks one merchant's gateway about transactions; [*dibs.Client] is
// one. Its methods are called concurrently. They return a
// [*dibs.NotFoundError] when the gateway answered that it knows no such
// transaction, a [*dibs.LoginError] when it refused the API user, and any
// other error when the answer could not be read.
type Reader interface {
	TransInfo(context.Context, dibs.TransInfoRequest) (dibs.TransInfo, error)
	TransStatus(context.Context, dibs.TransactID) (dibs.Status, error)
	PayInfo(context.Context, dibs.TransactID) (dibs.PayInfo, error)
	SplitPayInfo(context.Context, dibs.TransactID, money.Currency) (dibs.SplitPayInfo, error)
}

// A Gateway is how one merchant's transactions are read.
type Gateway struct {
	Reader      Reader
	Login       bool // an API user is there: read payinfo, which tells more than transstatus
	Concurrency int  // transactions being read at once; below 1 counts as 1
}

// An ObserveInput says what to look at, and how.
type ObserveInput struct {
	Config     *schema.Config
	State      Records
	Gateways   map[string]Gateway // by merchant id
	RefreshAll bool               // look at settled transactions too
	// Progress, when set, is told how many of the transactions to read have
	// been read. It is never called twice at once; done only grows.
	Progress func(done, total int)
}

// An Observation is what was seen of one declared transaction. The zero value
// was not looked at.
type Observation struct {
	Looked   bool
	Transact dibs.TransactID // as found or declared; empty when neither
	Status   dibs.Status     // only valid when Looked and Err is nil
	Pay      *dibs.PayInfo   // nil when only the status was asked for
	Sums     *Sums           // of a split capture's base; nil of anything else, or without an API user
	Parts    []Part          // of a base of which a refund is declared, oldest first; the first [maxParts]
	// Err is why there is no status: a [*dibs.NotFoundError], a
	// [*MismatchError], or what kept the gateway from being read.
	Err error
}

// Answered reports whether the gateway told something. Not found is an answer.
func (o Observation) Answered() bool { return o.Looked && answered(o.Err) }

// A MismatchError reports that an order id and amount belong to another
// transaction than the declared one, or to several.
type MismatchError struct {
	Declared dibs.TransactID // empty when the configuration names none
	Found    []dibs.TransactID
	Missing  string // why the declared one is not proven to be of the order all the same, see [ProveNamed]
	NoUser   bool   // it could not be asked: there is no API user
}

func (e *MismatchError) Error() string {
	if e.Declared == "" {
		return fmt.Sprintf("order belongs to several transactions: %s", join(e.Found))
	}
	return fmt.Sprintf("order belongs to transaction %s, not %s", join(e.Found), e.Declared)
}

// Observe reads every declared transaction that may have moved: all but those
// that the ledger knows to be final and as desired. The result has one
// Observation for each of Config.Transactions, in their order. One that cannot
// be read does not hide the others.
//
// It returns an error, and no observations, when the context ends, when the
// gateway refuses the API user (a [*dibs.LoginError], at once: every further
// try counts towards the lock-out), or when a merchant has no gateway. When not
// one transaction could be read it returns an [*UnreadError] beside them.
func Observe(ctx context.Context, in ObserveInput) ([]Observation, error) {
	seen, todo := recall(in)
	merchant := func(i int) string { return in.Config.Transactions[i].Merchant }
	err := observe(ctx, in, todo, merchant, func(ctx context.Context, g Gateway, i int) error {
		seen[i] = read(ctx, g, in.Config.Transactions[i])
		return seen[i].Err
	})
	if err != nil {
		return nil, err
	}
	return seen, noneAnswered("transaction", todo, func(i int) error { return seen[i].Err })
}

// An UnreadError reports that there was something to read and not one answer
// came.
type UnreadError struct {
	What  string // "transaction" or "ticket"
	Count int
	First error // why the first one could not be read
}

func (e *UnreadError) Error() string {
	if e.Count == 1 {
		return fmt.Sprintf("the %s could not be read: %v", e.What, e.First)
	}
	return fmt.Sprintf("not one of %d %ss could be read; the first: %v", e.Count, e.What, e.First)
}

func (e *UnreadError) Unwrap() error { return e.First }

// observe looks at each place of todo once, side by side within each merchant's
// concurrency. It ends early when the gateway refuses the API user.
func observe(ctx context.Context, in ObserveInput, todo []int, merchant func(i int) string, look func(context.Context, Gateway, int) error) error {
	queues := map[string][]int{}
	for _, i := range todo {
		id := merchant(i)
		if in.Gateways[id].Reader == nil {
			return fmt.Errorf("read transactions: no gateway for merchant %s", id)
		}
		queues[id] = append(queues[id], i)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	o := observer{in: in, look: look, total: len(todo), stop: stop}
	o.report(0)
	var workers sync.WaitGroup
	for id, queue := range queues {
		o.start(ctx, &workers, in.Gateways[id], queue)
	}
	workers.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// An observer carries out one observe.
type observer struct {
	in   ObserveInput
	look func(context.Context, Gateway, int) error // writes what it sees to a place that no other call touches
	stop context.CancelCauseFunc

	mu          sync.Mutex
	done, total int
}

// start lets the gateway's workers take their places from one queue.
func (o *observer) start(ctx context.Context, workers *sync.WaitGroup, g Gateway, queue []int) {
	next := make(chan int, len(queue))
	for _, i := range queue {
		next <- i
	}
	close(next)
	for range min(max(g.Concurrency, 1), len(queue)) {
		workers.Go(func() {
			for i := range next {
				if ctx.Err() != nil {
					return
				}
				var refused *dibs.LoginError
				if errors.As(o.look(ctx, g, i), &refused) {
					o.stop(refused)
					return
				}
				o.report(1)
			}
		})
	}
}

func (o *observer) report(more int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.done += more
	if o.in.Progress != nil {
		o.in.Progress(o.done, o.total)
	}
}

// noneAnswered returns an [*UnreadError] when there was something to read and
// not one answer came.
func noneAnswered(what string, todo []int, failure func(int) error) error {
	if first := firstFailure(todo, failure); first != nil {
		return &UnreadError{what, len(todo), first}
	}
	return nil
}

// firstFailure returns the first error of those that were to be read, or nil
// when there was an answer. Not found is an answer.
func firstFailure(todo []int, failure func(int) error) error {
	if slices.ContainsFunc(todo, func(i int) bool { return answered(failure(i)) }) || len(todo) == 0 {
		return nil
	}
	return failure(todo[0])
}

func answered(err error) bool {
	var missing *dibs.NotFoundError
	var other *MismatchError
	return err == nil || errors.As(err, &missing) || errors.As(err, &other)
}

// read asks about one transaction: first whether the order is the transaction
// that is meant, then where it stands.
func read(ctx context.Context, g Gateway, want schema.Transaction) Observation {
	declared := dibs.TransactID(want.Transact)
	info, err := g.Reader.TransInfo(ctx, dibs.TransInfoRequest{OrderID: want.OrderID, Amount: want.Amount})
	if err != nil {
		return Observation{Looked: true, Transact: declared, Err: err}
	}
	found := info.Transacts
	switch {
	case len(found) == 0:
		return Observation{Looked: true, Transact: declared, Err: errors.New("transinfo named no transaction")}
	case len(found) > 1, declared != "" && found[0] != declared:
		return readNamed(ctx, g, want, found)
	}
	o := Observation{Looked: true, Transact: found[0]}
	if !g.Login {
		o.Status, o.Err = g.Reader.TransStatus(ctx, o.Transact)
		return o
	}
	pay, err := g.Reader.PayInfo(ctx, o.Transact)
	if err != nil {
		o.Err = err
		return o
	}
	if pay.Transact != "" && pay.Transact != o.Transact {
		o.Err = fmt.Errorf("payinfo answered for transaction %s, not %s", pay.Transact, o.Transact)
		return o
	}
	o.Status, o.Pay = pay.Status, &pay
	if Split(o.Status) {
		o.readSums(ctx, g.Reader, want)
	}
	return o
}

// readNamed reads a declared transaction of which the order alone leads to
// another one, or to several.
func readNamed(ctx context.Context, g Gateway, want schema.Transaction, found []dibs.TransactID) Observation {
	o := Observation{Looked: true, Transact: dibs.TransactID(want.Transact)}
	other := &MismatchError{Declared: o.Transact, Found: found}
	if o.Err = other; want.Transact == "" {
		return o
	}
	if other.NoUser = !g.Login; other.NoUser {
		return o
	}
	pay, missing, err := ProveNamed(ctx, g.Reader, want)
	switch {
	case err != nil:
		o.Err = err
		return o
	case missing != "":
		other.Missing = missing
		return o
	}
	o.Status, o.Pay, o.Err = pay.Status, &pay, nil
	if Split(o.Status) {
		o.readSums(ctx, g.Reader, want)
	}
	return o
}

// recall looks at the ledger only. It returns one Observation a transaction,
// and which of them the gateway has to be asked about.
func recall(in ObserveInput) (seen []Observation, todo []int) {
	seen = make([]Observation, len(in.Config.Transactions))
	known := transactsByOrder(in.Config.Transactions, in.State)
	for i, want := range in.Config.Transactions {
		// An order with two transactions is left to the gateway and the rules.
		if ids := known[orderOf(want.Merchant, want.OrderID, want.Amount)]; want.Transact == "" && len(ids) == 1 {
			want.Transact = ids[0]
		}
		record, ok := in.State.Transaction(statefile.Key{Merchant: want.Merchant, Transact: want.Transact})
		if ok && !in.RefreshAll && settledInLedger(want, record) {
			seen[i].Transact = dibs.TransactID(want.Transact)
			continue
		}
		todo = append(todo, i)
	}
	return seen, todo
}
