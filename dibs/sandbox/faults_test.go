package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"flexform/dibs/sandbox"
)

// faulty starts a gateway with these faults and one captured transaction.
func faulty(t testing.TB, rules ...string) *sandbox.Server {
	t.Helper()
	faults, err := sandbox.ReadFaults(strings.NewReader(strings.Join(rules, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return sandbox.Start(t, sandbox.Options{Faults: faults}, readSeed(t, captured20)...)
}

// wireRefund asks for a refund and returns all that comes back, byte
// for byte but for the time of the headers, and how the connection ended.
func wireRefund(t testing.TB, base string, minor int) (string, error) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	form := refundForm(minor)
	if _, err := fmt.Fprintf(conn, "POST /cgi-adm/refund.cgi HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s", len(form), login, form); err != nil {
		t.Fatal(err)
	}
	wire, err := io.ReadAll(conn)
	return string(wire), err
}

const (
	goodReply = "status=ACCEPTED&result=0&transact=11111111"
	refunded5 = "8 20.00 5.00"
	untouched = "5 20.00 0.00"
)

// TestFaults plays each fault with a refund: what the client sees, and what
// the judge says of the money and of the calls. R3, R4, R40
func TestFaults(t *testing.T) {
	tests := map[string]struct {
		wants []string // in the reply, in this order; none: no reply at all
		not   string   // not in the reply
		money string
		calls int
	}{
		"answer=1":                     {wants: []string{"200 OK", "status=DECLINED&result=1&reason=1"}, money: untouched},
		"answer=2 commit=first":        {wants: []string{"200 OK", "status=DECLINED&result=2&reason=2"}, money: refunded5, calls: 1},
		"answer=0":                     {wants: []string{goodReply}, money: untouched},
		"answer=1000 commit=first":     {wants: []string{"status=ACCEPTED&result=1000&transact=11111111"}, money: refunded5, calls: 1},
		"http=401":                     {wants: []string{"401 Unauthorized", "Www-Authenticate: Basic", "Login problems?"}, money: untouched},
		"http=429":                     {wants: []string{"429 Too Many Requests", "Retry-After: 120"}, money: untouched},
		"http=500 commit=first":        {wants: []string{"500 Internal Server Error", "<h1>500"}, money: refunded5, calls: 1},
		"http=503":                     {wants: []string{"503 Service Unavailable", "Retry-After: 120", "<h1>503"}, money: untouched},
		"html":                         {wants: []string{"200 OK", "text/html", "try again later"}, money: untouched},
		"html commit=first":            {wants: []string{"200 OK", "try again later"}, not: "ACCEPTED", money: refunded5, calls: 1},
		"empty":                        {wants: []string{"200 OK", "Content-Length: 0"}, money: untouched},
		"redirect=301":                 {wants: []string{"301 Moved Permanently", "Location: /cgi-adm/refund.cgi"}, money: untouched},
		"redirect=302 to=http://x/y":   {wants: []string{"302 Found", "Location: http://x/y"}, money: untouched},
		"redirect=303 commit=first":    {wants: []string{"303 See Other"}, money: refunded5, calls: 1},
		"redirect=307":                 {wants: []string{"307 Temporary Redirect"}, money: untouched},
		"redirect=308":                 {wants: []string{"308 Permanent Redirect"}, money: untouched},
		"drop":                         {money: untouched},
		"drop commit=first":            {money: refunded5, calls: 1},
		"reset":                        {money: untouched},
		"reset commit=first":           {money: refunded5, calls: 1},
		"cut=0":                        {money: refunded5, calls: 1},
		"cut=12":                       {wants: []string{"HTTP/1.1 200"}, not: "OK", money: refunded5, calls: 1},
		"cut=1000":                     {wants: []string{"HTTP/1.1 200", goodReply}, money: refunded5, calls: 1},
		"slow=1us":                     {wants: []string{"HTTP/1.1 200 OK", goodReply}, money: refunded5, calls: 1},
		"delay=1ms":                    {wants: []string{"HTTP/1.1 200 OK", goodReply}, money: refunded5, calls: 1},
		"http=503 delay=1ms":           {wants: []string{"503 "}, money: untouched},
		"gzip":                         {wants: []string{"Content-Encoding: gzip", "\r\n\r\n\x1f\x8b"}, not: "ACCEPTED", money: refunded5, calls: 1},
		"bomb":                         {wants: []string{"Content-Encoding: gzip", "\r\n\r\n\x1f\x8b"}, not: "ACCEPTED", money: refunded5, calls: 1},
		"declined":                     {wants: []string{"200 OK", goodReply}, money: "9 20.00 5.00", calls: 1},
		"down=1ms":                     {wants: []string{"200 OK", goodReply}, money: refunded5, calls: 1},
		"after=refund:5.00":            {wants: []string{"200 OK", goodReply}, money: "8 20.00 10.00", calls: 1},
		"charset=utf-16le":             {wants: []string{"charset=utf-16le", "\r\n\r\n\xff\xfes\x00t\x00"}, money: refunded5, calls: 1},
		"charset=utf-8-bom":            {wants: []string{"charset=utf-8", "\ufeff" + goodReply + "&message=Ærø"}, money: refunded5, calls: 1},
		"duplicate":                    {wants: []string{goodReply + "&status=DECLINED&result=4"}, money: refunded5, calls: 1},
		"charset=utf-16":               {wants: []string{"charset=utf-16", "\r\n\r\n\xfe\xff\x00s\x00t\x00a"}, money: refunded5, calls: 1},
		"charset=latin-1-as-utf8":      {wants: []string{"charset=utf-8", goodReply + "&message=\xc6r\xf8"}, money: refunded5, calls: 1},
		"charset=utf8-as-latin-1":      {wants: []string{"charset=iso-8859-1", goodReply + "&message=Ærø"}, money: refunded5, calls: 1},
		"http10":                       {wants: []string{"HTTP/1.0 200 OK", goodReply}, not: "Content-Length", money: refunded5, calls: 1},
		"twice":                        {wants: []string{goodReply}, money: "8 20.00 10.00", calls: 2},
		"transact=22222222 drop":       {wants: []string{goodReply}, money: refunded5, calls: 1},
		"orderid=11223344 drop":        {money: untouched},
		"transact=11111111 nth=2 drop": {wants: []string{goodReply}, money: refunded5, calls: 1},
	}
	for rule, tt := range tests {
		t.Run(rule, func(t *testing.T) {
			s := faulty(t, "refund.cgi "+rule)
			got, err := wireRefund(t, s.URL, 500)
			reset := strings.HasPrefix(rule, "reset")
			if (err != nil) != reset || reset && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the connection ended with %v", err)
			}
			if len(tt.wants) == 0 && got != "" {
				t.Errorf("reply %q, want none", got)
			}
			rest := got
			for _, want := range tt.wants {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Errorf("reply %q lacks %q in its place", got, want)
				}
				rest = after
			}
			if tt.not != "" && strings.Contains(got, tt.not) {
				t.Errorf("reply %q has %q", got, tt.not)
			}
			checkMoney(t, rule, s.Gateway, "11111111 "+tt.money)
			calls := s.Gateway.Calls(sandbox.Filter{Money: true})
			if len(calls) != tt.calls {
				t.Errorf("%d calls in the log, want %d", len(calls), tt.calls)
			}
			for _, c := range calls {
				if hit := s.Gateway.Faults()[0].Played > 0; hit != (c.Fault != "") || hit && c.Fault != s.Gateway.Faults()[0].Fault.String() {
					t.Errorf("the log says that %q hit the call", c.Fault)
				}
			}
			if n := s.Gateway.Requests()["refund.cgi"]; n != 1 {
				t.Errorf("%d requests counted, want 1", n)
			}
		})
	}
}

