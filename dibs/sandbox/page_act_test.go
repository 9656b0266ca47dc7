package sandbox_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

// TestPageActs presses the buttons of a transaction's page and asks the judge
// what became of the money.
func TestPageActs(t *testing.T) {
	tests := map[string]struct {
		settle   sandbox.SettleMode
		transact string
		path     string // below the transaction's
		amount   string
		code     int
		says     string // in a line of the page afterwards
		money    string // status, captured, refunded
	}{
		"capture all": {transact: "2800000101", path: "/capture", amount: "200.00", code: 303,
			says: "Captured: 200.00 DKK. It is now captured (5).", money: "5 200.00 0.00"},
		"capture what was pasted": {transact: "2800000101", path: "/capture", amount: " 150.50\t", code: 303,
			says: "Captured: 150.50 DKK. It is now captured (5).", money: "5 150.50 0.00"},
		"capture a part": {transact: "2800000101", path: "/capture", amount: "150.50", code: 303,
			says: "Captured: 150.50 DKK. It is now captured (5).", money: "5 150.50 0.00"},
		"capture with the next batch": {settle: sandbox.Manual, transact: "2800000101", path: "/capture", amount: "200.00", code: 303,
			says: "Captured: 200.00 DKK. It is now capture pending (12).", money: "12 200.00 0.00"},
		"capture too much": {transact: "2800000101", path: "/capture", amount: "200.01", code: 409,
			says: "The capture was refused: the amount is too high (result 7).", money: "2 0.00 0.00"},
		"refund all": {transact: "2800000108", path: "/refund", amount: "10.00", code: 303,
			says: "Refunded: 10.00 DKK. It is now refunded (11).", money: "11 10.00 10.00"},
		"refund a part": {transact: "2800000108", path: "/refund", amount: "0.01", code: 303,
			says: "Refunded: 0.01 DKK. It is now partly refunded (8).", money: "8 10.00 0.01"},
		"refund a currency without decimals": {transact: "2800000103", path: "/refund", amount: "250", code: 303,
			says: "Refunded: 250 JPY. It is now refunded (11).", money: "11 400 400"},
		"refund too much": {transact: "2800000103", path: "/refund", amount: "251", code: 409,
			says: "The refund was refused: the amount is too high (result 7).", money: "8 400 150"},
		"refund nothing": {transact: "2800000108", path: "/refund", amount: "0.00", code: 422,
			says: "write an amount above zero", money: "5 10.00 0.00"},
		"refund what is no amount": {transact: "2800000108", path: "/refund", amount: "-<b>", code: 422,
			says: "-<b>", money: "5 10.00 0.00"},
		"refund what was not captured": {transact: "2800000101", path: "/refund", amount: "1.00", code: 409,
			says: "The refund was refused: the status does not allow it (result 6).", money: "2 0.00 0.00"},
		"cancel": {transact: "2800000101", path: "/cancel", code: 303,
			says: "Cancelled: 200.00 DKK. It is now cancelled (6).", money: "6 0.00 0.00"},
		"settle one step": {settle: sandbox.Manual, transact: "2800000107", path: "/settle", code: 303,
			says: "Settled. It is now refund sent (9).", money: "9 75.00 25.00"},
		"settle what is settled": {transact: "2800000108", path: "/settle", code: 409,
			says: "Nothing is in flight.", money: "5 10.00 0.00"},
		"decline": {settle: sandbox.Manual, transact: "2800000107", path: "/decline", code: 303,
			says: "Refund declined: 25.00 DKK. It is now refund declined (10).", money: "10 75.00 0.00"},
		"an action that there is not": {transact: "2800000108", path: "/double", code: 404,
			says: "The back-office has no such action.", money: "5 10.00 0.00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := pageShop(t, sandbox.Options{Settle: tt.settle})
			calls := len(s.Gateway.Calls(sandbox.Filter{}))
			code, body := pressOn(t, s.URL, tt.transact, tt.path, tt.amount)
			if code != tt.code {
				t.Fatalf("pressing %s = %d, want %d:\n%s", tt.path, code, tt.code, strings.Join(lines(body), "\n"))
			}
			if code == http.StatusSeeOther {
				_, body = get(t, s.URL+body)
			}
			if text := strings.Join(lines(body), "\n"); !strings.Contains(text, tt.says) {
				t.Errorf("the page does not say %q:\n%s", tt.says, text)
			}
			checkMoney(t, name, s.Gateway, tt.transact+" "+tt.money)
			if now := len(s.Gateway.Calls(sandbox.Filter{})); now != calls {
				t.Errorf("%d calls in the log, want %d: the back-office is no client", now, calls)
			}
		})
	}
}

