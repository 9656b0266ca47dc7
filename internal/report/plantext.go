package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"flexform/plan"
)

// PlanText writes a plan for a terminal: the head with all totals, what is
// blocked, what to notice, the actions, and the totals again.
func PlanText(w io.Writer, p *plan.Plan, o PlanOptions) error {
	v, s := newPlanView(p, o), o.Style
	b := bufio.NewWriter(w)
	b.WriteString(s.paint(v.title.ink, v.title.text) + s.paint(modeInk(p.Body.Mode), v.title.mode) + "\n\n")
	writeSums(b, v.sums, s)
	writeFacts(b, v.facts, "  ", s)
	v.writeWarnings(b, s)
	v.writeBlockedText(b, s)
	v.writeNotices(b, s)
	v.writeLooks(b, s)
	v.writeReasons(b, s)
	v.writeActions(b, s)
	if v.tail != "" {
		fmt.Fprintf(b, "%s\n", s.paint(inkBold, v.tail))
	}
	return b.Flush()
}

// sumTable lays the totals out, one row a currency and action.
func sumTable(sums []plan.Sum) *grid {
	t := &grid{head: []string{"", "Currency", "Action", "Count", "Sum", "Largest"}, right: []bool{3: true, 4: true, 5: true}}
	for _, s := range sums {
		m, _ := mark(s.Verb)
		currency, sum, largest := sumTexts(s)
		t.add(m, currency, verbText(s.Verb), fmt.Sprint(s.Count), sum, largest)
	}
	return t
}

func writeSums(b *bufio.Writer, sums []plan.Sum, s Style) {
	if len(sums) == 0 {
		return
	}
	sumTable(sums).write(b, "  ", s, func(_, column int, cell string) string {
		if column == 0 {
			return paintRow(s, colMark, cell)
		}
		return cell
	})
	b.WriteByte('\n')
}

// writeFacts writes labelled lines, the labels in one column.
func writeFacts(b *bufio.Writer, facts []fact, indent string, s Style) {
	wide := 0
	for _, f := range facts {
		wide = max(wide, columns(f.label))
	}
	for _, f := range facts {
		label := padRight(f.label, wide)
		for _, line := range f.lines {
			b.WriteString(indent + label + "  " + s.paint(f.ink, line) + "\n")
			label = strings.Repeat(" ", wide)
		}
	}
	b.WriteByte('\n')
}

func (v *planView) writeWarnings(b *bufio.Writer, s Style) {
	for _, text := range v.options.Warnings {
		writeHanging(b, s.paint(inkYellow, "Warning:")+" ", Visible(text), s.Width)
		b.WriteByte('\n')
	}
}

func (v *planView) writeBlockedText(b *bufio.Writer, s Style) {
	if len(v.all) > 0 {
		fmt.Fprintf(b, "%s\n\n", s.paint(inkBold, blockedTitle(v.all)))
	}
	for _, g := range v.blocked {
		fmt.Fprintf(b, "  %s\n\n", s.paint(g.ink, g.heading()))
		shown := s.rows(len(g.items))
		for _, item := range g.items[:shown] {
			writeBlocked(b, item, "    ", s)
		}
		writeRest(b, len(g.items)-shown, "    ", "blocked "+blockedNoun(g.items))
	}
}

func blockedTitle(blocked []plan.Blocked) string {
	get := "get"
	if len(blocked) == 1 {
		get = "gets"
	}
	return fmt.Sprintf("Blocked: %s %s no action in this plan", Count(len(blocked), blockedNoun(blocked)), get)
}

// writeRest says how much of a list was left out.
func writeRest(b *bufio.Writer, n int, indent, noun string) {
	if n > 0 {
		fmt.Fprintf(b, "%s%s\n\n", indent, notShown(n, noun))
	}
}

func notShown(n int, noun string) string { return Count(n, noun) + " not shown" }

