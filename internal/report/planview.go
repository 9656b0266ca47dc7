package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"flexform/plan"
	"flexform/schema"
)

// PlanOptions is what the renderers of a plan need beside it: [PlanText],
// [PlanMarkdown]. Only PlanText looks at Style.
type PlanOptions struct {
	Style     Style
	Merchants []schema.Merchant // of the configuration; empty when there is none at hand
	Policy    Verdict
	// Warnings concern the plan as a whole, such as another open plan with the
	// same transactions (hazards R24). They come before everything that may be
	// left out.
	Warnings []string
	// Settings says that they changed since the ledger's last apply; empty when
	// they did not, or nobody knows.
	Settings string
	// Glass are the recent applies that passed approvals by, a phrase each.
	Glass []string
	// Compared is an earlier plan, such as the one that was approved last; what
	// this one does other than it deserves a look. Nil: it is compared with none.
	Compared *plan.Plan
}

// A Verdict is what the policy says of a plan. The zero Verdict says that it
// was not asked.
type Verdict struct {
	Allowed bool
	Text    string // one line: "within the limits"
	// Breaches say what forbids the plan, a sentence each; empty when it is
	// allowed.
	Breaches []string
	// Kinds say the same in fewer sentences, where many breaches are of one
	// kind. Nil: there are none fewer.
	Kinds []string
}

// A planView is a plan as people read it, in order and before any layout.
// Titles and facts are escaped.
type planView struct {
	plan      *plan.Plan
	options   PlanOptions
	title     title
	sums      []plan.Sum
	facts     []fact
	blocked   []blockedGroup
	all       []plan.Blocked // those, and what is unknown and not declared
	looks     []look
	unlooked  []string // what a reviewer would want to know and the plan cannot tell
	groups    []actionGroup
	tail      string
	positions map[string]plan.Position // by address
	merchants map[string]bool          // that the plan names
}

func newPlanView(p *plan.Plan, o PlanOptions) *planView {
	v := &planView{plan: p, options: o, sums: inOrder(p.Body.Summary), positions: map[string]plan.Position{}, merchants: map[string]bool{}}
	body := p.Body
	for _, position := range p.Envelope.Positions {
		v.positions[position.Address] = position
	}
	for _, a := range body.Actions {
		v.merchants[a.Merchant] = true
	}
	for _, b := range body.Blocked {
		v.merchants[b.Merchant] = true
	}
	v.all = blockedOf(p)
	v.title = planTitle(p, v.all)
	v.facts = v.headFacts()
	v.blocked = groupBlocked(v.all)
	v.looks, v.unlooked = v.findLooks(), v.findUnlooked()
	v.groups = groupActions(body.Actions)
	v.tail = planTail(p, v.all)
	return v
}

// A title is a plan's first line. What it says of the mode is apart, because
// it has its own colour.
type title struct {
	text, mode string
	ink        ink
}

func (t title) String() string { return t.text + t.mode }

func planTitle(p *plan.Plan, blocked []plan.Blocked) title {
	counts := p.Envelope.Counts
	switch {
	case len(p.Body.Actions) > 0:
		return title{"Plan: " + Count(len(p.Body.Actions), "action") + " in ", modeText(p.Body.Mode), inkBold}
	case len(blocked) > 0:
		return title{"No actions. " + isOrAre(len(blocked), blockedNoun(blocked), "blocked") + ", see below.", "", inkYellow}
	case counts.Declared == 0:
		return title{"No changes. The configuration declares no transaction.", "", inkGreen}
	}
	text := fmt.Sprintf("No changes. All %d declared transactions are as the configuration says", counts.Declared)
	if counts.Declared == 1 {
		text = "No changes. The declared transaction is as the configuration says"
	}
	if counts.Charges+counts.Deletions > 0 {
		text = "No changes. All is as the configuration says: " + declaredText(counts)
	}
	if counts.NotRefreshed > 0 {
		text += fmt.Sprintf(", %d of them by the ledger alone", counts.NotRefreshed)
	}
	return title{text + ".", "", inkGreen}
}

// inOrder sorts totals by currency, then as money flows.
func inOrder(sums []plan.Sum) []plan.Sum {
	return slices.SortedStableFunc(slices.Values(sums), func(a, b plan.Sum) int {
		return cmp.Or(cmp.Compare(moneyless(a), moneyless(b)), cmp.Compare(a.Currency, b.Currency), cmp.Compare(verbOrder(a.Verb), verbOrder(b.Verb)))
	})
}

// moneyless puts what has no amount behind what has.
func moneyless(s plan.Sum) int {
	if hasAmount(s.Verb) {
		return 0
	}
	return 1
}

func isOrAre(n int, noun, state string) string {
	if n == 1 {
		return "1 " + noun + " is " + state
	}
	return Count(n, noun) + " are " + state
}

// planTail says the totals again, for the end of what scrolls. It is empty
// where there is nothing to say.
func planTail(p *plan.Plan, blocked []plan.Blocked) string {
	parts := whatToDo(p)
	if n := len(blocked); n > 0 {
		parts = append(parts, fmt.Sprintf("%d blocked", n))
	}
	if parts == nil {
		return ""
	}
	return fmt.Sprintf("Plan %s, %s: %s.", ShortDigest(p.Digest), modeWord(p.Body.Mode), strings.Join(parts, ", "))
}

// Question is the sentence that asking for consent begins with: what a plan
// will do, in all.
func Question(p *plan.Plan) string {
	return fmt.Sprintf("Plan %s in %s: %s.", ShortDigest(p.Digest), modeText(p.Body.Mode), strings.Join(whatToDo(p), ", "))
}

// whatToDo sums a plan up: "2 to refund (50.00 DKK, 7.00 EUR)" for each verb.
func whatToDo(p *plan.Plan) []string {
	var parts []string
	for _, verb := range verbs {
		count := 0
		var sums []string
		for _, s := range p.Body.Summary {
			if s.Verb == verb {
				count += s.Count
				if hasAmount(verb) {
					sums = append(sums, amountText(s.Minor, s.Currency))
				}
			}
		}
		if count > 0 && sums == nil {
			parts = append(parts, fmt.Sprintf("%d to %s", count, verb))
		} else if count > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s (%s)", count, verb, strings.Join(sums, ", ")))
		}
	}
	return parts
}

// ShortDigest returns the twelve hex digits that people call a plan by. Of what
// is no digest it returns as much, and never a part of a character.
func ShortDigest(digest string) string {
	hex := strings.TrimPrefix(Ident(digest), "sha256:")
	n := min(len(hex), 12)
	for n > 0 && n < len(hex) && !utf8.RuneStart(hex[n]) {
		n--
	}
	return hex[:n]
}

// Time writes a point in time for people: UTC, to the second.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func timeLines(t time.Time) []string {
	if t.IsZero() {
		return nil
	}
	return []string{Time(t)}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}
