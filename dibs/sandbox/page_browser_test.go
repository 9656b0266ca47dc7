package sandbox_test

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
	"flexform/internal/need/browser"
)

var screenshots = flag.String("screenshots", "", "folder to put pictures of the merchant page into")

// faint lists the texts on a page whose contrast to what is behind them is
// below 4.5 to 1, the least of WCAG 2 for text of this size.
const faint = `(() => {
	const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
	const paint = colours => {
		canvas.clearRect(0, 0, 1, 1);
		for (const c of colours) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); }
		return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
	};
	const light = rgb => rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const found = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node; node = walker.nextNode();) {
		const e = node.parentElement, text = node.textContent.trim();
		if (!text || !e.checkVisibility() || e.closest('option')) continue;
		const behind = [];
		for (let p = e; p; p = p.parentElement) behind.unshift(getComputedStyle(p).backgroundColor);
		const ground = paint(behind), ink = paint([...behind, getComputedStyle(e).color]);
		const [a, b] = [light(ground), light(ink)].sort((x, y) => y - x);
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < 4.5) found.push(text + ' ' + ratio.toFixed(2));
	}
	return found;
})()`

// cramped lists the tables that do not fit their sheet, the dates that are broken
// up, and the cells that are so narrow that their text runs down the page.
const cramped = `[...document.querySelectorAll('.sheet')].filter(e => e.scrollWidth > e.clientWidth + 1).map(e => 'a table is ' + e.scrollWidth + ' pixels wide, and its sheet ' + e.clientWidth)
	.concat([...document.querySelectorAll('time span')].filter(e => e.getClientRects().length > 1 || e.offsetHeight > 30).map(e => 'the time ' + e.textContent + ' is broken up'))
	.concat([...document.querySelectorAll('.list td')].filter(e => e.clientHeight > 200 && e.clientWidth < 100).map(e => 'a cell is ' + e.clientWidth + ' pixels wide and ' + e.clientHeight + ' high: ' + e.textContent.trim()))`

// points lists, for each column of amounts, the distinct places of the decimal
// points in it; a currency without decimals has its point behind its digits.
const points = `[...document.querySelectorAll('table.transactions thead th.num')].map(th => {
	const at = new Set();
	for (const row of document.querySelectorAll('table.transactions tbody tr')) {
		const range = document.createRange(), amount = row.cells[th.cellIndex].querySelector('.amount'), last = amount.lastChild;
		if (last.nodeType === Node.TEXT_NODE) { range.setStart(last, 0); range.setEnd(last, 1); at.add(Math.round(range.getBoundingClientRect().left)); }
		else at.add(Math.round(last.getBoundingClientRect().right));
	}
	return at.size;
})`

