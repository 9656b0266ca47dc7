package plan

import "flexform/statefile"

// A Difference is what a plan does other than an earlier one.
type Difference struct {
	Added   []Action // not in the earlier plan
	Changed []Change // in both, and not the same
	Dropped []Action // of the earlier plan, and not in this one
	Same    int      // actions that are equal in every field
}

// A Change is an action of a plan, and what it was in an earlier one.
type Change struct{ Was, Is Action }

// Empty reports whether both plans do the same.
func (d Difference) Empty() bool { return len(d.Added)+len(d.Changed)+len(d.Dropped) == 0 }

// Compare says what later does other than earlier. Two actions are the same one
// when they do the same thing to the same transaction, or charge the same ticket
// for the same order: amount, attempt, reason and all else may have changed.
func Compare(earlier, later *Plan) Difference {
	type identity struct {
		merchant, transact, order string
		verb                      statefile.Verb
	}
	of := func(a Action) identity {
		id := identity{merchant: a.Merchant, transact: a.Transact, verb: a.Verb}
		if a.Verb == statefile.Charge {
			id.order = a.OrderID
		}
		return id
	}
	before := map[identity][]Action{} // no plan of ours has two of one; a crafted one may
	for _, a := range earlier.Body.Actions {
		before[of(a)] = append(before[of(a)], a)
	}
	var d Difference
	for _, a := range later.Body.Actions {
		was := before[of(a)]
		switch {
		case len(was) == 0:
			d.Added = append(d.Added, a)
			continue
		case was[0] == a:
			d.Same++
		default:
			d.Changed = append(d.Changed, Change{was[0], a})
		}
		before[of(a)] = was[1:]
	}
	for _, a := range earlier.Body.Actions {
		if left := before[of(a)]; len(left) > 0 {
			d.Dropped = append(d.Dropped, left[0])
			before[of(a)] = left[1:]
		}
	}
	return d
}
