package sandbox_test

import (
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"flexform/dibs/sandbox"
)

// shopSeed has each kind of state, currencies with no, two and three decimals,
// and an order id that is an attack.
const shopSeed = `transact,orderid,amount,currency,status,merchant,captured,refunded,authorised_at,paytype
2800000101,W-2026-1001,200.00,DKK,authorised,12345678,,,2026-11-01T09:30:00Z,VISA
2800000102,W-2026-1002,1234567.50,DKK,captured,12345678,,,2026-11-01T09:31:00Z,MC
2800000103,W-2026-1003,500,JPY,partly refunded,12345678,400,150,2026-11-01T09:32:00Z,VISA
2800000104,W-2026-1004,12.345,KWD,refunded,12345678,,,2026-11-01T09:33:00Z,VISA
2800000105,W-2026-1005,89.95,EUR,declined,12345678,,,2026-11-01T09:34:00Z,VISA
2800000106,W-2026-1006,1499.00,SEK,cancelled,12345678,,,2026-11-01T09:35:00Z,MC
2800000107,W-2026-1007,75.00,DKK,refund pending,87654321,,25.00,2026-11-01T09:36:00Z,V-DK
2800000108,"""><script>alert(1)</script><b x='{{.}}",10.00,DKK,captured,87654321,,,2026-11-01T09:37:00Z,VISA
2800000109,abc` + "\u202e" + `fdp.exe,10.00,DKK,captured,87654321,,,2026-11-01T09:38:00Z,VISA
`

// ticking returns a clock that is a second later each time it is asked.
func ticking() func() time.Time {
	var asked atomic.Int64
	return func() time.Time {
		return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC).Add(time.Duration(asked.Add(1)) * time.Second)
	}
}

// pageShop is a gateway with shopSeed, in which clients have called.
func pageShop(t testing.TB, o sandbox.Options) *sandbox.Server {
	o.Now = ticking()
	o.Users = []sandbox.User{{Name: "api", Password: "secret"}, {Name: "webshop", Password: "Xy7-kept-quiet"}}
	s := sandbox.Start(t, o, readSeed(t, shopSeed)...)
	call(t, s.URL, "/cgi-bin/transinfo.cgi", "merchant=12345678&orderid=W-2026-1001&amount=20000&currency=208")
	call(t, s.URL, "/cgi-adm/refund.cgi", "merchant=12345678&transact=2800000102&orderid=W-2026-1002&amount=50")
	call(t, s.URL, "/cgi-adm/refund.cgi", "merchant=12345678&transact=2800000102&orderid=W-2026-1002&amount=999999999")
	call(t, s.URL, "/cgi-adm/refund.cgi", "merchant=12345678&transact=2800000102&amount=<b>")
	return s
}

// get loads a page as a browser does.
func get(t testing.TB, address string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html,application/xhtml+xml")
	return send(t, request)
}

// press sends a button's form as a browser does that shows the gateway's page,
// and follows no redirect.
func press(t testing.TB, base, path string, form url.Values) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", base)
	return send(t, request)
}

func send(t testing.TB, request *http.Request) (int, string) {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	reply, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	if to := reply.Header.Get("Location"); to != "" {
		return reply.StatusCode, to
	}
	return reply.StatusCode, string(body)
}

var (
	headPart   = regexp.MustCompile(`(?s)^.*<main[^>]*>|</main>.*$`)
	inlineTag  = regexp.MustCompile(`</?(span|bdi|b|a|time)\b[^>]*>`)
	anyTag     = regexp.MustCompile(`<[^>]*>`)
	lineEnds   = regexp.MustCompile(`\n\s*`)
	cellEnd    = regexp.MustCompile(`</t[dh]>`)
	rowEnd     = regexp.MustCompile(`</(tr|li|h1|h2|p|form|dd|option|label)>`)
	seenField  = regexp.MustCompile(`name="seen" value="([^"]*)"`)
	linkTarget = regexp.MustCompile(` (?:href|action|src)="([^"]*)"`)
)

// lines returns what a page's main part reads like: a line for each row,
// paragraph and choice, its cells parted by bars.
func lines(page string) []string {
	text := headPart.ReplaceAllString(page, "")
	text = lineEnds.ReplaceAllString(text, " ")
	text = cellEnd.ReplaceAllString(text, "|")
	text = rowEnd.ReplaceAllString(text, "\n")
	text = inlineTag.ReplaceAllString(text, "")
	text = html.UnescapeString(anyTag.ReplaceAllString(text, " "))
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// seenOn returns what the buttons of a transaction's page say they have seen.
func seenOn(t testing.TB, base, transact string) string {
	t.Helper()
	_, body := get(t, base+"/transactions/"+transact)
	found := seenField.FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("the page of %s has no button:\n%s", transact, strings.Join(lines(body), "\n"))
	}
	return found[1]
}
