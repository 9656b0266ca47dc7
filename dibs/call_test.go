package dibs

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The table has every service once, and says of each what the rest of the
// package knows of it.
func TestCallableHasEveryService(t *testing.T) {
	seen := map[service]Service{}
	for _, s := range Services() {
		if _, twice := seen[s.service]; twice {
			t.Errorf("%s stands in the table twice", s.Name)
		}
		seen[s.service] = s
		if s.Doc == "" || !strings.HasPrefix(s.Source, "flexwin.md ") || (s.Withheld == "") != (len(s.Parameters) > 0) {
			t.Errorf("%s: doc %q, source %q, withheld %q, %d parameters", s.Name, s.Doc, s.Source, s.Withheld, len(s.Parameters))
		}
		names := map[string]bool{"merchant": true, "account": true, "textreply": true, "md5key": true}
		for _, p := range s.Parameters {
			if names[p.Name] || p.Doc == "" || p.check == nil || cardData(p.Name) {
				t.Errorf("%s: parameter %q stands twice, or is incomplete", s.Name, p.Name)
			}
			names[p.Name] = true
		}
		for _, name := range s.signed {
			if !names[name] {
				t.Errorf("%s signs %s, which it does not take", s.Name, name)
			}
		}
	}
	for s := service(1); s < serviceCount; s++ {
		if _, ok := seen[s]; !ok {
			t.Errorf("%s is not in the table", s)
		}
	}
	var changing []string
	for _, s := range Services() {
		if s.Changes {
			changing = append(changing, s.Name)
		}
	}
	slices.Sort(changing)
	want := []string{
		"3dsecure.cgi", "FlexWin", "auth.cgi", "cancel.cgi", "capture.cgi", "changestatus.cgi", "danskenet.cgi", "delticket.cgi", "generatevouchers.cgi",
		"reauth.cgi", "refund.cgi", "solo_payment.cgi", "splitpay_changestatus.cgi", "suppl_auth.cgi", "ticket_auth.cgi",
	}
	if diff := cmp.Diff(want, changing); diff != "" {
		t.Errorf("services that change something mismatch (-want +got):\n%s", diff)
	}
}

// The vectors of flexwin.md 3.1.
func TestCallSignsAsTheReferenceDoes(t *testing.T) {
	cfg := Config{Merchant: "12345678", User: "api", Password: NewSecret("s3cret")}
	withKeys(&cfg)
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"capture.cgi transact=11111111 orderid=11223344 amount=2000":                 "61a0df60e3cbd457aadbaabcdde8334c",
		"refund.cgi transact=11111111 orderid=11223344 amount=500 currency=208":      "34558a61adf4e83bf6a2742b12105f17",
		"suppl_auth.cgi transact=11111111 orderid=11223344 amount=2000":              "61a0df60e3cbd457aadbaabcdde8334c",
		"cancel.cgi transact=11111111 orderid=11223344":                              "9c9c3a02025515db589f1c28371fa5e0",
		"ticket_auth.cgi ticket=270000543 orderid=11223345 amount=2000 currency=208": "c16f841820fe85704f7567154e79f5c5",
		"reauth.cgi transact=11111111":                                               "",
		"changestatus.cgi transact=11111111 amount=2000 action=new":                  "",
		"transstatus.pml transact=11111111":                                          "",
	} {
		words := strings.Fields(name)
		parameters := map[string]string{}
		for _, word := range words[1:] {
			key, value, _ := strings.Cut(word, "=")
			parameters[key] = value
		}
		s, err := c.callable(words[0], parameters)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		body, got := c.rawForm(s, parameters)
		if got != want || strings.Contains(string(body), "md5key="+want) != (want != "") {
			t.Errorf("%s: signed %q, want %q; sends %s", name, got, want, body)
		}
	}
}

func TestCallRefusesMistakes(t *testing.T) {
	cfg := Config{Merchant: "12345678"}
	withKeys(&cfg)
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		service    string
		parameters map[string]string
		want       string
	}{
		"an unknown service":             {"cardtype.cgi", nil, "did you mean cardtype.pml?"},
		"nothing near":                   {"frobnicate", nil, `no service "frobnicate"`},
		"one that needs a card":          {"auth.cgi", nil, "PCI DSS"},
		"one for browsers":               {"danskenet.cgi", nil, "browser"},
		"no login":                       {"cancel.cgi", map[string]string{"transact": "11111111"}, ErrNoLogin.Error()},
		"a parameter that is missing":    {"transstatus.pml", nil, "transact is missing"},
		"an empty value":                 {"transstatus.pml", map[string]string{"transact": ""}, "transact"},
		"a parameter near another":       {"transstatus.pml", map[string]string{"transct": "11111111"}, "did you mean transact?"},
		"one that is filled in":          {"reauth.cgi", map[string]string{"transact": "11111111", "md5key": "0"}, "filled in"},
		"a card number by name":          {"reauth.cgi", map[string]string{"transact": "11111111", "CardNo": "1"}, "PCI DSS"},
		"a card number as an order id":   {"capture.cgi", map[string]string{"transact": "11111111", "orderid": "4111111111111111", "amount": "1"}, "looks like a card number"},
		"a card number as a name":        {"reauth.cgi", map[string]string{"transact": "11111111", "4111111111111111": ""}, "411111XXXXXX1111"},
		"a decimal amount":               {"capture.cgi", map[string]string{"transact": "11111111", "orderid": "1", "amount": "50.00"}, "minor units"},
		"an amount of nothing":           {"capture.cgi", map[string]string{"transact": "11111111", "orderid": "1", "amount": "0"}, "minor units"},
		"a currency in small letters":    {"transinfo.cgi", map[string]string{"orderid": "1", "amount": "1", "currency": "dkk"}, "currency"},
		"a value that there is not":      {"status.pml", map[string]string{"acquirer": "all", "replytype": "xml"}, "not one of text, html, num"},
		"an order id that signs another": {"capture.cgi", map[string]string{"transact": "11111111", "orderid": "1&amount=9", "amount": "1"}, "ambiguous"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.CheckCall(tt.service, tt.parameters); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("CheckCall(%s, %v) = %v, want one that says %q", tt.service, tt.parameters, err, tt.want)
			}
			if raw, err := c.Call(t.Context(), tt.service, tt.parameters); raw.HTTP != 0 || !isNotSent(err) {
				t.Errorf("Call(%s, %v) = %v, %v, want it not sent", tt.service, tt.parameters, raw, err)
			}
		})
	}
}

func isNotSent(err error) bool {
	_, ok := err.(*NotSentError)
	return ok
}
