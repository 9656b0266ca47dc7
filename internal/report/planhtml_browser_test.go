package report

import (
	"flag"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"flexform/internal/need/browser"
	"flexform/plan"
	"flexform/schema"
)

var screenshots = flag.String("screenshots", "", "folder to put pictures of the review page into")

// A tab notes what is said in it.
type tab struct {
	browser.Tab

	mu   sync.Mutex
	said []string // complaints of the page's guard, dialogs, requests to elsewhere
}

// browse starts a Chromium of the test's own.
func browse(t *testing.T) *tab {
	t.Helper()
	b := &tab{Tab: browser.Start(t)}
	if err := chromedp.Listen(b.Ctx, b.hear); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return b
}

func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		b.said = append(b.said, "log: "+e.Entry.Text)
	case *page.EventJavascriptDialogOpening:
		b.said = append(b.said, "dialog: "+e.Message)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, "file:") {
			b.said = append(b.said, "request: "+e.Request.URL)
		}
	}
}

func (b *tab) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.said)
}

// open loads a page from a file, as a reviewer does.
func (b *tab) open(name, content string) time.Duration {
	b.Helper()
	path := filepath.Join(b.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.Fatal(err)
	}
	start := time.Now()
	b.Do(chromedp.Navigate((&url.URL{Scheme: "file", Path: path}).String()))
	return time.Since(start)
}

func value[T any](b *tab, expression string) T {
	b.Helper()
	return browser.Value[T](b.Tab, expression, awaited)
}

// payloadPlan has each payload in every text of an action of its own, and in
// what surrounds the actions.
func payloadPlan(t *testing.T) (*plan.Plan, PlanOptions) {
	all := payloads(t)
	p, o := hostilePlan(strings.Join(all[:40], " "), len(all))
	p.Body.Blocked, p.Body.Notices = nil, nil
	for i, text := range all {
		a := &p.Body.Actions[i]
		a.Address, a.OrderID, a.Transact, a.Merchant, a.Reason, a.Earlier = text, text, text, text, text, text
		p.Body.Blocked = append(p.Body.Blocked, plan.Blocked{Address: text, Merchant: text, Transact: text, OrderID: text, Cause: plan.CauseDrift, Detail: text, Command: text, Declare: text})
		p.Body.Notices = append(p.Body.Notices, plan.Notice{Address: text, Text: text})
		o.Warnings = append(o.Warnings, text)
		o.Policy.Breaches = append(o.Policy.Breaches, text)
	}
	return p, o
}

// provoke has every element hear what starts a script that was slipped in.
const provoke = `(async () => {
	for (const e of document.querySelectorAll('*'))
		for (const kind of ['error', 'load', 'focus', 'click', 'mouseover', 'pointerenter', 'toggle', 'animationstart', 'begin'])
			e.dispatchEvent(new Event(kind, {bubbles: false}));
	await new Promise(done => setTimeout(done, 200));
	return typeof PWN === 'undefined' ? 'unharmed' : 'PWN ran';
})()`

// strangers lists the elements and attributes that the page's template does not have.
const strangers = `(() => {
	const own = new Set('html head meta title style body header p b main h1 code ul li section h2 div table thead tbody tr th td span svg rect dl dt dd details summary article h3 pre form label input select option footer br script button'.split(' '));
	const plain = new Set('lang data-flexform charset http-equiv content name class aria-labelledby aria-label tabindex role id scope colspan viewBox preserveAspectRatio aria-hidden width height open type placeholder autocomplete spellcheck value hidden data-verb aria-sort'.split(' '));
	const found = new Set();
	for (const e of document.querySelectorAll('*')) {
		if (!own.has(e.localName)) found.add('<' + e.localName + '>');
		for (const a of e.attributes) if (!plain.has(a.name)) found.add(e.localName + ' ' + a.name);
	}
	return [...found];
})()`

// R69: no payload runs in the page, in a browser with scripts: neither behind
// the page's guard nor without it, since the escaping alone must do. That they
// can run is shown by frames that hold them raw.
func TestPayloadsInBrowser(t *testing.T) {
	b := browse(t)
	p, o := payloadPlan(t)
	guarded := htmlOf(t, p, o)
	from := strings.Index(guarded, `<meta http-equiv="Content-Security-Policy"`)
	to := from + strings.IndexByte(guarded[from:], '\n')
	for name, content := range map[string]string{"guarded.html": guarded, "bare.html": guarded[:from] + guarded[to:]} {
		b.open(name, content)
		if got := value[string](b, provoke); got != "unharmed" {
			t.Errorf("%s: %s", name, got)
		}
		if got := value[[]string](b, strangers); len(got) > 0 {
			t.Errorf("%s: what the template does not have: %q", name, got)
		}
		if got, want := value[int](b, "document.querySelectorAll('#rows tbody tr[data-verb]').length"), len(p.Body.Actions); got != want {
			t.Errorf("%s: %d rows, want %d", name, got, want)
		}
		if got := value[bool](b, "document.getElementById('tools').hidden || document.styleSheets.length !== 1"); got {
			t.Errorf("%s: the page's own script or style does not work", name)
		}
	}
	if said := b.heard(); len(said) > 0 {
		t.Errorf("the browser says %q", said[:min(len(said), 5)])
	}

	var frames strings.Builder
	frames.WriteString("<!doctype html>")
	for _, payload := range payloads(t) {
		fmt.Fprintf(&frames, "<iframe srcdoc=\"%s\"></iframe>", html.EscapeString(strings.ToValidUTF8(payload, "")))
	}
	b.open("raw.html", frames.String())
	if ran := value[int](b, "Array.from({length: frames.length}, (_, i) => frames[i]).filter(f => { try { return f.PWN } catch { return false } }).length"); ran < 40 {
		t.Errorf("only %d payloads run where nothing holds them", ran)
	}
}