// TestFaultsAreLogged: which fault hit a call that can move money is known after
// a restart as well.
func TestFaultsAreLogged(t *testing.T) {
	store := filepath.Join(t.TempDir(), "store.db")
	const rule = "refund.cgi drop commit=first"
	t.Run("played", func(t *testing.T) {
		fault, err := sandbox.ParseFault(rule)
		if err != nil {
			t.Fatal(err)
		}
		s := sandbox.Start(t, sandbox.Options{Store: store, Faults: []sandbox.Fault{fault}}, readSeed(t, captured20)...)
		if reply, err := tryRefund(s.URL, refundForm(500)); err == nil {
			t.Errorf("reply %q", reply)
		}
	})
	s := sandbox.Start(t, sandbox.Options{Store: store})
	call(t, s.URL, "/cgi-adm/refund.cgi", refundForm(500))
	calls := s.Gateway.Calls(sandbox.Filter{Money: true})
	if len(calls) != 2 || calls[0].Fault != rule || calls[1].Fault != "" {
		t.Errorf("calls %+v, want the first hit by %q", calls, rule)
	}
	checkMoney(t, "both", s.Gateway, "11111111 8 20.00 10.00")
}

// TestFaultCutsEverywhere: the reply ends after every number of bytes, with FIN
// and with RST, and each time the money has moved once.
func TestFaultCutsEverywhere(t *testing.T) {
	s := faulty(t, "refund.cgi cut=100000")
	whole, err := wireRefund(t, s.URL, 1)
	if err != nil || !strings.HasSuffix(whole, "\r\n\r\n"+goodReply) {
		t.Fatalf("uncut: %q, error %v", whole, err)
	}
	refunded := 1
	for n := 1; n < len(whole)+1; n += 7 {
		for _, kind := range []sandbox.FaultKind{sandbox.FaultCut, sandbox.FaultReset} {
			s.Gateway.ClearFaults()
			if err := s.Gateway.AddFaults(sandbox.Fault{Service: "refund.cgi", Do: kind, Number: n}); err != nil {
				t.Fatal(err)
			}
			got, err := wireRefund(t, s.URL, 1)
			refunded++
			// What a reset overtakes is lost.
			if got != whole[:n] && kind == sandbox.FaultCut || !strings.HasPrefix(whole, got) {
				t.Errorf("%s=%d: reply %q, error %v", kind, n, got, err)
			}
			if (err != nil) != (kind == sandbox.FaultReset) {
				t.Errorf("%s=%d: the connection ended with %v", kind, n, err)
			}
		}
	}
	checkMoney(t, "cut everywhere", s.Gateway, fmt.Sprintf("11111111 8 20.00 0.%02d", refunded))
}

