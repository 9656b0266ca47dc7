package plan

import (
	"cmp"
	"slices"
)

// summarise totals the actions by currency and verb, in that order. Action.check
// keeps the amounts of a crafted file small enough to be summed.
func summarise(actions []Action) []Sum {
	sums := []Sum{}
	for _, a := range actions {
		i := slices.IndexFunc(sums, func(s Sum) bool { return s.Currency == a.Currency && s.Verb == a.Verb })
		if i < 0 {
			i = len(sums)
			sums = append(sums, Sum{Currency: a.Currency, Verb: a.Verb})
		}
		moved := a.ToMinor - a.FromMinor
		sums[i].Count++
		sums[i].Minor += moved
		sums[i].LargestMinor = max(sums[i].LargestMinor, moved)
	}
	slices.SortFunc(sums, func(a, b Sum) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Verb, b.Verb))
	})
	return sums
}
