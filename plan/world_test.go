package plan

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// A bank is one payment at a gateway that keeps its own count. In batch mode a
// call waits (12, 15) until tick settles or declines it. A slow bank shows a
// first partial refund only after balance.
type bank struct {
	batch, slow        bool
	captured, refunded int64
	status             dibs.Status
	pending            int64               // amount under way
	declines           map[dibs.Status]int // how many more the acquirer will make of captures (12) and refunds (15)
}

// do carries a call out, or says no.
func (b *bank) do(verb statefile.Verb, amount int64) bool {
	switch {
	case verb == statefile.Cancel && b.status == 2:
		b.status = 6
	case verb == statefile.Capture && (b.status == 2 || b.status == 4):
		b.pending, b.status = amount, 12
	case verb == statefile.Refund && (b.status == 5 || b.status == 7 || b.status == 8 || b.status == 10) && b.refunded+amount <= b.captured:
		b.pending, b.status = amount, 15
	default:
		return false
	}
	if !b.batch {
		b.settle()
	}
	return true
}

func (b *bank) settle() {
	switch b.status {
	case 12:
		b.captured, b.status = b.pending, 5
	case 15:
		first := b.refunded == 0
		b.refunded += b.pending
		switch {
		case b.refunded == b.captured:
			b.status = 11
		case b.slow && first:
			b.status = 5
		default:
			b.status = 8
		}
	}
	b.pending = 0
}

// tick is a batch that runs, and a night in which captures are balanced.
func (b *bank) tick() {
	switch {
	case b.pending > 0 && b.declines[b.status] > 0:
		b.declines[b.status]--
		b.pending = 0
		b.status = map[dibs.Status]dibs.Status{12: 4, 15: 10}[b.status]
	case b.pending > 0:
		b.settle()
	case b.status == 5 && b.refunded > 0:
		b.status = 8
	case b.status == 5:
		b.status = 7
	}
}

// A book is a ledger of one transaction, folded as package statefile folds.
type book struct {
	statefile.Transaction
	seq uint64
}

func (k *book) intend(t *rapid.T, a Action) *statefile.Action {
	step, err := a.Step()
	if err != nil {
		t.Fatal(err)
	}
	tries := 0
	for _, old := range k.Actions {
		if old.State.Undecided() {
			t.Fatalf("%s is offered while %s is %d", step, old.ID, old.State)
		}
		if old.Step == step {
			tries++
			if !old.State.Failed() {
				t.Fatalf("%s is offered again, its last try is %d", step, old.State)
			}
		}
	}
	if a.Attempt != tries+1 {
		t.Fatalf("%s: attempt %d after %d", step, a.Attempt, tries)
	}
	k.seq++
	k.OrderID, k.Amount = a.OrderID, step.To
	k.Amount, _ = money.New(a.AmountMinor, step.To.Currency())
	k.Status, k.StatusKnown, k.StatusSeq = int(a.Status), true, k.seq
	k.Actions = append(k.Actions, statefile.Action{
		ID: statefile.ActionID(step, a.Attempt), Step: step, Attempt: a.Attempt, State: open, Before: int(a.Status), Seq: k.seq, LastSeq: k.seq,
	})
	return &k.Actions[len(k.Actions)-1]
}

func (k *book) decide(a *statefile.Action, to statefile.ActionState) {
	k.seq++
	counted, counts := a.State == accepted || a.State == done, to == accepted || to == done
	a.State, a.LastSeq = to, k.seq
	total := a.To
	switch {
	case counted == counts:
		return
	case counted:
		total = a.From
	}
	switch a.Verb {
	case statefile.Capture:
		k.Captured = total
	case statefile.Refund:
		k.Refunded = total
	case statefile.Cancel:
		k.Cancelled = counts
	}
}

func (k *book) see(s dibs.Status) { k.Status, k.StatusKnown, k.StatusSeq = int(s), true, k.seq }

// settle records what the status proves of open questions, as apply does.
func (k *book) settle(status dibs.Status, windowOver bool) {
	for i := range k.Actions {
		a := &k.Actions[i]
		lost := a.State.Undecided()
		switch Judge(k.Transaction, *a, status, windowOver) {
		case Happened:
			k.decide(a, accepted)
		case Settled:
			k.decide(a, done)
		case Reversed:
			k.decide(a, reversed)
		case DidNotHappen:
			if !lost {
				continue
			}
			k.decide(a, notDone)
		default:
			continue
		}
		k.see(status)
	}
}

