package sandbox_test

import (
	"flag"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"flexform/dibs/sandbox"
)

var writePages = flag.Bool("pages", false, "write testdata/page/text.txtar anew; read the difference before committing it")

// TestPages holds what the pages say against what people agreed that they
// should: testdata/page/text.txtar has the text of each, a line for each row.
func TestPages(t *testing.T) {
	s := pageShop(t, sandbox.Options{Settle: sandbox.Manual, Bulk: sandbox.Manual, Merchants: []sandbox.Merchant{
		{ID: "12345678"}, {ID: "87654321", Key1: "abc", Key2: "def", RequireMD5: true}, {ID: "999", Key1: "abc", Key2: "def"},
	}})
	badLogin(t, s.URL, "webshop", 3)
	badLogin(t, s.URL, "api", 1)
	exchange(t, s.URL, "PUT /cgi-adm/payinfo.cgi?transact=2800000103 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
	playFaults(t, s)
	bringBulk(t, s.Gateway)
	golden := filepath.Join("testdata", "page", "text.txtar")
	archive, err := txtar.ParseFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	for i, page := range archive.Files {
		_, body := get(t, s.URL+page.Name)
		got := strings.Join(lines(body), "\n") + "\n"
		if diff := cmp.Diff(string(page.Data), got); diff != "" && !*writePages {
			t.Errorf("GET %s mismatch (-want +got):\n%s", page.Name, diff)
		}
		archive.Files[i].Data = []byte(got)
	}
	if *writePages {
		if err := os.WriteFile(golden, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// playFaults puts faults in force, has one of them hold a call back, and takes
// an acquirer down.
func playFaults(t *testing.T, s *sandbox.Server) {
	t.Helper()
	faults, err := sandbox.ReadFaults(strings.NewReader("cancel.cgi nth=1 empty commit=held\nmoney chance=0.25 seed=7 http=503 delay=1m30s\n" +
		"refund.cgi orderid=\"><script>alert(1)</script><b> drop"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Gateway.AddFaults(faults...); err != nil {
		t.Fatal(err)
	}
	call(t, s.URL, "/cgi-adm/cancel.cgi", "merchant=12345678&transact=2800000101&orderid=W-2026-1001")
	twice, err := sandbox.ParseFault("transinfo.cgi times=1 duplicate delay=1ms")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Gateway.AddFaults(twice); err != nil {
		t.Fatal(err)
	}
	call(t, s.URL, "/cgi-bin/transinfo.cgi", "merchant=12345678&orderid=W-2026-1001&amount=20000&currency=208")
	s.Gateway.SetAcquirer("pbs", false)
}

// badLogin tries a wrong password some times.
func badLogin(t *testing.T, base, user string, times int) {
	t.Helper()
	for range times {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/cgi-adm/payinfo.cgi?transact=2800000103", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth(user, "wrong")
		if code, _ := send(t, request); code != http.StatusUnauthorized {
			t.Fatalf("wrong password of %s is answered %d", user, code)
		}
	}
}

// TestPageLinks follows every link from the first page: none is dead, none
// leads away, and nothing that it loads comes from elsewhere. No password and
// no key is on any of them.
func TestPageLinks(t *testing.T) {
	s := pageShop(t, sandbox.Options{Merchants: []sandbox.Merchant{{ID: "12345678", Key1: "Xy7-first", Key2: "Xy7-second"}, {ID: "87654321"}}})
	bringBulk(t, s.Gateway)
	waiting, met := []string{"/"}, map[string]bool{"/": true}
	for len(waiting) > 0 {
		path := waiting[0]
		waiting = waiting[1:]
		code, body := get(t, s.URL+path)
		if code != http.StatusOK {
			t.Errorf("GET %s = %d", path, code)
		}
		if strings.Contains(body, "secret") || strings.Contains(body, "Xy7") {
			t.Errorf("%s shows a password or a key", path)
		}
		for _, link := range linkTarget.FindAllStringSubmatch(body, -1) {
			to, _, _ := strings.Cut(html.UnescapeString(link[1]), "#")
			if to == "" || met[to] || strings.HasPrefix(link[0], " action=") { // pressing is another test
				continue
			}
			if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
				t.Errorf("%s leads away to %s", path, to)
				continue
			}
			met[to] = true
			waiting = append(waiting, to)
		}
	}
	for _, path := range []string{"/style.css", "/icon.svg", "/calls", "/users", "/bulk", "/bulk/batches/refund021126_01", "/faults", "/settings", "/transactions/2800000108", "/calls?transact=2800000108"} {
		if !met[path] {
			t.Errorf("nothing leads to %s", path)
		}
	}
}

// TestPageEscapes puts hostile text wherever a client can put text, and finds
// it shown and never interpreted.
func TestPageEscapes(t *testing.T) {
	for name, text := range map[string]string{
		"an element":            `<script>alert(1)</script>`,
		"an attribute":          `" onmouseover="alert(1)`,
		"a quoted attribute":    `' autofocus onfocus='alert(1)`,
		"a template":            `{{.Query}}`,
		"an entity":             `&lt;img src=x onerror=alert(1)&gt;`,
		"the end of the title":  `</title><base href=//evil.example>`,
		"an address of scripts": `javascript:alert(1)`,
	} {
		t.Run(name, func(t *testing.T) {
			seed := readSeed(t, captured20)
			seed[0].OrderID, seed[0].PayType = text, text
			s := sandbox.Start(t, sandbox.Options{Users: []sandbox.User{{Name: text, Password: "x"}}}, seed...)
			call(t, s.URL, "/transstatus.pml", "merchant="+text+"&transact=11111111&"+text+"="+text)
			for _, path := range []string{"/", "/?q=" + url.QueryEscape(text) + "&status=" + url.QueryEscape(text), "/transactions/11111111", "/calls", "/calls?transact=" + url.QueryEscape(text), "/users"} {
				_, body := get(t, s.URL+path)
				if strings.Contains(body, text) && text != "javascript:alert(1)" && text != "{{.Query}}" {
					t.Errorf("%s has %q as it is", path, text)
				}
				if strings.Contains(body, `href="javascript:`) || strings.Contains(body, "<script") || strings.Contains(body, "<base") {
					t.Errorf("%s interprets %q:\n%s", path, text, body)
				}
			}
			_, body := get(t, s.URL+"/transactions/11111111")
			if want := "Order " + text; !strings.Contains(strings.Join(lines(body), "\n"), want) {
				t.Errorf("order %q is not shown:\n%s", text, strings.Join(lines(body), "\n"))
			}
		})
	}
}

// TestPageHeaders: a page may load its style sheet and its icon, and nothing
// else whatever its text says; no other site may frame it.
func TestPageHeaders(t *testing.T) {
	s := pageShop(t, sandbox.Options{})
	for _, path := range []string{"/", "/transactions/1234567", "/style.css"} {
		reply, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		got := map[string]string{}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy", "Cache-Control"} {
			got[name] = reply.Header.Get(name)
		}
		want := map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("GET %s headers mismatch (-want +got):\n%s", path, diff)
		}
	}
}

// TestPageProblems: what goes wrong is said in a page like the others, and a
// path that nothing has is still counted as unknown.
func TestPageProblems(t *testing.T) {
	tests := map[string]struct {
		method, path, accept string
		code                 int
		want                 string
	}{
		"a transaction that is not there": {"GET", "/transactions/1234567", "text/html", 404, "Not Found 404|This gateway has no transaction 1234567.|To the transactions"},
		"a transaction that is an attack": {"GET", "/transactions/%3Cb%3E%07%E2%80%AE", "text/html", 404, "Not Found 404|This gateway has no transaction <b>\\u0007\\u202e.|To the transactions"},
		"a path that nothing has":         {"GET", "/nothing", "text/html", 404, "Not Found 404|This gateway has no such page, and FlexWin no such service.|To the transactions"},
		"the same for a program":          {"GET", "/nothing", "*/*", 404, "404 Not found"},
		"a path that is not clean":        {"GET", "//users", "text/html", 404, "Not Found 404|This gateway has no such page, and FlexWin no such service.|To the transactions"},
		"a form sent to the list":         {"POST", "/", "text/html", 405, "Method Not Allowed 405|This address is not asked with POST.|To the transactions"},
		"a link to a button":              {"GET", "/settle", "text/html", 405, "Method Not Allowed 405|This address is not asked with GET.|To the transactions"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g, err := sandbox.Open(sandbox.Options{Now: noon})
			if err != nil {
				t.Fatal(err)
			}
			defer shut(t, g)
			w := serve(g, tt.method, tt.path, tt.accept)
			if got := strings.Join(lines(w.Body.String()), "|"); w.Code != tt.code || got != tt.want {
				t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.path, w.Code, got, tt.code, tt.want)
			}
			unknown := uint64(0)
			if strings.Contains(tt.path, "nothing") || strings.HasPrefix(tt.path, "//") {
				unknown = 1
			}
			if got := g.Requests()[sandbox.Unknown]; got != unknown {
				t.Errorf("%d unknown requests, want %d", got, unknown)
			}
		})
	}
}

// TestPageOfMany leads through more transactions than fit on a page, each of
// which is listed once.
func TestPageOfMany(t *testing.T) {
	many := 100_000
	if testing.Short() {
		many = 1_234
	}
	seeds := make([]sandbox.Transaction, many)
	for i := range seeds {
		seeds[i] = sandbox.Transaction{Transact: fmt.Sprint(2_800_000_001 + i), OrderID: fmt.Sprintf("W-%06d", i), Amount: amount(t, "10.00 DKK"), Status: sandbox.StatusCaptured}
	}
	s := sandbox.Start(t, sandbox.Options{}, seeds...)
	last := (many + 49) / 50
	tests := map[string]struct {
		path        string
		first, last int // ordinals of the rows shown
		pages       string
	}{
		"the newest":          {"/", many - 1, many - 50, fmt.Sprintf("Page 1 of %s", commas(last))},
		"the second page":     {"/?page=2", many - 51, many - 100, fmt.Sprintf("Page 2 of %s", commas(last))},
		"the last page":       {fmt.Sprintf("/?page=%d", last), (many - 1) % 50, 0, fmt.Sprintf("Page %s of %[1]s", commas(last))},
		"a page that is past": {"/?page=99999999999", (many - 1) % 50, 0, fmt.Sprintf("Page %s of %[1]s", commas(last))},
		"no page":             {"/?page=-1", many - 1, many - 50, fmt.Sprintf("Page 1 of %s", commas(last))},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, body := get(t, s.URL+tt.path)
			rows := listed(body)
			if len(rows) == 0 {
				t.Fatalf("GET %s lists nothing", tt.path)
			}
			got := []string{rows[0], rows[len(rows)-1], fmt.Sprint(len(rows))}
			want := []string{fmt.Sprint(2_800_000_001 + tt.first), fmt.Sprint(2_800_000_001 + tt.last), fmt.Sprint(tt.first - tt.last + 1)}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("GET %s first, last and number of rows mismatch (-want +got):\n%s", tt.path, diff)
			}
			if !strings.Contains(body, tt.pages) {
				t.Errorf("GET %s does not say %q", tt.path, tt.pages)
			}
		})
	}
	sum := fmt.Sprintf("Sum of %s| %d0.00|", commas(many), many)
	if _, body := get(t, s.URL+"/"); !strings.Contains(strings.Join(lines(body), "\n"), sum) {
		t.Errorf("the list does not end in %q", sum)
	}
}

