package sandbox_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"flexform/dibs/sandbox"
)

// TestFaultRefuse: the connection is reset before a byte of it is read, and
// nobody but the fault's own count knows of it. R6
func TestFaultRefuse(t *testing.T) {
	s := faulty(t, "connection nth=1 refuse")
	if got, err := tryRefund(s.URL, refundForm(500)); err == nil || got != "" {
		t.Errorf("reply %q, error %v, want a reset", got, err)
	}
	checkMoney(t, "refused", s.Gateway, "11111111 "+untouched)
	if n := s.Gateway.Requests()["refund.cgi"]; n != 0 {
		t.Errorf("%d requests counted, want none", n)
	}
	if got, err := tryRefund(s.URL, refundForm(500)); err != nil || got != goodReply {
		t.Errorf("the next connection: reply %q, error %v", got, err)
	}
	if f := s.Gateway.Faults()[0]; f.Met != 2 || f.Played != 1 {
		t.Errorf("%d connections met and %d hit, want 2 and 1", f.Met, f.Played)
	}
}

// TestFaultRequestCutEverywhere: after every number of bytes of a request the
// connection ends, with FIN and with RST, and no money has moved. R40
func TestFaultRequestCutEverywhere(t *testing.T) {
	s := faulty(t)
	form := refundForm(500)
	request := fmt.Sprintf("POST /cgi-adm/refund.cgi HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n%s", len(form), login, form)
	for n := 1; n <= len(request); n++ {
		for _, kind := range []sandbox.FaultKind{sandbox.FaultDropAt, sandbox.FaultResetAt} {
			s.Gateway.ClearFaults()
			if err := s.Gateway.AddFaults(sandbox.Fault{Service: "connection", Nth: 1, Do: kind, Number: n}); err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			// What the gateway has not read when it resets may fail here, or below.
			_, writeErr := io.WriteString(conn, request)
			reply, err := io.ReadAll(conn)
			conn.Close()
			if reset := errors.Join(writeErr, err) != nil; len(reply) > 0 || reset != (kind == sandbox.FaultResetAt) {
				t.Errorf("%s=%d: reply %q, ended with %v and %v", kind, n, reply, writeErr, err)
			}
		}
	}
	checkMoney(t, "cut everywhere", s.Gateway, "11111111 "+untouched)

	// One byte more than the request has, and it is heard.
	s.Gateway.ClearFaults()
	addFault(t, s, fmt.Sprintf("connection nth=1 reset-at=%d", len(request)+len("Connection: close\r\n")+1))
	if got, err := tryRefund(s.URL, form); err != nil || got != goodReply {
		t.Errorf("reply %q, error %v", got, err)
	}
}

// TestFaultDown: the call is answered, and for a while nothing listens. Then it
// does again, at the same address. R6
func TestFaultDown(t *testing.T) {
	const question = "merchant=12345678&transact=11111111"
	long := faulty(t, "transstatus.pml nth=1 down=1h") // the test ends before that
	if got := call(t, long.URL, "/transstatus.pml", question); got != "5" {
		t.Errorf("transstatus.pml answers %q, want 5", got)
	}
	if _, err := tryRefund(long.URL, refundForm(500)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("while it is down: %v, want a refused connection", err)
	}
	checkMoney(t, "while it is down", long.Gateway, "11111111 "+untouched)

	short := faulty(t, "transstatus.pml nth=1 down=1ms")
	call(t, short.URL, "/transstatus.pml", question)
	await(t, func() bool {
		_, err := tryRefund(short.URL, refundForm(500))
		return err == nil
	})
	checkMoney(t, "up again", short.Gateway, "11111111 "+refunded5)
}

// TestFaultDeeds: somebody refunds right before or after a call, in the
// back-office. R25
func TestFaultDeeds(t *testing.T) {
	tests := map[string]struct {
		rule, reply, money string
		deeds              int // that the back-office did
	}{
		"before, and it still fits":      {"refund.cgi before=refund:5.00", goodReply, "8 20.00 10.00", 1},
		"before, and nothing is left":    {"refund.cgi before=refund", "status=DECLINED&result=6&reason=6", "11 20.00 20.00", 1},
		"after":                          {"refund.cgi after=refund:1.5", goodReply, "8 20.00 6.50", 1},
		"after, all that is left":        {"refund.cgi after=refund", goodReply, "11 20.00 20.00", 1},
		"what the state forbids":         {"refund.cgi before=cancel after=capture:5.00", goodReply, refunded5, 0},
		"more than there is":             {"refund.cgi before=refund:20.01", goodReply, refunded5, 0},
		"beside a reply that is lost":    {"refund.cgi after=refund:5.00 drop commit=first", "", "8 20.00 10.00", 1},
		"beside a call that never comes": {"refund.cgi after=refund:5.00 drop", "", refunded5, 1},
		"without decimals":               {"refund.cgi after=refund:5", goodReply, "8 20.00 10.00", 1},
		"with too many decimals":         {"refund.cgi before=refund:5.001", goodReply, refunded5, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := faulty(t, tt.rule)
			if got, err := tryRefund(s.URL, refundForm(500)); got != tt.reply || (err != nil) != (tt.reply == "") {
				t.Errorf("reply %q, error %v, want %q", got, err, tt.reply)
			}
			checkMoney(t, name, s.Gateway, "11111111 "+tt.money)
			deeds := 0
			tr, _ := s.Gateway.Transaction("11111111")
			for _, m := range tr.Moves {
				if m.By == sandbox.ByBackOffice {
					deeds++
				}
			}
			if deeds != tt.deeds {
				t.Errorf("%d moves by a person, want %d", deeds, tt.deeds)
			}
		})
	}
	t.Run("found by its order", func(t *testing.T) {
		s := faulty(t, "transinfo.cgi after=refund:5.00")
		call(t, s.URL, "/cgi-bin/transinfo.cgi", "merchant=12345678&orderid=11223344&amount=2000&currency=208")
		call(t, s.URL, "/cgi-bin/transinfo.cgi", "merchant=12345678&orderid=unknown&amount=2000&currency=208")
		checkMoney(t, "between two calls", s.Gateway, "11111111 "+refunded5)
	})
}

