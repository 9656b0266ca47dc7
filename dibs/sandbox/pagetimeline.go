package sandbox

import (
	"slices"
	"time"

	"flexform/money"
)

// maxEvents is how many events a transaction's page shows.
const maxEvents = 200

// An event is one line of a transaction's timeline: its authorisation, a call
// with the moves it made, a move that no call made, or its latest status.
type event struct {
	Time   time.Time
	Name   string // what happened, unless it is a call
	Amount money.Amount
	By     Origin
	Call   *callView
	Moves  []Move
	Status *Status // what the transaction is since then
}

// timeline tells what happened to t, the newest first, and how many events
// before those it leaves out. Earlier statuses are not kept: what they were
// shows in the moves.
func timeline(t *record, calls []Call, parts []*record) ([]event, int) {
	began := event{Time: t.AuthorisedAt, Name: "Authorisation", Amount: t.Amount}
	switch {
	case t.Status.isTicket():
		began.Name, began.Amount = "Card stored", money.Amount{}
	case t.Status.isRefused():
		began.Name = "Payment asked for"
	}
	events := merge(t, calls)
	addParts(events, parts)
	at := slices.IndexFunc(events, func(e event) bool { return e.Time.After(t.changedAt) })
	if at < 0 {
		at = len(events)
	}
	events = slices.Insert(events, at, event{Time: t.changedAt, Name: "Status", Status: &t.Status})
	at = slices.IndexFunc(events, func(e event) bool { return !e.Time.Before(t.AuthorisedAt) })
	events = slices.Insert(events, max(at, 0), began)
	slices.Reverse(events)
	if left := len(events) - maxEvents; left > 0 {
		return events[:maxEvents], left
	}
	return events, 0
}

// merge puts calls, oldest first, and moves into one order. A move that a call
// made belongs to it; the others come by their time, and never before a move
// that was there first.
func merge(t *record, calls []Call) []event {
	moves := t.Moves
	var events []event
	next := 0
	alone := func(until func(Move) bool) {
		for next < len(moves) && until(moves[next]) {
			m := moves[next]
			events = append(events, event{Time: m.Time, Name: moveName(m.Kind), Amount: m.Amount, By: m.By})
			next++
		}
	}
	for _, c := range calls {
		first := slices.IndexFunc(moves[next:], func(m Move) bool { return m.Call == c.Seq })
		if first >= 0 {
			before := next + first
			alone(func(Move) bool { return next < before })
		} else {
			alone(func(m Move) bool { return m.Time.Before(c.Time) && (m.Call == 0 || m.Call < c.Seq) })
		}
		e := event{Time: c.Time, Call: shownCall(c, t)}
		for next < len(moves) && moves[next].Call == c.Seq {
			e.Moves = append(e.Moves, moves[next])
			next++
		}
		events = append(events, e)
	}
	alone(func(Move) bool { return true })
	return events
}

// addParts gives a call that took a part the move that it made there.
func addParts(events []event, parts []*record) {
	taken := map[uint64][]Move{}
	for _, part := range parts {
		for _, m := range part.Moves {
			if m.Call != 0 {
				taken[m.Call] = append(taken[m.Call], m)
			}
		}
	}
	for i, e := range events {
		if e.Call != nil && len(e.Moves) == 0 {
			events[i].Moves = taken[e.Call.Seq]
		}
	}
}

func moveName(k MoveKind) string {
	switch k {
	case MoveCapture:
		return "Captured"
	case MoveRefund:
		return "Refunded"
	case MoveCancel:
		return "Cancelled"
	case MoveCaptureDeclined:
		return "Capture declined"
	case MoveRefundDeclined:
		return "Refund declined"
	}
	return string(k)
}
