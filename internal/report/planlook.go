package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"flexform/plan"
	"flexform/statefile"
)

// lookRows is how many actions one look shows.
const lookRows = 10

// perCurrency is how many of the largest actions are shown of each of so many
// currencies. Of more currencies none is: the totals have the largest of each.
func perCurrency(currencies int) int {
	switch {
	case currencies == 1:
		return lookRows
	case currencies <= 3:
		return 5
	case currencies <= 12:
		return 3
	}
	return 0
}

// manySums is how many sums a title holds.
const manySums = 6

// A look is a question that a reviewer would ask of a long plan, and the
// actions that answer it, the largest first.
type look struct {
	title   string                   // escaped, with counts and sums
	actions []plan.Action            // none where it holds of most
	more    int                      // actions that are not among them
	note    func(plan.Action) string // more about an action, escaped; may be nil
}

// findLooks finds what deserves a look: what is large, what gives everything
// back, what may be meant once, and what was tried before. A plan that is shown
// action by action says most of it there.
func (v *planView) findLooks() []look {
	actions := v.plan.Body.Actions
	var questions []func([]plan.Action) (look, bool)
	found := v.compareLooks()
	if len(actions) > detailRows {
		questions = append(questions, largest, v.fullRefunds, triedBefore)
	}
	for _, question := range append(questions, equalAmounts) {
		if l, ok := question(actions); ok {
			found = append(found, l)
		}
	}
	return found
}

// findUnlooked says what a reviewer would want to know and a plan cannot tell.
func (v *planView) findUnlooked() []string {
	lines := v.compareLines()
	if len(v.plan.Body.Actions) <= detailRows {
		return lines
	}
	captures := 0
	fresh := map[string]bool{} // approved again just before
	for _, a := range v.plan.Body.Actions {
		fresh[a.Address] = fresh[a.Address] || a.Verb == statefile.Reauthorise
		if a.Verb == statefile.Capture && !fresh[a.Address] {
			captures++
		}
	}
	if captures > 0 {
		lines = append(lines, fmt.Sprintf("Not known: the age of the %s that %s. The gateway's status does not tell it, and an acquirer may decline an old one.",
			plural(captures, "authorisation"), capturesUse(captures)))
	}
	if n := v.uncompared(); n > 0 {
		lines = append(lines, fmt.Sprintf("Not known: whether %s all that was captured. The plan has no captured total to compare with.", refundsGive(n)))
	}
	return lines
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

func capturesUse(n int) string {
	if n == 1 {
		return "1 capture uses"
	}
	return Count(n, "capture") + " use"
}

func refundsGive(n int) string {
	if n == 1 {
		return "1 refund gives back"
	}
	return Count(n, "refund") + " give back"
}

// largest lists the largest actions of each currency.
func largest(actions []plan.Action) (look, bool) {
	var places []int
	for i, a := range actions {
		if a.Class != plan.Moneyless && hasAmount(a.Verb) {
			places = append(places, i)
		}
	}
	ranks := rankBySize(actions, places)
	currencies := 0
	for _, r := range ranks {
		if r == 0 {
			currencies++
		}
	}
	var l look
	for i, place := range places {
		if ranks[i] < perCurrency(currencies) {
			l.actions = append(l.actions, actions[place])
		}
	}
	slices.SortStableFunc(l.actions, func(a, b plan.Action) int { return cmp.Compare(a.Currency, b.Currency) })
	l.title = fmt.Sprintf("Largest: %d of %s", len(l.actions), Count(len(places), "action"))
	if currencies > 1 {
		l.title = fmt.Sprintf("Largest of each currency: %d of %s", len(l.actions), Count(len(places), "action"))
	}
	return l, l.actions != nil
}

// rankBySize sorts places by what their actions move, the largest first, and
// returns the rank of each among those of its currency, from zero: amounts of
// two currencies do not compare.
func rankBySize(actions []plan.Action, places []int) []int {
	slices.SortStableFunc(places, func(i, j int) int { return cmp.Compare(moved(actions[j]), moved(actions[i])) })
	seen := map[string]int{}
	ranks := make([]int, len(places))
	for i, place := range places {
		code := actions[place].Currency
		ranks[i] = seen[code]
		seen[code]++
	}
	return ranks
}

// pick takes the n largest of those actions that are at the places, by turns of
// each currency.
func pick(actions []plan.Action, places []int, n int) look {
	ranks := rankBySize(actions, places)
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(ranks[i], ranks[j]) })
	var l look
	for _, i := range order[:min(n, len(order))] {
		l.actions = append(l.actions, actions[places[i]])
	}
	slices.SortStableFunc(l.actions, func(a, b plan.Action) int { return cmp.Compare(a.Currency, b.Currency) })
	l.more = len(places) - len(l.actions)
	return l
}

