package report

import (
	"bufio"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"flexform/plan"
	"flexform/statefile"
)

// detailRows is how many actions a plan may have to be shown action by action
// instead of as a table.
const detailRows = 10

// An actionGroup holds the actions of one reason.
type actionGroup struct {
	reason  string // escaped; empty for the actions that share their reason with no other
	actions []plan.Action
}

// groupActions puts actions with one reason together, in the order in which
// the reasons first appear; those with a reason of their own come last.
func groupActions(actions []plan.Action) []actionGroup {
	index := map[string]int{}
	var groups []actionGroup
	for _, a := range actions {
		i, ok := index[a.Reason]
		if !ok {
			i = len(groups)
			index[a.Reason] = i
			groups = append(groups, actionGroup{reason: a.Reason})
		}
		groups[i].actions = append(groups[i].actions, a)
	}
	var shared []actionGroup
	var single actionGroup
	for _, g := range groups {
		if len(g.actions) == 1 {
			single.actions = append(single.actions, g.actions...)
			continue
		}
		g.reason = cmp.Or(Visible(g.reason), "no reason given")
		shared = append(shared, g)
	}
	if single.actions != nil {
		shared = append(shared, single)
	}
	return shared
}

func (g actionGroup) title() string { return cmp.Or(g.reason, "Each for its own reason") }

// subtotal says what the group adds up to: "500 refunds, 12500.00 DKK".
func (g actionGroup) subtotal() string { return tallyText(tally(g.actions)) }

