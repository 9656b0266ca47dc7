package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
)

// ask sends a request to the judge and returns the status code and the body.
func ask(t *testing.T, method, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, strings.TrimSpace(string(body))
}

// call sends a form to a service with a login and returns the body.
func call(t testing.TB, base, path, form string) string {
	t.Helper()
	_, body := exchange(t, base, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s",
		path, len(form), login, form))
	return body
}

func refundForm(minor int) string {
	return fmt.Sprintf("merchant=12345678&transact=11111111&orderid=11223344&amount=%d&textreply=yes", minor)
}

func TestJudgeTransactions(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{}, readSeed(t,
		"transact,merchant,orderid,amount,currency,status\n"+
			"11111111,12345678,11223344,20.00,DKK,captured\n22222222,7654321,a,5.00,EUR,authorised\n")...)
	call(t, s.URL, "/cgi-adm/refund.cgi", refundForm(500))

	const seeded = "2026-11-02T12:00:00Z"
	want := `{"transactions":[{"transact":"11111111","merchant":"12345678","orderid":"11223344","currency":"DKK","amount_minor":2000,` +
		`"status":8,"captured_minor":2000,"refunded_minor":500,"authorised_at":"` + seeded + `","paytype":"VISA","moves":[` +
		`{"time":"` + seeded + `","kind":"capture","amount_minor":2000,"by":"seed"},` +
		`{"time":"` + seeded + `","kind":"refund","amount_minor":500,"by":"call","call":1}]}]}`
	for _, query := range []string{"?merchant=12345678", "?transact=11111111"} {
		if _, got := ask(t, "GET", s.URL+"/_sandbox/transactions"+query); got != want {
			t.Errorf("transactions%s mismatch (-want +got):\n%s", query, cmp.Diff(want, got))
		}
	}
	var all struct{ Transactions []json.RawMessage }
	_, body := ask(t, "GET", s.URL+"/_sandbox/transactions")
	if err := json.Unmarshal([]byte(body), &all); err != nil || len(all.Transactions) != 2 {
		t.Errorf("transactions = %d of them, error %v; want 2", len(all.Transactions), err)
	}
}

