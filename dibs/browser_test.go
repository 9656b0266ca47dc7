package dibs

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/money"
)

const (
	acceptAt, declineAt, cancelAt = "https://shop.example/ok?a=1&b=2", "https://shop.example/no", "https://shop.example/back"
)

func bankOf(tb testing.TB) BankRequest {
	return BankRequest{OrderID: "11223344", Amount: dkk(tb, 2000), AcceptURL: acceptAt, DeclineURL: declineAt, CancelURL: cancelAt}
}

func TestBrowserForms(t *testing.T) {
	order := Order{OrderID: "11223344", Amount: dkk(t, 2000)}
	start := []Field{{"merchant", "12345678"}, {"account", "web"}, {"orderid", "11223344"}, {"amount", "2000"}, {"currency", "208"}}
	key := Field{"md5key", "a23b8550ec293eda4d33bf32bb494ab3"}
	urls := []Field{{"accepturl", acceptAt}, {"declineurl", declineAt}, {"cancelurl", cancelAt}}
	tests := map[string]struct {
		build  func(*Client) (BrowserForm, error)
		path   string
		fields []Field
		inputs []string
	}{
		"3-D Secure": {
			func(c *Client) (BrowserForm, error) {
				return c.ThreeDSecure(ThreeDSecureRequest{Order: order, AcceptURL: acceptAt, DeclineURL: declineAt, CancelURL: cancelAt})
			}, "/cgi-ssl/3dsecure.cgi", append(urls[:3:3], key), []string{"cardno", "expmon", "expyear", "cvc"},
		},
		"3-D Secure with a ticket, unsigned": {
			func(c *Client) (BrowserForm, error) {
				o := order
				o.MakeTicket, o.CaptureNow = true, true
				return c.ThreeDSecure(ThreeDSecureRequest{Order: o, AcceptURL: acceptAt, DeclineURL: declineAt})
			}, "/cgi-ssl/3dsecure.cgi", append([]Field{{"maketicket", "yes"}, {"capturenow", "yes"}}, urls[:2]...), []string{"cardno", "expmon", "expyear", "cvc"},
		},
		"the hosted form": {
			func(c *Client) (BrowserForm, error) {
				o := order
				o.Test, o.CallbackURL = true, "https://shop.example/paid"
				o.Information = OrderInformation{Delivery: []Information{{"Fulde navn", "Søren & Co"}}}
				return c.FlexWin(FlexWinRequest{
					Order: o, AcceptURL: acceptAt, CancelURL: cancelAt, PayTypes: []string{"DK", "VISA(DK)"}, Lang: "da", Decorator: "responsive", Color: "blue",
					ZeroAuth: true, TicketRule: "monthly", Voucher: true,
				})
			}, "/paymentweb/start.action", []Field{
				{"test", "yes"}, {"callbackurl", "https://shop.example/paid"}, {"delivery1.Fulde navn", "Søren & Co"}, urls[0], urls[2], {"paytype", "DK,VISA(DK)"},
				{"lang", "da"}, {"decorator", "responsive"}, {"color", "blue"}, {"zero_auth", "yes"}, {"ticketrule", "monthly"}, {"voucher", "yes"}, key,
			}, nil,
		},
		"Danske Bank, which is never signed": {
			func(c *Client) (BrowserForm, error) {
				r := bankOf(t)
				r.Timeout, r.UniqueOID = 10*time.Minute, true
				return c.DanskeNet(r)
			}, "/cgi-bin/danskenet.cgi", append(append([]Field{{"uniqueoid", "yes"}}, urls...), Field{"timeout", "600"}), nil,
		},
		"Nordea": {
			func(c *Client) (BrowserForm, error) { return c.SoloPayment(bankOf(t)) }, "/cgi-ssl/solo_payment.cgi", append(urls[:3:3], key), nil,
		},
	}
	c := on(t, "https://gateway.example/base/", withKeys, func(c *Config) { c.Account = "web" })
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := tt.build(c)
			if err != nil {
				t.Fatal(err)
			}
			want := BrowserForm{"https://gateway.example/base" + tt.path, append(start[:5:5], tt.fields...), tt.inputs}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("form mismatch (-want +got):\n%s", diff)
			}
			address, err := got.URL()
			if len(tt.inputs) > 0 {
				if err == nil {
					t.Errorf("a card's form has the address %s", address)
				}
				return
			}
			u, parseErr := url.Parse(address)
			if err != nil || parseErr != nil {
				t.Fatal(err, parseErr)
			}
			query := u.Query()
			for _, field := range got.Fields {
				if value := decode(url.QueryEscape(query.Get(field.Name))); value != field.Value || len(query) != len(got.Fields) {
					t.Errorf("%s is %q in %s", field.Name, value, address)
				}
			}
		})
	}
}