// commas writes a number of more than three digits, and of at most six.
func commas(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// TestLockoutIsSaid: the pages, and the reply to a refused login, say how long
// the lock-out is, not how long it usually is.
func TestLockoutIsSaid(t *testing.T) {
	for name, tt := range map[string]struct {
		lockout           time.Duration
		reply, users, set string
	}{
		"as usual": {0, "the password, and try again in 30 minutes.", "3 wrong passwords in a row lock a user out for 30 minutes.", "Lock-out| 30 minutes|"},
		"short":    {5 * time.Second, "the password, and try again in 5s.", "3 wrong passwords in a row lock a user out for 5s.", "Lock-out| 5s|"},
		"never":    {sandbox.NoLockout, "the password.", "Wrong passwords lock nobody out.", "Lock-out| off|"},
	} {
		t.Run(name, func(t *testing.T) {
			g, err := sandbox.Open(sandbox.Options{Now: noon, Lockout: tt.lockout, Users: []sandbox.User{{Name: "api", Password: "secret"}}})
			if err != nil {
				t.Fatal(err)
			}
			defer shut(t, g)
			for path, want := range map[string]string{"/cgi-adm/payinfo.cgi?transact=11111111": tt.reply, "/users": tt.users, "/settings": tt.set} {
				body := serve(g, "GET", path, "text/html").Body.String()
				if path == "/settings" {
					body = strings.Join(lines(body), "\n")
				}
				if !strings.Contains(body, want) {
					t.Errorf("GET %s does not say %q:\n%s", path, want, body)
				}
			}
		})
	}
}
