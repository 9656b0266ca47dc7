package dibs

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
)

// sealed fails the test when text holds the canary, in any of the spellings in
// which it could be carried out.
func sealed(t *testing.T, what, text string) {
	t.Helper()
	for _, form := range spellings(canary) {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			t.Errorf("%s shows the canary as %q: %s", what, form, escape(text, 400))
		}
	}
}

func spellings(s string) []string {
	forms := []string{s, hex.EncodeToString([]byte(s)), url.QueryEscape(s), url.PathEscape(s)}
	for _, user := range []string{"", "api:", "a", "ab"} { // base64 has three alignments
		b := base64.StdEncoding.EncodeToString([]byte(user + s))
		forms = append(forms, b[(len(user)*4+2)/3:len(b)-4])
	}
	var percent strings.Builder
	for i := range len(s) {
		percent.WriteString("%" + hex.EncodeToString([]byte{s[i]}))
	}
	return append(forms, percent.String())
}

// R70: whatever the gateway sends back, or whoever answers in its place, what
// a call returns shows no secret. Each of these puts the request, its login
// and the keys somewhere else into the reply.
func TestSecretsInRepliesAreNotShown(t *testing.T) {
	replies := map[string]func(request string) string{
		"the whole request": func(r string) string { return r },
		"in the body":       func(r string) string { return ok(r) },
		"in a message":      func(r string) string { return ok("status=DECLINED&result=4&message=" + url.QueryEscape(r)) },
		"in a message, plain": func(r string) string {
			return ok("result=4&message=" + strings.NewReplacer("\r\n", " ", "&", " ").Replace(r))
		},
		"in an accepted reply": func(r string) string { return ok("result=0&cardtype=" + url.PathEscape(r)) },
		"in the status line":   func(r string) string { return "HTTP/1.1 2x0 " + oneLine(r) + "\r\n\r\n" },
		"in the protocol":      func(r string) string { return oneLine(r) + "\r\n\r\n" },
		"in a header":          func(r string) string { return "HTTP/1.1 200 OK\r\n" + oneLine(r) + "\r\n\r\n" },
		"in a length":          func(r string) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + oneLine(r) + "\r\n\r\n" },
		"in an encoding":       func(r string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + oneLine(r) + "\r\n\r\n" },
		"in a chunk": func(r string) string {
			return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + oneLine(r) + "\r\n"
		},
		"in an error page":        func(r string) string { return httpReply("500 Oops", "<pre>"+html.EscapeString(r)+"</pre>") },
		"in a login page":         func(r string) string { return httpReply("401 No", "Login problems? "+r) },
		"in a redirect":           func(r string) string { return httpReply("302 Found", r, "Location: /"+url.PathEscape(r)) },
		"in a payinfo":            func(r string) string { return ok("transact=11111111&status=5&batch=" + url.QueryEscape(r)) },
		"in a reply that is cut":  func(r string) string { return strings.Replace(ok(r), "Content-Length: ", "Content-Length: 9", 1) },
		"behind a long beginning": func(r string) string { return ok(strings.Repeat("x", 800) + r) },
	}
	for name, reply := range replies {
		t.Run(name, func(t *testing.T) {
			gateway := play(t, func(conn net.Conn, r request) bool {
				io.WriteString(conn, reply(r.head+r.body+" "+canary))
				return false
			})
			for verb, call := range moneyCalls(t) {
				receipt, err := call(on(t, gateway.url, withCanary))
				sealed(t, verb, everything(receipt, err))
			}
			for verb, call := range authCalls(t) {
				got, err := call(on(t, gateway.url, withCanary))
				sealed(t, verb, everything(got, err))
			}
			deleted, err := on(t, gateway.url, withCanary).DelTicket(t.Context(), "270000543")
			sealed(t, "delticket", everything(deleted, err))
			for service, call := range statusCalls(t) {
				c := on(t, gateway.url, withCanary)
				sealed(t, service, everything(call(c)))
				info, err := c.PayInfo(t.Context(), "11111111")
				sealed(t, service, everything(info, err))
			}
			for _, r := range gateway.seen() {
				if login := strings.Contains(r.head, "Authorization: "); login != strings.Contains(r.head, "/cgi-adm/") {
					t.Errorf("the login goes along wrongly: %q", r.head)
				}
			}
		})
	}
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\r\n", " ") }

func withCanary(cfg *Config) {
	cfg.Password, cfg.Key1, cfg.Key2 = NewSecret(canary), NewSecret(canary+"1"), NewSecret(canary+"2")
}

// everything prints values in all the ways that a careless caller might.
func everything(values ...any) string {
	var b strings.Builder
	for _, v := range values {
		fmt.Fprintf(&b, "%v %+v %#v %q\n", v, v, v, v)
		for err, is := v.(error); is && err != nil; err = errors.Unwrap(err) {
			fmt.Fprintf(&b, "%v %+v %#v\n", err, err, err)
		}
		j, _ := json.Marshal(v)
		b.Write(j)
	}
	return b.String()
}
