package sandbox_test

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"flexform/dibs/sandbox"
)

// pairsOf sends a form to g without a network and returns the reply's pairs.
func pairsOf(t *rapid.T, g *sandbox.Gateway, path, form string) url.Values {
	r := httptest.NewRequest("POST", path, strings.NewReader(form))
	r.SetBasicAuth("api", "secret")
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	pairs, err := url.ParseQuery(w.Body.String())
	if err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return pairs
}

// TestPartHistories plays random split captures against two numbers a part:
// never is more captured than was authorised, and splitpay_info.cgi gives the
// same sums, whatever is under way, refused, closed or opened.
func TestPartHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mode := rapid.SampledFrom([]sandbox.SettleMode{sandbox.Instant, sandbox.Manual}).Draw(t, "mode")
		g, err := sandbox.Open(sandbox.Options{Settle: mode, Now: noon, FirstTransact: 11111111})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		const base = "merchant=1&orderid=o&textreply=yes&"
		pairsOf(t, g, "/cgi-ssl/auth.cgi", base+"currency=208&amount=20&cardno=4711100000000000&expmon=06&expyear=24")
		type part struct {
			id                 string
			captured, refunded int64
			undo               func()
		}
		var parts []*part
		for range rapid.IntRange(1, 15).Draw(t, "steps") {
			amount := rapid.Int64Range(1, 12).Draw(t, "amount")
			chosen := &part{id: "99999999", undo: func() {}}
			if len(parts) > 0 {
				chosen = rapid.SampledFrom(parts).Draw(t, "part")
			}
			switch rapid.SampledFrom([]string{"capture", "capture", "refund", "settle", "decline", "close", "open"}).Draw(t, "do") {
			case "capture":
				reply := pairsOf(t, g, "/cgi-bin/capture.cgi", base+fmt.Sprintf("transact=11111111&splitpay=yes&amount=%d", amount))
				if reply.Get("result") == "0" {
					p := &part{id: reply.Get("stransact"), captured: amount}
					p.undo = func() { p.captured -= amount }
					parts = append(parts, p)
				}
			case "refund":
				reply := pairsOf(t, g, "/cgi-adm/refund.cgi", base+fmt.Sprintf("transact=%s&amount=%d", chosen.id, amount))
				if reply.Get("result") == "0" {
					chosen.refunded += amount
					chosen.undo = func() { chosen.refunded -= amount }
				}
			case "settle":
				if _, err := g.Settle(); err != nil {
					t.Fatal(err)
				}
			case "decline":
				if g.Decline(chosen.id) == nil {
					chosen.undo()
				}
			case "close":
				pairsOf(t, g, "/cgi-adm/splitpay_changestatus.cgi", "merchant=1&transact=11111111&action=close")
			case "open":
				pairsOf(t, g, "/cgi-adm/splitpay_changestatus.cgi", "merchant=1&transact=11111111&action=open")
			}
			var captured, refunded int64
			for _, p := range parts {
				captured += p.captured
				refunded += p.refunded
				if p.refunded > p.captured {
					t.Fatalf("part %s: %d refunded of %d", p.id, p.refunded, p.captured)
				}
			}
			if captured > 20 {
				t.Fatalf("%d captured of 20", captured)
			}
			if len(parts) == 0 {
				continue
			}
			info := pairsOf(t, g, "/cgi-adm/splitpay_info.cgi", "merchant=1&transact=11111111")
			number := func(name string) int64 {
				n, err := strconv.ParseInt("0"+info.Get(name), 10, 64)
				if err != nil {
					t.Fatalf("%s of %v: %v", name, info, err)
				}
				return n
			}
			if got := number("captured") + number("pending_captures"); got != captured || number("amountleft") != 20-captured {
				t.Fatalf("%v: captured and pending %d, the books say %d", info, got, captured)
			}
			if got := number("refunded") + number("pending_refunds"); got != refunded {
				t.Fatalf("%v: refunded and pending %d, the books say %d", info, got, refunded)
			}
		}
	})
}
