package sim

import (
	"fmt"
	"math"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/statefile"

	"github.com/anishathalye/porcupine"
)

// books is what the model bank has of one transaction.
type books struct {
	captured, refunded, amount int64
	cancelled                  bool
}

// bankModel is a bank that does what flexform says was done, one after the
// other, and shows the statuses that were read.
var bankModel = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		var parts [][]porcupine.Operation
		index := map[string]int{}
		for _, o := range history {
			id := o.Input.(Op).Transact
			i, ok := index[id]
			if !ok {
				i, index[id] = len(parts), len(parts)
				parts = append(parts, nil)
			}
			parts[i] = append(parts[i], o)
		}
		return parts
	},
	Init: func() any { return books{} },
	Step: func(state, input, _ any) (bool, any) { return step(state.(books), input.(Op)) },
	DescribeOperation: func(input, _ any) string {
		o := input.(Op)
		return fmt.Sprintf("%d %s %d-%d %d %s", o.Kind, o.Verb, o.From, o.To, o.Minor, o.Status)
	},
}

func step(b books, o Op) (bool, books) {
	switch o.Kind {
	case Opened:
		return true, books{o.Captured, o.Refunded, o.Amount, gone(o.Status)}
	case Happened, Undecided:
		next, ok := b.act(o)
		return ok || o.Kind == Undecided, next // an undecided one that does not fit never happened
	case NotDone:
		return true, b
	case Moved:
		return true, b.move(o.Verb, o.Minor)
	case Looked:
		return b.shows(o.Status), b
	case Summed:
		return b.captured == o.Captured, b
	case Closed:
		return b.captured == o.Captured && b.refunded == o.Refunded && b.cancelled == gone(o.Status), b
	}
	return false, b
}

// gone reports whether there is nothing left to be captured, or charged.
func gone(s dibs.Status) bool { return s == dibs.StatusCancelled || s == dibs.StatusTicketDeleted }

// act raises a total from where the action begins; nowhere else it fits.
func (b books) act(o Op) (books, bool) {
	next := b
	switch {
	case o.Verb == statefile.Reauthorise:
		next.cancelled = false
	case b.cancelled:
		return b, false
	case (o.Verb == statefile.Capture || o.Verb == statefile.Charge) && b.captured == o.From:
		next.captured = o.To
	case o.Verb == statefile.Refund && b.refunded == o.From && o.To <= b.captured:
		next.refunded = o.To
	case (o.Verb == statefile.Cancel || o.Verb == statefile.Delete) && b.captured == 0:
		next.cancelled = true
	default:
		return b, false
	}
	return next, true
}

func (b books) move(verb statefile.Verb, minor int64) books {
	switch verb {
	case statefile.Capture, statefile.Charge:
		b.captured += minor
	case statefile.Refund:
		b.refunded += minor
	case statefile.Cancel, statefile.Delete:
		b.cancelled = true
	}
	return b
}

// shows reports whether a bank with these books can have the status.
func (b books) shows(s dibs.Status) bool {
	switch s {
	case dibs.StatusAuthorised, dibs.StatusCaptureDeclined:
		return b.captured == 0 && !b.cancelled
	case dibs.StatusCancelled, dibs.StatusTicketDeleted:
		return b.cancelled
	case dibs.StatusTicket:
		return !b.cancelled
	case dibs.StatusCaptured, dibs.StatusBalanced:
		return b.captured > 0 && b.refunded == 0
	case dibs.StatusPartlyRefunded:
		return b.refunded > 0 && b.refunded < b.captured
	case dibs.StatusRefunded:
		return b.refunded == b.captured && b.captured > 0
	}
	return true
}

// linearizable reports whether a bank could have done what the story tells.
func linearizable(story []Op) bool {
	var history []porcupine.Operation
	for i, o := range story {
		history = append(history, porcupine.Operation{ClientId: i, Input: o, Call: o.Call, Return: o.End})
	}
	return porcupine.CheckOperationsTimeout(bankModel, history, 10*time.Second) == porcupine.Ok
}

// The model can fail: a story with one refund twice has no order.
func TestLinearizable(t *testing.T) {
	open := Op{Transact: "1", Kind: Opened, Captured: 100, Amount: 100, Call: 1, End: 2}
	refund := func(kind OpKind, from, to, call, end int64) Op {
		return Op{Transact: "1", Kind: kind, Verb: statefile.Refund, From: from, To: to, Call: call, End: end}
	}
	looked := func(s dibs.Status, at int64) Op {
		return Op{Transact: "1", Kind: Looked, Status: s, Call: at, End: at + 1}
	}
	end := func(refunded int64) Op {
		return Op{Transact: "1", Kind: Closed, Captured: 100, Refunded: refunded, Amount: 100, Call: 90, End: 91}
	}
	for name, tt := range map[string]struct {
		story []Op
		want  bool
	}{
		"nothing":                          {[]Op{open, end(0)}, true},
		"one refund":                       {[]Op{open, refund(Happened, 0, 50, 10, 20), end(50)}, true},
		"a refund that did not happen":     {[]Op{open, refund(NotDone, 0, 50, 10, 20), end(0)}, true},
		"a refund that was done all along": {[]Op{open, refund(NotDone, 0, 50, 10, 20), end(50)}, false},
		"paid twice":                       {[]Op{open, refund(Happened, 0, 50, 10, 20), end(100)}, false},
		"short":                            {[]Op{open, refund(Happened, 0, 50, 10, 20), end(0)}, false},
		"unknown and done":                 {[]Op{open, refund(Undecided, 0, 50, 10, math.MaxInt64), end(50)}, true},
		"unknown and not done":             {[]Op{open, refund(Undecided, 0, 50, 10, math.MaxInt64), end(0)}, true},
		"unknown, and too much":            {[]Op{open, refund(Undecided, 0, 50, 10, math.MaxInt64), end(60)}, false},
		"two from the same place":          {[]Op{open, refund(Happened, 0, 50, 10, 20), refund(Happened, 0, 50, 15, 30), end(50)}, false},
		"one after the other":              {[]Op{open, refund(Happened, 50, 80, 30, 40), refund(Happened, 0, 50, 10, 50), end(80)}, true},
		"seen before it was sent":          {[]Op{open, looked(dibs.StatusPartlyRefunded, 5), refund(Happened, 0, 50, 10, 20), end(50)}, false},
		"not seen after it was done":       {[]Op{open, refund(Happened, 0, 50, 10, 20), looked(dibs.StatusCaptured, 25), end(50)}, false},
		"taken back by the acquirer":       {[]Op{open, refund(Happened, 0, 50, 10, 20), {Transact: "1", Kind: Moved, Verb: statefile.Refund, Minor: -50, Call: 30, End: 31}, end(0)}, true},
	} {
		if got := linearizable(tt.story); got != tt.want {
			t.Errorf("%s: linearizable = %t, want %t", name, got, tt.want)
		}
	}
}
