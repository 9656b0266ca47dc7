package report

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"

	"flexform/plan"
)

// markdownLimit is how long a plan's Markdown may be, in bytes and so in
// characters. GitHub cuts comments at 65,536 characters without a word.
const markdownLimit = 60000

// PlanMarkdown writes a plan as a comment for a pull request, at most 60,000
// characters at any size. Totals, digest, verdict, warnings and counts always
// stand; lists are cut, and what they leave out is counted (hazards R85).
//
// Text from data stands only inside fenced code blocks and HTML code elements,
// where Markdown has no markup, no link and no mention (hazards R69).
func PlanMarkdown(w io.Writer, p *plan.Plan, o PlanOptions) error {
	v := newPlanView(p, o)
	m := &markdown{left: markdownLimit}
	m.write(v.markdownHead())
	tail := ""
	if v.tail != "" {
		tail = "\n" + fence("", []string{v.tail})
	}
	m.left -= len(tail)
	m.blocked(v, m.left/3)
	m.notices(v, m.left/4)
	m.looks(v, m.left/2)
	m.reasons(v, m.left/2)
	m.actions(v)
	m.out.WriteString(tail)
	if m.out.Len() > markdownLimit { // only a crafted plan can have so many totals
		return fmt.Errorf("write plan as Markdown: its head alone is longer than %d characters", markdownLimit)
	}
	_, err := w.Write(m.out.Bytes())
	return err
}

// A markdown gathers a document of limited length.
type markdown struct {
	out  bytes.Buffer
	left int // bytes that lists may still take
}

func (m *markdown) write(s string) {
	m.out.WriteString(s)
	m.left -= len(s)
}

const (
	maxCell       = 400  // columns of one line of a list: no single text pushes out the others
	maxHead       = 1000 // bytes of one line of the head
	maxFence      = maxHead + 10
	markdownWidth = 100
)

func (v *planView) markdownHead() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### flexform: %s\n\n", strings.TrimPrefix(v.title.String(), "Plan: "))
	if len(v.sums) > 0 {
		b.WriteString("| Currency | Action | Count | Sum | Largest |\n| --- | --- | ---: | ---: | ---: |\n")
		for _, s := range v.sums {
			currency, sum, largest := sumTexts(s)
			fmt.Fprintf(&b, "| %s | %s | %d | %s | %s |\n", tableCell(currency), tableCell(verbText(s.Verb)), s.Count, tableCell(sum), tableCell(largest))
		}
		b.WriteByte('\n')
	}
	b.WriteString(fence("", foldFacts(v.facts)))
	if len(v.options.Warnings) > 0 {
		var lines []string
		for _, text := range v.options.Warnings {
			lines = append(lines, "! "+Visible(text))
		}
		b.WriteString("\n**Warnings**\n\n" + fence("diff", budgeted(lines, "further warning", "! ")))
	}
	return b.String()
}

// importantRoom is how many bytes what forbids a plan may take, and what warns
// of it. Both come before all that is folded to make room: only a list that is
// longer than this by itself is cut.
const importantRoom = 15000

// budgeted returns the lines that fit in importantRoom, and one that counts the
// others. Mark stands before that.
func budgeted(lines []string, noun, mark string) []string {
	room := importantRoom
	for i, line := range lines {
		lines[i] = clipBytes(line, maxHead)
		if room -= len(lines[i]) + len("Policy            ") + 1; room < 0 {
			return append(lines[:i:i], mark+notShown(len(lines)-i, noun)+": the page (--html FILE) has all of them")
		}
	}
	return lines
}

// foldFacts lays the facts out; of those that may be folded only the first
// lines are shown.
func foldFacts(facts []fact) []string {
	var lines []string
	for _, f := range facts {
		if f.label == policyLabel {
			f.lines = budgeted(slices.Clone(f.lines), "further reason", "")
		}
		shown := len(f.lines)
		if f.fold {
			shown = min(shown, 10)
		}
		label := f.label
		for _, line := range f.lines[:shown] {
			lines = append(lines, padRight(label, 16)+"  "+clipBytes(line, maxHead))
			label = ""
		}
		if shown < len(f.lines) {
			lines = append(lines, fmt.Sprintf("%16s  and %d more", "", len(f.lines)-shown))
		}
	}
	return lines
}