func TestBrowserFormsThatMustNotBeShown(t *testing.T) {
	secure := func(change func(*ThreeDSecureRequest)) func(*Client) (BrowserForm, error) {
		r := ThreeDSecureRequest{Order: Order{OrderID: "11223344", Amount: dkk(t, 2000)}, AcceptURL: acceptAt, DeclineURL: declineAt}
		change(&r)
		return func(c *Client) (BrowserForm, error) { return c.ThreeDSecure(r) }
	}
	window := func(change func(*FlexWinRequest)) func(*Client) (BrowserForm, error) {
		r := FlexWinRequest{Order: Order{OrderID: "11223344", Amount: dkk(t, 2000)}, AcceptURL: acceptAt}
		change(&r)
		return func(c *Client) (BrowserForm, error) { return c.FlexWin(r) }
	}
	bank := func(change func(*BankRequest)) func(*Client) (BrowserForm, error) {
		r := bankOf(t)
		change(&r)
		return func(c *Client) (BrowserForm, error) { return c.DanskeNet(r) }
	}
	tests := map[string]struct {
		build func(*Client) (BrowserForm, error)
		why   string
	}{
		"no accepturl":               {secure(func(r *ThreeDSecureRequest) { r.AcceptURL = "" }), "accepturl"},
		"no declineurl":              {secure(func(r *ThreeDSecureRequest) { r.DeclineURL = "" }), "declineurl"},
		"a cancelurl that is a word": {secure(func(r *ThreeDSecureRequest) { r.CancelURL = "back" }), "cancelurl"},
		"a script for an address":    {secure(func(r *ThreeDSecureRequest) { r.AcceptURL = "javascript:alert(1)" }), "accepturl"},
		"no order":                   {secure(func(r *ThreeDSecureRequest) { r.OrderID = "" }), "no order id"},
		"an ambiguous order":         {secure(func(r *ThreeDSecureRequest) { r.OrderID = "1&amount=1" }), "ambiguous"}, // R50
		"no amount":                  {secure(func(r *ThreeDSecureRequest) { r.Amount = money.Amount{} }), "no amount"},
		"a full reply":               {secure(func(r *ThreeDSecureRequest) { r.FullReply = true }), "full reply"},
		"a language with a line end": {window(func(r *FlexWinRequest) { r.Lang = "da\n" }), "lang"},
		"a card type for pay types":  {window(func(r *FlexWinRequest) { r.CardType = "VISA" }), "PayTypes"},
		"no cancelurl for a bank":    {bank(func(r *BankRequest) { r.CancelURL = "" }), "cancelurl"},
		"too short a timeout":        {bank(func(r *BankRequest) { r.Timeout = 180 * time.Second }), "timeout"},
		"a timeout in parts":         {bank(func(r *BankRequest) { r.Timeout = 200*time.Second + 1 }), "timeout"},
		"a timeout for Nordea": {func(c *Client) (BrowserForm, error) {
			r := bankOf(t)
			r.Timeout = 200 * time.Second
			return c.SoloPayment(r)
		}, "timeout"},
	}
	c := on(t, "http://127.0.0.1:1", withKeys)
	for name, tt := range tests {
		if got, err := tt.build(c); err == nil || !strings.Contains(err.Error(), tt.why) {
			t.Errorf("%s: %+v, %v, want an error about %s", name, got, err, tt.why)
		}
	}
	if _, err := on(t, "http://127.0.0.1:1").SoloPayment(bankOf(t)); !errors.Is(err, ErrNoKeys) {
		t.Errorf("Nordea without keys: %v", err)
	}
}
