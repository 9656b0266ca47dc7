package sandbox_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

// pressed sends a form without a network, with these headers.
func pressed(g *sandbox.Gateway, path, form string, headers map[string]string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest("POST", "http://127.0.0.1"+path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range headers {
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Set(name, value)
		}
	}
	g.ServeHTTP(w, r)
	return w
}

// TestPageOrigin: only a browser that shows this gateway's own page can press
// its buttons, and no web site can have a browser use the judge's paths.
func TestPageOrigin(t *testing.T) {
	const yes, no = true, false
	tests := map[string]struct {
		headers     map[string]string
		page, judge bool
	}{
		"the page itself":                               {map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1"}, yes, yes},
		"the page itself, in a browser of old":          {map[string]string{"Origin": "http://127.0.0.1"}, yes, yes},
		"the page on a port, as localhost":              {map[string]string{"Host": "localhost:8080", "Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"}, yes, yes},
		"the page under a name below localhost":         {map[string]string{"Host": "shop.localhost", "Origin": "http://shop.localhost"}, yes, yes},
		"the page on an address of IPv6":                {map[string]string{"Host": "[::1]:8080", "Origin": "http://[::1]:8080"}, yes, yes},
		"a program that is no browser":                  {nil, no, yes},
		"another web site":                              {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, no, no},
		"another web site, in a browser of old":         {map[string]string{"Origin": "https://evil.example"}, no, no},
		"another port of this machine":                  {map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:9999"}, no, no},
		"another port, in a browser of old":             {map[string]string{"Origin": "http://127.0.0.1:9999"}, no, no},
		"a page that hides its origin":                  {map[string]string{"Origin": "null"}, no, no},
		"a site whose own name points here":             {map[string]string{"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"}, no, no},
		"a site whose own name points here, of old":     {map[string]string{"Host": "evil.example:80", "Origin": "http://evil.example:80"}, no, no},
		"a site whose name only looks like an address":  {map[string]string{"Host": "127.0.0.1.evil.example", "Origin": "http://127.0.0.1.evil.example"}, no, no},
		"a site whose name only ends like localhost":    {map[string]string{"Host": "notlocalhost", "Origin": "http://notlocalhost"}, no, no},
		"a frame of this gateway within another site":   {map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"}, no, no},
		"a program that knows the gateway by its name":  {map[string]string{"Host": "gateway:8080"}, no, yes},
		"the address typed by hand, and a form re-sent": {map[string]string{"Sec-Fetch-Site": "none"}, yes, yes},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g, err := sandbox.Open(sandbox.Options{Now: noon})
			if err != nil {
				t.Fatal(err)
			}
			defer shut(t, g)
			if err := g.Seed(readSeed(t, captured20)); err != nil {
				t.Fatal(err)
			}
			check := func(path, form string, code int, allowed bool, money string) {
				t.Helper()
				w := pressed(g, path, form, tt.headers)
				if !allowed {
					code = 403
				}
				if w.Code != code {
					t.Errorf("POST %s = %d, want %d\n%s", path, w.Code, code, w.Body)
				}
				checkMoney(t, name, g, "11111111 "+money)
			}
			refunded := map[bool]string{yes: "8 20.00 1.00", no: "5 20.00 0.00"}[tt.page]
			check("/transactions/11111111/refund", "amount=1.00&seen=5.1.2000", 303, tt.page, refunded)
			check("/settle", "", 303, tt.page, refunded)
			if tt.judge && tt.page {
				refunded = "11 20.00 20.00"
				check("/_sandbox/refund", "transact=11111111&amount=1900", 200, yes, refunded)
			} else {
				check("/_sandbox/refund", "transact=11111111&amount=2000", 200, tt.judge, map[bool]string{yes: "11 20.00 20.00", no: refunded}[tt.judge])
			}
		})
	}
}