var safeCell = regexp.MustCompile(`^(-|[A-Z]{3}|[a-z]{1,12}|[0-9]{1,20}(\.[0-9]{1,4})?( [A-Z]{3})?)$`)

// tableCell lets through what a currency, a verb and an amount look like.
// Anything else, which only a crafted plan file can bring, becomes a question
// mark: a table has no context in which Markdown is inert.
func tableCell(s string) string {
	if !safeCell.MatchString(s) {
		return "?"
	}
	return s
}

// fence writes lines as a code block whose fence is longer than any run of
// backticks in it.
func fence(info string, lines []string) string {
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	marks := "```"
	for _, line := range lines {
		for strings.Contains(line, marks) {
			marks += "`"
		}
	}
	return marks + info + "\n" + strings.Join(lines, "\n") + "\n" + marks + "\n"
}

// A fold is a list under a heading that the reader opens.
type fold struct {
	subject string // before the heading, from data; may be empty
	heading string // of this package's own words
	open    bool
	info    string // of the fence
	head    string // line before the items; may be empty
	n       int
	block   func(i int) []string // the lines of the i-th item, which stand or fall together
}

func (f fold) start() string {
	tag, code := "<details>", ""
	if f.open {
		tag = "<details open>"
	}
	if f.subject != "" { // HTML, so Markdown's own markup is inert, and code keeps mentions out
		code = "<code>" + html.EscapeString(clip(f.subject, maxCell)) + "</code>: "
	}
	return "\n" + tag + "<summary>" + code + f.heading + "</summary>\n\n"
}

// size is how much room all of f takes.
func (f fold) size() int {
	n := f.overhead()
	for i := range f.n {
		for _, line := range f.block(i) {
			n += len(line) + 1
		}
	}
	return n
}

// overhead is how much room f takes beside its lines.
func (f fold) overhead() int { return len(f.start()) + len(foldEnd) + 2*maxFence + len(f.head) }

const foldEnd = "\n</details>\n"

// fold writes as many of f's items as fit in room bytes and returns how many
// did. Without room for even one it writes nothing.
func (m *markdown) fold(f fold, room int) int {
	start := f.start()
	room -= f.overhead()
	lines := nonEmpty(f.head)
	shown := 0
	for ; shown < f.n; shown++ {
		size := 0
		block := f.block(shown)
		for _, line := range block {
			size += len(line) + 1
		}
		if size > room {
			break
		}
		room -= size
		lines = append(lines, block...)
	}
	if shown > 0 {
		m.write(start + fence(f.info, lines) + foldEnd)
	}
	return shown
}

// rest says how much of a list was left out.
func (m *markdown) rest(n int, noun, more string) {
	if n > 0 {
		m.write("\n**" + notShown(n, noun) + "**" + more + "\n")
	}
}

func (m *markdown) blocked(v *planView, room int) {
	if len(v.blocked) == 0 {
		return
	}
	m.write("\n**" + blockedTitle(v.all) + "**\n")
	hidden := 0
	for _, g := range v.blocked {
		before := m.left
		shown := m.fold(fold{heading: g.heading(), open: len(g.items) <= detailRows, n: len(g.items),
			block: func(i int) []string { return blockedLines(g.items[i]) }}, room)
		if shown == 0 {
			m.write("\n" + g.heading() + "\n")
		}
		room -= before - m.left
		hidden += len(g.items) - shown
	}
	m.rest(hidden, "blocked transaction", "")
}

func blockedLines(item plan.Blocked) []string {
	item.Detail, item.Declare = clip(Lines(item.Detail), maxHead), clip(Lines(item.Declare), 4*maxHead)
	return linesOf(func(b *bufio.Writer) { writeBlocked(b, item, "", Style{Width: markdownWidth}) })
}

func (m *markdown) notices(v *planView, room int) {
	all := v.plan.Body.Notices
	if len(all) == 0 {
		return
	}
	shown := m.fold(fold{heading: Count(len(all), "notice"), open: len(all) <= detailRows, n: len(all), block: func(i int) []string {
		return linesOf(func(b *bufio.Writer) {
			writeWrapped(b, clip(noticeText(all[i]), maxHead), "", markdownWidth)
		})
	}}, room)
	m.rest(len(all)-shown, "notice", "")
}

