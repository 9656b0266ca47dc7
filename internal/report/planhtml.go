package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

//go:embed page
var pageFiles embed.FS

// A pageSheet is what pages are made of: the template of each, and the one style
// and script that the guard of all lets through.
type pageSheet struct {
	view, history *template.Template
	style, script string
	guard         string // the content security policy
}

// sheet is parsed once a process, when the first page is written.
var sheet = sync.OnceValue(func() pageSheet {
	s := pageSheet{
		view:    template.Must(template.ParseFS(pageFiles, "page/plan.html", "page/parts.html")),
		history: template.Must(template.ParseFS(pageFiles, "page/history.html", "page/parts.html")),
	}
	for name, text := range map[string]*string{"page/plan.css": &s.style, "page/plan.js": &s.script} {
		data, err := pageFiles.ReadFile(name)
		if err != nil {
			panic("report: embedded file: " + err.Error())
		}
		*text = string(data)
	}
	s.guard = "default-src 'none'; style-src " + sourceHash(s.style) + "; script-src " + sourceHash(s.script) + "; base-uri 'none'; form-action 'none'"
	return s
})

func sourceHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// HTMLBegin is how every page of [PlanHTML] begins, whatever is in it.
const HTMLBegin = "<!doctype html>\n<html lang=\"en\" data-flexform=\"plan\">\n"

// PlanHTML writes a plan as one page that needs no network and no script. Its
// content security policy lets through its own style and its own script, by
// their hashes, and nothing else (hazards R69).
func PlanHTML(w io.Writer, p *plan.Plan, o PlanOptions) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := sheet().view.Execute(b, newPlanPage(newPlanView(p, o))); err != nil {
		return fmt.Errorf("write plan as HTML: %w", err)
	}
	return b.Flush()
}

// A planPage is what the template shows. All of its texts are escaped for the
// eye (R68); the template escapes them for HTML.
type planPage struct {
	Guard                             string
	Style                             template.CSS
	Script                            template.JS
	Title, Mode, ModeWord, ModeText   string
	Digest, Full, Made, Version, Tail string
	Warnings, Breaches, Notices       []string
	Sums, Reasons                     []pageSum
	Facts                             []pageFact
	Blocked                           []pageBlocked
	BlockedTitle                      string
	Looks                             []pageLook
	Unlooked                          []string
	Groups                            []pageGroup
	Merchants                         bool // rows name theirs
	Long                              bool // there are so many rows that only those in sight are laid out
	Columns                           int
}

// longPage is how many rows a browser lays out at once before somebody waits.
const longPage = 500

func newPlanPage(v *planView) planPage {
	s := sheet()
	p := v.plan
	page := planPage{
		Guard: s.guard, Style: template.CSS(s.style), Script: template.JS(s.script),
		Title: strings.TrimPrefix(strings.TrimSuffix(v.title.text, " in "), "Plan: "), Mode: modeClass(p.Body.Mode), ModeWord: modeWord(p.Body.Mode),
		ModeText: strings.TrimPrefix(modeText(p.Body.Mode), modeWord(p.Body.Mode)+" "),
		Digest:   ShortDigest(p.Digest), Full: Ident(p.Digest), Made: strings.Join(timeLines(p.Envelope.CreatedAt), ""),
		Version: "flexform " + Ident(p.Envelope.Version), Tail: v.tail,
		Unlooked: v.unlooked, Merchants: len(v.merchants) > 1, Columns: 9,
		Long: len(p.Body.Actions) > longPage,
	}
	if page.Merchants {
		page.Columns++
	}
	for _, text := range v.options.Warnings {
		page.Warnings = append(page.Warnings, Visible(text))
	}
	page.Sums = pageSums(v.sums)
	page.Facts = v.pageFacts()
	if policy := v.options.Policy; len(policy.sentences()) < len(policy.Breaches) {
		for _, text := range v.options.Policy.Breaches {
			page.Breaches = append(page.Breaches, Visible(text))
		}
	}
	if len(v.all) > 0 {
		page.BlockedTitle, page.Blocked = blockedTitle(v.all), pageBlockedOf(v.blocked)
	}
	for _, n := range p.Body.Notices {
		page.Notices = append(page.Notices, noticeText(n))
	}
	for _, l := range v.looks {
		rows := v.pageRows(l.actions)
		for i, a := range l.actions {
			rows[i].Attempt = withNote(l.noteOf(a), rows[i].Attempt)
		}
		page.Looks = append(page.Looks, pageLook{l.title, rows, l.more})
	}
	page.Reasons = v.pageReasons()
	for _, g := range v.groups {
		page.Groups = append(page.Groups, pageGroup{g.title(), g.subtotal(), v.pageRows(g.actions)})
	}
	return page
}

// modeClass is the name of a mode's colours; what nobody knows looks live.
func modeClass(m schema.Mode) string {
	switch m {
	case schema.ModeTest, schema.ModeSandbox:
		return string(m)
	}
	return "live"
}

