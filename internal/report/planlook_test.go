package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// titles of the looks at a plan, each with the orders it shows.
func titles(v *planView) []string {
	var all []string
	for _, l := range v.looks {
		line := l.title
		for _, a := range l.actions {
			line += fmt.Sprintf(" | %s %d", a.OrderID, moved(a))
		}
		if l.more > 0 {
			line += fmt.Sprintf(" | %d more", l.more)
		}
		all = append(all, line)
	}
	return all
}

func TestLooks(t *testing.T) {
	many := make([]plan.Action, 12)
	for i := range many {
		many[i] = action(i, statefile.Refund, 0, int64(100*(i+1)), "recall")
	}
	change := func(edit func([]plan.Action)) []plan.Action {
		actions := slices.Clone(many)
		edit(actions)
		return actions
	}
	largest := "Largest: 10 of 12 actions | 11223354 1200 | 11223353 1100 | 11223352 1000 | 11223351 900 | 11223350 800 | " +
		"11223349 700 | 11223348 600 | 11223347 500 | 11223346 400 | 11223345 300"
	tests := map[string]struct {
		actions []plan.Action
		want    []string
		unknown int // lines about what is not known
	}{
		"nothing stands out but the largest": {many, []string{largest}, 0},
		"few actions are shown in full":      {many[:10], nil, 0},
		"twice the same on one order, of two transactions": {
			change(func(a []plan.Action) { a[3].OrderID, a[3].ToMinor = a[0].OrderID, a[0].ToMinor })[:5],
			[]string{"Equal amounts on one order: 2 refunds, 2.00 DKK | 11223343 100 | 11223343 100"}, 0},
		"of another merchant, amount, currency or kind it is not the same": {
			change(func(a []plan.Action) {
				for i := range a[:6] {
					a[i].OrderID, a[i].ToMinor = "1", 100
				}
				a[1].Merchant, a[2].ToMinor, a[3].Currency, a[4].Verb, a[5].FromMinor = "2", 101, "EUR", statefile.Capture, 50
			})[:6], nil, 0},
		"all that was captured": {
			change(func(a []plan.Action) { a[11].ToMinor = 20000 }),
			[]string{strings.Replace(largest, "11223354 1200", "11223354 20000", 1), "Gives back all that was captured: 1 refund, 200.00 DKK | 11223354 20000"}, 0},
		"all that was captured, in two steps": {
			change(func(a []plan.Action) { a[11].FromMinor, a[11].ToMinor = 18800, 20000 }),
			[]string{largest, "Gives back all that was captured: 1 refund, 12.00 DKK | 11223354 1200"}, 0},
		"amounts of several currencies do not compare": {
			change(func(a []plan.Action) {
				for i := range a {
					a[i].Currency = []string{"DKK", "JPY", "EUR", "NOK"}[i%4]
				}
			}),
			[]string{"Largest of each currency: 12 of 12 actions | 11223351 900 | 11223347 500 | 11223343 100 | 11223353 1100 | 11223349 700 | " +
				"11223345 300 | 11223352 1000 | 11223348 600 | 11223344 200 | 11223354 1200 | 11223350 800 | 11223346 400"}, 0},
		"what holds of most is one line": {
			change(func(a []plan.Action) {
				for i := range a[:11] {
					a[i].Attempt = 2
				}
			}),
			[]string{largest, "Tried before, without effect: 11 refunds, 66.00 DKK"}, 0},
		"tried before": {
			change(func(a []plan.Action) { a[0].Attempt = 2 }),
			[]string{largest, "Tried before, without effect: 1 refund, 1.00 DKK | 11223343 100"}, 0},
		"captures of which nobody knows the age": {
			change(func(a []plan.Action) { a[0].Verb = statefile.Capture }), []string{largest}, 1},
		"a capture of what is approved again just before": {
			change(func(a []plan.Action) {
				a[0].Verb, a[0].Class, a[1].Verb, a[1].Address = statefile.Reauthorise, plan.Moneyless, statefile.Capture, a[0].Address
			}),
			[]string{strings.Replace(largest, "12 actions", "11 actions", 1)}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := newPlanView(newPlan(schema.ModeTest, tt.actions), PlanOptions{})
			if diff := cmp.Diff(tt.want, titles(v)); diff != "" {
				t.Errorf("looks mismatch (-want +got):\n%s", diff)
			}
			if len(v.unlooked) != tt.unknown {
				t.Errorf("not known: %q, want %d lines", v.unlooked, tt.unknown)
			}
		})
	}
}

// A refund whose captured total is not in the plan is not silently left out.
func TestLooksSayWhatIsNotKnown(t *testing.T) {
	p := newPlan(schema.ModeTest, recall(11))
	p.Envelope.Positions = p.Envelope.Positions[2:]
	got := newPlanView(p, PlanOptions{}).unlooked
	if len(got) != 1 || !strings.HasPrefix(got[0], "Not known: whether 2 refunds give back all") {
		t.Errorf("not known: %q", got)
	}
}

// R85: however many reasons are shown, the subtotals are the plan's totals.
func TestReasonSumsAddUp(t *testing.T) {
	pairs := recall(5000)
	for i := range pairs {
		pairs[i].Reason = fmt.Sprintf("reason of a pair, %d", i/2)
	}
	for name, actions := range map[string][]plan.Action{"10,000": recall(10000), "pairs": pairs, "every currency": everyCurrency()} {
		p := newPlan(schema.ModeTest, actions)
		v := newPlanView(p, PlanOptions{})
		for _, n := range []int{0, 1, 2, maxReasons, len(v.groups), len(v.groups) + 1} {
			var got []plan.Sum
			for _, r := range v.reasonSums(n) {
				i := slices.IndexFunc(got, func(s plan.Sum) bool { return s.Currency == r.sum.Currency && s.Verb == r.sum.Verb })
				if i < 0 {
					got = append(got, r.sum)
					continue
				}
				got[i].Count += r.sum.Count
				got[i].Minor += r.sum.Minor
				got[i].LargestMinor = max(got[i].LargestMinor, r.sum.LargestMinor)
			}
			if diff := cmp.Diff(inOrder(p.Body.Summary), inOrder(got)); diff != "" {
				t.Errorf("%s, %d reasons: sums mismatch (-plan +reasons):\n%s", name, n, diff)
			}
		}
	}
}

// The reason with the largest share of a total comes first, in any currency.
func TestReasonsByShare(t *testing.T) {
	actions := []plan.Action{
		action(1, statefile.Refund, 0, 100, "small"), action(2, statefile.Refund, 0, 100, "small"),
		action(3, statefile.Refund, 0, 5000, "large"), action(4, statefile.Refund, 0, 5000, "large"),
		action(5, statefile.Refund, 0, 3, "all of its currency"), action(6, statefile.Refund, 0, 3, "all of its currency"),
	}
	actions[4].Currency, actions[5].Currency = "JPY", "JPY"
	var got []string
	for _, r := range newPlanView(newPlan(schema.ModeTest, actions), PlanOptions{}).reasonSums(2) {
		got = append(got, fmt.Sprint(r.reason, " ", r.sum.Minor))
	}
	if diff := cmp.Diff([]string{"all of its currency 6", "large 10000", "1 other reason 200"}, got); diff != "" {
		t.Errorf("reasons mismatch (-want +got):\n%s", diff)
	}
}