// TestJudgeCalls: every call is there, no secret is. R70
func TestJudgeCalls(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{}, readSeed(t, captured20)...)
	call(t, s.URL, "/transstatus.pml", "merchant=12345678&transact=11111111")
	call(t, s.URL, "/cgi-adm/refund.cgi", refundForm(500)+"&md5key=canary1&cardno=canary2&password=canary3")
	call(t, s.URL, "/cgi-adm/refund.cgi", refundForm(0))

	_, body := ask(t, "GET", s.URL+"/_sandbox/calls")
	if strings.Contains(body, "canary") {
		t.Errorf("the log holds a secret: %s", body)
	}
	_, body = ask(t, "GET", s.URL+"/_sandbox/calls?kind=money&service=refund.cgi&transact=11111111")
	var got struct {
		Requests map[string]uint64
		Calls    []sandbox.Call
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	form := func(amount string, more ...sandbox.Param) sandbox.Params {
		p := sandbox.Params{{Name: "amount", Value: amount}}
		p = append(p, more...)
		p = append(p, sandbox.Param{Name: "merchant", Value: "12345678"}, sandbox.Param{Name: "orderid", Value: "11223344"})
		return append(p, sandbox.Param{Name: "textreply", Value: "yes"}, sandbox.Param{Name: "transact", Value: "11111111"})
	}
	paid := form("500", sandbox.Param{Name: "cardno", Value: "redacted"}, sandbox.Param{Name: "md5key", Value: "redacted"})
	at := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	want := []sandbox.Call{
		{Seq: 2, Time: at, Service: "refund.cgi", Money: true, Transact: "11111111", HTTP: 200, Result: "0", Moved: true},
		{Seq: 3, Time: at, Service: "refund.cgi", Money: true, Transact: "11111111", HTTP: 200, Result: "8", Message: "Error in argument amount"},
	}
	want[0].Params = append(paid[:5:5], sandbox.Param{Name: "password", Value: "redacted"}, paid[5], paid[6])
	want[1].Params = form("0")
	if diff := cmp.Diff(want, got.Calls); diff != "" {
		t.Errorf("calls mismatch (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]uint64{"transstatus.pml": 1, "refund.cgi": 2}, got.Requests); diff != "" {
		t.Errorf("requests mismatch (-want +got):\n%s", diff)
	}
}

// TestBackOffice moves money behind the client's back. R25
func TestBackOffice(t *testing.T) {
	const seed = "transact,orderid,amount,currency,status\n11111111,1,20.00,DKK,captured\n22222222,2,20.00,DKK,authorised\n33333333,3,20.00,DKK,authorised\n"
	s := sandbox.Start(t, sandbox.Options{}, readSeed(t, seed)...)
	steps := []struct {
		query string
		code  int
		want  string // contained
	}{
		{"refund?transact=11111111&amount=500", 200, `"refunded_minor":500`},
		{"refund?transact=11111111&amount=1501", 409, `{"error":"refund of 11111111 refused with result 7","result":7}`},
		{"refund?transact=11111111", 409, `amount is needed`},
		{"refund?transact=11111112&amount=1", 409, `unknown transaction 11111112`},
		{"capture?transact=22222222&amount=1200", 200, `"captured_minor":1200`},
		{"cancel?transact=22222222", 409, `"result":6`},
		{"cancel?transact=33333333", 200, `"status":6`},
		{"decline?transact=33333333", 409, `nothing is in flight`},
		{"settle", 200, `{"moved":0}`},
		{"fly?transact=33333333", 404, `no such judge: POST fly`},
	}
	for _, step := range steps {
		code, body := ask(t, "POST", s.URL+"/_sandbox/"+step.query)
		if code != step.code || !strings.Contains(body, step.want) {
			t.Errorf("%s: got %d %s, want %d and %s", step.query, code, body, step.code, step.want)
		}
	}
	checkMoney(t, "afterwards", s.Gateway, "11111111 8 20.00 5.00\n22222222 5 12.00 0.00\n33333333 6 0.00 0.00\n")
	if calls := s.Gateway.Calls(sandbox.Filter{}); len(calls) != 0 {
		t.Errorf("the back-office shows in the clients' log: %v", calls)
	}
	if code, _ := ask(t, "GET", s.URL+"/_sandbox/settle"); code != http.StatusNotFound {
		t.Errorf("settling by GET: %d, want 404", code)
	}
}

// TestDecline: the acquirer says no after the gateway said yes. R5
func TestDecline(t *testing.T) {
	tests := map[string]struct {
		status, captured, refunded string // of the seed
		settle                     int    // steps before the refusal
		do                         sandbox.MoveKind
		want                       string
	}{
		"a capture that waits":                {status: "2", do: sandbox.MoveCapture, want: "4 0.00 0.00"},
		"a capture at the acquirer":           {status: "2", do: sandbox.MoveCapture, settle: 1, want: "4 0.00 0.00"},
		"a refund that waits":                 {status: "5", do: sandbox.MoveRefund, want: "10 20.00 0.00"},
		"a refund at the acquirer":            {status: "7", do: sandbox.MoveRefund, settle: 1, want: "10 20.00 0.00"},
		"a second refund: the first one went": {status: "8", captured: "15.00", refunded: "5.00", do: sandbox.MoveRefund, want: "10 15.00 5.00"},
		"a refund that was seeded":            {status: "9", captured: "15.00", refunded: "5.00", want: "10 15.00 0.00"},
		"a capture that was seeded":           {status: "3", want: "4 0.00 0.00"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := sandbox.Start(t, sandbox.Options{Settle: sandbox.Manual}, readSeed(t,
				"transact,orderid,amount,currency,status,captured,refunded\n11111111,1,20.00,DKK,"+tt.status+","+tt.captured+","+tt.refunded+"\n")...)
			if tt.do != "" {
				if err := s.Gateway.BackOffice(tt.do, "11111111", amount(t, "3.00 DKK")); err != nil {
					t.Fatal(err)
				}
			}
			for range tt.settle {
				if _, err := s.Gateway.Settle(); err != nil {
					t.Fatal(err)
				}
			}
			if code, body := ask(t, "POST", s.URL+"/_sandbox/decline?"+url.Values{"transact": {"11111111"}}.Encode()); code != 200 {
				t.Fatalf("decline: %d %s", code, body)
			}
			checkMoney(t, name, s.Gateway, "11111111 "+tt.want)
			if err := s.Gateway.Decline("11111111"); err == nil {
				t.Error("declined twice")
			}
		})
	}
}
