package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// tableSums reads the totals back from a comment's table, in minor units.
func tableSums(t *testing.T, doc string) []plan.Sum {
	t.Helper()
	row := regexp.MustCompile(`(?m)^\| ([A-Z]{3}) \| (\w+) \| (\d+) \| ([\d.]+) [A-Z]{3} \| ([\d.]+) [A-Z]{3} \|$`)
	var sums []plan.Sum
	for _, m := range row.FindAllStringSubmatch(doc, -1) {
		c, err := money.ParseCurrency(m[1])
		if err != nil {
			t.Fatal(err)
		}
		minor := func(decimal string) int64 {
			whole, fraction, _ := strings.Cut(decimal, ".")
			if len(fraction) != max(0, c.Decimals()) {
				t.Fatalf("%s has the wrong number of decimals for %s", decimal, c)
			}
			n, err := strconv.ParseInt(whole+fraction, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		count, _ := strconv.Atoi(m[3])
		s := plan.Sum{Currency: m[1], Count: count, Minor: minor(m[4]), LargestMinor: minor(m[5])}
		for _, v := range verbs {
			if string(v) == m[2] {
				s.Verb = v
			}
		}
		sums = append(sums, s)
	}
	return sums
}

// reasonTable adds up the subtotals by reason of a comment; nil without them.
func reasonTable(t *testing.T, doc string) []plan.Sum {
	t.Helper()
	_, table, _ := strings.Cut(doc, "\n**By reason**\n")
	table, _, _ = strings.Cut(table, "\n**Actions**\n")
	var sums []plan.Sum
	row := regexp.MustCompile(`(?m)^[<>x] +(\d+)  (\w+) +([\d.]+) ([A-Z]{3}) +([\d.]+) [A-Z]{3}  `)
	for _, m := range row.FindAllStringSubmatch(table, -1) {
		s := tableSums(t, fmt.Sprintf("| %s | %s | %s | %s %s | %s %s |", m[4], m[2], m[1], m[3], m[4], m[5], m[4]))[0]
		i := slices.IndexFunc(sums, func(o plan.Sum) bool { return o.Currency == s.Currency && o.Verb == s.Verb })
		if i < 0 {
			sums = append(sums, s)
			continue
		}
		sums[i].Count += s.Count
		sums[i].Minor += s.Minor
		sums[i].LargestMinor = max(sums[i].LargestMinor, s.LargestMinor)
	}
	return inOrder(sums)
}

// R85: a comment of any size fits, and totals, digest, warnings, counts and
// what was left out always stand in it.
func TestMarkdownFits(t *testing.T) {
	blocked := func(n int) []plan.Blocked {
		list := slices.Repeat(blockedSample(), (n+3)/4)[:n]
		for i := range list {
			list[i].Address = fmt.Sprintf("transaction.blocked[\"%d\"]", i)
		}
		return list
	}
	notices := func(n int) []plan.Notice {
		return slices.Repeat([]plan.Notice{{Address: "transaction.a", Text: strings.Repeat("as long as it gets, ", 200)}}, n)
	}
	long := recall(300)
	for i := range long {
		long[i].Reason = strings.Repeat("返品`<b>", 5000) + fmt.Sprint(i/2)
		long[i].OrderID = strings.Repeat("x", 50)
		long[i].Address = strings.Repeat("å", 3000)
	}
	ownReasons := recall(5000)
	for i := range ownReasons {
		ownReasons[i].Reason = fmt.Sprintf("reason of a pair, %d", i/2)
	}
	tests := map[string]*plan.Plan{
		"nothing":             newPlan(schema.ModeLive, nil),
		"10":                  newPlan(schema.ModeLive, recall(10)),
		"11":                  newPlan(schema.ModeLive, recall(11)),
		"10,000":              newPlan(schema.ModeLive, recall(10000)),
		"100,000":             newPlan(schema.ModeLive, recall(100000)),
		"10,000, 10,000 more": newPlan(schema.ModeLive, recall(10000), blocked(10000)...),
		"10,000 blocked":      newPlan(schema.ModeLive, nil, blocked(10000)...),
		"long texts":          newPlan(schema.ModeLive, long, blocked(40)...),
		"few and long":        newPlan(schema.ModeLive, long[:10], blocked(2)...),
		"many reasons":        newPlan(schema.ModeLive, ownReasons),
		"every currency":      newPlan(schema.ModeLive, everyCurrency()),
	}
	tests["10,000, 10,000 more"].Body.Notices = notices(10000)
	tests["few and long"].Body.Notices = notices(30)
	_, options := fullPlan()
	for name, p := range tests {
		t.Run(name, func(t *testing.T) {
			doc := markdownOf(t, p, options)
			if len(doc) > 60000 {
				t.Errorf("%d bytes, %d characters", len(doc), utf8.RuneCountInString(doc))
			}
			if !slices.Equal(tableSums(t, doc), inOrder(p.Body.Summary)) {
				t.Errorf("the sums are not the plan's:\n%s", doc[:min(len(doc), 2000)])
			}
			if sums := reasonTable(t, doc); sums != nil && !slices.Equal(sums, inOrder(p.Body.Summary)) {
				t.Errorf("the subtotals by reason come to %v", sums)
			} else if sums == nil && len(p.Body.Actions) >= 5000 {
				t.Errorf("a long plan has no subtotals by reason")
			}
			for _, must := range []string{p.Digest, options.Warnings[0], "LIVE", "real money"} {
				if !strings.Contains(doc, must) {
					t.Errorf("%q is not there", must)
				}
			}
			_, list, _ := strings.Cut(doc, "\n**Actions**\n")
			checkRest(t, list, "row", len(p.Body.Actions), func(line string) bool { return regexp.MustCompile(`^[<>x] LIVE|^[<>x]  LIVE`).MatchString(line) })
			checkRest(t, doc, "blocked transaction", len(p.Body.Blocked), func(line string) bool {
				return strings.HasPrefix(line, "transaction.") && strings.Contains(line, "order 112233")
			})
		})
	}
}

// checkRest counts what stands in a comment and what it says is missing.
func checkRest(t *testing.T, doc, noun string, total int, isRow func(string) bool) {
	t.Helper()
	shown := 0
	for line := range strings.SplitSeq(doc, "\n") {
		if isRow(line) {
			shown++
		}
	}
	hidden := 0
	if m := regexp.MustCompile(`(?m)^\*\*(\d+) ` + noun + `s? not shown\*\*`).FindStringSubmatch(doc); m != nil {
		hidden, _ = strconv.Atoi(m[1])
	}
	if shown+hidden != total {
		t.Errorf("%d %ss stand there and %d are said to be missing, of %d", shown, noun, hidden, total)
	}
}

func everyCurrency() []plan.Action {
	var actions []plan.Action
	for c := range money.Currencies() {
		for i, verb := range verbs[:3] { // the three that most plans have
			if c.Decimals() >= 0 {
				a := action(i, verb, 0, money.MaxMinor, "all")
				a.Currency = c.Code()
				actions = append(actions, a, a, a)
			}
		}
	}
	return actions
}

// hostilePlan has the payload everywhere where a text can stand.
func hostilePlan(payload string, n int) (*plan.Plan, PlanOptions) {
	status := dibs.StatusCaptured
	actions := recall(n)
	for i := range actions {
		a := &actions[i]
		a.Address, a.OrderID, a.Transact, a.Merchant = payload, payload, payload, payload
		a.Reason, a.Earlier, a.Attempt, a.Class = payload, payload, 2, plan.Class(payload)
		if i%2 == 1 {
			a.Reason, a.Verb = payload+strconv.Itoa(i), statefile.Verb(payload)
		}
	}
	actions[0].Currency = payload
	blocked := []plan.Blocked{
		{Address: payload, Merchant: payload, Transact: payload, OrderID: payload, Cause: plan.CauseDrift, Status: &status, Detail: payload, Command: payload},
		{Address: payload, Cause: plan.Cause(payload), Detail: "x\n\n" + payload},
	}
	p := newPlan(schema.Mode(payload), actions, blocked...)
	p.Body.Notices = []plan.Notice{{Address: payload, Text: payload}, {Text: payload}}
	p.Digest, p.Envelope.Commit = payload, payload
	p.Envelope.Positions = []plan.Position{{Address: payload, Captured: plan.Figure{Source: plan.Source(payload)}, Refunded: plan.Figure{Source: plan.Source(payload)}, Currency: payload}}
	// What was before differs in each text, too.
	before := newPlan(schema.Mode(payload), slices.Clone(actions))
	before.Digest = payload
	for i := range before.Body.Actions {
		a := &before.Body.Actions[i]
		a.OrderID, a.Reason, a.Earlier, a.Class, a.ToMinor = payload+"1", payload+"2", payload+"3", plan.Class(payload+"4"), a.ToMinor+1
		if i == 0 {
			a.Transact = payload + "gone"
		}
	}
	return p, PlanOptions{
		Compared:  before,
		Merchants: []schema.Merchant{{Name: payload, ID: payload, Gateway: payload, Account: payload}},
		Policy:    Verdict{Text: payload}, Warnings: []string{payload},
	}
}

var ownHTML = regexp.MustCompile(`^(<details( open)?><summary>(<code>[^<>]*</code>: )?[^<>&@]*</summary>|</details>)\n?$`)

// R69: in a comment, data stands in code and nowhere else. An independent
// Markdown parser looks.
func TestMarkdownInjection(t *testing.T) {
	for _, payload := range payloads(t) {
		for _, n := range []int{4, 24} {
			checkComment(t, payload, n)
		}
	}
}

func checkComment(t *testing.T, payload string, n int) {
	t.Helper()
	p, o := hostilePlan(payload, n)
	doc := markdownOf(t, p, o)
	if r, bad := dangerous(doc); bad || len(doc) > 60000 {
		t.Errorf("payload %q: %U in the comment of %d bytes", payload, r, len(doc))
	}
	source := []byte(doc)
	md := goldmark.New(goldmark.WithExtensions(extension.GFM))
	err := ast.Walk(md.Parser().Parse(text.NewReader(source)), func(node ast.Node, enter bool) (ast.WalkStatus, error) {
		if enter {
			checkNode(t, payload, node, source)
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func checkNode(t *testing.T, payload string, node ast.Node, source []byte) {
	t.Helper()
	switch n := node.(type) {
	case *ast.Link, *ast.Image, *ast.AutoLink, *ast.RawHTML, *ast.CodeSpan, *ast.List, *ast.Blockquote, *ast.ThematicBreak, *ast.CodeBlock:
		t.Errorf("payload %q: the comment has a %s", payload, n.Kind())
	case *ast.HTMLBlock:
		for i := range n.Lines().Len() {
			if line := n.Lines().At(i); !ownHTML.Match(line.Value(source)) {
				t.Errorf("payload %q: HTML %q", payload, line.Value(source))
			}
		}
	case *ast.Text:
		if s := string(n.Value(source)); strings.Contains(s, "PWN") || strings.Contains(s, "evil") {
			t.Errorf("payload %q: text %q outside of code", payload, s)
		}
	}
}

// R68, R69: the terminal, with everything hostile at once.
func TestTextInjection(t *testing.T) {
	for _, payload := range payloads(t) {
		for _, n := range []int{4, 24} {
			p, o := hostilePlan(payload, n)
			if r, bad := dangerous(render(t, p, o)); bad {
				t.Errorf("payload %q: %U in the text", payload, r)
			}
		}
	}
}

// Data cannot make a line of its own: a reason with a line end in it must not
// pass for a second row. Details have paragraphs, so whoever writes them quotes.
func TestNoPayloadMakesALine(t *testing.T) {
	lines := func(payload string) (text, markdown int) {
		p, o := hostilePlan(payload, 24)
		for i := range p.Body.Blocked {
			p.Body.Blocked[i].Detail = "Why."
		}
		return strings.Count(render(t, p, o), "\n"), strings.Count(markdownOf(t, p, o), "\n")
	}
	wantText, wantMarkdown := lines("x")
	for _, payload := range []string{"x\n  < forged", "x\r\n\r\nx", "x\vx\fx\u0085x\u2028x\u2029x"} {
		if text, markdown := lines(payload); text != wantText || markdown != wantMarkdown {
			t.Errorf("%q: %d and %d lines, want %d and %d", payload, text, markdown, wantText, wantMarkdown)
		}
	}
}

// Blocks to declare cannot push the rest out of a comment.
func TestMarkdownCutsLongDeclarations(t *testing.T) {
	p := partsPlan()
	p.Body.Blocked[0].Declare = strings.Repeat("transaction \"a\" {\n}\n", 10000)
	doc := markdownOf(t, p, PlanOptions{})
	if len(doc) > 10000 || !strings.Contains(doc, "3 actions") || !strings.Contains(doc, "transaction \"a\" {") {
		t.Errorf("%d bytes:\n%s", len(doc), doc[:min(len(doc), 3000)])
	}
}

// Rows fold; what forbids a plan and what warns of it do not, and where even
// that is longer than a comment, it says how much is missing and where it is.
func TestMarkdownKeepsBreachesAndWarnings(t *testing.T) {
	p := newPlan(schema.ModeLive, recall(10000), blockedSample()...)
	lines := func(n, width int, what string) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("%s %d: %s.", what, i, strings.Repeat("x", width)))
		}
		return list
	}
	for name, tt := range map[string]struct {
		policy       Verdict
		warnings     []string
		hidden       string
		stand, whole []string
	}{
		"breaches of single actions are said by kind": {
			policy: Verdict{Text: "too much", Breaches: lines(9000, 60, "breach"), Kinds: []string{"9000 actions to refund are too large"}},
			whole:  []string{"9000 actions to refund are too large"},
		},
		"fifty of each": {
			policy: Verdict{Text: "too much", Breaches: lines(50, 100, "breach")}, warnings: lines(50, 100, "warning"),
			whole: append(lines(50, 100, "breach"), lines(50, 100, "warning")...),
		},
		"more than a comment holds": {
			policy: Verdict{Text: "too much", Breaches: lines(500, 200, "breach")}, warnings: lines(500, 200, "warning"),
			whole: append(lines(50, 200, "breach"), lines(50, 200, "warning")...), hidden: `not shown: the page \(--html FILE\) has all of them`,
		},
	} {
		text := markdownOf(t, p, PlanOptions{Policy: tt.policy, Warnings: tt.warnings})
		if len(text) > markdownLimit {
			t.Errorf("%s: %d characters", name, len(text))
		}
		for _, line := range append(tt.whole, p.Digest, "rows not shown**: the totals above and the digest cover them.") {
			if !strings.Contains(text, line) {
				t.Errorf("%s: %q is not there", name, line)
			}
		}
		if hidden := regexp.MustCompile(`not shown: the page .*`).FindAllString(text, -1); (len(hidden) == 2) != (tt.hidden != "") {
			t.Errorf("%s: it says %q", name, hidden)
		}
		for _, what := range []string{"breach", "warning"} { // shown and counted ones are all
			all := len(tt.warnings)
			if what == "breach" {
				all = len(tt.policy.sentences())
			}
			shown := strings.Count(text, what+" ") - strings.Count(text, "further "+what+" ")
			if name == "more than a comment holds" {
				rest := map[string]string{"breach": "reason", "warning": "warning"}[what]
				if want := fmt.Sprintf("%d further %ss not shown", all-shown, rest); !strings.Contains(text, want) {
					t.Errorf("%s: no %q beside %d of %d", name, want, shown, all)
				}
			}
		}
	}
}

func TestShares(t *testing.T) {
	for _, tt := range []struct {
		needs []int
		room  int
		want  []int
	}{
		{[]int{10, 10, 10}, 100, []int{10, 10, 10}},
		{[]int{100, 10, 100}, 90, []int{40, 10, 40}},
		{[]int{5, 100, 20}, 60, []int{5, 35, 20}},
		{[]int{100, 100}, 0, []int{0, 0}},
		{nil, 10, []int{}},
	} {
		if got := shares(tt.needs, tt.room); !slices.Equal(got, tt.want) {
			t.Errorf("shares(%v, %d) = %v, want %v", tt.needs, tt.room, got, tt.want)
		}
	}
}