func moved(a plan.Action) int64 { return a.ToMinor - a.FromMinor }

// pickWhere is [pick] of the actions that hold, with a title that sums them up.
func pickWhere(actions []plan.Action, title string, holds func(int, plan.Action) bool) (look, bool) {
	var places []int
	var sums []plan.Sum
	for i, a := range actions {
		if holds(i, a) {
			places = append(places, i)
			sums = addSum(sums, a)
		}
	}
	if places == nil {
		return look{}, false
	}
	l := look{}
	if len(places) < detailRows || 2*len(places) < len(actions) { // what holds of most stands out nowhere
		l = pick(actions, places, lookRows)
	}
	l.title = title + ": " + tallyText(sums)
	if len(sums) > manySums {
		l.title = title + ": " + Count(len(places), "action")
	}
	return l, true
}

// fullRefunds are those after which nothing is left of a capture.
func (v *planView) fullRefunds(actions []plan.Action) (look, bool) {
	return pickWhere(actions, "Gives back all that was captured", func(_ int, a plan.Action) bool {
		captured, known := v.capturedOf(a)
		return a.Verb == statefile.Refund && known && a.ToMinor >= captured
	})
}

// capturedOf returns what was captured of a's transaction, as far as the plan
// knows.
func (v *planView) capturedOf(a plan.Action) (minor int64, known bool) {
	p, ok := v.positions[a.Address]
	return p.Captured.Minor, ok && p.Currency == a.Currency && p.Captured.Minor > 0
}

func (v *planView) uncompared() int {
	n := 0
	for _, a := range v.plan.Body.Actions {
		if _, known := v.capturedOf(a); a.Verb == statefile.Refund && !known {
			n++
		}
	}
	return n
}

// equalAmounts are actions of one kind, order and amount: the same goods may
// have been paid back twice.
func equalAmounts(actions []plan.Action) (look, bool) {
	type same struct {
		merchant, order, currency string
		verb                      statefile.Verb
		minor                     int64
	}
	key := func(a plan.Action) same { return same{a.Merchant, a.OrderID, a.Currency, a.Verb, moved(a)} }
	count := map[same]int{}
	for _, a := range actions {
		if hasAmount(a.Verb) {
			count[key(a)]++
		}
	}
	return pickWhere(actions, "Equal amounts on one order", func(_ int, a plan.Action) bool { return count[key(a)] > 1 })
}

func triedBefore(actions []plan.Action) (look, bool) {
	return pickWhere(actions, "Tried before, without effect", func(_ int, a plan.Action) bool {
		return a.Attempt > 1 && a.Class != plan.Moneyless
	})
}

// lookTable lays the actions of a look out like those of a group in which each
// row shows its own reason.
func (v *planView) lookTable(l look) (t *grid, common []string) {
	t, common = v.table(actionGroup{actions: l.actions}, l.actions)
	for i, a := range l.actions {
		t.rows[i][colExtra] = withNote(l.noteOf(a), t.rows[i][colExtra])
	}
	return t, common
}

func (l look) noteOf(a plan.Action) string {
	if l.note == nil {
		return ""
	}
	return l.note(a)
}

// withNote puts what is not empty on one line.
func withNote(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

// heading is the title with what all of its rows have in common.
func (l look) heading(common []string) string {
	return strings.Join(append([]string{l.title}, common...), "; ")
}
