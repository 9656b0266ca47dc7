package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"flexform/plan"
	"flexform/statefile"
)

// A fact is one line of a plan's head, or several under one label.
type fact struct {
	label string
	lines []string // escaped
	ink   ink
	fold  bool // lines may be left out where space is short
}

func (v *planView) headFacts() []fact {
	p := v.plan
	facts := []fact{
		{label: "Mode", lines: []string{modeText(p.Body.Mode)}, ink: modeInk(p.Body.Mode)},
		{label: "Merchants", lines: v.merchantLines(), fold: true},
	}
	if len(p.Body.Actions) > 0 {
		facts = append(facts,
			fact{label: "Net cash effect", lines: netEffect(v.sums, p.Body.Actions)},
			fact{label: "Cannot be undone", lines: []string{irreversible(p.Body.Actions)}},
			fact{label: "Repeats", lines: repeats(p.Body.Actions)},
			policyFact(v.options.Policy))
	}
	facts = append(facts, fact{label: "Unknown", lines: heldLines(p.Envelope.Held), ink: inkRed})
	facts = append(facts,
		fact{label: "Settings", lines: nonEmpty(Visible(v.options.Settings)), ink: inkYellow},
		fact{label: "Break-glass", lines: recent(escaped(v.options.Glass)), ink: inkRed})
	facts = append(facts, fact{label: "Digest", lines: []string{ShortDigest(p.Digest), Ident(p.Digest)}})
	if len(p.Body.Actions) > 0 {
		facts = append(facts, fact{label: "Expires", lines: timeLines(p.Envelope.ExpiresAt)})
	}
	facts = append(facts,
		fact{label: "Commit", lines: nonEmpty(Ident(p.Envelope.Commit))},
		fact{label: countsLabel(p.Envelope.Counts), lines: countLines(p)})
	return slices.DeleteFunc(facts, func(f fact) bool { return len(f.lines) == 0 })
}

// merchantLines lists the merchants that the plan names, or all that are
// configured where it names none.
func (v *planView) merchantLines() []string {
	var lines []string
	seen := map[string]bool{}
	for _, m := range v.options.Merchants {
		if len(v.merchants) > 0 && !v.merchants[m.ID] {
			continue
		}
		seen[m.ID] = true
		gateway := m.Gateway
		if gateway == "sandbox" {
			gateway = "the built-in sandbox"
		}
		line := fmt.Sprintf("%s (%s) at %s", Ident(m.Name), Ident(m.ID), Ident(gateway))
		if m.Account != "" {
			line += ", account " + Ident(m.Account)
		}
		lines = append(lines, line)
	}
	var others []string
	for id := range v.merchants {
		if !seen[id] {
			others = append(others, Ident(id))
		}
	}
	slices.Sort(others)
	return append(lines, others...)
}

// netEffect says per currency what the merchant's balance gains or loses, and
// what cancels release and reauthorises reserve on the cardholders' side.
// Of charges, only what is captured at once is money that comes in.
func netEffect(sums []plan.Sum, actions []plan.Action) []string {
	captured := map[string]int64{}
	for _, a := range actions {
		if a.Verb == statefile.Charge && a.Capture {
			captured[a.Currency] += a.ToMinor - a.FromMinor
		}
	}
	var lines []string
	for i := 0; i < len(sums); {
		code := sums[i].Currency
		var net, released, approved, reserved int64
		moves := false
		for ; i < len(sums) && sums[i].Currency == code; i++ {
			switch sums[i].Verb {
			case statefile.Capture:
				net, moves = net+sums[i].Minor, true
			case statefile.Refund:
				net, moves = net-sums[i].Minor, true
			case statefile.Cancel:
				released += sums[i].Minor
			case statefile.Reauthorise:
				approved += sums[i].Minor
			case statefile.Charge:
				reserved += sums[i].Minor - captured[code]
				net, moves = net+captured[code], moves || captured[code] > 0
			case statefile.Delete:
				continue
			}
		}
		var parts []string
		if moves {
			parts = append(parts, signedText(net, code))
		}
		if released > 0 {
			parts = append(parts, "cancels release "+amountText(released, code))
		}
		if approved > 0 {
			parts = append(parts, amountText(approved, code)+" is approved again")
		}
		if reserved > 0 {
			parts = append(parts, "charges reserve "+amountText(reserved, code))
		}
		if len(parts) > 0 { // nothing is said where only tickets are deleted
			lines = append(lines, strings.Join(parts, "; "))
		}
	}
	return lines
}