func (v *planView) writeNotices(b *bufio.Writer, s Style) {
	notices := v.plan.Body.Notices
	if len(notices) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n\n", s.paint(inkBold, "Notices"))
	shown := s.rows(len(notices))
	for _, n := range notices[:shown] {
		writeWrapped(b, noticeText(n), "  ", s.Width)
	}
	b.WriteByte('\n')
	writeRest(b, len(notices)-shown, "  ", "notice")
}

func noticeText(n plan.Notice) string {
	if n.Address == "" {
		return Visible(n.Text)
	}
	return Ident(n.Address) + ": " + Visible(n.Text)
}

// writeLooks writes what deserves a look, and what nobody could look at.
func (v *planView) writeLooks(b *bufio.Writer, s Style) {
	if len(v.looks) == 0 && len(v.unlooked) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n\n", s.paint(inkBold, lookTitle))
	for _, l := range v.looks {
		t, common := v.lookTable(l)
		writeWrapped(b, l.heading(common), "  ", s.Width)
		t.write(b, "    ", s, func(_, column int, cell string) string { return paintRow(s, column, cell) })
		b.WriteByte('\n')
		if l.more > 0 {
			fmt.Fprintf(b, "    %d more of these\n\n", l.more)
		}
	}
	for _, line := range v.unlooked {
		writeWrapped(b, line, "  ", s.Width)
		b.WriteByte('\n')
	}
}

// The titles of the parts of a plan.
const (
	lookTitle   = "Deserves a look"
	reasonTitle = "By reason"
	actionTitle = "Actions"

	reasonWidth = 80 // columns of a reason in a table
)

// writeReasons writes the subtotals before rows that scroll away.
func (v *planView) writeReasons(b *bufio.Writer, s Style) {
	if len(v.groups) < 2 || len(v.plan.Body.Actions) <= detailRows {
		return
	}
	fmt.Fprintf(b, "%s\n\n", s.paint(inkBold, reasonTitle))
	reasonGrid(v.reasonSums(maxReasons), reasonWidth).write(b, "  ", s, func(_, column int, cell string) string {
		if column == 0 {
			return paintRow(s, colMark, cell)
		}
		return cell
	})
	b.WriteByte('\n')
}

func (v *planView) writeActions(b *bufio.Writer, s Style) {
	actions := v.plan.Body.Actions
	if len(actions) == 0 {
		return
	}
	fmt.Fprintf(b, "%s (%s)\n\n", s.paint(inkBold, actionTitle), v.legend())
	left := s.rows(len(actions))
	hidden := len(actions) - left
	if len(actions) <= detailRows {
		for _, a := range actions[:left] {
			v.writeDetail(b, a, "  ", s)
		}
	} else {
		for _, g := range v.groups {
			shown := min(left, len(g.actions))
			left -= shown
			v.writeGroup(b, g, shown, s)
		}
	}
	writeRest(b, hidden, "  ", "row")
}

// legend explains the marks of the actions. Those of rare ones are only there
// when they are.
func (v *planView) legend() string {
	text := "> capture, < refund, x cancel"
	for _, verb := range verbs[3:] {
		if slices.ContainsFunc(v.plan.Body.Summary, func(s plan.Sum) bool { return s.Verb == verb }) {
			sign, _ := mark(verb)
			text += ", " + sign + " " + verbText(verb)
		}
	}
	return text
}

// writeGroup writes a group's heading with its subtotal, and its first rows.
func (v *planView) writeGroup(b *bufio.Writer, g actionGroup, shown int, s Style) {
	t, common := v.table(g, g.actions[:shown])
	heading := strings.Join(append([]string{s.paint(inkBold, g.title()) + ": " + g.subtotal()}, common...), "; ")
	writeWrapped(b, heading, "  ", s.Width)
	t.write(b, "    ", s, func(_, column int, cell string) string { return paintRow(s, column, cell) })
	b.WriteByte('\n')
}
