package report

import (
	"bufio"
	"fmt"
	"slices"
	"strings"

	"flexform/plan"
)

// A blockedGroup holds the blocked transactions of one cause.
type blockedGroup struct {
	title string
	ink   ink
	items []plan.Blocked
}

// causes is the order in which blocked transactions are shown, what needs a
// person first, and how each cause is put.
var causes = [...]struct {
	cause plan.Cause
	word  string
	title string
	ink   ink
}{
	{plan.CauseUnknown, "unknown", "Outcome unknown: money may have moved", inkRed},
	{plan.CauseDrift, "drifted", "Drifted: the gateway contradicts the ledger", inkRed},
	{plan.CauseMismatch, "mismatch", "Mismatch: order id and amount belong to another transaction", inkRed},
	{plan.CauseNotFound, "not found", "Not found: the gateway knows no such transaction", inkRed},
	{plan.CauseStatus, "forbidden", "Forbidden: the transaction's status allows nothing that is asked for", inkRed},
	{plan.CauseUnread, "not read", "Not read: the gateway gave no usable answer", inkYellow},
	{plan.CauseSettling, "settling", "Settling: an accepted action must become final first", inkYellow},
}

func causeWord(cause plan.Cause) string {
	for _, c := range causes {
		if c.cause == cause {
			return c.word
		}
	}
	return unknownWord
}

func groupBlocked(blocked []plan.Blocked) []blockedGroup {
	var groups []blockedGroup
	rest := blocked
	for _, c := range causes {
		var items []plan.Blocked
		var others []plan.Blocked
		for _, b := range rest {
			if b.Cause == c.cause {
				items = append(items, b)
			} else {
				others = append(others, b)
			}
		}
		if items != nil {
			groups = append(groups, blockedGroup{c.title, c.ink, items})
		}
		rest = others
	}
	if len(rest) > 0 { // a cause of a newer version
		groups = append(groups, blockedGroup{"Blocked for another cause", inkRed, rest})
	}
	return groups
}

// blockedNoun is what a list of blocked addresses counts.
func blockedNoun(blocked []plan.Blocked) string {
	noun := ""
	for _, b := range blocked {
		what := "transaction"
		if strings.HasPrefix(b.Address, "ticket.") {
			what = "ticket"
			if strings.Contains(b.Address, ".charge[") {
				what = "charge"
			}
		}
		if noun != "" && noun != what {
			return "item"
		}
		noun = what
	}
	return noun
}

func (g blockedGroup) heading() string { return fmt.Sprintf("%s (%d)", g.title, len(g.items)) }

// writeBlocked writes one blocked transaction: which, why, what to do, and the
// command alone on its line.
func writeBlocked(b *bufio.Writer, item plan.Blocked, indent string, s Style) {
	b.WriteString(indent + s.paint(inkBold, Ident(item.Address)) + "  " + blockedFacts(item) + "\n")
	writeWrapped(b, Lines(item.Detail), indent+"  ", s.Width)
	if item.Command != "" {
		b.WriteString("\n" + indent + "      " + s.command(strings.TrimPrefix(Visible(item.Command), "flexform ")) + "\n")
	}
	if item.Declare != "" {
		b.WriteString("\n" + shifted(Lines(item.Declare), indent+"      ") + "\n")
	}
	b.WriteByte('\n')
}

// shifted puts the indent before each line.
func shifted(lines, indent string) string {
	return indent + strings.ReplaceAll(lines, "\n", "\n"+indent)
}

func blockedFacts(item plan.Blocked) string {
	parts := slices.DeleteFunc([]string{Ident(item.Transact), "order " + Ident(item.OrderID), ""},
		func(s string) bool { return s == "" || s == "order " })
	if item.Status != nil {
		parts = append(parts, "status "+item.Status.String())
	}
	return strings.Join(parts, ", ")
}
