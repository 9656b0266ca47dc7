package dibs

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A statusVector is a reply of a status service and what it says.
type statusVector struct {
	Name, Body string
	Want       any
	NotFound   bool
}

// R43, R44
func TestStatusVectors(t *testing.T) {
	var file struct{ TransStatus, TransInfo, PayInfo []statusVector }
	vectors(t, "status.json", &file)
	gateway := play(t, nil)
	c := on(t, gateway.url)
	services := map[string]struct {
		vectors []statusVector
		call    func() (any, error)
	}{
		"transstatus": {file.TransStatus, func() (any, error) { return c.TransStatus(t.Context(), "11111111") }},
		"transinfo": {file.TransInfo, func() (any, error) {
			return c.TransInfo(t.Context(), TransInfoRequest{OrderID: "11223344", Amount: dkk(t, 2000)})
		}},
		"payinfo": {file.PayInfo, func() (any, error) { return c.PayInfo(t.Context(), "11111111") }},
	}
	for service, tt := range services {
		if len(tt.vectors) == 0 {
			t.Errorf("no vectors for %s", service)
		}
		for _, v := range tt.vectors {
			t.Run(service+", "+v.Name, func(t *testing.T) {
				gateway.will(say(ok(v.Body)))
				got, err := tt.call()
				_, notFound := errors.AsType[*NotFoundError](err)
				if notFound != v.NotFound || (err == nil) != (v.Want != nil) {
					t.Fatalf("%q: %v, %v", v.Body, got, err)
				}
				if err != nil {
					fit(t, err.Error())
					return
				}
				if diff := cmp.Diff(v.Want, facts(t, got)); diff != "" {
					t.Errorf("%q mismatch (-want +got):\n%s", v.Body, diff)
				}
			})
		}
	}
}

// facts returns v as JSON has it, without what is empty.
func facts(t *testing.T, v any) any {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var decoded any
	if err := json.Unmarshal(b, &decoded); err != nil {
		t.Fatal(err)
	}
	if fields, is := decoded.(map[string]any); is {
		for name, value := range fields {
			if value == "" || value == 0.0 || value == nil {
				delete(fields, name)
			}
		}
	}
	return decoded
}

func TestStatusCallsSendWhatTheReferenceShows(t *testing.T) {
	tests := map[string]struct {
		call  func(*Client) error
		path  string
		login bool
		body  string
	}{
		"transinfo": {
			statusCalls(t)["transinfo"], "/cgi-bin/transinfo.cgi", false,
			"merchant=12345678&orderid=11223344&currency=208&amount=2000&account=web",
		},
		"transstatus": {statusCalls(t)["transstatus"], "/transstatus.pml", false, "merchant=12345678&transact=11111111&account=web"},
		"payinfo":     {statusCalls(t)["payinfo"], "/cgi-adm/payinfo.cgi", true, "transact=11111111"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			gateway := play(t, say(ok("")))
			c := on(t, gateway.url+"/", withKeys, func(c *Config) { c.Account, c.UserAgent = "web", "test/1.0" })
			if _, is := errors.AsType[*NotFoundError](tt.call(c)); !is {
				t.Error("an empty reply is not taken for not found")
			}
			got := gateway.seen()
			if len(got) != 1 || got[0].body != tt.body {
				t.Fatalf("requests %+v, want one with body %q", got, tt.body)
			}
			head := got[0].head
			if !strings.HasPrefix(head, "POST "+tt.path+" HTTP/1.1\r\nHost: 127.0.0.1:") || !strings.Contains(head, "\r\nUser-Agent: test/1.0\r\n") ||
				!strings.Contains(head, "\r\nContent-Type: application/x-www-form-urlencoded\r\n") ||
				strings.Contains(head, "\r\nAuthorization: Basic ") != tt.login {
				t.Errorf("request head %q", head)
			}
		})
	}
}

func TestNotFoundNamesWhatWasAskedFor(t *testing.T) {
	gateway := play(t, say(ok("")))
	c := on(t, gateway.url)
	want := map[string]string{
		"transinfo":   `transinfo.cgi: order "11223344" of 20.00 DKK not found`,
		"transstatus": "transstatus.pml: transaction 11111111 not found",
		"payinfo":     "payinfo.cgi: transaction 11111111 not found",

		"confirmtransact": "confirmtransact.cgi: transaction 11111111 not found",
		"cardtype":        "cardtype.pml: transaction 11111111 not found",
		"splitpay_info":   "splitpay_info.cgi: transaction 11111111 not found",
	}
	for name, text := range want {
		if err := statusCalls(t)[name](c); err == nil || err.Error() != text {
			t.Errorf("%s: %v, want %s", name, err, text)
		}
	}
}

func TestStatusRequestsThatMustNotBeSent(t *testing.T) {
	gateway := play(t, say(ok("5")))
	c := on(t, gateway.url)
	for _, id := range []TransactID{"", "0", "01", "1a", "1&merchant=2", "\x1b[2J", "12345678901234567890"} {
		_, statusErr := c.TransStatus(t.Context(), id)
		_, infoErr := c.PayInfo(t.Context(), id)
		for _, err := range []error{statusErr, infoErr} {
			if err == nil {
				t.Fatalf("transact %q was sent", id)
			}
			fit(t, err.Error())
		}
	}
	for _, r := range []TransInfoRequest{{}, {OrderID: "1"}, {Amount: dkk(t, 1)}, {OrderID: "\x1b", Amount: dkk(t, 1)}, {OrderID: "1", Amount: dkk(t, 0)}} {
		if _, err := c.TransInfo(t.Context(), r); err == nil {
			t.Errorf("%+v was sent", r)
		}
	}
	if n := len(gateway.seen()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

// What lasts until the connection ends may have been cut where it matters.
func TestStatusReplyWithoutALength(t *testing.T) {
	gateway := play(t, nil)
	c := on(t, gateway.url)
	tests := map[string]struct {
		service, body string
		readable      bool
	}{
		"1 may be a part of 11":         {"transstatus", "1", false},
		"2 begins no documented status": {"transstatus", "2", true},
		"11 is whole":                   {"transstatus", "11", true},
		"a transact at the end":         {"transinfo", "status=2&transact=1111111", false},
		"a transact in the middle":      {"transinfo", "transact=11111111&status=2", true},
		"a status at the end":           {"payinfo", "orderid=1&status=1", false},
		"an order id at the end":        {"payinfo", "status=5&orderid=1", false},
		"a batch at the end":            {"payinfo", "status=1&orderid=1&batch=1", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			gateway.will(say("HTTP/1.0 200 OK\r\n\r\n" + tt.body))
			if err := statusCalls(t)[tt.service](c); (err == nil) != tt.readable {
				t.Errorf("%q: %v", tt.body, err)
			}
		})
	}
	gateway.will(say("HTTP/1.0 200 OK\r\n\r\nstatus=5&currency=208&amount=2"))
	if info, err := c.PayInfo(t.Context(), "11111111"); err != nil || info.Amount.Valid() {
		t.Errorf("an amount at the end: %v, %v", info.Amount, err)
	}
}
