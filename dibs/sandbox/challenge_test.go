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

// A client that waits for the challenge, and then sends the same request again
// with its login, gets through on one connection (flexwin.md 1.1).
func TestChallengeOnOneConnection(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{Users: []sandbox.User{{Name: "api", Password: "secret"}}}, readSeed(t, captured20)...)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	ask := func(header string) (*http.Response, string) {
		const body = "transact=11111111"
		fmt.Fprintf(conn, "POST /cgi-adm/payinfo.cgi HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n%s", header, len(body), body)
		reply, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		text, err := io.ReadAll(reply.Body)
		if err != nil {
			t.Fatal(err)
		}
		return reply, string(text)
	}
	reply, page := ask("")
	if reply.StatusCode != http.StatusUnauthorized || !strings.HasPrefix(reply.Header.Get("WWW-Authenticate"), "Basic ") ||
		len(page) <= 100 || !strings.Contains(page, "Login problems?") || reply.Close {
		t.Errorf("without a login: %d %v %q", reply.StatusCode, reply.Header, page)
	}
	if reply, text := ask(login); reply.StatusCode != http.StatusOK || !strings.Contains(text, "&status=5&") {
		t.Errorf("with the login: %d %q", reply.StatusCode, text)
	}
}

// Where no login is asked for, a wrong one is not looked at, and is held
// against nobody (flexwin.md 1.1).
func TestLoginThatNobodyAskedFor(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{Users: []sandbox.User{{Name: "api", Password: "secret"}}}, readSeed(t, captured20)...)
	const wrong = "Authorization: Basic YXBpOndyb25n\r\n"
	for _, path := range []string{
		"/cgi-ssl/auth.cgi", "/cgi-ssl/3dsecure.cgi", "/cgi-bin/reauth.cgi", "/cgi-bin/capture.cgi", "/cgi-ssl/ticket_auth.cgi",
		"/cgi-bin/transinfo.cgi", "/transstatus.pml", "/cgi-bin/transstat.cgi", "/cgi-bin/transimg.cgi", "/cardtype.pml", "/cardtype.cgi",
		"/cgi-bin/confirmtransact.cgi", "/status.pml", "/cgi-bin/danskenet.cgi", "/cgi-ssl/solo_payment.cgi",
	} {
		request := func(header string) string {
			return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + header + "Content-Length: 0\r\n\r\n"
		}
		code, body := exchange(t, s.URL, request(wrong))
		if wantCode, want := exchange(t, s.URL, request("")); code != wantCode || body != want || code == http.StatusUnauthorized {
			t.Errorf("%s: %d %q with a wrong login, %d %q without", path, code, body, wantCode, want)
		}
	}
	if code, body := exchange(t, s.URL, "POST /cgi-adm/payinfo.cgi?transact=11111111 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"+login+"\r\n"); code != http.StatusOK {
		t.Errorf("the user is locked out: %d %q", code, body)
	}
}
