package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A record is a transaction with what only the gateway keeps of it. A record
// in the book is never changed, only replaced.
type record struct {
	Transaction
	ordinal    int64     // order of arrival, from 1
	changedAt  time.Time // when the status last changed
	redetailed bool      // amount or details change with this batch
}

// A book holds what is durable of every transaction. Everybody reads it; only
// the [writer] publishes to it, after the commit, so nobody ever hears of
// money that a crash could take back.
type book struct {
	mu       sync.RWMutex
	records  map[string]*record
	orders   map[string][]string // order id -> transacts, in order of arrival
	inFlight map[string]struct{} // transacts
	ordinal  int64               // the last one given
	batches  int64               // the last batch number

	lastCallback int64 // its number
	vouchers     []Voucher

	files map[string]*BulkFile // of the bulk directory, by name
	keys  map[string][]byte    // that the gateway shows, in PEM, by name

	bulk     []*BulkBatch           // that were carried out, in that order
	usedBulk map[string]struct{}    // their names
	released map[bulkName]time.Time // run files whose batch waits, and when they were made
}

func newBook() *book {
	return &book{
		records: map[string]*record{}, orders: map[string][]string{}, inFlight: map[string]struct{}{},
		files: map[string]*BulkFile{}, keys: map[string][]byte{}, usedBulk: map[string]struct{}{}, released: map[bulkName]time.Time{},
	}
}

func (b *book) find(transact string) *record {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.records[transact]
}

func (b *book) ofOrder(orderID string) []*record {
	b.mu.RLock()
	defer b.mu.RUnlock()
	found := make([]*record, 0, len(b.orders[orderID]))
	for _, id := range b.orders[orderID] {
		found = append(found, b.records[id])
	}
	return found
}

// waiting returns the transactions in flight, in order of arrival.
func (b *book) waiting() []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	ids := make([]string, 0, len(b.inFlight))
	for id := range b.inFlight {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(x, y string) int { return int(b.records[x].ordinal - b.records[y].ordinal) })
	return ids
}

// all returns every record in order of arrival.
func (b *book) all() []*record {
	b.mu.RLock()
	all := make([]*record, 0, len(b.records))
	for _, r := range b.records {
		all = append(all, r)
	}
	b.mu.RUnlock() // nobody waits while a long list is sorted
	slices.SortFunc(all, func(x, y *record) int { return int(x.ordinal - y.ordinal) })
	return all
}

// publish makes a committed batch visible.
func (b *book) publish(c *batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range c.changed {
		if b.records[r.Transact] == nil {
			b.orders[r.OrderID] = append(b.orders[r.OrderID], r.Transact)
		}
		b.records[r.Transact] = r
		if r.Status.inFlight() {
			b.inFlight[r.Transact] = struct{}{}
		} else {
			delete(b.inFlight, r.Transact)
		}
	}
	b.ordinal, b.batches, b.lastCallback = c.ordinal, c.batches, c.lastCallback
	b.vouchers = append(b.vouchers, c.vouchers...)
	b.publishBulk(c)
}

// A batch is a group of changes that become durable together. It sees its own
// changes on top of the book's. Only the writer's goroutine uses one.
type batch struct {
	book    *book
	staged  map[string]*record
	changed []*record // values of staged, in the order of their first change
	added   int64     // records with a higher ordinal than this are new
	moves   []moveRow
	calls   []Call
	ordinal int64
	batches int64

	callbacks    []Callback // queued
	tried        []Callback // with their outcome
	lastCallback int64
	vouchers     []Voucher

	files map[string]*BulkFile // nil: removed
	keys  map[string][]byte
	bulk  []*BulkBatch // carried out
}

// A moveRow is a move and whose it is.
type moveRow struct {
	Move
	ordinal int64
}

func (b *book) newBatch() *batch {
	return &batch{
		book: b, staged: map[string]*record{}, added: b.ordinal, ordinal: b.ordinal, batches: b.batches, lastCallback: b.lastCallback,
		files: map[string]*BulkFile{}, keys: map[string][]byte{},
	}
}

// find returns the record, or nil. The caller does not change it.
func (c *batch) find(transact string) *record {
	if r := c.staged[transact]; r != nil {
		return r
	}
	return c.book.find(transact)
}

// ofOrder returns the transactions with this order id, in order of arrival.
func (c *batch) ofOrder(orderID string) []*record {
	found := c.book.ofOrder(orderID)
	for i, r := range found {
		found[i] = c.find(r.Transact)
	}
	for _, r := range c.changed {
		if r.ordinal > c.added && r.OrderID == orderID {
			found = append(found, r)
		}
	}
	return found
}

// insert adds a transaction that is not there yet.
func (c *batch) insert(t Transaction, now time.Time) *record {
	c.ordinal++
	r := &record{Transaction: t, ordinal: c.ordinal, changedAt: now}
	c.stage(r)
	for _, m := range t.Moves {
		c.moves = append(c.moves, moveRow{m, r.ordinal})
	}
	return r
}

// newTransact returns a number that no transaction has: what comes after the
// first number by order of arrival, so that a store that is opened again
// counts on.
func (c *batch) newTransact(first int64) string {
	for n := first + c.ordinal; ; n++ {
		if id := strconv.FormatInt(n, 10); c.find(id) == nil {
			return id
		}
	}
}

// redetail changes the amount or the details of r. Slices in them are replaced
// and never written to: the published record has the same ones.
func (c *batch) redetail(r *record, change func(*record)) *record {
	r = c.own(r)
	change(r)
	r.redetailed = true
	return r
}

// enter records moves of r. An impossible one is a bug of the state machine,
// which has to look before.
func (c *batch) enter(r *record, moves ...Move) *record {
	r = c.own(r)
	for _, m := range moves {
		if err := r.add(m); err != nil {
			panic(fmt.Sprintf("sandbox: %v", err))
		}
		c.moves = append(c.moves, moveRow{m, r.ordinal})
	}
	return r
}

// turn gives r another status.
func (c *batch) turn(r *record, to Status, now time.Time) *record {
	r = c.own(r)
	r.Status, r.changedAt = to, now
	return r
}

// own returns the batch's own copy of r, to be changed freely.
func (c *batch) own(r *record) *record {
	if mine := c.staged[r.Transact]; mine != nil {
		return mine
	}
	// The moves stay shared: adding one never changes those that the
	// published record sees, and a batch that is given up leaves no trace.
	mine := *r
	mine.redetailed = false
	c.stage(&mine)
	return &mine
}

func (c *batch) stage(r *record) {
	c.staged[r.Transact] = r
	c.changed = append(c.changed, r)
}
