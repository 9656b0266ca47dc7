package dibs_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
)

// A customer fills in a form, answers at the bank and is sent back to the shop.
type customer struct {
	card   string // number to fill in
	answer string // at the bank: "accept", "decline" or "cancel"
}

var hidden = regexp.MustCompile(`action="([^"]+)"[\s\S]*name="transact" value="([0-9]+)"`)

// pays returns the request with which the customer comes back.
func (u customer) pays(t *testing.T, f dibs.BrowserForm) *http.Request {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	post := func(address string, form url.Values) (*http.Response, string) {
		t.Helper()
		response, err := browser.PostForm(address, form)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(body)
	}
	form := url.Values{}
	for _, field := range f.Fields {
		form.Set(field.Name, field.Value)
	}
	for _, input := range f.Inputs {
		form.Set(input, map[string]string{"cardno": u.card, "expmon": "06", "expyear": "24", "cvc": "684"}[input])
	}
	response, body := post(f.Action, form)
	if response.StatusCode == http.StatusOK { // the bank asks
		found := hidden.FindStringSubmatch(body)
		if found == nil {
			t.Fatalf("the bank shows %s", body)
		}
		base := f.Action[:strings.Index(f.Action, "/cgi-")]
		response, body = post(base+found[1], url.Values{"transact": {found[2]}, "answer": {u.answer}})
	}
	if response.StatusCode != http.StatusFound {
		t.Fatalf("not sent back: %d %s", response.StatusCode, body)
	}
	return httptest.NewRequest(http.MethodGet, response.Header.Get("Location"), nil)
}

const okURL, noURL, backURL = "https://shop.example/ok?shop=7", "https://shop.example/no", "https://shop.example/back"

func TestContractThreeDSecure(t *testing.T) {
	tests := map[string]struct {
		customer customer
		path     string
		reason   dibs.Reason
		status   dibs.Status
	}{
		"the customer accepts":          {customer{"4711100000000000", "accept"}, "/ok", 0, dibs.StatusAuthorised},
		"the customer is refused":       {customer{"4711100000000000", "decline"}, "/no", dibs.ReasonRejected, dibs.StatusDeclined},
		"the customer cancels":          {customer{"4711100000000000", "cancel"}, "/back", dibs.ReasonCustomer, dibs.StatusDeclined},
		"a card that is not enrolled":   {customer{"4571100000000000", ""}, "/ok", 0, dibs.StatusAuthorised},
		"an expired card":               {customer{"4711100000000004", "accept"}, "/no", dibs.ReasonCardExpired, dibs.StatusDeclined},
		"a card that has no 3-D Secure": {customer{"5019100000000000", ""}, "/no", dibs.ReasonCardNotSupported, -1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, nil)
			f, err := s.signed.ThreeDSecure(dibs.ThreeDSecureRequest{
				Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")}, AcceptURL: okURL, DeclineURL: noURL, CancelURL: backURL,
			})
			if err != nil {
				t.Fatal(err)
			}
			back := tt.customer.pays(t, f)
			if back.URL.Path != tt.path {
				t.Fatalf("sent back to %s", back.URL)
			}
			cb, err := dibs.ParseCallback(back)
			if err != nil {
				t.Fatalf("%s: %v", back.URL, err)
			}
			paid := tt.path == "/ok"
			if err := s.signed.VerifyCallback(cb, amount("20.00 DKK")); (err == nil) != paid {
				t.Errorf("%s: %v", back.URL, err)
			}
			if !paid && (!cb.HasReason || cb.Reason != tt.reason) || paid && cb.Fields["shop"] != "7" || cb.OrderID != "11223344" {
				t.Errorf("got %+v", cb)
			}
			if tt.status >= 0 {
				s.wants(t, cb.Transacts[0], tt.status)
			}
		})
	}
}

// A ticket is made in the browser, too, under the key that covers preauth.
func TestContractThreeDSecureTicket(t *testing.T) {
	s := openShop(t, nil)
	r := dibs.ThreeDSecureRequest{Order: dibs.Order{OrderID: "member 7", Amount: amount("1.00 DKK"), PreAuth: true}, AcceptURL: okURL, DeclineURL: noURL}
	f, err := s.signed.ThreeDSecure(r)
	if err != nil {
		t.Fatal(err)
	}
	cb, err := dibs.ParseCallback(customer{"4711100000000000", "accept"}.pays(t, f))
	if err != nil || len(cb.Transacts) != 1 {
		t.Fatalf("%+v, %v", cb, err)
	}
	s.wants(t, cb.Transacts[0], dibs.StatusTicket)
	if err := s.signed.VerifyTicketAuthkey(cb.Authkey, cb.Transacts[0], krone(t)); err != nil {
		t.Error(err)
	}
}

