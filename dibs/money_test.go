package dibs

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/money"
)

func TestMoneyCallsSendWhatTheReferenceShows(t *testing.T) {
	login := "Authorization: Basic YXBpOmNhbmFyeS1wYXNzd29yZA=="
	tests := map[string]struct {
		call   func(*Client) (Receipt, error)
		change func(*Config)
		path   string
		login  bool
		body   string
	}{
		"capture, signed": {
			moneyCalls(t)["capture"], withKeys, "/cgi-bin/capture.cgi", false,
			"transact=11111111&amount=2000&orderid=11223344&textreply=yes&md5key=61a0df60e3cbd457aadbaabcdde8334c&merchant=12345678",
		},
		"refund, signed": {
			moneyCalls(t)["refund"], withKeys, "/cgi-adm/refund.cgi", true,
			"transact=11111111&amount=500&currency=208&orderid=11223344&textreply=yes&md5key=34558a61adf4e83bf6a2742b12105f17&merchant=12345678",
		},
		"cancel, signed": {
			moneyCalls(t)["cancel"], withKeys, "/cgi-adm/cancel.cgi", true,
			"transact=11111111&orderid=11223344&textreply=yes&md5key=9c9c3a02025515db589f1c28371fa5e0&merchant=12345678",
		},
		"capture without keys": {
			moneyCalls(t)["capture"], func(*Config) {}, "/cgi-bin/capture.cgi", false,
			"transact=11111111&amount=2000&orderid=11223344&textreply=yes&merchant=12345678",
		},
		"refund for a sub-account": {
			moneyCalls(t)["refund"], func(c *Config) { c.Account = "web shop/2" }, "/cgi-adm/refund.cgi", true,
			"transact=11111111&amount=500&currency=208&orderid=11223344&account=web%20shop%2F2&textreply=yes&merchant=12345678",
		},
		"capture, forced, in parts": {
			func(c *Client) (Receipt, error) {
				r := captureOf(t)
				r.Force, r.SplitPay = true, true
				return c.Capture(t.Context(), r)
			},
			withKeys, "/cgi-bin/capture.cgi", false,
			"transact=11111111&amount=2000&orderid=11223344&textreply=yes&force=yes&splitpay=true&md5key=61a0df60e3cbd457aadbaabcdde8334c&merchant=12345678",
		},
		"suppl_auth, signed": {
			moneyCalls(t)["suppl_auth"], withKeys, "/cgi-adm/suppl_auth.cgi", true,
			"transact=11111111&amount=2000&orderid=11223344&textreply=yes&md5key=61a0df60e3cbd457aadbaabcdde8334c&merchant=12345678",
		},
		"suppl_auth without an order id": {
			func(c *Client) (Receipt, error) {
				return c.SupplAuth(t.Context(), SupplAuthRequest{Transact: "11111111", Amount: dkk(t, 2000)})
			},
			func(*Config) {}, "/cgi-adm/suppl_auth.cgi", true, "transact=11111111&amount=2000&textreply=yes&merchant=12345678",
		},
		"changestatus, which is never signed": {
			moneyCalls(t)["changestatus"], withKeys, "/cgi-adm/changestatus.cgi", true,
			"transact=11111111&amount=2000&textreply=yes&action=matched&merchant=12345678",
		},
		"changestatus, forced": {
			func(c *Client) (Receipt, error) {
				return c.ChangeStatus(t.Context(), ChangeStatusRequest{Transact: "11111111", Amount: dkk(t, 2000), Action: ActionCancelled, Force: true})
			},
			withKeys, "/cgi-adm/changestatus.cgi", true,
			"transact=11111111&amount=2000&textreply=yes&action=canceled&force=yes&merchant=12345678",
		},
		"cancel without an order id": {
			func(c *Client) (Receipt, error) { return c.Cancel(t.Context(), CancelRequest{Transact: "2718314359"}) },
			func(*Config) {}, "/cgi-adm/cancel.cgi", true, "transact=2718314359&textreply=yes&merchant=12345678",
		},
		"an order id that needs encoding": {
			func(c *Client) (Receipt, error) {
				return c.Capture(t.Context(), CaptureRequest{Transact: "11111111", OrderID: "A Ticket/Draw+1&2=3%", Amount: dkk(t, 1)})
			},
			func(*Config) {}, "/cgi-bin/capture.cgi", false,
			"transact=11111111&amount=1&orderid=A%20Ticket%2FDraw%2B1%262%3D3%25&textreply=yes&merchant=12345678",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			gateway := play(t, say(ok("result=0")))
			if _, err := tt.call(on(t, gateway.url, tt.change)); err != nil {
				t.Fatalf("call: %v", err)
			}
			head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: flexform\r\n", tt.path, strings.TrimPrefix(gateway.url, "http://"))
			if tt.login {
				head += login + "\r\n"
			}
			head += fmt.Sprintf("Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(tt.body))
			got := gateway.seen()
			if len(got) != 1 {
				t.Fatalf("%d requests arrived, want 1", len(got))
			}
			if diff := cmp.Diff(head+tt.body, got[0].head+got[0].body); diff != "" {
				t.Errorf("request mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReceiptHoldsWhatTheReplySays(t *testing.T) {
	body := "status=ACCEPTED&result=0&transact=11111111&cardtype=V-DK&cardno=4711100000000000"
	gateway := play(t, say(ok(body)))
	got, err := on(t, gateway.url).Capture(t.Context(), captureOf(t))
	if err != nil {
		t.Fatal(err)
	}
	want := Receipt{
		Result: ResultAccepted, Transact: "11111111", CardType: "V-DK",
		Reply: "status=ACCEPTED&result=0&transact=11111111&cardtype=V-DK&cardno=471110XXXXXX0000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Capture mismatch (-want +got):\n%s", diff)
	}
}

func TestDeclineHoldsWhatTheReplySays(t *testing.T) {
	body := "status=DECLINED&result=8&reason=8&message=Unknown%20transaction%20id%20%2811111111%29"
	gateway := play(t, say(ok(body)))
	_, err := on(t, gateway.url).Refund(t.Context(), refundOf(t))
	want := &DeclinedError{
		Service: "refund.cgi", Transact: "11111111", Result: ResultParameterError,
		Message: "Unknown transaction id (11111111)", Reply: body,
	}
	got, is := errors.AsType[*DeclinedError](err)
	if !is {
		t.Fatalf("Refund = %v, want a decline", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Refund mismatch (-want +got):\n%s", diff)
	}
	if text := "refund.cgi 11111111: declined: parameter error (8): Unknown transaction id (11111111)"; err.Error() != text {
		t.Errorf("Error() = %q, want %q", err, text)
	}
}

// R7: every code, with and without the status beside it. The expected outcomes
// are written down here a second time, from hazards.md 1.
func TestOutcomeOfEveryResultCode(t *testing.T) {
	accepted := map[int]bool{0: true, 1000: true}
	declined := map[int]bool{3: true, 4: true, 5: true, 6: true, 7: true, 8: true, 9: true, 10: true, 14: true, 15: true}
	gateway := play(t, nil)
	c := on(t, gateway.url)
	codes := []int{99, 100, 999, 1000, 1001, 65536, 999999}
	for n := range 31 {
		codes = append(codes, n)
	}
	for verb, call := range moneyCalls(t) {
		for _, n := range codes {
			want := "uncertain"
			status := "DECLINED"
			if accepted[n] {
				want, status = "accepted", "ACCEPTED"
			} else if declined[n] {
				want = "declined"
			}
			for _, reply := range []string{
				"result=%[1]d", "status=%[2]s&result=%[1]d", "result=%[1]d&status=%[2]s&reason=%[1]d&message=x",
				"&=&RESULT=%[1]d&=&Status=%[2]s\r\n",
			} {
				body := fmt.Sprintf(reply, n, status)
				gateway.will(say(ok(body)))
				if _, err := call(c); outcome(err) != want {
					t.Errorf("%s answered %q: %v, want %s", verb, body, err, want)
				}
			}
		}
	}
}

func TestRequestsThatMustNotBeSent(t *testing.T) {
	nok, err := money.ParseCurrency("NOK")
	if err != nil {
		t.Fatal(err)
	}
	huge, err := money.NewTotal(money.MaxMinor+1, nok)
	if err != nil {
		t.Fatal(err)
	}
	refund := func(transact TransactID, orderID string, amount money.Amount) func(*Client) (Receipt, error) {
		return func(c *Client) (Receipt, error) {
			return c.Refund(t.Context(), RefundRequest{transact, orderID, amount})
		}
	}
	some := dkk(t, 1)
	tests := map[string]struct {
		call   func(*Client) (Receipt, error)
		change func(*Config)
		why    string
	}{
		"no transact":                         {refund("", "1", some), nil, "transact"},
		"a transact with letters":             {refund("1111111a", "1", some), nil, "transact"},
		"a transact with a sign":              {refund("-11111111", "1", some), nil, "transact"},
		"a transact by another name":          {refund("011111111", "1", some), nil, "leading zeros"},
		"a transact of twenty digits":         {refund("11111111111111111111", "1", some), nil, "19 digits"},
		"no order id":                         {refund("11111111", "", some), nil, "no order id"},
		"an order id that would be cut":       {refund("11111111", strings.Repeat("x", 51), some), nil, "cuts it at 50"},
		"an order id with a line end":         {refund("11111111", "1\n", some), nil, "printable"},
		"an order id with a zero byte":        {refund("11111111", "1\x00", some), nil, "printable"},
		"an order id with a DEL":              {refund("11111111", "1\x7f", some), nil, "printable"},
		"an order id in Latin-1":              {refund("11111111", "\xc6r\xf8-1", some), nil, "printable"},
		"an order id in UTF-8":                {refund("11111111", "Ærø-1", some), nil, "printable"},
		"a signed order id with &":            {refund("11111111", "1&amount=9", some), withKeys, "ambiguous"}, // R50
		"a signed order id with =":            {refund("11111111", "1=2", some), withKeys, "ambiguous"},
		"a signed order id with %":            {refund("11111111", "1%26", some), withKeys, "ambiguous"},
		"no amount":                           {refund("11111111", "1", money.Amount{}), nil, "no amount"},
		"an amount of nothing":                {refund("11111111", "1", dkk(t, 0)), nil, "one minor unit"},
		"an amount above the gateway's limit": {refund("11111111", "1", huge), nil, "too large"},
		"a signed cancel without an order id": {
			func(c *Client) (Receipt, error) {
				return c.Cancel(t.Context(), CancelRequest{Transact: "11111111"})
			}, withKeys, "no order id",
		},
		"a signed suppl_auth without an order id": {
			func(c *Client) (Receipt, error) {
				return c.SupplAuth(t.Context(), SupplAuthRequest{Transact: "11111111", Amount: some})
			}, withKeys, "no order id",
		},
		"a changestatus without an action": {
			func(c *Client) (Receipt, error) {
				return c.ChangeStatus(t.Context(), ChangeStatusRequest{Transact: "11111111", Amount: some})
			}, nil, "no action",
		},
		"a changestatus to what is none": {
			func(c *Client) (Receipt, error) {
				return c.ChangeStatus(t.Context(), ChangeStatusRequest{Transact: "11111111", Amount: some, Action: "refunded"})
			}, nil, "no action",
		},
		"a changestatus without an amount": {
			func(c *Client) (Receipt, error) {
				return c.ChangeStatus(t.Context(), ChangeStatusRequest{Transact: "11111111", Action: ActionNew})
			}, nil, "no amount",
		},
		"a refund without a login": {
			refund("11111111", "1", some), func(c *Config) { c.User, c.Password = "", Secret{} }, ErrNoLogin.Error(),
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			gateway := play(t, say(ok("result=0")))
			if tt.change == nil {
				tt.change = func(*Config) {}
			}
			_, err := tt.call(on(t, gateway.url, tt.change))
			if outcome(err) != "not sent" || !strings.Contains(err.Error(), tt.why) {
				t.Errorf("got %v, want not sent because of %q", err, tt.why)
			}
			if n := len(gateway.seen()); n != 0 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
}

func TestCaptureNeedsNoLogin(t *testing.T) {
	gateway := play(t, say(ok("result=0")))
	c := on(t, gateway.url, func(c *Config) { c.User, c.Password = "", Secret{} })
	if c.HasLogin() {
		t.Error("HasLogin() = true without an API user")
	}
	if _, err := c.Capture(t.Context(), captureOf(t)); err != nil {
		t.Errorf("Capture: %v", err)
	}
	if _, err := c.PayInfo(t.Context(), "11111111"); !errors.Is(err, ErrNoLogin) {
		t.Errorf("PayInfo = %v, want ErrNoLogin", err)
	}
}
