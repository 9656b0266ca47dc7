package dibs_test

import (
	"fmt"
	"testing"

	"flexform/dibs"
	"flexform/money"
)

// backWith has a customer answer a form, and fails the test unless the browser
// comes back to that path with what it should: a proof of the payment, or a
// reason and no proof.
func backWith(t *testing.T, s shop, u customer, f dibs.BrowserForm, path string, reason int) dibs.Callback {
	t.Helper()
	back := u.pays(t, f)
	cb, err := dibs.ParseCallback(back)
	if err != nil || back.URL.Path != path {
		t.Fatalf("%s: %v, want %s", back.URL, err, path)
	}
	paid := path == "/ok"
	if err := s.signed.VerifyCallback(cb, amount("20.00 DKK")); (err == nil) != paid {
		t.Errorf("%s: %v", back.URL, err)
	}
	if !paid && (!cb.HasReason || int(cb.Reason) != reason) {
		t.Errorf("%s: reason %s, want %d", back.URL, cb.Reason, reason)
	}
	return cb
}

func threeDSecureRequest() dibs.ThreeDSecureRequest {
	return dibs.ThreeDSecureRequest{Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")}, AcceptURL: okURL, DeclineURL: noURL, CancelURL: backURL}
}

func threeDSecureCells() cells {
	build := func(t *testing.T, c *dibs.Client) dibs.BrowserForm {
		t.Helper()
		f, err := c.ThreeDSecure(threeDSecureRequest())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	good := customer{"4711100000000000", "accept"}
	without := func(change func(*dibs.ThreeDSecureRequest)) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			r := threeDSecureRequest()
			change(&r)
			stays(t, s, "3dsecure.cgi", second(s.signed.ThreeDSecure(r)))
		}
	}
	c := cells{
		"success": func(t *testing.T, s shop) {
			cb := backWith(t, s, good, build(t, s.signed), "/ok", 0)
			s.wants(t, cb.Transacts[0], dibs.StatusAuthorised)
		},
		"missing amount":     without(func(r *dibs.ThreeDSecureRequest) { r.Amount = money.Amount{} }),
		"missing orderid":    without(func(r *dibs.ThreeDSecureRequest) { r.OrderID = "" }),
		"missing accepturl":  without(func(r *dibs.ThreeDSecureRequest) { r.AcceptURL = "" }),
		"missing declineurl": without(func(r *dibs.ThreeDSecureRequest) { r.DeclineURL = "" }),
		"wrong MD5":          func(t *testing.T, s shop) { backWith(t, s, good, build(t, s.wrongKeys(t)), "/no", 2) },
		"unknown merchant":   func(t *testing.T, s shop) { backWith(t, s, good, build(t, s.unknownMerchant(t)), "/no", 2) },
	}
	for _, code := range authCodes {
		u, path := customer{fmt.Sprintf("47111%011d", code), "accept"}, "/no"
		switch code {
		case 0:
			u.answer, u.card = "decline", good.card
		case 20:
			path = "/back"
		}
		c[fmt.Sprint("reason ", code)] = func(t *testing.T, s shop) { backWith(t, s, u, build(t, s.signed), path, code) }
	}
	return c
}

func bankRequest() dibs.BankRequest {
	return dibs.BankRequest{OrderID: "11223344", Amount: amount("20.00 DKK"), AcceptURL: okURL, DeclineURL: noURL, CancelURL: backURL}
}

func bankCells(build func(*dibs.Client, dibs.BankRequest) (dibs.BrowserForm, error)) cells {
	form := func(t *testing.T, c *dibs.Client, r dibs.BankRequest) dibs.BrowserForm {
		t.Helper()
		f, err := build(c, r)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	answers := func(answer, path string, reason int, status dibs.Status) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			cb := backWith(t, s, customer{answer: answer}, form(t, s.signed, bankRequest()), path, reason)
			s.wants(t, cb.Transacts[0], status)
		}
	}
	without := func(change func(*dibs.BankRequest)) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			r := bankRequest()
			change(&r)
			if f, err := build(s.signed, r); err == nil {
				t.Errorf("built %+v", f)
			}
		}
	}
	accepted := answers("accept", "/ok", 0, dibs.StatusCaptured)
	return cells{
		"success": accepted, "accepted": accepted,
		"declined": answers("decline", "/no", 0, dibs.StatusDeclined), "cancelled": answers("cancel", "/back", 20, dibs.StatusDeclined),
		"missing amount":     without(func(r *dibs.BankRequest) { r.Amount = money.Amount{} }),
		"missing orderid":    without(func(r *dibs.BankRequest) { r.OrderID = "" }),
		"missing accepturl":  without(func(r *dibs.BankRequest) { r.AcceptURL = "" }),
		"missing declineurl": without(func(r *dibs.BankRequest) { r.DeclineURL = "" }),
		"missing cancelurl":  without(func(r *dibs.BankRequest) { r.CancelURL = "" }),
		"wrong MD5": func(t *testing.T, s shop) {
			backWith(t, s, customer{answer: "accept"}, form(t, s.wrongKeys(t), bankRequest()), "/no", 2)
		},
		"unknown merchant": func(t *testing.T, s shop) {
			c := client(t, s.gateway.URL, func(cfg *dibs.Config) {
				cfg.Merchant, cfg.Key1, cfg.Key2 = "99999999", dibs.NewSecret(key1), dibs.NewSecret(key2)
			})
			backWith(t, s, customer{answer: "accept"}, form(t, c, bankRequest()), "/no", 2)
		},
		"reason 7": func(t *testing.T, s shop) {
			r := bankRequest()
			r.UniqueOID = true
			backWith(t, s, customer{answer: "accept"}, form(t, s.signed, r), "/ok", 0)
			backWith(t, s, customer{answer: "accept"}, form(t, s.signed, r), "/no", 7)
		},
	}
}

func flexWinCells() cells {
	request := func() dibs.FlexWinRequest {
		return dibs.FlexWinRequest{Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")}, AcceptURL: okURL}
	}
	without := func(change func(*dibs.FlexWinRequest)) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			r := request()
			change(&r)
			if f, err := s.signed.FlexWin(r); err == nil {
				t.Errorf("built %+v", f)
			}
		}
	}
	return cells{
		"success": func(t *testing.T, s shop) {
			f, err := s.signed.FlexWin(request())
			if err != nil {
				t.Fatal(err)
			}
			sent := map[string]string{}
			for _, field := range f.Fields {
				sent[field.Name] = field.Value
			}
			if f.Action != s.gateway.URL+"/paymentweb/start.action" || sent["md5key"] != "a23b8550ec293eda4d33bf32bb494ab3" || sent["accepturl"] != okURL {
				t.Errorf("built %+v", f)
			}
		},
		"missing amount":    without(func(r *dibs.FlexWinRequest) { r.Amount = money.Amount{} }),
		"missing orderid":   without(func(r *dibs.FlexWinRequest) { r.OrderID = "" }),
		"missing accepturl": without(func(r *dibs.FlexWinRequest) { r.AcceptURL = "" }),
	}
}