// looks writes what deserves a look, each in its share of the room, so that one
// cannot push out the others.
func (m *markdown) looks(v *planView, room int) {
	if len(v.looks) == 0 && len(v.unlooked) == 0 {
		return
	}
	m.write("\n**" + lookTitle + "**\n")
	folds := make([]fold, len(v.looks))
	needs := make([]int, len(v.looks))
	for i, l := range v.looks {
		t, common := v.lookTable(l)
		lines := linesOf(func(b *bufio.Writer) { t.write(b, "", Style{}, plain) }) // one empty line of no action
		folds[i] = fold{heading: l.heading(common), open: true, info: "diff", head: clip(lines[0], maxCell), n: len(l.actions), block: func(i int) []string {
			return []string{clip(lines[i+1], maxCell)}
		}}
		needs[i] = folds[i].size()
	}
	for i, share := range shares(needs, room) {
		shown := m.fold(folds[i], share)
		if shown == 0 {
			m.write("\n" + folds[i].heading + "\n")
		}
		if n := v.looks[i].more + folds[i].n - shown; n > 0 {
			m.write(fmt.Sprintf("\n%d more of these\n", n))
		}
	}
	if len(v.unlooked) > 0 {
		m.write("\n" + strings.Join(v.unlooked, "\n\n") + "\n")
	}
}

// shares parts room among those who need so much: who needs less than an equal
// share leaves the rest of it to the others.
func shares(needs []int, room int) []int {
	order := make([]int, len(needs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(needs[i], needs[j]) })
	parts := make([]int, len(needs))
	for n, i := range order {
		parts[i] = min(needs[i], room/(len(order)-n))
		room -= parts[i]
	}
	return parts
}

// reasons writes the subtotals, as many by themselves as fit, and the rest of
// them together: they always add up to the plan's totals.
func (m *markdown) reasons(v *planView, room int) {
	if len(v.groups) < 2 || len(v.plan.Body.Actions) <= detailRows {
		return
	}
	for n := min(maxReasons, len(v.groups)); n >= 0; n /= 2 {
		table := fence("diff", linesOf(func(b *bufio.Writer) { reasonGrid(v.reasonSums(n), reasonWidth).write(b, "", Style{}, plain) }))
		if len(table) < room {
			m.write("\n**" + reasonTitle + "**\n\n" + table)
			return
		}
		if n == 0 {
			return // the totals above are the same
		}
	}
}

// actions writes the rows in what room is left: few of them in full, many as a
// table for each reason.
func (m *markdown) actions(v *planView) {
	all := v.plan.Body.Actions
	if len(all) == 0 {
		return
	}
	const rest = 200 // for the line about what is left out
	m.write("\n**" + actionTitle + "**\n")
	hidden := len(all)
	if len(all) <= detailRows {
		hidden -= m.fold(fold{heading: Count(len(all), "action"), open: true, info: "diff", n: len(all), block: func(i int) []string {
			return linesOf(func(b *bufio.Writer) { v.writeDetail(b, all[i], "", Style{Width: markdownWidth}) })
		}}, m.left-rest)
	} else {
		for _, g := range v.groups {
			hidden -= m.group(v, g, m.left-rest)
		}
	}
	m.rest(hidden, "row", ": the totals above and the digest cover them.")
}

func (m *markdown) group(v *planView, g actionGroup, room int) int {
	const shortestRow = 24
	rows, common := v.table(g, g.actions[:min(len(g.actions), max(0, room)/shortestRow)])
	lines := linesOf(func(b *bufio.Writer) { rows.write(b, "", Style{}, plain) })
	heading := strings.Join(append([]string{g.subtotal()}, common...), "; ")
	if g.reason == "" {
		heading = g.title() + ": " + heading
	}
	return m.fold(fold{heading: heading, subject: g.reason, info: "diff", head: clip(lines[0], maxCell), n: len(rows.rows), block: func(i int) []string {
		return []string{clip(lines[i+1], maxCell)}
	}}, room)
}

// linesOf returns what write writes, line by line.
func linesOf(write func(*bufio.Writer)) []string {
	var text strings.Builder
	b := bufio.NewWriter(&text)
	write(b)
	b.Flush()
	return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
}