// TestFaultEndless: the reply goes on for as long as the client listens.
func TestFaultEndless(t *testing.T) {
	s := faulty(t, "refund.cgi endless")
	reply, err := http.Get(s.URL + "/cgi-adm/refund.cgi")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	const enough = 3 << 20
	if n, err := io.CopyN(io.Discard, reply.Body, enough); err != nil {
		t.Errorf("the reply ended after %d bytes: %v", n, err)
	}
}

// TestFaultTurns: which of the calls a fault hits.
func TestFaultTurns(t *testing.T) {
	tests := map[string]struct {
		rules []string
		want  string // of ten calls, x for those that are hit by the first fault and y by the second
	}{
		"each":                   {[]string{"* answer=1"}, "xxxxxxxxxx"},
		"one":                    {[]string{"* nth=3 answer=1"}, "..x......."},
		"every third":            {[]string{"* every=3 answer=1"}, "..x..x..x."},
		"the first two":          {[]string{"* times=2 answer=1"}, "xx........"},
		"every third, twice":     {[]string{"* every=3 times=2 answer=1"}, "..x..x...."},
		"the first hits":         {[]string{"* every=2 answer=1", "* every=3 answer=2"}, ".xyx.x.xyx"},
		"both count all":         {[]string{"* times=2 answer=1", "* nth=3 answer=2"}, "xxy......."},
		"another service":        {[]string{"payinfo.cgi answer=1"}, ".........."},
		"none that moves money":  {[]string{"money answer=1"}, ".........."},
		"a chance, by its seed":  {[]string{"* chance=0.5 seed=1 answer=1"}, "..xxxxx.xx"},
		"the same, another seed": {[]string{"* chance=0.5 seed=2 answer=1"}, "xx....x.xx"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := faulty(t, tt.rules...)
			got := ""
			for range 10 {
				reply := call(t, s.URL, "/transstatus.pml", "merchant=12345678&transact=11111111")
				got += map[string]string{"5": ".", "1": "x", "2": "y"}[reply]
			}
			if got != tt.want {
				t.Errorf("%v hit %s, want %s", tt.rules, got, tt.want)
			}
			played := strings.Count(got, "x")
			if f := s.Gateway.Faults()[0]; f.Played != uint64(played) {
				t.Errorf("%s was played %d times, says the gateway; the client saw %d", f.Fault, f.Played, played)
			}
		})
	}
}

// TestFaultChanceIsSteady: whether a call of a transaction is hit does not
// depend on the calls of others.
func TestFaultChanceIsSteady(t *testing.T) {
	hits := func(between int) string {
		s := faulty(t, "transstatus.pml chance=0.5 seed=9 answer=1")
		got := ""
		for range 12 {
			for range between {
				call(t, s.URL, "/transstatus.pml", "merchant=12345678&transact=22222222")
			}
			got += call(t, s.URL, "/transstatus.pml", "merchant=12345678&transact=11111111")
		}
		return got
	}
	alone, among := hits(0), hits(3)
	if alone != among || !strings.Contains(alone, "1") || !strings.Contains(alone, "5") {
		t.Errorf("hits %s alone and %s among others", alone, among)
	}
}

