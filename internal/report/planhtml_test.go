package report

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"testing"

	"flexform/plan"
	"flexform/schema"
)

func htmlOf(t *testing.T, p *plan.Plan, o PlanOptions) string {
	t.Helper()
	var b strings.Builder
	if err := PlanHTML(&b, p, o); err != nil {
		t.Fatalf("PlanHTML: %v", err)
	}
	return b.String()
}

// content is a page without the style and script that all pages share.
func content(page string) string {
	s := sheet()
	return strings.NewReplacer(s.style, "", s.script, "", strings.NewReplacer("'", "&#39;", "+", "&#43;").Replace(s.guard), "").Replace(page)
}

func TestPlanHTML(t *testing.T) {
	full, options := fullPlan()
	for name, p := range map[string]*plan.Plan{"full.html": full, "recall.html": newPlan(schema.ModeTest, recall(60)), "empty.html": newPlan(schema.ModeSandbox, nil), "parts.html": partsPlan()} {
		t.Run(name, func(t *testing.T) {
			page := htmlOf(t, p, options)
			if !strings.HasPrefix(page, HTMLBegin) {
				t.Errorf("begins with %q", page[:80])
			}
			golden(t, name, content(page))
		})
	}
}

// R85: a page leaves nothing out.
func TestHTMLHoldsAll(t *testing.T) {
	p := newPlan(schema.ModeLive, recall(10000), blockedSample()...)
	_, o := fullPlan()
	o.Policy = Verdict{Text: "over the limits"}
	for i := range 500 {
		o.Policy.Breaches = append(o.Policy.Breaches, "breach "+strconv.Itoa(i)+".")
	}
	page := htmlOf(t, p, o)
	_, rows, _ := strings.Cut(page, `id="rows"`)
	if got := strings.Count(rows, "<tr data-verb="); got != 10000 {
		t.Errorf("%d rows of 10,000", got)
	}
	if got := strings.Count(rows, `<b class="live">LIVE</b>`); got != 10000 { // R88
		t.Errorf("%d rows of 10,000 name the mode", got)
	}
	musts := append([]string{p.Digest, o.Warnings[0]}, o.Policy.Breaches...)
	for _, s := range p.Body.Summary {
		musts = append(musts, amountText(s.Minor, s.Currency))
	}
	for _, must := range musts {
		if !strings.Contains(page, must) {
			t.Errorf("%q is not there", must)
		}
	}
}

// payloads reads the texts of testdata/payloads.txt, each also within an
// ordinary text. All carry PWN.
func payloads(tb testing.TB) []string {
	tb.Helper()
	f, err := os.Open("testdata/payloads.txt")
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var all []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		text, err := strconv.Unquote(line)
		if err != nil || !strings.Contains(text, "PWN") {
			tb.Fatalf("testdata/payloads.txt: %s: %v", line, err)
		}
		all = append(all, text, "11223344 "+text+" 200.00 DKK\n"+text)
	}
	if len(all) < 400 {
		tb.Fatalf("testdata/payloads.txt: %d texts, want 200 at least", len(all)/2)
	}
	return all
}

// R68, R69: no tag and no attribute of a page comes from data, and nothing
// that reorders or hides.
func TestHTMLInjection(t *testing.T) {
	for _, payload := range payloads(t) {
		for _, n := range []int{4, 24} {
			checkPage(t, payload, n)
		}
	}
}

func checkPage(t *testing.T, payload string, n int) {
	t.Helper()
	signs := func(text string) (lt, gt, quotes int) {
		p, o := hostilePlan(text, n)
		page := content(htmlOf(t, p, o))
		if r, bad := dangerous(page); bad {
			t.Errorf("payload %q: %U in the page", text, r)
		}
		return strings.Count(page, "<"), strings.Count(page, ">"), strings.Count(page, `"`)
	}
	lt, gt, quotes := signs(payload)
	wantLt, wantGt, wantQuotes := signs("PWN")
	if lt != wantLt || gt != wantGt || quotes != wantQuotes {
		t.Errorf("payload %q: a page with %d <, %d > and %d quotes, want %d, %d and %d", payload, lt, gt, quotes, wantLt, wantGt, wantQuotes)
	}
}

// R66, R68, R69: whatever the data is, all renderers keep it in its place.
func FuzzRenderers(f *testing.F) {
	for _, payload := range payloads(f) {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		payload = "PWN" + payload
		p, o := hostilePlan(payload, 12)
		if r, bad := dangerous(render(t, p, o)); bad {
			t.Errorf("payload %q: %U in the text", payload, r)
		}
		checkComment(t, payload, 12)
		checkPage(t, payload, 12)
		checkCSV(t, payload, 12)
	})
}
