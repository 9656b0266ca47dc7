package statefile

import (
	"maps"
	"slices"

	"flexform/money"
)

// A layer is what some entries add to the state below it. Entries are applied
// to a layer of their own and merged when they are on the disk, so that the
// state never shows what is not. The bottom layer has nothing below.
type layer struct {
	under   *layer
	txs     map[Key]*record
	added   []Key // keys that no layer below has, in order
	actions map[string]place
	plans   map[string]PlanUse
	calls   map[uint64]handCall // by the number of their entries
	batches map[string]BatchUse // by name; Open is not kept
	orders  map[orderKey][]Key  // tickets that were charged for an order, or were to be
	created Created
	mode    string // of every plan that was begun; empty before the first
	running string // digest of the plan whose apply is not over
	begun   Begun  // the last apply
	broken  []Begun

	cancelled map[string]Cancellation // by the plan's digest
	seq       uint64
}

// A record is a transaction with what only the fold needs.
type record struct {
	Transaction
	open      int    // index of the undecided action; -1 when there is none
	adoptedAt uint64 // number of the last adoption
}

// A place is where an action stands.
type place struct {
	key   Key
	index int
}

func newLayer(under *layer) *layer {
	l := &layer{under: under, txs: map[Key]*record{}, actions: map[string]place{}, plans: map[string]PlanUse{}, calls: map[uint64]handCall{}, batches: map[string]BatchUse{}, orders: map[orderKey][]Key{}, cancelled: map[string]Cancellation{}}
	if under != nil {
		l.created, l.mode, l.running, l.seq = under.created, under.mode, under.running, under.seq
		l.begun, l.broken = under.begun, slices.Clip(under.broken)
	}
	return l
}

// merge puts l's changes into the layer below it, and leaves l useless.
func (l *layer) merge() {
	u := l.under
	maps.Copy(u.txs, l.txs)
	maps.Copy(u.actions, l.actions)
	maps.Copy(u.plans, l.plans)
	maps.Copy(u.calls, l.calls)
	maps.Copy(u.batches, l.batches)
	maps.Copy(u.orders, l.orders)
	maps.Copy(u.cancelled, l.cancelled)
	u.added = append(u.added, l.added...)
	u.created, u.mode, u.running, u.seq = l.created, l.mode, l.running, l.seq
	u.begun, u.broken = l.begun, l.broken
}

// find returns the record of a transaction as it is, nil when there is none.
func (l *layer) find(k Key) *record {
	for ; l != nil; l = l.under {
		if r := l.txs[k]; r != nil {
			return r
		}
	}
	return nil
}

// change returns the record of a transaction to be changed in l, a new one
// when there is none.
func (l *layer) change(k Key) *record {
	if r := l.txs[k]; r != nil {
		return r
	}
	r := &record{Transaction: Transaction{Key: k}, open: -1}
	if old := l.find(k); old != nil {
		*r = *old // what is below is being read: never changed in place
		r.Actions, r.Calls, r.Payments = slices.Clone(old.Actions), slices.Clone(old.Calls), slices.Clone(old.Payments)
	} else {
		l.added = append(l.added, k)
	}
	l.txs[k] = r
	return r
}

func (l *layer) place(id string) (place, bool) {
	for ; l != nil; l = l.under {
		if p, ok := l.actions[id]; ok {
			return p, true
		}
	}
	return place{}, false
}

// action returns an action as it is, nil when it was never claimed.
func (l *layer) action(id string) *Action {
	p, ok := l.place(id)
	if !ok {
		return nil
	}
	return &l.find(p.key).Actions[p.index]
}

func (l *layer) plan(digest string) PlanUse {
	for ; l != nil; l = l.under {
		if u, ok := l.plans[digest]; ok {
			return u
		}
	}
	return PlanUse{}
}

// claim records a new action.
func (l *layer) claim(a Action) {
	r := l.change(a.Key)
	r.open = len(r.Actions)
	l.actions[a.ID] = place{a.Key, r.open}
	r.Actions = append(r.Actions, a)
	if a.Verb == Charge {
		l.addTicket(a.OrderID, a.Key)
	}
}

// decide changes the state of an action and with it what its transaction's
// totals are.
func (l *layer) decide(id string, to ActionState, seq uint64) (*record, *Action) {
	p, _ := l.place(id)
	r := l.change(p.key)
	a := &r.Actions[p.index]
	counted := a.State == ActionAccepted || a.State == ActionDone
	counts := to == ActionAccepted || to == ActionDone
	switch {
	case counts && !counted:
		r.raise(a.Step)
	case counted && !counts && a.Seq > r.adoptedAt:
		// A person's statement about the totals stands over what is learned
		// later of actions before it.
		r.lower(a.Step)
	}
	if a.State.Undecided() && !to.Undecided() {
		r.open = -1
	}
	a.State, a.LastSeq = to, seq
	return r, a
}

// raise counts an accepted step.
func (r *record) raise(s Step) {
	switch s.Verb {
	case Charge:
		return // the payment that it makes has totals of its own
	case Delete:
		r.Deleted = true
		return
	case Capture:
		r.Captured = s.To
	case Refund:
		r.Refunded = s.To
	case Cancel:
		r.Cancelled = true
	case Reauthorise:
		return // no total is touched
	}
	r.Adopted = false
}

// lower takes the amount of a step that was counted back: the total is From
// again, or less by that amount when other steps have followed.
func (r *record) lower(s Step) {
	if s.Verb.OfTicket() {
		r.Deleted = r.Deleted && s.Verb != Delete
		return
	}
	amount, err := s.Amount()
	if err != nil {
		panic("statefile: a step that was claimed has no amount: " + err.Error())
	}
	take := func(total *money.Amount) {
		left, err := total.Sub(amount)
		if err != nil {
			panic("statefile: a total is below its own steps: " + err.Error())
		}
		*total = left
	}
	switch s.Verb {
	case Capture:
		take(&r.Captured)
	case Refund:
		take(&r.Refunded)
	case Cancel:
		r.Cancelled = false
	case Reauthorise:
		return
	}
	r.Adopted = false
}

// see records the gateway's status.
func (r *record) see(status int, seq uint64) {
	r.Status, r.StatusKnown, r.StatusSeq = status, true, seq
}