func TestContractNetbanks(t *testing.T) {
	builds := map[string]func(*dibs.Client, dibs.BankRequest) (dibs.BrowserForm, error){
		"danskenet": (*dibs.Client).DanskeNet, "solo": (*dibs.Client).SoloPayment,
	}
	for bank, build := range builds {
		for answer, want := range map[string]struct {
			path   string
			status dibs.Status
		}{
			"accept": {"/ok", dibs.StatusCaptured}, "decline": {"/no", dibs.StatusDeclined}, "cancel": {"/back", dibs.StatusDeclined},
		} {
			t.Run(bank+" "+answer, func(t *testing.T) {
				s := openShop(t, nil)
				r := dibs.BankRequest{OrderID: "A Ticket/7", Amount: amount("20.00 DKK"), AcceptURL: okURL, DeclineURL: noURL, CancelURL: backURL}
				if bank == "danskenet" {
					r.Timeout = 5 * time.Minute
				}
				f, err := build(s.signed, r)
				if err != nil {
					t.Fatal(err)
				}
				back := customer{answer: answer}.pays(t, f)
				cb, err := dibs.ParseCallback(back)
				if err != nil || back.URL.Path != want.path || cb.OrderID != "A Ticket/7" {
					t.Fatalf("%s: %+v, %v", back.URL, cb, err)
				}
				if err := s.signed.VerifyCallback(cb, amount("20.00 DKK")); (err == nil) != (answer == "accept") {
					t.Errorf("%s: %v", back.URL, err)
				}
				s.wants(t, cb.Transacts[0], want.status)
			})
		}
	}
}

func TestContractCallbackDelivery(t *testing.T) {
	arrived := make(chan dibs.Callback, 1)
	mux := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cb, err := dibs.ParseCallback(r)
		if err != nil {
			t.Errorf("callback: %v", err)
		}
		arrived <- cb
	}))
	defer mux.Close()
	s := openShop(t, nil)
	made, err := s.signed.Auth(t.Context(), dibs.AuthRequest{
		Order: dibs.Order{
			OrderID: "A Ticket/7", Amount: amount("20.00 DKK"), CalcFee: true, CallbackURL: mux.URL + "/paid?orderid=mine",
			Information: dibs.OrderInformation{Delivery: []dibs.Information{{"Fulde navn", "Søren & Co"}, {"Ø", "Venø"}}},
		},
		Card: card(t, "4571100000000000"),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.gateway.Gateway.WaitForCallbacks()
	select {
	case cb := <-arrived:
		if cb.OrderID != "A Ticket/7" || cb.Transacts[0] != made.Transacts[0] || cb.Fee != amount("1.50 DKK") || cb.Fields["delivery1.fulde navn"] != "Søren & Co" || cb.Fields["delivery2.ø"] != "Venø" {
			t.Errorf("got %+v", cb)
		}
		if err := s.signed.VerifyCallback(cb, amount("20.00 DKK")); err != nil {
			t.Error(err)
		}
	default:
		t.Error("no callback arrived")
	}
}

func TestContractGenerateVouchers(t *testing.T) {
	s := openShop(t, nil)
	got, err := s.signed.GenerateVouchers(t.Context(), dibs.VoucherRequest{
		Quantity: 3, Worth: amount("50.00 DKK"), Group: "XM", Start: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Expire: time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC),
		Least: amount("100.00 DKK"), MaxUses: 2,
	})
	if err != nil || len(got.Codes) != 3 {
		t.Fatalf("got %+v, %v", got, err)
	}
	want := sandbox.Voucher{
		Code: got.Codes[0], Merchant: "12345678", Group: "XM", Type: "M", Value: "5000", Currency: "208", Start: "01122026", Expire: "24122026", Min: "100.00", MaxUses: "2",
	}
	if made := s.gateway.Gateway.Vouchers(); len(made) != 3 || made[0] != want {
		t.Errorf("the gateway made %+v", made)
	}
	if got, err := s.signed.GenerateVouchers(t.Context(), dibs.VoucherRequest{Quantity: 1, Percent: 10, Currency: krone(t)}); err != nil || len(got.Codes) != 1 {
		t.Errorf("by percent: %+v, %v", got, err)
	}
	unknown := client(t, s.gateway.URL, func(cfg *dibs.Config) { cfg.Merchant = "1" })
	_, err = unknown.GenerateVouchers(t.Context(), dibs.VoucherRequest{Quantity: 1, Percent: 10, Currency: krone(t)})
	if declined, is := errors.AsType[*dibs.DeclinedError](err); !is || declined.Result != dibs.ResultParameterError {
		t.Errorf("an unknown merchant: %v", err)
	}
	if _, err := s.wrong.GenerateVouchers(t.Context(), dibs.VoucherRequest{Quantity: 1, Percent: 10, Currency: krone(t)}); !loginRefused(err) {
		t.Errorf("a wrong password: %v", err)
	}
}