// irreversible counts what no later call can take back. A capture can be
// given back by a refund; a refund or a cancel is final.
func irreversible(actions []plan.Action) string {
	refunds, cancels, deletes := 0, 0, 0
	charges := false
	for _, a := range actions {
		switch a.Verb {
		case statefile.Refund:
			refunds++
		case statefile.Cancel:
			cancels++
		case statefile.Delete:
			deletes++
		case statefile.Charge:
			charges = true
		}
	}
	var parts []string
	if refunds > 0 {
		parts = append(parts, Count(refunds, "refund"))
	}
	if cancels > 0 {
		parts = append(parts, Count(cancels, "cancel"))
	}
	if deletes > 0 {
		parts = append(parts, Count(deletes, "delete"))
	}
	switch {
	case parts == nil && charges:
		return "none; what is charged can be refunded, or cancelled while it is only authorised"
	case parts == nil:
		return "none; a capture can still be refunded"
	}
	return fmt.Sprintf("%d of %s: %s", refunds+cancels+deletes, Count(len(actions), "action"), strings.Join(parts, ", "))
}

// repeats tells how many actions would move money again if they were sent
// twice, and how many were tried before.
func repeats(actions []plan.Action) []string {
	counted, again, twice := 0, 0, "pay"
	for _, a := range actions {
		if a.Class != plan.SelfLimiting && a.Class != plan.Moneyless {
			counted++
			if a.Verb == statefile.Capture {
				twice = "move its money"
			}
		}
		if a.Attempt > 1 && a.Class != plan.Moneyless { // that one may have happened before
			again++
		}
	}
	var lines []string
	if counted > 0 {
		lines = append(lines, fmt.Sprintf("%d counted: sent twice, it would %s twice", counted, twice))
	}
	if again > 0 {
		lines = append(lines, fmt.Sprintf("%s tried before, without effect", wasOrWere(again, "action")))
	}
	return lines
}

func wasOrWere(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " was"
	}
	return Count(n, noun) + " were"
}

// recent keeps the newest of what the head tells of the past.
func recent(lines []string) []string {
	if n := len(lines) - shownEnds; n > 0 {
		return append([]string{fmt.Sprintf("%d earlier ones, see history", n)}, lines[n:]...)
	}
	return lines
}

func policyFact(v Verdict) fact {
	switch {
	case v.Text == "" && !v.Allowed:
		return fact{label: "Policy", lines: []string{"not checked"}}
	case v.Allowed:
		return fact{label: "Policy", lines: []string{"allowed: " + Visible(cmp.Or(v.Text, "within the limits"))}, ink: inkGreen}
	}
	lines := []string{"refused: " + Visible(v.Text)}
	for _, b := range v.sentences() {
		lines = append(lines, Visible(b))
	}
	return fact{label: policyLabel, lines: lines, ink: inkRed}
}

const policyLabel = "Policy"

// shownBreaches is how many a plan's head writes out one by one. Of more it
// says the kinds, all of them.
const shownBreaches = 10

// sentences say everything that forbids the plan.
func (v Verdict) sentences() []string {
	if len(v.Breaches) > shownBreaches && len(v.Kinds) > 0 {
		return v.Kinds
	}
	return v.Breaches
}

// transactions counts those that actions are about.
func transactions(actions []plan.Action) int {
	named := make(map[string]bool, len(actions))
	for _, a := range actions {
		named[a.Address] = true
	}
	return len(named)
}

// countsLabel names what the counts are of.
func countsLabel(c plan.Counts) string {
	if c.Charges+c.Deletions > 0 {
		return "Declared"
	}
	return "Transactions"
}

// declaredText says what is declared: "2 transactions, 1 charge, 1 deletion".
func declaredText(c plan.Counts) string {
	var parts []string
	for _, n := range []struct {
		count int
		what  string
	}{{c.Declared - c.Charges - c.Deletions, "transaction"}, {c.Charges, "charge"}, {c.Deletions, "deletion"}} {
		if n.count > 0 {
			parts = append(parts, Count(n.count, n.what))
		}
	}
	return strings.Join(parts, ", ")
}

// countLines says how many transactions are in which case. What was not looked
// at has its own line, because it was not checked.
func countLines(p *plan.Plan) []string {
	c := p.Envelope.Counts
	parts := []string{fmt.Sprintf("%d declared", c.Declared)}
	if c.Charges+c.Deletions > 0 {
		parts[0] = declaredText(c)
	}
	for _, n := range []struct {
		count int
		what  string
	}{{transactions(p.Body.Actions), "to change"}, {c.Unchanged, "unchanged"}, {c.Drifted, "drifted"}, {c.Settling, "settling"},
		{c.Unknown, "with an unknown outcome"}, {c.Failed, "not read"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	lines := []string{strings.Join(parts, ", ")}
	switch {
	case c.NotRefreshed == 1:
		lines = append(lines, "1 settled transaction was not looked at; --refresh=all looks")
	case c.NotRefreshed > 1:
		lines = append(lines, fmt.Sprintf("%d settled transactions were not looked at; --refresh=all looks", c.NotRefreshed))
	}
	return lines
}
