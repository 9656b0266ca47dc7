package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// StatusText writes how the declared transactions stand: counts, what is
// undecided with the command that settles it, then a table.
func StatusText(w io.Writer, status Status, s Style) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s in %s\n\n", s.paint(inkBold, status.declared()), s.paint(modeInk(status.Mode), modeText(status.Mode)))
	if counts := status.counts(s); counts != "" {
		fmt.Fprintf(b, "  %s\n\n", counts)
	}
	writeFileStatus(b, status.Files, s)
	writeUndecided(b, slices.DeleteFunc(slices.Clone(status.Undecided), inFile), s)
	writeHandCalls(b, status.Calls, s)
	writeReasons(b, status, s)
	shown := s.rows(len(status.Rows))
	statusTable(status.Rows[:shown]).write(b, "  ", s, func(row, column int, cell string) string {
		if column == 0 {
			return s.paint(status.Rows[row].Standing.ink(), cell)
		}
		return cell
	})
	if len(status.Rows) > 0 {
		b.WriteByte('\n')
	}
	writeRest(b, len(status.Rows)-shown, "  ", "row")
	writePaymentFacts(b, status.Rows[:shown], s)
	status.writeTickets(b, s)
	return b.Flush()
}

// declared says how much the status is about.
func (status Status) declared() string {
	if len(status.Tickets) == 0 {
		return Count(len(status.Rows), "declared transaction")
	}
	c := plan.Counts{Declared: len(status.Rows) + len(status.Tickets)}
	for _, t := range status.Tickets {
		if t.Charge == nil {
			c.Deletions++
		} else {
			c.Charges++
		}
	}
	return declaredText(c) + " declared"
}

// counts says how many rows stand how, in the order of the rows.
func (status Status) counts(s Style) string {
	number := map[Standing]int{}
	for _, r := range status.Rows {
		number[r.Standing]++
	}
	for _, t := range status.Tickets {
		number[t.Standing]++
	}
	standings := slices.SortedFunc(maps.Keys(number), func(a, b Standing) int {
		return cmp.Or(cmp.Compare(a.order(), b.order()), cmp.Compare(a, b))
	})
	var parts []string
	for _, standing := range standings {
		parts = append(parts, s.paint(standing.ink(), fmt.Sprintf("%d %s", number[standing], standing.word())))
	}
	return strings.Join(parts, ", ")
}

func (s Standing) word() string {
	switch s {
	case StandingInPlace, StandingToChange, StandingSettled, StandingRefused:
		return string(s)
	}
	for _, c := range causes {
		if Standing(c.cause) == s {
			return c.word
		}
	}
	return "blocked"
}

// Undecided writes only the actions that may or may not have happened, for when
// nothing else can be said.
func Undecided(w io.Writer, actions []statefile.Action, s Style) error {
	b := bufio.NewWriter(w)
	writeUndecided(b, actions, s)
	return b.Flush()
}

// writeUndecided lists the actions that may or may not have happened.
func writeUndecided(b *bufio.Writer, actions []statefile.Action, s Style) {
	if len(actions) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n\n", s.paint(inkRed, Count(len(actions), "action")+" with an unknown outcome: money may have moved"))
	shown := s.rows(len(actions))
	for _, a := range actions[:shown] {
		fmt.Fprintf(b, "  %s  %s, begun %s\n", s.paint(inkBold, Ident(a.Address)), ActionText(a.ID), Time(a.At))
		if a.Message != "" {
			writeWrapped(b, Visible(a.Message), "    ", s.Width)
		}
		fmt.Fprintf(b, "\n      %s\n\n", s.resolveCommand(a.ID))
	}
	writeRest(b, len(actions)-shown, "  ", "action")
	writeResolveAll(b, actions[:shown], s)
}

// writeResolveAll shows how several unknown actions are settled at once.
func writeResolveAll(b *bufio.Writer, actions []statefile.Action, s Style) {
	if len(actions) < 2 {
		return
	}
	var ids []string
	for _, a := range actions {
		ids = append(ids, quotedWord(Visible(a.ID)))
	}
	writeWrapped(b, "Where the same evidence settles several, one command records each of them, or refuses it, by itself:", "  ", s.Width)
	fmt.Fprintf(b, "\n      %s\n\n", s.command(fmt.Sprintf(`resolve --outcome "done|not-done" --evidence "…" %s`, strings.Join(ids, " "))))
}

// resolveCommand is the command that settles an unknown action, for the person
// who has found out.
func (s Style) resolveCommand(action string) string {
	return s.command(fmt.Sprintf(`resolve %s --outcome "done|not-done" --evidence "…"`, quotedWord(Visible(action))))
}

// writeReasons says why blocked transactions are. What is unknown stands above
// and what is settling needs no words.
func writeReasons(b *bufio.Writer, status Status, s Style) {
	var blocked []plan.Blocked
	add := func(by *plan.Blocked) {
		if by != nil && by.Cause != plan.CauseUnknown && by.Cause != plan.CauseSettling {
			blocked = append(blocked, *by)
		}
	}
	for _, r := range status.Rows {
		add(r.Blocked)
	}
	for _, r := range status.Tickets {
		add(r.Blocked)
	}
	for _, g := range groupBlocked(blocked) {
		fmt.Fprintf(b, "%s\n\n", s.paint(g.ink, g.heading()))
		shown := s.rows(len(g.items))
		for _, item := range g.items[:shown] {
			writeBlocked(b, item, "  ", s)
		}
		writeRest(b, len(g.items)-shown, "  ", blockedNoun(g.items))
	}
}

func statusTable(rows []StatusRow) *grid {
	t := &grid{head: []string{"State", "Status", "Authorised", "Captured", "Refunded", "Desired", "Transact", "Order", "Address"}, right: []bool{2: true, 3: true, 4: true}}
	for _, r := range rows {
		d := r.Declared
		t.add(r.Standing.word(), r.statusText(), d.Amount.String(), figureText(r.Captured, d.Amount), figureText(r.Refunded, d.Amount),
			desiredText(d), Ident(r.Transact), Ident(d.OrderID), Ident(d.Address))
	}
	return t
}

func (r StatusRow) statusText() string {
	switch {
	case r.Status != nil:
		return r.Status.String()
	case r.Known != nil:
		return r.Known.String() + ", by ledger"
	}
	return "-"
}

func figureText(f *plan.Figure, authorised money.Amount) string {
	if f == nil {
		return "-"
	}
	return decimalText(f.Minor, authorised.Currency().Code()) + " " + sourceText(f.Source)
}

// desiredText says what the configuration asks for: "captured full, refunded
// 50.00".
func desiredText(t schema.Transaction) string {
	var parts []string
	if t.Cancelled {
		parts = append(parts, "cancelled")
	}
	for _, want := range []struct {
		name  string
		total schema.Total
	}{{"captured", t.Captured}, {"refunded", t.Refunded}} {
		switch {
		case want.total.Declared && want.total.Full:
			parts = append(parts, want.name+" full")
		case want.total.Declared:
			parts = append(parts, want.name+" "+want.total.Amount.Decimal())
		}
	}
	if parts == nil {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}
