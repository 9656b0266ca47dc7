package report

import (
	"cmp"
	"fmt"
	"strings"

	"flexform/plan"
	"flexform/statefile"
)

// comparedRows is how many actions a comparison shows of each kind. That is more
// than other looks: whoever has reviewed the earlier plan wants to see these.
const comparedRows = 50

// compareLooks are what the plan does other than the earlier one that it is
// compared with.
func (v *planView) compareLooks() []look {
	earlier := v.options.Compared
	if earlier == nil {
		return nil
	}
	d := plan.Compare(earlier, v.plan)
	var looks []look
	add := func(title string, actions []plan.Action, note func(plan.Action) string) {
		if len(actions) == 0 {
			return
		}
		places := make([]int, len(actions))
		var sums []plan.Sum
		for i, a := range actions {
			places[i], sums = i, addSum(sums, a)
		}
		l := pick(actions, places, comparedRows)
		l.title, l.note = title+": "+tallyText(sums), note
		looks = append(looks, l)
	}
	was := map[string]plan.Action{}
	var changed []plan.Action
	for _, c := range d.Changed {
		changed = append(changed, c.Is)
		was[comparedKey(c.Is)] = c.Was
	}
	since := "since plan " + earlierDigest(earlier)
	add("New "+since, d.Added, nil)
	add("Changed "+since, changed, func(a plan.Action) string { return whatWas(was[comparedKey(a)], a) })
	add("In plan "+earlierDigest(earlier)+" and not in this one", d.Dropped, v.whyDropped())
	return looks
}

// earlierDigest is the beginning of a plan's digest. It stands in headings, where
// nothing may stand that is not one.
func earlierDigest(p *plan.Plan) string {
	digest := ShortDigest(p.Digest)
	if strings.Trim(digest, "0123456789abcdef") != "" {
		return unknownWord
	}
	return digest
}

// comparedKey tells the actions of a plan apart.
func comparedKey(a plan.Action) string {
	return strings.Join([]string{a.Merchant, a.Transact, string(a.Verb), a.OrderID, fmt.Sprint(a.FromMinor, a.ToMinor, a.Attempt)}, "\x00")
}

// compareLines say which plan is compared, and what is the same.
func (v *planView) compareLines() []string {
	earlier := v.options.Compared
	if earlier == nil {
		return nil
	}
	d := plan.Compare(earlier, v.plan)
	line := fmt.Sprintf("Compared with plan %s of %s: ", earlierDigest(earlier), Time(earlier.Envelope.CreatedAt))
	if d.Empty() {
		line += "it has the same " + plural(d.Same, "action")
	} else {
		line += isOrAre(d.Same, "action", "the same")
	}
	line += "."
	if earlier.Body.Mode != v.plan.Body.Mode {
		line += fmt.Sprintf(" That one was in %s.", modeText(earlier.Body.Mode))
	}
	if earlier.Body.SettingsDigest != v.plan.Body.SettingsDigest {
		line += " The settings that guard money are not the same."
	}
	return []string{line}
}

// whatWas says what is not as it was.
func whatWas(was, is plan.Action) string {
	var parts []string
	if moved(was) != moved(is) || was.Currency != is.Currency {
		parts = append(parts, "was "+movedText(was))
	}
	if raises(is.Verb) && was.FromMinor != is.FromMinor {
		parts = append(parts, fmt.Sprintf("was from %s", decimalText(was.FromMinor, was.Currency)))
	}
	for _, f := range []struct{ name, was, is string }{
		{"reason", Visible(was.Reason), Visible(is.Reason)}, {"order", Ident(was.OrderID), Ident(is.OrderID)}, {"address", Ident(was.Address), Ident(is.Address)},
		{"status", was.Status.String(), is.Status.String()}, {"class", classWord(was.Class), classWord(is.Class)},
		{"attempt", fmt.Sprint(was.Attempt), fmt.Sprint(is.Attempt)}, {"what came before", Visible(was.Earlier), Visible(is.Earlier)}, {"authorised", amountText(was.AmountMinor, was.Currency), amountText(is.AmountMinor, is.Currency)},
	} {
		if f.was != f.is {
			parts = append(parts, fmt.Sprintf("%s was %s", f.name, cmp.Or(f.was, "none")))
		}
	}
	if is.Verb == statefile.Charge && was.Capture != is.Capture {
		parts = append(parts, "was "+map[bool]string{true: "captured at once", false: "authorised only"}[was.Capture])
	}
	return strings.Join(parts, "; ")
}

// whyDropped says of actions that are not in the plan any more what the plan
// knows of their transactions.
func (v *planView) whyDropped() func(plan.Action) string {
	blocked := map[string]plan.Cause{}
	for _, b := range v.plan.Body.Blocked {
		blocked[b.Address] = b.Cause
	}
	return func(a plan.Action) string {
		if cause, ok := blocked[a.Address]; ok {
			return "blocked now: " + causeWord(cause)
		}
		return ""
	}
}
