package sandbox_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"flexform/dibs/sandbox"
)

// TestFaultAnswers: each service says a code in its own way (flexwin.md 2).
func TestFaultAnswers(t *testing.T) {
	const handling, bare = "status=DECLINED&result=11&reason=11", "11"
	const authorisation = "status=DECLINED&reason=11"
	tests := map[string]string{
		"/cgi-bin/capture.cgi": handling, "/cgi-adm/refund.cgi": handling, "/cgi-adm/cancel.cgi": handling, "/cgi-adm/changestatus.cgi": handling,
		"/cgi-adm/suppl_auth.cgi": handling, "/cgi-ssl/auth.cgi": authorisation, "/cgi-bin/reauth.cgi": authorisation,
		"/cgi-ssl/ticket_auth.cgi": authorisation, "/cgi-adm/payinfo.cgi": authorisation, "/cgi-adm/splitpay_info.cgi": authorisation,
		"/cgi-adm/splitpay_changestatus.cgi": "result=DECLINED&reason=11", "/transstatus.pml": bare, "/cgi-bin/transstat.cgi": bare,
		"/cgi-bin/confirmtransact.cgi": bare, "/cardtype.pml": bare, "/status.pml": bare, "/cgi-adm/callback.cgi": bare,
	}
	s := faulty(t, "* answer=11")
	for path, want := range tests {
		if got := call(t, s.URL, path, "merchant=12345678&transact=11111111&orderid=11223344&amount=2000"); got != want {
			t.Errorf("%s answers %q, want %q", path, got, want)
		}
	}
	s.Gateway.ClearFaults()
	addFault(t, s, "* answer=0")
	for path, want := range map[string]string{
		"/cgi-bin/capture.cgi": goodReply, "/cgi-ssl/auth.cgi": "status=ACCEPTED&transact=11111111",
		"/cgi-adm/splitpay_changestatus.cgi": "result=ACCEPTED&reason=0", "/transstatus.pml": "0",
	} {
		if got := call(t, s.URL, path, "merchant=12345678&transact=11111111"); got != want {
			t.Errorf("%s accepts with %q, want %q", path, got, want)
		}
	}
	checkMoney(t, "nothing was carried out", s.Gateway, "11111111 "+untouched)

	plain := sandbox.Start(t, sandbox.Options{PlainCapture: true})
	addFault(t, plain, "capture.cgi answer=7")
	if got := call(t, plain.URL, "/cgi-bin/capture.cgi", "transact=11111111"); got != "7" {
		t.Errorf("a capture without textreply, for old clients: %q, want a bare 7", got)
	}
	if got := call(t, plain.URL, "/cgi-bin/capture.cgi", "transact=11111111&textreply=yes"); got != "status=DECLINED&result=7&reason=7" {
		t.Errorf("a capture with textreply: %q", got)
	}
}

func addFault(t *testing.T, s *sandbox.Server, rule string) {
	t.Helper()
	fault, err := sandbox.ParseFault(rule)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Gateway.AddFaults(fault); err != nil {
		t.Fatal(err)
	}
}

