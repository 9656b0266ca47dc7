package sandbox_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

// TestHook plays the failures that a network has, and asks the judge what
// became of the money. R3, R4
func TestHook(t *testing.T) {
	tests := map[string]struct {
		hook  sandbox.Hook
		want  string // the reply; "": none comes
		money string
		calls int
	}{
		"the request is lost": {
			hook:  func(string, sandbox.Params, func() sandbox.Reply) sandbox.Reply { return sandbox.Reply{Drop: true} },
			money: "5 20.00 0.00",
		},
		"the reply is lost after the commit": {
			hook: func(_ string, _ sandbox.Params, next func() sandbox.Reply) sandbox.Reply {
				next()
				return sandbox.Reply{Drop: true}
			},
			money: "8 20.00 5.00", calls: 1,
		},
		"the request is delivered twice": {
			hook: func(_ string, _ sandbox.Params, next func() sandbox.Reply) sandbox.Reply {
				next()
				return next()
			},
			want: "status=ACCEPTED&result=0&transact=11111111", money: "8 20.00 10.00", calls: 2,
		},
		"the reply is another one": {
			hook: func(service string, p sandbox.Params, next func() sandbox.Reply) sandbox.Reply {
				r := next()
				r.Body = service + " " + p.Get("amount") + " " + strings.TrimPrefix(r.Body, "status=ACCEPTED&")
				return r
			},
			want: "refund.cgi 500 result=0&transact=11111111", money: "8 20.00 5.00", calls: 1,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := sandbox.Start(t, sandbox.Options{Hook: tt.hook}, readSeed(t, captured20)...)
			got, err := tryRefund(s.URL, refundForm(500))
			if got != tt.want || (err != nil) != (tt.want == "") {
				t.Errorf("reply %q, error %v; want %q", got, err, tt.want)
			}
			checkMoney(t, name, s.Gateway, "11111111 "+tt.money)
			if calls := s.Gateway.Calls(sandbox.Filter{Money: true}); len(calls) != tt.calls {
				t.Errorf("%d calls in the log, want %d", len(calls), tt.calls)
			}
			if n := s.Gateway.Requests()["refund.cgi"]; n != 1 {
				t.Errorf("%d requests counted, want 1", n)
			}
		})
	}
}

// tryRefund sends a refund on a fresh connection; unlike call it lets the
// exchange fail.
func tryRefund(base, form string) (string, error) { return tryCall(base, "/cgi-adm/refund.cgi", form) }

func tryCall(base, path, form string) (string, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s", path, len(form), login, form)
	if err != nil {
		return "", err
	}
	reply, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return "", err
	}
	defer reply.Body.Close()
	body, err := io.ReadAll(reply.Body)
	return string(body), err
}