// A pageBar is a bar of an SVG, in thousandths of the longest.
type pageBar struct {
	Verb  string
	Width int
}

func newPageBar(verb statefile.Verb, minor, most int64) pageBar {
	b := pageBar{Verb: verbClass(verb)}
	if most > 0 && minor > 0 {
		b.Width = max(1, int(float64(minor)/float64(most)*1000)) // a picture, not an amount
	}
	return b
}

// verbClass is the name of a verb's colours.
func verbClass(v statefile.Verb) string {
	if !v.Valid() {
		return "unknown"
	}
	return string(v)
}

// A pageSum is a row of totals, of a currency or of a reason.
type pageSum struct {
	Reason, Currency, Verb, Sum, Largest string
	Count                                int
	Bar                                  pageBar
}

func newPageSum(reason string, s plan.Sum, most int64) pageSum {
	currency, sum, largest := sumTexts(s)
	return pageSum{Reason: reason, Currency: currency, Verb: verbClass(s.Verb), Sum: sum, Largest: largest, Count: s.Count, Bar: newPageBar(s.Verb, s.Minor, most)}
}

// pageSums measures each sum by the largest of its currency.
func pageSums(sums []plan.Sum) []pageSum {
	most := map[string]int64{}
	for _, s := range sums {
		most[s.Currency] = max(most[s.Currency], s.Minor)
	}
	var rows []pageSum
	for _, s := range sums {
		rows = append(rows, newPageSum("", s, most[s.Currency]))
	}
	return rows
}

// pageReasons measures each subtotal by the total that it is a part of.
func (v *planView) pageReasons() []pageSum {
	if len(v.groups) < 2 || len(v.plan.Body.Actions) <= detailRows {
		return nil
	}
	var rows []pageSum
	for _, r := range v.reasonSums(maxReasons) {
		rows = append(rows, newPageSum(r.reason, r.sum, v.totalOf(r.sum)))
	}
	return rows
}

func (v *planView) totalOf(part plan.Sum) int64 {
	for _, s := range v.sums {
		if s.Currency == part.Currency && s.Verb == part.Verb {
			return s.Minor
		}
	}
	return 0
}

type pageFact struct {
	Label, Class string
	Lines        []string
}

func (v *planView) pageFacts() []pageFact {
	var facts []pageFact
	for _, f := range v.facts {
		facts = append(facts, pageFact{f.label, inkClass(f.ink), f.lines})
	}
	return facts
}

func inkClass(i ink) string {
	switch i {
	case inkRed:
		return "bad"
	case inkGreen:
		return "good"
	case inkYellow:
		return "wait"
	case inkAlarm:
		return "alarm"
	}
	return ""
}

type pageBlocked struct {
	Heading, Class string
	Open           bool
	Items          []pageItem
}

type pageItem struct{ Address, Facts, Detail, Command, Declare string }

func pageBlockedOf(groups []blockedGroup) []pageBlocked {
	var all []pageBlocked
	for _, g := range groups {
		b := pageBlocked{Heading: g.heading(), Class: inkClass(g.ink), Open: len(g.items) <= detailRows}
		for _, item := range g.items {
			b.Items = append(b.Items, pageItem{Ident(item.Address), blockedFacts(item), Lines(item.Detail), Visible(item.Command), Lines(item.Declare)})
		}
		all = append(all, b)
	}
	return all
}

type pageLook struct {
	Title string
	Rows  []pageRow
	More  int
}

type pageGroup struct {
	Title, Subtotal string
	Rows            []pageRow
}

type pageRow struct {
	Mode, Verb, Amount, Change, Source, Merchant, Order, Transact, Reason, Attempt, Address, Class string
}

func (v *planView) pageRows(actions []plan.Action) []pageRow {
	rows := make([]pageRow, len(actions))
	for i, a := range actions {
		cells := v.row(actionGroup{reason: "-"}, a) // the reason has a column of its own
		if len(v.merchants) > 1 {                   // an empty cell would move the others
			cells[colMerchant] = cmp.Or(cells[colMerchant], "-")
		}
		rows[i] = pageRow{
			Mode: cells[colMode], Verb: verbClass(a.Verb), Amount: cells[colAmount], Change: v.changeOf(a, cells[colChange]), Source: cells[colSource], Merchant: cells[colMerchant],
			Order: cells[colOrder], Transact: cells[colTransact], Reason: Visible(a.Reason), Attempt: cells[colExtra], Address: cells[colAddress], Class: cells[colClass],
		}
	}
	return rows
}

// changeOf is what an action does to its total, and out of how much.
func (v *planView) changeOf(a plan.Action, change string) string {
	captured, known := v.capturedOf(a)
	switch {
	case a.Verb == statefile.Capture:
		return change + " of " + decimalText(a.AmountMinor, a.Currency)
	case a.Verb == statefile.Refund && known:
		return change + " of " + decimalText(captured, a.Currency)
	}
	return change
}
