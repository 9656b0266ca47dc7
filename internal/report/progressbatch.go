package report

import (
	"fmt"
	"strings"
	"time"

	"flexform/apply"
	"flexform/plan"
)

// A batch is how far an apply has come.
type batch struct {
	begun, over                                     time.Time // over is zero until every action has an end
	total, done, failed, unknown, moved, notStarted int
	planned, reached                                []plan.Sum
}

func (b *batch) count(r apply.ActionResult) {
	switch r.Fate {
	case apply.FateSettled, apply.FateSettling:
		b.done++
		b.reached = addSum(b.reached, r.Action)
	case apply.FateUnknown:
		b.unknown++
	case apply.FateMoved:
		b.moved++
	case apply.FateNotStarted:
		b.notStarted++
	default:
		b.failed++
	}
}

// recount moves an action that a later look decided to where it belongs now.
func (b *batch) recount(f apply.Finding) {
	if !f.Decided() {
		return
	}
	a := plan.Action{Verb: f.Action.Verb, Currency: f.Action.To.Currency().Code(), FromMinor: f.Action.From.Minor(), ToMinor: f.Action.To.Minor()}
	fate := f.Fate()
	happened := fate == apply.FateSettled || fate == apply.FateSettling
	switch undecided := f.Action.State.Undecided(); {
	case undecided && happened:
		b.unknown, b.done, b.reached = b.unknown-1, b.done+1, addSum(b.reached, a)
	case undecided:
		b.unknown, b.failed = b.unknown-1, b.failed+1
	case !happened: // it was accepted
		a.FromMinor, a.ToMinor = a.ToMinor, a.FromMinor // takes it off again
		b.done, b.failed, b.reached = b.done-1, b.failed+1, addSum(b.reached, a)
	}
}

func (b *batch) ended() int { return b.done + b.failed + b.unknown + b.moved + b.notStarted }

// text says counts, how fast it goes, and the sums, which are what a narrow
// terminal can do without: "120/500, 1 unknown, 40.0/s, 9s left: refund
// 6000.00 of 25000.00 DKK".
func (b *batch) text(now time.Time) string {
	if !b.over.IsZero() {
		now = b.over
	}
	var sums []string
	for _, planned := range inOrder(b.planned) {
		var minor int64
		for _, r := range b.reached {
			if r.Currency == planned.Currency && r.Verb == planned.Verb {
				minor = r.Minor
			}
		}
		if !hasAmount(planned.Verb) {
			sums = append(sums, Count(planned.Count, verbText(planned.Verb)))
			continue
		}
		sums = append(sums, fmt.Sprintf("%s %s of %s", verbText(planned.Verb), decimalText(minor, planned.Currency), amountText(planned.Minor, planned.Currency)))
	}
	text := fmt.Sprintf("%d/%d", b.ended(), b.total)
	for _, n := range []struct {
		count int
		what  string
	}{{b.unknown, "unknown"}, {b.failed, "not done"}, {b.moved, "moved"}, {b.notStarted, "not started"}} {
		if n.count > 0 {
			text += fmt.Sprintf(", %d %s", n.count, n.what)
		}
	}
	return text + pace(b.ended()-b.notStarted, b.total-b.notStarted, now.Sub(b.begun)) + ": " + strings.Join(sums, "; ")
}
