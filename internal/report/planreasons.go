package report

import (
	"cmp"
	"fmt"
	"slices"

	"flexform/plan"
	"flexform/statefile"
)

// maxReasons is how many reasons have subtotals of their own. Those of the
// others are added up.
const maxReasons = 40

// A reasonSum is what one reason adds up to, in one currency and action.
type reasonSum struct {
	reason string // escaped
	sum    plan.Sum
}

// reasonSums adds the groups up, the one with the largest share of any of the
// plan's totals first, n of them by themselves and the rest together. Their
// sums are the plan's (hazards R85).
func (v *planView) reasonSums(n int) []reasonSum {
	groups := slices.Clone(v.groups)
	shares := v.shares()
	slices.SortStableFunc(groups, func(a, b actionGroup) int { return cmp.Compare(shares[b.title()], shares[a.title()]) })
	var all []reasonSum
	for _, g := range groups[:min(n, len(groups))] {
		for _, s := range inOrder(tally(g.actions)) {
			all = append(all, reasonSum{g.title(), s})
		}
	}
	if n >= len(groups) {
		return all
	}
	var rest []plan.Sum
	for _, g := range groups[n:] {
		for _, a := range g.actions {
			rest = addSum(rest, a)
		}
	}
	title := Count(len(groups)-n, "other reason")
	for _, s := range inOrder(rest) {
		all = append(all, reasonSum{title, s})
	}
	return all
}

// shares returns by a group's title the largest part that it has in any total,
// in thousandths: sums of different currencies compare in no other way.
func (v *planView) shares() map[string]int64 {
	type kind struct {
		currency string
		verb     statefile.Verb
	}
	totals := map[kind]int64{}
	for _, s := range v.sums {
		totals[kind{s.Currency, s.Verb}] = s.Minor
	}
	shares := map[string]int64{}
	for _, g := range v.groups {
		for _, s := range tally(g.actions) {
			if total := totals[kind{s.Currency, s.Verb}]; total > 0 {
				shares[g.title()] = max(shares[g.title()], s.Minor*1000/total)
			}
		}
	}
	return shares
}

// reasonGrid lays subtotals out; the reason comes last, because its length has
// no end.
func reasonGrid(sums []reasonSum, width int) *grid {
	t := &grid{head: []string{"", "Count", "Action", "Sum", "Largest", "Reason"}, right: []bool{1: true, 3: true, 4: true, 5: false}}
	for _, r := range sums {
		sign, _ := mark(r.sum.Verb)
		_, sum, largest := sumTexts(r.sum)
		t.add(sign, fmt.Sprint(r.sum.Count), verbText(r.sum.Verb), sum, largest, clip(r.reason, width))
	}
	return t
}