// TestFaultContradicts: what a duplicate says of each form of reply.
func TestFaultContradicts(t *testing.T) {
	s := faulty(t, "* duplicate")
	for path, want := range map[string]string{
		"/transstatus.pml":                   "5&5",
		"/cgi-adm/cancel.cgi":                "status=DECLINED&result=6&reason=6&status=ACCEPTED&result=0",
		"/cgi-adm/payinfo.cgi":               "transact=11111111&status=5&amount=2000&currency=208&orderid=11223344&approvalcode=123456&actioncode=d00",
		"/cgi-adm/splitpay_changestatus.cgi": "result=DECLINED&reason=6&message=Status%20doesn%27t%20allow%20close&result=ACCEPTED",
	} {
		if got := call(t, s.URL, path, "merchant=12345678&transact=11111111&action=close"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// TestFaultsRefused: what cannot be played is said when the gateway opens, and
// nothing of it is in force.
func TestFaultsRefused(t *testing.T) {
	drop := sandbox.Fault{Service: "refund.cgi", Do: sandbox.FaultDrop}
	for name, tt := range map[string]struct {
		fault sandbox.Fault
		want  string
	}{
		"nothing":                  {sandbox.Fault{}, `no service ""`},
		"blanks in an order id":    {sandbox.Fault{Service: "*", OrderID: "a b", Do: sandbox.FaultDrop}, "without blanks"},
		"a late commit at no time": {sandbox.Fault{Service: "*", Do: sandbox.FaultDrop, Commit: sandbox.CommitLate}, "a late commit needs a duration"},
		"a time without a commit":  {sandbox.Fault{Service: "*", Do: sandbox.FaultDrop, Late: time.Second}, "and others have none"},
		"a delay of nothing":       {sandbox.Fault{Service: "*", Do: sandbox.FaultDelay}, "write a delay"},
		"a pause of a drop":        {sandbox.Fault{Service: "*", Do: sandbox.FaultDrop, Pause: time.Second}, "only slow, declined and down have a pause"},
		"a number of a drop":       {sandbox.Fault{Service: "*", Do: sandbox.FaultDrop, Number: 4}, "drop=4 is not possible"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sandbox.Open(sandbox.Options{Now: noon, Faults: []sandbox.Fault{drop, tt.fault}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open = %v, want %q", err, tt.want)
			}
		})
	}
	s := faulty(t)
	if err := s.Gateway.AddFaults(drop, sandbox.Fault{}); err == nil || len(s.Gateway.Faults()) > 0 {
		t.Errorf("error %v, and %d faults are in force", err, len(s.Gateway.Faults()))
	}
	many := make([]sandbox.Fault, 1001)
	for i := range many {
		many[i] = drop
	}
	if err := s.Gateway.AddFaults(many...); err == nil || !strings.Contains(err.Error(), "1000 are the most") {
		t.Errorf("too many: %v", err)
	}
}

// TestFaultsAndHook: a hook comes between a fault and the service.
func TestFaultsAndHook(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{
		Faults: []sandbox.Fault{{Service: "refund.cgi", Do: sandbox.FaultGzip}},
		Hook: func(_ string, _ sandbox.Params, next func() sandbox.Reply) sandbox.Reply {
			next()
			return sandbox.Reply{Drop: true}
		},
	}, readSeed(t, captured20)...)
	if reply, err := tryRefund(s.URL, refundForm(500)); err == nil {
		t.Errorf("reply %q", reply)
	}
	checkMoney(t, "dropped by the hook", s.Gateway, "11111111 "+refunded5)
}

// TestFaultsEndWithServe: a reply that would take hours does not keep the
// gateway from stopping.
func TestFaultsEndWithServe(t *testing.T) {
	for _, rule := range []string{"* slow=1h", "* delay=1h", "* endless", "* drop commit=1h"} {
		t.Run(rule, func(t *testing.T) {
			fault, err := sandbox.ParseFault(rule)
			if err != nil {
				t.Fatal(err)
			}
			g, err := sandbox.Open(sandbox.Options{Now: noon, Faults: []sandbox.Fault{fault}})
			if err != nil {
				t.Fatal(err)
			}
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- sandbox.Serve(ctx, ln, g) }()
			conn, err := net.Dial("tcp", ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, "GET /transstatus.pml?merchant=1&transact=11111111 HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			await(t, func() bool { return g.Faults()[0].Played == 1 })
			stop()
			if err := <-served; err != nil {
				t.Errorf("Serve = %v", err)
			}
			shut(t, g)
			if n := len(g.Calls(sandbox.Filter{})); strings.Contains(rule, "commit") && n > 0 {
				t.Errorf("%d calls were carried out after the end", n)
			}
		})
	}
}