// visibleRows lists the orders in the table of actions.
const visibleRows = `[...document.querySelectorAll('#rows tbody:not([hidden]) tr[data-verb]:not([hidden])')].map(r => r.cells[4].textContent)`

func set(id, text string) string {
	return fmt.Sprintf("(e => { e.value = %q; e.dispatchEvent(new Event(e.localName === 'select' ? 'change' : 'input')); return new Promise(done => requestAnimationFrame(() => setTimeout(() => done(document.getElementById('shown').textContent)))); })(document.getElementById(%q))", text, id)
}

// Rows can be sorted and filtered with JavaScript, and what is filtered says
// so with its sums.
func TestPageInBrowser(t *testing.T) {
	b := browse(t)
	b.open("plan.html", htmlOf(t, newPlan(schema.ModeTest, recall(500)), PlanOptions{}))
	orders := value[[]string](b, visibleRows)
	if got, want := value[string](b, "document.getElementById('shown').textContent"), "All 500 rows are shown."; got != want || len(orders) != 500 {
		t.Errorf("%d rows, and it says %q, want %q", len(orders), got, want)
	}
	for _, step := range []struct{ id, text, want string }{
		{"verb", "capture", "Filtered: 10 of 500 rows shown: 10 captures, 1234.50 DKK."},
		{"verb", "", "All 500 rows are shown."},
		{"currency", "EUR", "Filtered: 10 of 500 rows shown: 10 refunds, 4350.00 EUR."},
		{"find", "ticket 173", "Filtered: 1 of 500 rows shown: 1 refund, 870.00 EUR."},
		{"find", "nothing like it", "Filtered: 0 of 500 rows shown."},
		{"currency", "", "Filtered: 0 of 500 rows shown."},
		{"find", "", "All 500 rows are shown."},
	} {
		if got := value[string](b, set(step.id, step.text)); got != step.want {
			t.Errorf("%s %q: it says %q, want %q", step.id, step.text, got, step.want)
		}
	}
	press := func() {
		b.Do(chromedp.Evaluate[chromedp.Void]("document.querySelector('#rows th:nth-child(2) button').click()"))
	}
	amounts := `[...document.querySelectorAll('#rows tbody:not([hidden]) tr[data-verb]')].map(r => r.cells[1].textContent)`
	press()
	if got := value[[]string](b, amounts); got[0] != "870.00 EUR" || got[10] != "900.00 DKK" || got[499] != "5.00 DKK" {
		t.Errorf("sorted by amount: %s, %s to %s", got[0], got[10], got[499])
	}
	press()
	if got := value[[]string](b, amounts); got[0] != "5.00 DKK" || got[499] != "870.00 EUR" {
		t.Errorf("sorted the other way: %s to %s", got[0], got[499])
	}
	press()
	if diff := cmp.Diff(orders, value[[]string](b, visibleRows)); diff != "" {
		t.Errorf("back in groups, the rows mismatch (-want +got):\n%s", diff)
	}
	if said := b.heard(); len(said) > 0 {
		t.Errorf("the browser says %q", said)
	}
}

// The page fits, from a telephone to paper, with scripts and without.
func TestPageFits(t *testing.T) {
	b := browse(t)
	full, options := fullPlan()
	options.Merchants = nil
	for name, p := range map[string]*plan.Plan{"full": full, "recall": newPlan(schema.ModeTest, recall(60), blockedSample()...)} {
		for _, l := range []struct {
			width        int64
			kind, scheme string
			scripts      bool
		}{{1280, "screen", "light", true}, {1280, "screen", "dark", true}, {390, "screen", "light", true}, {760, "print", "light", true}, {1280, "screen", "light", false}} {
			look := fmt.Sprintf("%s-%d-%s-%s-%t", name, l.width, l.kind, l.scheme, l.scripts)
			b.Scripts(l.scripts)
			b.Look(l.width, l.kind, l.scheme)
			b.open(name+".html", htmlOf(t, p, options))
			if got := value[int64](b, "document.documentElement.scrollWidth"); got > l.width {
				t.Errorf("%s: the page is %d pixels wide", look, got)
			}
			if got := value[bool](b, "document.getElementById('tools').checkVisibility()"); got != (l.scripts && l.kind == "screen") {
				t.Errorf("%s: the filter is there: %t", look, got)
			}
			if got := len(value[[]string](b, visibleRows)); got != len(p.Body.Actions) {
				t.Errorf("%s: %d rows of %d", look, got, len(p.Body.Actions))
			}
			b.Picture(*screenshots, look)
		}
	}
}

// A plan of 10,000 actions opens, filters and sorts while somebody waits.
func TestLargePageInBrowser(t *testing.T) {
	b := browse(t)
	b.Look(1280, "screen", "light")
	opened := b.open("large.html", htmlOf(t, newPlan(schema.ModeLive, recall(10000)), PlanOptions{}))
	start := time.Now()
	if got, want := value[string](b, set("find", "goodwill")), "Filtered: 200 of 10000 rows shown: 200 refunds, "; !strings.HasPrefix(got, want) {
		t.Errorf("it says %q, want %q", got, want)
	}
	filtered := time.Since(start)
	start = time.Now()
	b.Do(chromedp.Evaluate[chromedp.Void]("document.querySelector('#rows th:nth-child(2) button').click(), document.body.offsetHeight"))
	t.Logf("10,000 rows: opened in %v, filtered in %v, sorted in %v", opened, filtered, time.Since(start))
}

// awaited lets an expression be a promise.
func awaited(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }
