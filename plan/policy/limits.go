package policy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// limitDay is how far back the limits of a day look: it rolls, and does not
// begin at midnight of some place.
const limitDay = 24 * time.Hour

// A Breach is one way in which a plan goes beyond what the limits allow.
type Breach struct {
	Merchant string // name of its block
	Address  string // of the action that is too large by itself; empty when it is about several
	Text     string // a sentence: what, by how much, where the limit stands
	Advice   string // what to do about it, where the sentence does not show it; may be empty

	// Of an action that is too large by itself: what it is more than, which is
	// the same text for all that go beyond one limit, and what it is.
	Rule  string
	Verb  statefile.Verb
	Moved money.Amount
}

// String returns the sentence, with the action's address before it.
func (b Breach) String() string {
	if b.Address == "" {
		return b.Text
	}
	return b.Address + ": " + b.Text
}

// Limits returns every way in which a plan goes beyond the limits of its
// merchants (hazards R86); none when it may be carried out as far as they go.
// A merchant without limits may do anything in sandbox and test mode, and
// nothing in live mode.
func Limits(p *plan.Plan, f Facts) []Breach {
	var found []Breach
	var spent map[statefile.Purse]statefile.Spent
	for _, m := range merchantsOf(p, f.Config) {
		limits, ok := f.Config.LimitsOf(m.ID)
		switch {
		case ok:
			if spent == nil {
				spent = f.State.SpentSince(f.Now.Add(-limitDay))
			}
			found = append(found, breaches(p, m, limits, spent)...)
		case m.Mode == schema.ModeLive:
			found = append(found, Breach{
				Merchant: m.Name, Text: fmt.Sprintf("Merchant %q moves real money and has no limits.", m.Name),
				Advice: fmt.Sprintf("Say in the settings how much may be done at most, as in:\n\n    limits %q {\n      refund \"DKK\" {\n        per_action = \"500.00 DKK\"\n        per_day    = \"20000.00 DKK\"\n      }\n    }", m.Name),
			})
		}
	}
	return found
}

// merchantsOf returns the merchants that a plan is about, in the order of the
// configuration.
func merchantsOf(p *plan.Plan, c *schema.Config) []schema.Merchant {
	var all []schema.Merchant
	for _, m := range c.Merchants {
		if slices.ContainsFunc(p.Body.Actions, func(a plan.Action) bool { return a.Merchant == m.ID }) {
			all = append(all, m)
		}
	}
	return all
}

// breaches compares what a plan wants of one merchant with its limits.
func breaches(p *plan.Plan, m schema.Merchant, limits schema.MerchantLimits, spent map[statefile.Purse]statefile.Spent) []Breach {
	var found []Breach
	wanted := map[statefile.Purse]statefile.Spent{}
	for _, a := range p.Body.Actions {
		if a.Merchant != m.ID {
			continue
		}
		purse := statefile.Purse{Merchant: m.ID, Verb: a.Verb, Currency: a.Currency}
		sum, moved := wanted[purse], a.ToMinor-a.FromMinor
		sum.Count++
		sum.Minor += moved
		wanted[purse] = sum
		if l, ok := limitFor(limits, purse); ok && l.PerAction.Valid() && moved > l.PerAction.Minor() {
			found = append(found, tooLarge(m.Name, a, l))
		}
	}
	purses := slices.SortedFunc(maps.Keys(wanted), func(a, b statefile.Purse) int {
		return cmp.Or(cmp.Compare(a.Verb, b.Verb), cmp.Compare(a.Currency, b.Currency))
	})
	for _, purse := range purses {
		l, ok := limitFor(limits, purse)
		if !ok {
			found = append(found, Breach{Merchant: m.Name, Text: fmt.Sprintf("The limits of merchant %q at %s:%d name no %s, and what they do not name is not allowed.", m.Name, limits.Source.File, limits.Source.Start.Line, kind(string(purse.Verb), purse.Currency))})
			continue
		}
		for _, text := range beyond(wanted[purse], spent[purse], l) {
			found = append(found, Breach{Merchant: m.Name, Text: text})
		}
	}
	return found
}