// TestPageInBrowser looks at the merchant page and uses it as people do.
func TestPageInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("Chromium takes seconds")
	}
	b := browser.Start(t)
	b.Scripts(false)
	// What Chromium complains of, above all what the content security policy
	// kept from loading. Pages of errors are complained of, too.
	var complaints []string
	err := chromedp.Listen(b.Ctx, func(ev any) {
		if e, ok := ev.(*log.EventEntryAdded); ok && e.Entry.Source != log.EntrySourceNetwork {
			complaints = append(complaints, string(e.Entry.Source)+": "+e.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]func(browser.Tab){"looks": testLooks, "keyboard": testKeyboard, "faults": testFaultForm, "another site": testForeignSite} {
		t.Run(name, func(t *testing.T) { test(browser.Tab{T: t, Ctx: b.Ctx}) })
	}
	b.Do(chromedp.Navigate("about:blank"))
	for _, c := range complaints {
		t.Errorf("Chromium complains: %s", c)
	}
}

// testLooks: in light and dark, on a desk, a tablet, a phone and paper, each
// page and each table fits its width, each text stands out, and amounts are
// aligned.
func testLooks(b browser.Tab) {
	s := pageShop(b, sandbox.Options{Settle: sandbox.Manual, Bulk: sandbox.Manual, Merchants: []sandbox.Merchant{{ID: "12345678"}, {ID: "87654321", Key1: "a", Key2: "b"}}})
	badLogin(b.T, s.URL, "webshop", 3)
	playFaults(b.T, s)
	bringBulk(b.T, s.Gateway)
	badLogin(b.T, s.URL, "api", 1)
	for look, l := range map[string]struct {
		width        int64
		kind, scheme string
	}{
		"light": {1280, "screen", "light"}, "dark": {1280, "screen", "dark"},
		"laptop": {1024, "screen", "light"}, "tablet": {768, "screen", "dark"}, "narrow": {500, "screen", "light"},
		"phone": {390, "screen", "light"}, "small": {320, "screen", "dark"}, "paper": {720, "print", "light"},
	} {
		b.Look(l.width, l.kind, l.scheme)
		for page, path := range map[string]string{
			"list": "/", "pending": "/transactions/2800000102",
			"captured": "/transactions/2800000108", "calls": "/calls", "bulk": "/bulk", "batch": "/bulk/batches/refund021126_01", "refused": "/bulk/batches/capture021126_01", "faults": "/faults", "users": "/users", "settings": "/settings", "missing": "/transactions/1234567",
		} {
			b.Do(chromedp.Navigate(s.URL + path))
			if wide := browser.Value[int64](b, "document.documentElement.scrollWidth"); wide > l.width {
				b.Errorf("%s, %s: %d pixels wide, want %d", look, page, wide, l.width)
			}
			for _, text := range browser.Value[[]string](b, cramped) {
				b.Errorf("%s, %s: %s", look, page, text)
			}
			for _, text := range browser.Value[[]string](b, faint) {
				b.Errorf("%s, %s: too faint: %s to 1", look, page, text)
			}
			if dark := browser.Value[bool](b, "matchMedia('(prefers-color-scheme: dark)').matches"); dark != (l.scheme == "dark") {
				b.Fatalf("%s: the colour scheme is not emulated", look)
			}
			b.Picture(*screenshots, page+"-"+look)
		}
		b.Do(chromedp.Navigate(s.URL + "/"))
		if diff := cmp.Diff([]int{1, 1, 1}, browser.Value[[]int](b, points)); diff != "" && l.width > 1000 {
			b.Errorf("%s: distinct places of decimal points in each column of amounts (-want +got):\n%s", look, diff)
		}
	}
}

// testKeyboard refunds a part with nothing but the keyboard, and sees at each
// stop where it is.
func testKeyboard(b browser.Tab) {
	s := pageShop(b, sandbox.Options{})
	b.Look(1280, "screen", "light")
	b.Do(chromedp.Navigate(s.URL + "/transactions/2800000108"))
	var stops []string
	for stop := ""; stop != "refund-amount" && len(stops) < 20; {
		b.Do(chromedp.KeyEvent(kb.Tab))
		stop = browser.Value[string](b, "document.activeElement.id || document.activeElement.textContent")
		stops = append(stops, stop)
		if hidden := browser.Value[bool](b, `getComputedStyle(document.activeElement).outlineStyle === 'none' || document.activeElement.getBoundingClientRect().left < 0`); hidden {
			b.Errorf("%q does not show that it has the focus", stop)
		}
		if len(stops) == 1 {
			b.Picture(*screenshots, "skip-light")
		}
	}
	want := []string{"Skip to the content", "flexform sandbox", "Transactions", "Calls", "Bulk files", "Faults", "API users", "Settings", "refund-amount"}
	if diff := cmp.Diff(want, stops); diff != "" {
		b.Fatalf("stops of the tabulator mismatch (-want +got):\n%s", diff)
	}
	b.Do(chromedp.KeyEvent("9.999"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS("#refund-problem")))
	b.Picture(*screenshots, "problem-light")
	b.Do(chromedp.Focus(chromedp.CSS("#refund-amount")), chromedp.Clear(chromedp.CSS("#refund-amount")),
		chromedp.KeyEvent("4.00"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(chromedp.CSS(".notice")))
	b.Picture(*screenshots, "done-light")
	if got, want := browser.Value[string](b, "document.querySelector('.notice').textContent"), "Refunded: 4.00 DKK. It is now partly refunded (8)."; got != want {
		b.Errorf("the page says %q, want %q", got, want)
	}
	b.Do(chromedp.Reload())
	checkMoney(b.T, "loaded again", s.Gateway, "2800000108 8 10.00 4.00")
}

// testForeignSite: a page of another port of this machine has its buttons lead
// here, and its visitor presses them.
func testForeignSite(b browser.Tab) {
	s := pageShop(b, sandbox.Options{})
	forms := strings.NewReplacer("GATEWAY", s.URL, "SEEN", seenOn(b, s.URL, "2800000108")).Replace(`<!DOCTYPE html>
<form method="post" action="GATEWAY/transactions/2800000108/refund"><input name="seen" value="SEEN"><input name="amount" value="1.00"><button id="page">a</button></form>
<form method="post" action="GATEWAY/_sandbox/refund"><input name="transact" value="2800000108"><input name="amount" value="100"><button id="judge">b</button></form>`)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(forms))
	}))
	b.Cleanup(site.Close)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		for button, refusal := range map[string]string{
			"#page": "Another web site sent this request: nothing was done.", "#judge": "another web site sent this request: nothing was done",
		} {
			b.Do(chromedp.Navigate(strings.Replace(site.URL, "127.0.0.1", host, 1)), chromedp.Click(chromedp.CSS(button)),
				chromedp.WaitNotPresent(chromedp.CSS(button)))
			if got := browser.Value[string](b, "document.body.textContent"); !strings.Contains(got, refusal) {
				b.Errorf("%s from %s is answered %q, want %q", button, host, got, refusal)
			}
		}
	}
	b.Picture(*screenshots, "foreign-light")
	checkMoney(b.T, "pressed from elsewhere", s.Gateway, "2800000108 5 10.00 0.00")
}