// PROP: when nobody else moves the money, planning and applying again and
// again ends where the configuration wants it, whatever is lost, declined or
// slow on the way, without ever passing it and without calling it drift.
func TestPlansConverge(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		b := &bank{status: 2, batch: rapid.Bool().Draw(r, "batch"), slow: rapid.Bool().Draw(r, "slow"), declines: map[dibs.Status]int{
			12: rapid.IntRange(0, 2).Draw(r, "captures declined"), 15: rapid.IntRange(0, 1).Draw(r, "refunds declined"),
		}}
		k := &book{Transaction: statefile.Transaction{Key: statefile.Key{Merchant: merchant, Transact: transact}}}
		want := tale{}.want(t)
		switch rapid.IntRange(0, 5).Draw(r, "wish") {
		case 0:
			want.Cancelled = true
		default:
			want.Captured = schema.Total{Declared: true, Amount: dkk(t, rapid.SampledFrom([]int64{15000, 20000}).Draw(r, "captured"))}
		}
		goals := []int64{0}
		if !want.Cancelled {
			goals = rapid.SampledFrom([][]int64{{0}, {5000}, {15000}, {5000, 8000}, {5000, 8000, 15000}, {10001, 12000}}).Draw(r, "refunded")
		}
		for _, goal := range goals {
			want.Refunded = schema.Total{Declared: true, Amount: dkk(t, goal)}
			converge(t, r, b, k, want)
		}
	})
}

func converge(t *testing.T, r *rapid.T, b *bank, k *book, want schema.Transaction) {
	captured, refunded := want.Captured.Amount.Minor(), want.Refunded.Amount.Minor()
	faults := 3
	for round := range 40 {
		k.settle(b.status, rapid.Bool().Draw(r, "window over"))
		in := BuildInput{
			Config: &schema.Config{Merchants: []schema.Merchant{{ID: merchant}}, Transactions: []schema.Transaction{want}},
			State:  memory{k.Key: k.Transaction}, Observations: []Observation{{Looked: true, Transact: transact, Status: b.status}},
		}
		d, problems := Build(in)
		if len(problems) > 0 {
			r.Fatalf("round %d: %+v of %+v: %s", round, *b, want, problems[0].Detail)
		}
		switch got := kind(d, nil); got {
		case "unchanged":
			if b.captured != captured || b.refunded != refunded || want.Cancelled != (b.status == 6) {
				r.Fatalf("round %d: unchanged at %+v, want %d captured and %d refunded", round, *b, captured, refunded)
			}
			return
		case "settling":
			b.tick()
		case "unknown":
			resolve(r, b, k)
		case "drift", "status", "unread", "notfound", "mismatch":
			r.Fatalf("round %d: %s at %+v: %s", round, got, *b, d.Body.Blocked[0].Detail)
		default:
			faults = carryOut(r, b, k, d.Body.Actions[0], faults)
		}
		if b.captured > captured || b.refunded+b.pending > refunded && b.status == 15 || b.refunded > refunded {
			r.Fatalf("round %d: %+v is beyond %d captured and %d refunded", round, *b, captured, refunded)
		}
	}
	r.Fatalf("no end in sight: %+v", *b)
}

// carryOut makes the call of an action; a few go wrong.
func carryOut(r *rapid.T, b *bank, k *book, a Action, faults int) int {
	entry, moved := k.intend(r, a), a.ToMinor-a.FromMinor
	fault := "none"
	if faults > 0 {
		fault = rapid.SampledFrom([]string{"none", "none", "declined", "not sent", "lost before", "lost after", "died after"}).Draw(r, "fault")
	}
	switch fault {
	case "declined":
		k.decide(entry, declined)
	case "not sent":
		k.decide(entry, notSent)
	case "lost before":
		k.decide(entry, unknown)
	case "lost after":
		b.do(a.Verb, moved)
		k.decide(entry, unknown)
	case "died after":
		b.do(a.Verb, moved)
	default:
		if !b.do(a.Verb, moved) {
			r.Fatalf("the bank says no to %s at %+v", entry.ID, *b)
		}
		k.decide(entry, accepted)
		return faults
	}
	return faults - 1
}

// resolve is a person who asks the bank: it counts. They do so after the
// window, when the status has had time to prove it.
func resolve(r *rapid.T, b *bank, k *book) {
	b.tick()
	k.settle(b.status, true)
	for i := range k.Actions {
		a := &k.Actions[i]
		if !a.State.Undecided() {
			continue
		}
		if b.pending > 0 {
			return // ask again when it is final
		}
		total := map[statefile.Verb]int64{statefile.Capture: b.captured, statefile.Refund: b.refunded}[a.Verb]
		if a.Verb == statefile.Cancel && b.status == 6 {
			total = a.To.Minor()
		}
		switch fmt.Sprint(total) {
		case fmt.Sprint(a.To.Minor()):
			k.decide(a, done)
		case fmt.Sprint(a.From.Minor()):
			k.decide(a, notDone)
		default:
			r.Fatalf("%s: the bank counts %d", a.ID, total)
		}
		k.see(b.status)
	}
}