// TestFaultDeclined: what was accepted is refused afterwards. R5
func TestFaultDeclined(t *testing.T) {
	const declined = "10 20.00 0.00"
	for _, settle := range []sandbox.SettleMode{sandbox.Instant, sandbox.Manual} {
		fault, err := sandbox.ParseFault("refund.cgi nth=1 declined")
		if err != nil {
			t.Fatal(err)
		}
		s := sandbox.Start(t, sandbox.Options{Settle: settle, Faults: []sandbox.Fault{fault}}, readSeed(t, captured20)...)
		if got, err := tryRefund(s.URL, refundForm(500)); err != nil || got != goodReply {
			t.Errorf("reply %q, error %v, want it accepted", got, err)
		}
		inFlight := map[sandbox.SettleMode]string{sandbox.Instant: "9 20.00 5.00", sandbox.Manual: "15 20.00 5.00"}[settle]
		checkMoney(t, "accepted", s.Gateway, "11111111 "+inFlight)
		if n := s.Gateway.Release(); n != 1 {
			t.Errorf("released %d, want the refusal", n)
		}
		checkMoney(t, "and refused", s.Gateway, "11111111 "+declined)
	}
	s := faulty(t, "refund.cgi declined=1ms")
	if got, err := tryRefund(s.URL, refundForm(500)); err != nil || got != goodReply {
		t.Errorf("reply %q, error %v, want it accepted", got, err)
	}
	await(t, func() bool {
		tr, _ := s.Gateway.Transaction("11111111")
		return tr.Status == sandbox.StatusRefundDeclined
	})
	checkMoney(t, "refused by itself", s.Gateway, "11111111 "+declined)
	if got, err := tryRefund(s.URL, refundForm(2001)); err != nil || !strings.Contains(got, "result=7") || s.Gateway.Held() != 0 {
		t.Errorf("a refund of too much: reply %q, error %v, and %d calls are held back", got, err, s.Gateway.Held())
	}
	checkMoney(t, "nothing to take back", s.Gateway, "11111111 "+declined)

	taken := sandbox.Start(t, sandbox.Options{Faults: []sandbox.Fault{{Service: "capture.cgi", Do: sandbox.FaultDeclined, Pause: time.Hour}}},
		sandbox.Transaction{Transact: "11111111", Merchant: "12345678", OrderID: "11223344", Amount: readSeed(t, captured20)[0].Amount, Status: sandbox.StatusAuthorised})
	if got := call(t, taken.URL, "/cgi-bin/capture.cgi", "merchant=12345678&transact=11111111&orderid=11223344&amount=2000&textreply=yes"); !strings.HasPrefix(got, "status=ACCEPTED&result=0") {
		t.Errorf("capture: %q", got)
	}
	checkMoney(t, "captured", taken.Gateway, "11111111 3 20.00 0.00")
	taken.Gateway.Release()
	checkMoney(t, "and refused", taken.Gateway, "11111111 4 0.00 0.00")
}

// TestFaultEndlessHead: the headers go on for as long as the client listens. R42
func TestFaultEndlessHead(t *testing.T) {
	s := faulty(t, "refund.cgi endless-head")
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /cgi-adm/refund.cgi HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: 0\r\n\r\n", login)
	var head strings.Builder
	if n, err := io.CopyN(&head, conn, 3<<20); err != nil {
		t.Errorf("it ended after %d bytes: %v", n, err)
	}
	if got := head.String(); !strings.HasPrefix(got, "HTTP/1.1 200 OK\r\n") || strings.Contains(got, "\r\n\r\n") || strings.Count(got, "X-More: ") < 1000 {
		t.Errorf("the head begins %q", got[:200])
	}
}
