package sandbox_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"flexform/dibs/sandbox"
	"flexform/internal/need/browser"
)

// TestPageFaults presses the buttons of the page of faults.
func TestPageFaults(t *testing.T) {
	s := faulty(t)
	pressed := func(path string, form url.Values, code int, want string) {
		t.Helper()
		got, body := press(t, s.URL, path, form)
		if got != code || !strings.Contains(strings.Join(append(lines(body), body), "\n"), want) {
			t.Errorf("POST %s %v = %d, want %d with %q\n%s", path, form, got, code, want, strings.Join(lines(body), "\n"))
		}
	}
	inForce := func(want string) {
		t.Helper()
		var rules []string
		for _, f := range s.Gateway.Faults() {
			rules = append(rules, f.Fault.String())
		}
		if got := strings.Join(rules, "; "); got != want {
			t.Errorf("in force: %q, want %q", got, want)
		}
	}
	pressed("/faults/add", url.Values{"rule": {"refund.cgi drop commit=held"}}, 303, "/faults")
	pressed("/faults/add", url.Values{"rule": {"* delay=1ms"}}, 303, "/faults")
	pressed("/faults/add", url.Values{"rule": {"refund.cgi <b>"}}, 422, `No fault "<b>": write what happens`)
	pressed("/faults/add", nil, 422, "No fault: write a service")
	inForce("refund.cgi drop commit=held; * delay=1ms")
	if reply, err := tryRefund(s.URL, refundForm(500)); err == nil {
		t.Errorf("reply %q", reply)
	}
	pressed("/faults/end", url.Values{"id": {"2"}}, 303, "/faults")
	pressed("/faults/end", url.Values{"id": {"2"}}, 303, "/faults")
	pressed("/faults/end", nil, 303, "/faults")
	inForce("refund.cgi drop commit=held")
	checkMoney(t, "held back", s.Gateway, "11111111 "+untouched)
	pressed("/faults/release", nil, 303, "/faults")
	checkMoney(t, "released", s.Gateway, "11111111 "+refunded5)
	pressed("/faults/end", url.Values{"id": {"all"}}, 303, "/faults")
	inForce("")
	pressed("/faults/nothing", nil, 404, "There is no such action.")

	pressed("/acquirers/down", url.Values{"acquirer": {" PBS "}}, 303, "/faults")
	if got := call(t, s.URL, "/status.pml", "acquirer=pbs&replytype=num"); got != "0" {
		t.Errorf("pbs is down, and status.pml says %s", got)
	}
	pressed("/acquirers/up", url.Values{"acquirer": {"pbs"}}, 303, "/faults")
	if got := call(t, s.URL, "/status.pml", "acquirer=pbs&replytype=num"); got != "1" {
		t.Errorf("pbs is up, and status.pml says %s", got)
	}
	pressed("/acquirers/down", url.Values{"acquirer": {" "}}, 422, "Write the name of an acquirer, up to 40 characters.")
	pressed("/acquirers/sideways", url.Values{"acquirer": {"pbs"}}, 404, "There is no such action.")
}

// TestPageFaultsOrigin: another web site cannot set a fault, nor end one.
func TestPageFaultsOrigin(t *testing.T) {
	g, err := sandbox.Open(sandbox.Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	defer shut(t, g)
	for _, path := range []string{"/faults/add", "/faults/end", "/acquirers/down", "/_sandbox/faults", "/_sandbox/acquirers"} {
		w := pressed(g, path, "rule=*+drop&id=all&acquirer=pbs&up=no", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
		if w.Code != 403 {
			t.Errorf("POST %s = %d, want 403", path, w.Code)
		}
	}
	if n := len(g.Faults()); n != 0 {
		t.Errorf("%d faults are in force", n)
	}
}

// testFaultForm writes a fault into the page of faults, first a wrong one.
func testFaultForm(b browser.Tab) {
	s := faulty(b)
	b.Look(1280, "screen", "light")
	rule := chromedp.CSS(".rule")
	b.Do(chromedp.Navigate(s.URL+"/faults"), chromedp.Focus(rule), chromedp.KeyEvent("refund.cgi drp"), chromedp.KeyEvent(kb.Enter),
		chromedp.WaitVisible(chromedp.CSS("#rule-problem")))
	b.Picture(*screenshots, "fault-problem-light")
	b.Do(chromedp.Focus(rule), chromedp.Clear(rule), chromedp.KeyEvent("refund.cgi drop commit=first"), chromedp.KeyEvent(kb.Enter),
		chromedp.WaitVisible(chromedp.CSS("table.faults")))
	if got, want := browser.Value[string](b, "document.querySelector('.top .badge').textContent"), "1"; got != want {
		b.Errorf("the menu counts %q faults, want %q", got, want)
	}
	if reply, err := tryRefund(s.URL, refundForm(500)); err == nil {
		b.Errorf("reply %q", reply)
	}
	b.Do(chromedp.Click(chromedp.CSS(".below button")), chromedp.WaitVisible(chromedp.CSS(".empty")))
	if n := len(s.Gateway.Faults()); n != 0 {
		b.Errorf("%d faults are in force after the button that ends all", n)
	}
}