// tallyText says sums in words: "2 refunds, 50.00 DKK; 1 cancel, 8.00 EUR".
func tallyText(sums []plan.Sum) string {
	var parts []string
	for _, sum := range inOrder(sums) {
		part := Count(sum.Count, verbText(sum.Verb))
		if hasAmount(sum.Verb) {
			part += ", " + amountText(sum.Minor, sum.Currency)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// tally sums actions by currency and verb.
func tally(actions []plan.Action) []plan.Sum {
	var sums []plan.Sum
	for _, a := range actions {
		sums = addSum(sums, a)
	}
	return sums
}

func addSum(sums []plan.Sum, a plan.Action) []plan.Sum {
	i := slices.IndexFunc(sums, func(s plan.Sum) bool { return s.Currency == a.Currency && s.Verb == a.Verb })
	if i < 0 {
		i = len(sums)
		sums = append(sums, plan.Sum{Currency: a.Currency, Verb: a.Verb})
	}
	moved := a.ToMinor - a.FromMinor
	sums[i].Count++
	sums[i].Minor += moved
	sums[i].LargestMinor = max(sums[i].LargestMinor, moved)
	return sums
}

func verbOrder(v statefile.Verb) int {
	return slices.Index(verbs[:], v)
}

// sourceOf returns where the number comes from that the action starts at.
func (v *planView) sourceOf(a plan.Action) plan.Source {
	p, ok := v.positions[a.Address]
	switch {
	case !ok:
		return ""
	case a.Verb == statefile.Refund:
		return p.Refunded.Source
	case a.Verb == statefile.Capture:
		return p.Captured.Source
	}
	return plan.FromGateway // the others start from the status alone
}

// The columns of the table of actions.
const (
	colMark = iota
	colMode
	colVerb
	colAmount
	colChange
	colSource
	colClass
	colMerchant
	colTransact
	colOrder
	colAddress
	colExtra
	actionColumns
)

var actionHead = []string{colAmount: "Amount", colChange: "Total", colSource: "Source", colClass: "Class",
	colMerchant: "Merchant", colTransact: "Transact", colOrder: "Order", colAddress: "Address", colExtra: ""}

var actionRight = []bool{colAmount: true, colChange: true, actionColumns - 1: false}

// table lays actions out in rows. What is the same in all of them is left to
// the heading, which common returns.
func (v *planView) table(g actionGroup, actions []plan.Action) (t *grid, common []string) {
	t = &grid{head: actionHead, right: actionRight}
	for _, a := range actions {
		t.rows = append(t.rows, v.row(g, a))
	}
	if len(t.rows) == 0 || len(g.actions) < 2 {
		return t, nil
	}
	first := slices.Clone(t.rows[0])
	same := func(column int) bool {
		for _, r := range t.rows {
			if r[column] != first[column] {
				return false
			}
		}
		return first[column] != ""
	}
	for _, c := range []struct {
		column int
		format string
	}{{colVerb, ""}, {colSource, "totals from %s"}, {colClass, "%s"}} {
		if !same(c.column) {
			continue
		}
		if c.format != "" {
			common = append(common, fmt.Sprintf(c.format, first[c.column]))
		}
		for _, r := range t.rows {
			r[c.column] = ""
		}
	}
	return t, common
}

func (v *planView) row(g actionGroup, a plan.Action) []string {
	r := make([]string, actionColumns)
	r[colMode] = modePrefix(v.plan.Body.Mode)
	r[colMark], _ = mark(a.Verb)
	r[colVerb] = verbText(a.Verb)
	r[colAmount] = movedText(a)
	if raises(a.Verb) {
		r[colChange] = decimalText(a.FromMinor, a.Currency) + " -> " + decimalText(a.ToMinor, a.Currency)
	}
	r[colSource] = sourceText(v.sourceOf(a))
	r[colClass] = classWord(a.Class)
	if len(v.merchants) > 1 {
		r[colMerchant] = Ident(a.Merchant)
	}
	if a.Verb == statefile.Charge {
		r[colChange] = "authorised only"
		if a.Capture {
			r[colChange] = "captured"
		}
	}
	r[colTransact], r[colOrder], r[colAddress] = Ident(a.Transact), Ident(a.OrderID), Ident(a.Address)
	var extra []string
	if a.Attempt > 1 {
		extra = append(extra, attemptText(a))
	}
	if g.reason == "" && a.Reason != "" {
		extra = append(extra, Visible(a.Reason))
	}
	r[colExtra] = strings.Join(extra, "; ")
	return r
}

func attemptText(a plan.Action) string {
	s := fmt.Sprintf("attempt %d", a.Attempt)
	if a.Earlier != "" {
		s += " (" + Visible(a.Earlier) + ")"
	}
	return s
}

// paintRow colours the cells of the table.
func paintRow(s Style, column int, cell string) string {
	switch column {
	case colMode:
		return s.paint(inkAlarm, cell)
	case colMark:
		for _, v := range verbs {
			if m, i := mark(v); m == cell {
				return s.paint(i, cell)
			}
		}
	}
	return cell
}

// writeDetail writes one action with everything that is known about it.
func (v *planView) writeDetail(b *bufio.Writer, a plan.Action, indent string, s Style) {
	sign, paint := mark(a.Verb)
	head := indent + s.paint(paint, sign) + " "
	if p := modePrefix(v.plan.Body.Mode); p != "" {
		head += s.paint(inkAlarm, p) + " "
	}
	what := amountText(a.ToMinor-a.FromMinor, a.Currency)
	switch a.Verb {
	case statefile.Cancel:
		what = "releases " + what
	case statefile.Reauthorise:
		what = "has " + what + " approved again"
	case statefile.Charge:
		what = chargeWhat(a)
	case statefile.Delete:
		what = "the ticket"
	}
	fmt.Fprintf(b, "%s%s  %s\n", head, s.paint(inkBold, Ident(a.Address)), s.paint(paint, verbText(a.Verb)+" "+what))
	for _, f := range v.details(a) {
		writeHanging(b, indent+"    "+padRight(f.label, 11)+"  ", f.lines[0], s.Width)
	}
	b.WriteByte('\n')
}

func (v *planView) details(a plan.Action) []fact {
	line := func(label, format string, args ...any) fact {
		return fact{label: label, lines: []string{fmt.Sprintf(format, args...)}}
	}
	facts := []fact{line("transaction", "%s of merchant %s, order %s, status %s", Ident(a.Transact), Ident(a.Merchant), Ident(a.OrderID), a.Status)}
	if a.Verb.OfTicket() {
		facts[0] = line("ticket", "%s of merchant %s, status %s", Ident(a.Transact), Ident(a.Merchant), a.Status)
	}
	p, known := v.positions[a.Address]
	change := decimalText(a.FromMinor, a.Currency) + " -> " + amountText(a.ToMinor, a.Currency)
	if source := v.sourceOf(a); source != "" {
		change += " (from " + sourceText(source) + ")"
	}
	switch a.Verb {
	case statefile.Capture:
		facts = append(facts, line("captured", "%s of %s authorised", change, amountText(a.AmountMinor, a.Currency)))
	case statefile.Refund:
		facts = append(facts, line("refunded", "%s", change))
		if known {
			facts = append(facts, line("captured", "%s (from %s)", amountText(p.Captured.Minor, p.Currency), sourceText(p.Captured.Source)))
		}
		facts = append(facts, line("authorised", "%s", amountText(a.AmountMinor, a.Currency)))
	case statefile.Charge:
		facts = append(facts, line("order", "%s, charged once, ever", Ident(a.OrderID)))
	case statefile.Delete:
	default:
		facts = append(facts, line("authorised", "%s", amountText(a.AmountMinor, a.Currency)))
	}
	facts = append(facts, line("class", "%s", classText(a)))
	if a.Attempt > 1 {
		facts = append(facts, line("attempt", "%s", strings.TrimPrefix(attemptText(a), "attempt ")))
	}
	if a.Reason != "" {
		facts = append(facts, line("reason", "%s", Visible(a.Reason)))
	}
	return facts
}

func classText(a plan.Action) string {
	switch {
	case a.Class == plan.SelfLimiting:
		return "self-limiting: the gateway would refuse a repeat"
	case a.Class == plan.Counted && a.Verb == statefile.Capture:
		return "counted: a repeat could take the money twice"
	case a.Class == plan.Counted:
		return "counted: a repeat could pay twice"
	case a.Class == plan.Moneyless:
		return "moneyless: neither it nor a repeat moves money"
	}
	return unknownWord
}
