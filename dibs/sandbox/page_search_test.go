package sandbox_test

import (
	"html"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
)

var rowLink = regexp.MustCompile(`<th scope="row" class="id"><a href="/transactions/(\d+)">`)

// listed returns the transactions of a list, as they come.
func listed(page string) []string {
	var ids []string
	for _, found := range rowLink.FindAllStringSubmatch(page, -1) {
		ids = append(ids, found[1])
	}
	return ids
}

// serve answers a request without a network.
func serve(g *sandbox.Gateway, method, path, accept string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, "http://127.0.0.1"+path, nil)
	r.Header.Set("Accept", accept)
	g.ServeHTTP(w, r)
	return w
}

func TestPageSearch(t *testing.T) {
	s := pageShop(t, sandbox.Options{Settle: sandbox.Manual})
	tests := map[string]struct{ query, want string }{
		"everything":                             {"", "109 108 107 106 105 104 103 102 101"},
		"a whole transaction number":             {"q=2800000104", "104"},
		"the end of one":                         {"q=0104", "104"},
		"spaces around it":                       {"q=+2800000104+", "104"},
		"a part of an order id, in another case": {"q=w-2026-100", "107 106 105 104 103 102 101"},
		"hostile text":                           {"q=%22%3E%3Cscript%3E", "108"},
		"an amount":                              {"q=200.00", "101"},
		"an amount with a comma":                 {"q=89%2C95", "105"},
		"an amount without decimals, and ids":    {"q=10", "109 108 107 106 105 104 103 102 101"},
		"an amount of a currency without them":   {"q=500", "103"},
		"a captured amount":                      {"q=400", "103"},
		"a refunded amount":                      {"q=25.00", "107"},
		"an amount with its currency":            {"q=10.00+DKK", "109 108"},
		"one with another currency":              {"q=10.00+SEK", ""},
		"three decimals":                         {"q=12.345", "104"},
		"too many decimals":                      {"q=200.000", ""},
		"no amount at all":                       {"q=2,0,0", ""},
		"a status":                               {"status=5", "109 108"},
		"whatever is in flight":                  {"status=in-flight", "107 102"},
		"a status that is none":                  {"status=nothing", ""},
		"a currency":                             {"currency=JPY", "103"},
		"a merchant":                             {"merchant=87654321", "109 108 107"},
		"all at once":                            {"merchant=87654321&currency=DKK&status=15&q=75", "107"},
		"what excludes itself":                   {"currency=JPY&status=5", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			code, body := get(t, s.URL+"/?"+tt.query)
			got := strings.ReplaceAll(strings.Join(listed(body), " "), "2800000", "")
			if code != 200 || got != tt.want {
				t.Errorf("GET /?%s = %d, lists %s; want %s", tt.query, code, got, tt.want)
			}
			if tt.want == "" && !strings.Contains(body, "No transaction is like that.") {
				t.Errorf("GET /?%s does not say that there is nothing:\n%s", tt.query, strings.Join(lines(body), "\n"))
			}
		})
	}
}

// TestPageKeepsSearch: the form shows what was asked for, and so do the links
// to other pages.
func TestPageKeepsSearch(t *testing.T) {
	seeds := make([]sandbox.Transaction, 120)
	for i := range seeds {
		seeds[i] = readSeed(t, captured20)[0]
		seeds[i].Transact, seeds[i].OrderID = seeds[i].Transact[:5]+string([]byte{'0' + byte(i/100), '0' + byte(i/10%10), '0' + byte(i%10)}), "a&b=<c>"
	}
	s := sandbox.Start(t, sandbox.Options{}, seeds...)
	_, body := get(t, s.URL+"/?q=A%26b%3D%3CC%3E&currency=DKK&page=2")
	if len(listed(body)) != 50 {
		t.Fatalf("%d rows, want 50", len(listed(body)))
	}
	var links []string
	for _, link := range regexp.MustCompile(`<a href="([^"]*page[^"]*|/\?[^"]*)"`).FindAllStringSubmatch(body, -1) {
		links = append(links, html.UnescapeString(link[1]))
	}
	const same = "/?currency=DKK&q=A%26b%3D%3CC%3E"
	turner := []string{same, same, same + "&page=3", same + "&page=3"}
	// Parameters are in the order of their names.
	for i := range turner {
		turner[i] = strings.Replace(turner[i], "&q=A%26b%3D%3CC%3E&page=3", "&page=3&q=A%26b%3D%3CC%3E", 1)
	}
	if diff := cmp.Diff(append(turner, turner...), links); diff != "" {
		t.Errorf("links mismatch (-want +got):\n%s", diff)
	}
	_, body = get(t, s.URL+"/?status=26&currency=XYZ&merchant=1")
	for _, want := range []string{`<option value="26" selected>postponed (26) – 0`, `<option value="XYZ" selected>`, `<option value="1" selected>`} {
		if !strings.Contains(body, want) {
			t.Errorf("the form hides what it asks for: %s is not there", want)
		}
	}
	_, body = get(t, s.URL+"/?q=A%26b%3D%3CC%3E&currency=DKK")
	for _, want := range []string{`value="A&amp;b=&lt;C&gt;"`, `<option value="DKK" selected>`} {
		if !strings.Contains(body, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
}