// TestFaultLate: the reply is lost, the money does not move, and then it does.
// R4
func TestFaultLate(t *testing.T) {
	for _, commit := range []string{"held", "1h"} {
		t.Run(commit, func(t *testing.T) {
			s := faulty(t, "refund.cgi drop commit="+commit)
			if reply, err := tryRefund(s.URL, refundForm(500)); err == nil {
				t.Fatalf("reply %q", reply)
			}
			checkMoney(t, "held back", s.Gateway, "11111111 "+untouched)
			if n := s.Gateway.Held(); n != 1 {
				t.Errorf("%d calls held back, want 1", n)
			}
			if n := s.Gateway.Release(); n != 1 {
				t.Errorf("released %d calls, want 1", n)
			}
			checkMoney(t, "released", s.Gateway, "11111111 "+refunded5)
			if n := s.Gateway.Release(); n != 0 {
				t.Errorf("released %d calls a second time", n)
			}
		})
	}
	t.Run("last and soon", func(t *testing.T) {
		s := faulty(t, "refund.cgi nth=1 drop commit=last", "refund.cgi nth=2 http=500 commit=1ms")
		for range 2 {
			if reply, err := tryRefund(s.URL, refundForm(500)); err == nil && !strings.Contains(reply, "500") {
				t.Fatalf("reply %q", reply)
			}
		}
		await(t, func() bool { return len(s.Gateway.Calls(sandbox.Filter{Money: true})) == 2 })
		checkMoney(t, "both came", s.Gateway, "11111111 8 20.00 10.00")
	})
	t.Run("the gateway closes", func(t *testing.T) {
		s := faulty(t, "refund.cgi drop commit=held")
		tryRefund(s.URL, refundForm(500))
		t.Cleanup(func() { checkMoney(t, "closed", s.Gateway, "11111111 "+untouched) })
	})
}

// await waits for something that comes by itself.
func await(t testing.TB, there func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !there() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal("it never came")
		}
	}
}

// TestFaultsKeepTheBooks plays random faults with random refunds: the judge
// counts each refund that was carried out once, whatever the client heard, and
// each request.
func TestFaultsKeepTheBooks(t *testing.T) {
	whats := []string{
		"answer=0", "answer=7", "http=503", "html", "empty", "redirect=307", "drop", "reset", "cut=30", "reset=30", "delay=1ms", "slow=1us",
		"gzip", "duplicate", "charset=utf-16", "http10", "twice",
	}
	commits := []string{"", "", " commit=first", " commit=never", " commit=last", " commit=held", " commit=1ms"}
	rapid.Check(t, func(r *rapid.T) {
		var rules []string
		for range rapid.IntRange(1, 6).Draw(r, "faults") {
			rule := rapid.SampledFrom([]string{"*", "money", "refund.cgi"}).Draw(r, "service") +
				rapid.SampledFrom([]string{"", " nth=2", " every=3", " chance=0.5", " times=1"}).Draw(r, "turn") + " " +
				rapid.SampledFrom(whats).Draw(r, "what")
			commit := rapid.SampledFrom(commits).Draw(r, "commit")
			if _, err := sandbox.ParseFault(rule + commit); err == nil {
				rule += commit
			}
			rules = append(rules, rule)
		}
		s := faulty(t, rules...)
		const requests = 8
		for range requests {
			tryRefund(s.URL, refundForm(rapid.IntRange(1, 700).Draw(r, "amount")))
		}
		s.Gateway.Release()
		if n := s.Gateway.Requests()["refund.cgi"]; n != requests {
			r.Errorf("%v: %d requests counted, want %d", rules, n, requests)
		}
		checkBooks(r, s.Gateway)
		s.Gateway.ClearFaults()
		if reply, err := tryRefund(s.URL, refundForm(1)); err != nil || !strings.HasPrefix(reply, "status=") {
			r.Errorf("%v: after them, reply %q, error %v", rules, reply, err)
		}
	})
}

// checkBooks adds the calls that moved money up and compares the sum with the
// transaction's. Late calls may come while it looks, so it looks until both
// agree.
func checkBooks(r *rapid.T, g *sandbox.Gateway) {
	r.Helper()
	var moved, refunded int64
	for range 1000 {
		moved, refunded = 0, 0
		for _, c := range g.Calls(sandbox.Filter{Money: true}) {
			if c.Moved {
				var minor int64
				if _, err := fmt.Sscan(c.Params.Get("amount"), &minor); err != nil {
					r.Fatal(err)
				}
				moved += minor
			}
		}
		t, _ := g.Transaction("11111111")
		if refunded = t.Refunded.Minor(); moved == refunded && refunded <= 2000 {
			return
		}
	}
	r.Errorf("calls moved %d, and %d is refunded of 2000", moved, refunded)
}