// pressOn loads the page of a transaction and presses a button of it.
func pressOn(t *testing.T, base, transact, path, amount string) (int, string) {
	t.Helper()
	form := url.Values{"seen": {seenOn(t, base, transact)}}
	if amount != "" {
		form.Set("amount", amount)
	}
	return press(t, base, "/transactions/"+transact+path, form)
}

// TestPageActsOnce: a button that is pressed twice, or on a page that was
// loaded before something else happened, does nothing.
func TestPageActsOnce(t *testing.T) {
	s := pageShop(t, sandbox.Options{})
	form := url.Values{"seen": {seenOn(t, s.URL, "2800000108")}, "amount": {"1.00"}}
	const path = "/transactions/2800000108/refund"
	if code, body := press(t, s.URL, path, form); code != http.StatusSeeOther {
		t.Fatalf("pressed once: %d\n%s", code, body)
	}
	for _, seen := range []string{form.Get("seen"), "", "nonsense"} {
		form.Set("seen", seen)
		code, body := press(t, s.URL, path, form)
		if code != http.StatusConflict || !strings.Contains(body, "has changed since the page was loaded") {
			t.Errorf("pressed again, having seen %q: %d, want 409 and why:\n%s", seen, code, strings.Join(lines(body), "\n"))
		}
	}
	checkMoney(t, "pressed four times", s.Gateway, "2800000108 8 10.00 1.00")
}

// TestPageBarsSecondRefund: with the single-refund switch there is no button
// for a second one, and the page says why.
func TestPageBarsSecondRefund(t *testing.T) {
	s := pageShop(t, sandbox.Options{SingleRefund: true})
	_, body := get(t, s.URL+"/transactions/2800000103")
	const why = "Refund is not possible. It was refunded once, and the gateway allows a single refund."
	if text := strings.Join(lines(body), "\n"); !strings.Contains(text, why) || strings.Contains(body, "<form") {
		t.Errorf("the page has a form, or does not say %q:\n%s", why, text)
	}
}

// TestPageKeepsAmount: what was written wrongly is still there, beside what is
// wrong with it.
func TestPageKeepsAmount(t *testing.T) {
	s := pageShop(t, sandbox.Options{})
	code, body := pressOn(t, s.URL, "2800000108", "/refund", `1.005"`)
	if code != http.StatusUnprocessableEntity {
		t.Errorf("code %d, want 422", code)
	}
	for _, want := range []string{`value="1.005&#34;"`, `aria-invalid="true" aria-describedby="refund-problem"`, `id="refund-problem"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the form lacks %s:\n%s", want, body)
		}
	}
}

// TestPageSettlesAll: the list's button takes all that is in flight one step.
func TestPageSettlesAll(t *testing.T) {
	s := pageShop(t, sandbox.Options{Settle: sandbox.Manual})
	for _, says := range []string{"Settled one step. Still in flight: 2.", "Settled one step. Nothing is in flight any more."} {
		code, to := press(t, s.URL, "/settle", url.Values{})
		if code != http.StatusSeeOther {
			t.Fatalf("POST /settle = %d", code)
		}
		if _, body := get(t, s.URL+to); !strings.Contains(strings.Join(lines(body), "\n"), says) {
			t.Errorf("the list does not say %q:\n%s", says, strings.Join(lines(body), "\n"))
		}
	}
	checkMoney(t, "settled twice", s.Gateway, "2800000107 8 75.00 25.00")
	checkMoney(t, "settled twice", s.Gateway, "2800000102 8 1234567.50 0.50")
}

// TestPageBoastsOfNothing: an address that says that something was done does
// not make the page say so.
func TestPageBoastsOfNothing(t *testing.T) {
	s := pageShop(t, sandbox.Options{})
	for _, done := range []string{"refund", "capture", "cancel", "decline", "<b>"} {
		_, body := get(t, s.URL+"/transactions/2800000108?done="+url.QueryEscape(done))
		if strings.Contains(body, "notice") {
			t.Errorf("done=%s shows a notice:\n%s", done, strings.Join(lines(body), "\n"))
		}
	}
}

// TestPageAfterClose: a gateway that is closed says that nothing is known.
func TestPageAfterClose(t *testing.T) {
	g, err := sandbox.Open(sandbox.Options{Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Seed(readSeed(t, captured20)); err != nil {
		t.Fatal(err)
	}
	shut(t, g)
	for _, path := range []string{"/settle", "/transactions/11111111/refund"} {
		w := pressed(g, path, "amount=1.00&seen=5.1.2000", map[string]string{"Origin": "http://127.0.0.1"})
		if want := "Nothing is known of what became of it: gateway is closed."; w.Code != 500 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("POST %s = %d\n%s\nwant 500 and %q", path, w.Code, w.Body, want)
		}
	}
}