// tooLarge is the breach of an action that is more than one may be.
func tooLarge(merchant string, a plan.Action, l schema.Limit) Breach {
	moved := a.ToMinor - a.FromMinor
	amount, _ := money.NewTotal(moved, l.Currency) // the plan has checked its amounts
	rule := fmt.Sprintf("the %s that one may have (%s)", l.PerAction, place(l))
	return Breach{
		Merchant: merchant, Address: a.Address, Text: fmt.Sprintf("This %s of %s is more than %s.", a.Verb, sumText(moved, l.Currency), rule),
		Rule: rule, Verb: a.Verb, Moved: amount,
	}
}

// beyond compares the sums of one kind of action with its limit.
func beyond(wanted, spent statefile.Spent, l schema.Limit) []string {
	var found []string
	day := statefile.Spent{Count: wanted.Count + spent.Count, Minor: wanted.Minor + spent.Minor}
	if l.PerPlan.Valid() && wanted.Minor > l.PerPlan.Minor() {
		found = append(found, fmt.Sprintf("The plan has %s to %s, and one plan may have %s (%s).", sumText(wanted.Minor, l.Currency), l.Action, l.PerPlan, place(l)))
	}
	if l.PerDay.Valid() && day.Minor > l.PerDay.Minor() {
		found = append(found, fmt.Sprintf("With the %s of the last 24 hours the plan comes to %s to %s, and a day may have %s (%s).", sumText(spent.Minor, l.Currency), sumText(day.Minor, l.Currency), l.Action, l.PerDay, place(l)))
	}
	if l.CountPerPlan > 0 && wanted.Count > l.CountPerPlan {
		found = append(found, fmt.Sprintf("The plan has %d actions to %s, and one plan may have %d (%s).", wanted.Count, kind(l.Action, l.Currency.Code()), l.CountPerPlan, place(l)))
	}
	if l.CountPerDay > 0 && day.Count > l.CountPerDay {
		found = append(found, fmt.Sprintf("With the %d of the last 24 hours the plan comes to %d actions to %s, and a day may have %d (%s).", spent.Count, day.Count, kind(l.Action, l.Currency.Code()), l.CountPerDay, place(l)))
	}
	return found
}

func limitFor(limits schema.MerchantLimits, p statefile.Purse) (schema.Limit, bool) {
	for _, l := range limits.Limits {
		if l.Action == string(p.Verb) && l.Currency.Code() == p.Currency {
			return l, true
		}
	}
	return schema.Limit{}, false
}

// kind names what a limit is about, "refund in DKK".
func kind(action, currency string) string {
	if currency == "" {
		return action
	}
	return action + " in " + currency
}

// sumText shows a sum, which may be larger than any one amount.
func sumText(minor int64, c money.Currency) string {
	a, err := money.NewTotal(minor, c)
	if err != nil { // the plan and the ledger have checked their amounts
		return fmt.Sprintf("%d minor units of %s", minor, c)
	}
	return a.String()
}

func place(l schema.Limit) string { return fmt.Sprintf("%s:%d", l.Source.File, l.Source.Start.Line) }

// limited is the check of [Limits] before an apply.
func limited(p *plan.Plan, f Facts) *RefusedError {
	found := Limits(p, f)
	if len(found) == 0 {
		return nil
	}
	refused := refuse(OverLimit, "%s", breachText(found))
	refused.Breaches = found
	return refused
}

// shownBreaches is how many are written out; further ones are counted.
const shownBreaches = 20

func breachText(found []Breach) string {
	text := "The plan goes beyond what the limits allow; nothing was sent."
	for i, b := range found {
		if i == shownBreaches {
			text += fmt.Sprintf("\n\n%d more like these.", len(found)-i)
			break
		}
		text += "\n\n" + b.String()
		if b.Advice != "" {
			text += " " + b.Advice
		}
	}
	return text
}