// TestFaultsOfTheJudge sets faults at run time, as programs do.
func TestFaultsOfTheJudge(t *testing.T) {
	s := faulty(t)
	ask := func(method, path, kind, body string) string {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", kind)
		code, reply := send(t, request)
		return fmt.Sprintf("%d %s", code, strings.TrimSpace(reply))
	}
	const form, object = "application/x-www-form-urlencoded", "application/json"
	steps := []struct{ method, path, kind, body, want string }{
		{"GET", "/_sandbox/faults", "", "", `200 {"faults":[],"held":0}`},
		{"POST", "/_sandbox/faults", form, "rule=refund.cgi+nth=1+drop+commit=held%0A%23+a+comment%0A*+delay=1ms", `200 {"faults":[{"id":1,"rule":"refund.cgi nth=1 drop commit=held","met":0,"played":0},{"id":2,"rule":"* delay=1ms","met":0,"played":0}],"held":0}`},
		{"DELETE", "/_sandbox/faults?id=2", "", "", `200 {"faults":[{"id":1,"rule":"refund.cgi nth=1 drop commit=held","met":0,"played":0}],"held":0}`},
		{"DELETE", "/_sandbox/faults?id=2", "", "", `404 {"error":"no fault \"2\" is in force"}`},
		{"POST", "/_sandbox/faults", object, `{"rules": ["payinfo.cgi html"]}`, `200 {"faults":[{"id":1,"rule":"refund.cgi nth=1 drop commit=held","met":0,"played":0},{"id":3,"rule":"payinfo.cgi html","met":0,"played":0}],"held":0}`},
		{"POST", "/_sandbox/faults", object, `{"rules": ["payinfo.cgi html", "x html"]}`, `400 {"error":"line 2: no service \"x\"`},
		{"POST", "/_sandbox/faults", object, `{"rule": "payinfo.cgi html"}`, `400 {"error":"the body is not {\"rules\"`},
		{"POST", "/_sandbox/faults", object, `{"rules": []} x`, `400 {"error":"something stands behind`},
		{"POST", "/_sandbox/faults", form, "", `400 {"error":"no fault: write rule=`},
		{"PUT", "/_sandbox/faults", form, "", `405 {"error":"faults is not asked with PUT"}`},
		{"POST", "/_sandbox/release", "", "", `200 {"released":0}`},
		{"GET", "/_sandbox/release", "", "", `405 `},
	}
	for _, step := range steps {
		if got := ask(step.method, step.path, step.kind, step.body); !strings.HasPrefix(got, step.want) {
			t.Errorf("%s %s %s\n got %s\nwant %s", step.method, step.path, step.body, got, step.want)
		}
	}
	if reply, err := tryRefund(s.URL, refundForm(500)); err == nil {
		t.Errorf("reply %q", reply)
	}
	want := `200 {"faults":[{"id":1,"rule":"refund.cgi nth=1 drop commit=held","met":1,"played":1},{"id":3,"rule":"payinfo.cgi html","met":0,"played":0}],"held":1}`
	if diff := cmp.Diff(want, ask("GET", "/_sandbox/faults", "", "")); diff != "" {
		t.Errorf("after a refund (-want +got):\n%s", diff)
	}
	if got := ask("POST", "/_sandbox/release", "", ""); got != `200 {"released":1}` {
		t.Errorf("release: %s", got)
	}
	checkMoney(t, "released", s.Gateway, "11111111 "+refunded5)
	if got := ask("DELETE", "/_sandbox/faults", "", ""); got != `200 {"faults":[],"held":0}` {
		t.Errorf("all ended: %s", got)
	}
}

// TestOutages takes an acquirer down and up at run time.
func TestOutages(t *testing.T) {
	s := faulty(t)
	status := func() string { return call(t, s.URL, "/status.pml", "acquirer=all&replytype=num") }
	if got := call(t, s.URL, "/_sandbox/acquirers", "acquirer=PBS&up=no"); got != `{"down":[{"acquirer":"pbs","last_contact":"2026-11-02T12:00:00Z"}]}`+"\n" || status() != "0" {
		t.Errorf("down: %s, status.pml says %s", got, status())
	}
	if got := call(t, s.URL, "/_sandbox/acquirers", "acquirer=pbs&up=yes"); got != `{"down":[]}`+"\n" || status() != "1" {
		t.Errorf("up: %s, status.pml says %s", got, status())
	}
	if got := call(t, s.URL, "/_sandbox/acquirers", "acquirer=pbs"); !strings.Contains(got, "up=yes or up=no are needed") {
		t.Errorf("neither: %s", got)
	}
}
