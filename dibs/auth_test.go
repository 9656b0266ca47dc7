package dibs

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/money"
)

func cardOf(tb testing.TB) Card {
	tb.Helper()
	card, err := NewCard("4711100000000000", time.June, 2024, "684")
	if err != nil {
		tb.Fatal(err)
	}
	return card
}

// the request of flexwin.md 5.1
func authOf(tb testing.TB) AuthRequest {
	return AuthRequest{Order: Order{OrderID: "11223344", Amount: dkk(tb, 2000)}, Card: cardOf(tb)}
}

func ticketAuthOf(tb testing.TB) TicketAuthRequest {
	return TicketAuthRequest{Ticket: "270000543", OrderID: "11223345", Amount: dkk(tb, 2000)}
}

// authCalls are the calls that authorise.
func authCalls(tb testing.TB) map[string]func(*Client) (Authorisation, error) {
	return map[string]func(*Client) (Authorisation, error){
		"auth":        func(c *Client) (Authorisation, error) { return c.Auth(tb.Context(), authOf(tb)) },
		"ticket_auth": func(c *Client) (Authorisation, error) { return c.TicketAuth(tb.Context(), ticketAuthOf(tb)) },
		"reauth":      func(c *Client) (Authorisation, error) { return c.Reauth(tb.Context(), "11111111") },
	}
}

func authorises(err error) string {
	if _, declined := errors.AsType[*AuthDeclinedError](err); declined {
		return "declined"
	}
	if _, declined := errors.AsType[*DeclinedError](err); declined {
		return "declined as if it were a handling"
	}
	return outcome(err)
}

func TestAuthorisationsSendWhatTheReferenceShows(t *testing.T) {
	const (
		start = "merchant=12345678&textreply=yes"
		order = "&orderid=11223344&amount=2000"
		card  = "&cardno=4711100000000000&expmon=06&expyear=24&cvc=684"
	)
	auth := func(change func(*AuthRequest)) func(*Client) (Authorisation, error) {
		return func(c *Client) (Authorisation, error) {
			r := authOf(t)
			change(&r)
			return c.Auth(t.Context(), r)
		}
	}
	tests := map[string]struct {
		call   func(*Client) (Authorisation, error)
		change func(*Config)
		path   string
		body   string
	}{
		"auth, signed": {
			authCalls(t)["auth"], withKeys, "/cgi-ssl/auth.cgi", start + order + card + "&md5key=a23b8550ec293eda4d33bf32bb494ab3",
		},
		"auth without keys, for a sub-account": {
			authCalls(t)["auth"], func(c *Config) { c.Account = "web" }, "/cgi-ssl/auth.cgi", "merchant=12345678&account=web&textreply=yes" + order + card,
		},
		"a card without a cvc": {
			auth(func(r *AuthRequest) { r.Card.cvc = Secret{} }), func(*Config) {}, "/cgi-ssl/auth.cgi", start + order + strings.TrimSuffix(card, "&cvc=684"),
		},
		"a ticket, signed": {
			auth(func(r *AuthRequest) { r.PreAuth, r.OrderID, r.Amount = true, "11223346", dkk(t, 100) }), withKeys, "/cgi-ssl/auth.cgi",
			start + "&orderid=11223346&amount=100&preauth=true" + card + "&md5key=fe6bbe563e4136994f54f271539e1e5f",
		},
		"a payment and a ticket, which goes unsigned": {
			auth(func(r *AuthRequest) { r.MakeTicket = true }), withKeys, "/cgi-ssl/auth.cgi", start + order + "&maketicket=yes" + card,
		},
		"a split": {
			auth(func(r *AuthRequest) { r.Split = []money.Amount{dkk(t, 500), dkk(t, 1500)} }), withKeys, "/cgi-ssl/auth.cgi",
			start + order + "&split=2&amount1=500&amount2=1500" + card + "&md5key=a23b8550ec293eda4d33bf32bb494ab3",
		},
		"every option": {
			auth(func(r *AuthRequest) {
				r.CaptureNow, r.UniqueOID, r.CalcFee, r.Test, r.FullReply = true, true, true, true, true
				r.CardType, r.PostType, r.IP, r.CallbackURL = "VISA(DK)", PostPhone, netip.MustParseAddr("::ffff:192.0.2.7"), "https://shop.example/paid?a=1&b=2"
			}), func(*Config) {}, "/cgi-ssl/auth.cgi",
			start + order + "&capturenow=yes&uniqueoid=yes&calcfee=yes&test=yes&fullreply=yes&cardtype=VISA%28DK%29&postype=phone&ip=192.0.2.7" +
				"&callbackurl=https%3A%2F%2Fshop.example%2Fpaid%3Fa%3D1%26b%3D2" + card,
		},
		"order information": {
			auth(func(r *AuthRequest) {
				r.Information = OrderInformation{
					Text:     "Two lamps",
					Delivery: []Information{{"Name", "Søren & Co"}, {"Gade nr", "1"}},
					Prices:   []Information{{"Fragt", "39,00"}},
					Lines:    [][]string{{"Vare", "Antal"}, {"Lampe", "2"}},
				}
			}), func(*Config) {}, "/cgi-ssl/auth.cgi",
			start + order + "&ordertext=Two%20lamps&delivery1.Name=S%F8ren%20%26%20Co&delivery2.Gade%20nr=1&priceinfo1.Fragt=39%2C00" +
				"&ordline0-1=Vare&ordline0-2=Antal&ordline1-1=Lampe&ordline1-2=2" + card,
		},
		"ticket_auth, signed": {
			authCalls(t)["ticket_auth"], withKeys, "/cgi-ssl/ticket_auth.cgi",
			start + "&ticket=270000543&orderid=11223345&amount=2000&md5key=c16f841820fe85704f7567154e79f5c5",
		},
		"ticket_auth with every option": {
			func(c *Client) (Authorisation, error) {
				r := ticketAuthOf(t)
				r.CaptureNow, r.UniqueOID, r.CalcFee, r.Test, r.FullReply = true, true, true, true, true
				return c.TicketAuth(t.Context(), r)
			}, func(*Config) {}, "/cgi-ssl/ticket_auth.cgi",
			start + "&ticket=270000543&orderid=11223345&amount=2000&capturenow=yes&uniqueoid=yes&calcfee=yes&test=yes&fullreply=yes",
		},
		"reauth, which is never signed": {authCalls(t)["reauth"], withKeys, "/cgi-bin/reauth.cgi", "textreply=yes&transact=11111111&merchant=12345678"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			gateway := play(t, say(ok("status=DECLINED&reason=0")))
			if _, err := tt.call(on(t, gateway.url, tt.change)); authorises(err) != "declined" {
				t.Fatalf("call: %v", err)
			}
			got := gateway.seen()
			if len(got) != 1 || !strings.HasPrefix(got[0].head, "POST "+tt.path+" HTTP/1.1\r\n") || strings.Contains(got[0].head, "Authorization") {
				t.Fatalf("got %d requests, the first %q", len(got), got[0].head)
			}
			want := tt.body
			if strings.Contains(want, "&amount=") {
				want += "&currency=208" // see guard
			}
			if diff := cmp.Diff(want, got[0].body); diff != "" {
				t.Errorf("body mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// The captured reply of flexwin.md 2, its authkey worked out for the test keys.
const capturedReply = "status=ACCEPTED&transact=2718314359&authkey=AUTHKEY&cardtype=V-DK&approvalcode=123456&orderid=F8087028&paytype=V-DK&acquirer=TEST&merchantid=111111&=&capturenow=yes&currency=208&fullreply=yes&md5key=0123456789abcdef0123456789abcdef&merchant=12345678&test=yes&textreply=yes&ticket=2718313871&uniqueoid=yes&amount=200000&totalamount=200000&cardcountry=DK&cardprefix=457110&cardnomask=XXXXXXXXXXXX0000&cardexpdate=2406&cardtypeCD=unknown&surchargeregion=unknown&privatebusiness=unknown"

func TestAuthorisationHoldsWhatTheReplySays(t *testing.T) {
	reply := strings.Replace(capturedReply, "AUTHKEY", sign(keys().Key1, keys().Key2, "transact=2718314359&amount=200000&currency=208"), 1)
	gateway := play(t, say(ok(reply)))
	got, err := on(t, gateway.url, withKeys).TicketAuth(t.Context(), TicketAuthRequest{Ticket: "2718313871", OrderID: "F8087028", Amount: dkk(t, 200000)})
	if err != nil {
		t.Fatal(err)
	}
	want := Authorisation{
		Transacts: []TransactID{"2718314359"}, Ticket: "2718313871", Verified: true, ApprovalCode: "123456", CardType: "V-DK", PayType: "V-DK",
		Acquirer: "TEST", AcquirerMerchant: "111111", Total: dkk(t, 200000), Reply: reply,
		Card: CardFacts{Prefix: "457110", Masked: "XXXXXXXXXXXX0000", Expiry: "2406", Country: "DK", DebitOrCredit: "unknown", SurchargeRegion: "unknown", PrivateOrBusiness: "unknown"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("TicketAuth mismatch (-want +got):\n%s", diff)
	}
}

func keys() Config {
	var cfg Config
	withKeys(&cfg)
	return cfg
}

// R43: what a reply to an authorisation of one transaction over 20.00 DKK comes
// to, with MD5 keys.
func TestAuthorisationReplies(t *testing.T) {
	const authkey = "&authkey=35d76574dc782b920cb4da6bec22b28d" // of 11111111 over 2000
	tests := map[string]struct{ body, want string }{
		"the documented example":             {"status=ACCEPTED&transact=11111111" + authkey + "&cardtype=VISA&approvalcode=123456", "accepted"},
		"no authkey":                         {"status=ACCEPTED&transact=11111111", "accepted"},
		"lower case, another order":          {"transact=11111111&status=accepted\r\n", "accepted"},
		"an authkey in upper case":           {"status=ACCEPTED&transact=11111111" + strings.ToUpper(authkey), "accepted"},
		"a fee":                              {"status=ACCEPTED&transact=11111111&fee=150&authkey=6a8a11d739caa8197a79c6de2362e8e5", "accepted"},
		"a fee of nothing":                   {"status=ACCEPTED&transact=11111111&fee=0" + authkey, "accepted"},
		"a fee that the authkey lacks":       {"status=ACCEPTED&transact=11111111&fee=150" + authkey, "uncertain"},
		"a fee that is none":                 {"status=ACCEPTED&transact=11111111&fee=1.50", "uncertain"},
		"a fee beyond all amounts":           {"status=ACCEPTED&transact=11111111&fee=99999999999999999999", "uncertain"},
		"two fees":                           {"status=ACCEPTED&transact=11111111&fee=1&fee=2", "uncertain"},
		"the authkey of another transaction": {"status=ACCEPTED&transact=11111112" + authkey, "uncertain"},
		"no transaction":                     {"status=ACCEPTED", "uncertain"},
		"a transaction that is none":         {"status=ACCEPTED&transact=none", "uncertain"},
		"two transactions":                   {"status=ACCEPTED&transact1=11111111&transact2=11111112", "uncertain"},
		"one transaction by two names":       {"status=ACCEPTED&transact=11111111&transact=11111112", "uncertain"},
		"a ticket that is none":              {"status=ACCEPTED&transact=11111111&ticket=yes", "uncertain"},
		"accepted, with a reason":            {"status=ACCEPTED&transact=11111111&reason=0", "uncertain"},
		"accepted, with a result":            {"status=ACCEPTED&transact=11111111&result=4", "uncertain"},
		"accepted, with result 0":            {"status=ACCEPTED&transact=11111111&result=0", "accepted"},
		"accepted and declined":              {"status=ACCEPTED&transact=11111111&status=DECLINED&reason=0", "uncertain"},
		"neither":                            {"status=PENDING&transact=11111111", "uncertain"},
		"no status":                          {"transact=11111111", "uncertain"},
		"declined":                           {"status=DECLINED&reason=4&actioncode=d04", "declined"},
		"declined, with the transaction":     {"status=DECLINED&reason=0&transact=11111111", "declined"},
		"declined without a reason":          {"status=DECLINED", "uncertain"},
		"declined, with a reason in words":   {"status=DECLINED&reason=expired", "uncertain"},
		"declined for two reasons":           {"status=DECLINED&reason=4&reason=5", "uncertain"},
		"declined, with another result":      {"status=DECLINED&reason=4&result=0", "uncertain"},
		"declined, with the same result":     {"status=DECLINED&reason=4&result=4", "declined"},
		"a reason alone":                     {"reason=4", "uncertain"},
		"a page":                             {"<html>status=ACCEPTED&transact=11111111</html>", "uncertain"},
		"nothing":                            {"", "uncertain"},
		"a sentence":                         {"Order accepted", "uncertain"},
	}
	gateway := play(t, nil)
	c := on(t, gateway.url, withKeys)
	for name, tt := range tests {
		gateway.will(say(ok(tt.body)))
		for service, call := range authCalls(t) {
			want := tt.want
			if service == "reauth" && (strings.Contains(tt.body, "fee=") && !strings.Contains(name, "two") || strings.Contains(name, "authkey")) {
				want = "accepted" // it knows no amount, so no authkey and no fee
			}
			if _, err := call(c); authorises(err) != want {
				t.Errorf("%s, %s: %q: %v, want %s", service, name, tt.body, err, want)
			}
		}
	}
}

// A reply that may have been cut decides nothing where the rest could matter.
func TestAuthorisationRepliesThatMayBeCut(t *testing.T) {
	tests := map[string]string{
		"status=ACCEPTED&transact=11111111":                   "uncertain",
		"status=ACCEPTED&transact=11111111&approvalcode=1":    "accepted",
		"status=ACCEPTED&transact=11111111&fee=1":             "uncertain",
		"status=ACCEPTED&transact=11111111&ticket=270000543":  "uncertain",
		"status=DECLINED&reason=2":                            "uncertain",
		"status=DECLINED&reason=2&message=x":                  "declined",
		"status=DECLINED&reason=4":                            "declined",
		"status=DECLINED&reason=1":                            "uncertain",
		"status=ACCEPTED&approvalcode=1&transact=11111111&a=": "accepted",
	}
	for body, want := range tests {
		gateway := play(t, say("HTTP/1.0 200 OK\r\n\r\n"+body))
		if _, err := on(t, gateway.url).Auth(t.Context(), authOf(t)); authorises(err) != want {
			t.Errorf("%q: %v, want %s", body, err, want)
		}
	}
}

func TestSplitAuthorisation(t *testing.T) {
	r := authOf(t)
	r.Split = []money.Amount{dkk(t, 500), dkk(t, 1500)}
	tests := map[string]string{
		"approvalcode=123456&paytype=VISA&status=accepted&transact1=11111111&transact2=11111112":         "accepted", // flexwin.md 5.1
		"approvalcode=123456&paytype=VISA&status=accepted&transact2=11111112&transact1=11111111":         "accepted",
		"status=accepted&transact1=11111111":                                                             "uncertain",
		"status=accepted&transact1=11111111&transact2=11111112&transact3=11111113":                       "uncertain",
		"status=accepted&transact1=11111111&transact1=11111112":                                          "uncertain",
		"status=ACCEPTED&transact1=11111111&transact2=11111112&authkey=35d76574dc782b920cb4da6bec22b28d": "accepted",
		"status=DECLINED&reason=8": "declined",
	}
	gateway := play(t, nil)
	for body, want := range tests {
		gateway.will(say(ok(body)))
		got, err := on(t, gateway.url, withKeys).Auth(t.Context(), r)
		if authorises(err) != want {
			t.Errorf("%q: %v, want %s", body, err, want)
		}
		if diff := cmp.Diff([]TransactID{"11111111", "11111112"}, got.Transacts); err == nil && (diff != "" || got.Verified) {
			t.Errorf("%q: verified %v, transacts (-want +got):\n%s", body, got.Verified, diff)
		}
	}
}

// The outcomes are written down here a second time, from flexwin.md 4.3.
func TestOutcomeOfEveryReason(t *testing.T) {
	declined := map[int]bool{0: true, 2: true, 4: true, 5: true, 7: true, 8: true, 9: true, 10: true, 11: true, 20: true}
	for n := range 40 {
		body := "status=DECLINED&reason=" + Reason(n).digits() + "&message=Some%20text"
		gateway := play(t, say(ok(body)))
		for service, call := range authCalls(t) {
			_, err := call(on(t, gateway.url))
			if want := map[bool]string{true: "declined", false: "uncertain"}[declined[n]]; authorises(err) != want {
				t.Errorf("%s answered reason %d: %v, want %s", service, n, err, want)
			}
			if decline, is := errors.AsType[*AuthDeclinedError](err); is && (decline.Reason != Reason(n) || decline.Message != "Some text") {
				t.Errorf("%s answered reason %d: %+v", service, n, decline)
			}
		}
	}
}

func (r Reason) digits() string {
	return strings.TrimRight(r.String()[strings.LastIndex(r.String(), "(")+1:], ")")
}

func TestAuthDeclinedErrorNamesTheCall(t *testing.T) {
	gateway := play(t, say(ok("status=DECLINED&reason=2&actioncode=d02&message=Error%20in%20argument%20cardno")))
	_, err := on(t, gateway.url).Auth(t.Context(), authOf(t))
	if got, want := err.Error(), `auth.cgi order "11223344": declined: parameter error (2): Error in argument cardno`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if d := err.(*AuthDeclinedError); d.ActionCode != "d02" || d.OrderID != "11223344" || d.Service != "auth.cgi" {
		t.Errorf("got %+v", d)
	}
	_, err = on(t, gateway.url).TicketAuth(t.Context(), ticketAuthOf(t))
	if got, want := err.Error(), `ticket_auth.cgi 270000543 order "11223345": declined: parameter error (2): Error in argument cardno`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOrdersThatMustNotBeSent(t *testing.T) {
	nok, err := money.ParseCurrency("NOK")
	if err != nil {
		t.Fatal(err)
	}
	other, err := money.New(1500, nok)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		change func(*AuthRequest)
		why    string
	}{
		"no card":                       {func(r *AuthRequest) { r.Card = Card{} }, "no card"},
		"no order id":                   {func(r *AuthRequest) { r.OrderID = "" }, "no order id"},
		"an order id that is ambiguous": {func(r *AuthRequest) { r.OrderID = "1&currency=578" }, "ambiguous"}, // R50
		"no amount":                     {func(r *AuthRequest) { r.Amount = money.Amount{} }, "no amount"},
		"a ticket that is captured":     {func(r *AuthRequest) { r.PreAuth, r.CaptureNow = true, true }, "PreAuth"},
		"a ticket twice":                {func(r *AuthRequest) { r.PreAuth, r.MakeTicket = true, true }, "PreAuth"},
		"a ticket in parts":             {func(r *AuthRequest) { r.PreAuth, r.Split = true, []money.Amount{r.Amount} }, "PreAuth"},
		"parts that are too little":     {func(r *AuthRequest) { r.Split = []money.Amount{dkk(t, 500), dkk(t, 1499)} }, "adds up to 19.99 DKK"},
		"parts in two currencies":       {func(r *AuthRequest) { r.Split = []money.Amount{dkk(t, 500), other} }, "part 2"},
		"a part of nothing":             {func(r *AuthRequest) { r.Split = []money.Amount{dkk(t, 2000), dkk(t, 0)} }, "part 2"},
		"too many parts":                {func(r *AuthRequest) { r.Split = make([]money.Amount, 100) }, "at most 99"},
		"a post type that is none":      {func(r *AuthRequest) { r.PostType = "pigeon" }, "post type"},
		"a card type with a line end":   {func(r *AuthRequest) { r.CardType = "VISA\n" }, "card type"},
		"a callback to a file":          {func(r *AuthRequest) { r.CallbackURL = "file:///etc/passwd" }, "callback URL"},
		"a callback with a password":    {func(r *AuthRequest) { r.CallbackURL = "https://a:b@shop.example/" }, "callback URL"},
		"a callback to nowhere":         {func(r *AuthRequest) { r.CallbackURL = "https:///paid" }, "callback URL"},
		"information beyond Latin-1":    {func(r *AuthRequest) { r.Information.Text = "漢" }, "Latin-1"},
		"information with a line end":   {func(r *AuthRequest) { r.Information.Lines = [][]string{{"a\nb"}} }, "Latin-1"},
		"information that is no text":   {func(r *AuthRequest) { r.Information.Text = "\xff" }, "Latin-1"},
		"information without a label":   {func(r *AuthRequest) { r.Information.Prices = []Information{{"", "1"}} }, "label"},
		"information without an end":    {func(r *AuthRequest) { r.Information.Lines = [][]string{make([]string, 501)} }, "more than 500"},
		"information that is a book":    {func(r *AuthRequest) { r.Information.Text = strings.Repeat("x", 5000) }, "at most 4096"},
		"an order id that would be cut": {func(r *AuthRequest) { r.OrderID = strings.Repeat("x", 51) }, "cuts it at 50"},
		"an amount above the limit":     {func(r *AuthRequest) { r.Amount = must(money.NewTotal(money.MaxMinor+1, nok)) }, "too large"},
		"parts that add up to too much": {func(r *AuthRequest) {
			r.Split = []money.Amount{dkk(t, money.MaxMinor), dkk(t, money.MaxMinor)}
		}, "adds up"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			gateway := play(t, say(ok("status=ACCEPTED&transact=11111111")))
			r := authOf(t)
			tt.change(&r)
			_, err := on(t, gateway.url, withKeys).Auth(t.Context(), r)
			if outcome(err) != "not sent" || !strings.Contains(err.Error(), tt.why) {
				t.Errorf("got %v, want not sent because of %q", err, tt.why)
			}
			if n := len(gateway.seen()); n != 0 {
				t.Errorf("%d requests arrived", n)
			}
		})
	}
	c := on(t, "http://127.0.0.1:1")
	for _, err := range []error{
		second(c.Reauth(t.Context(), "")), second(c.TicketAuth(t.Context(), TicketAuthRequest{OrderID: "1", Amount: dkk(t, 1)})),
		second(c.DelTicket(t.Context(), "x")),
	} {
		if outcome(err) != "not sent" || !strings.Contains(err.Error(), "transact") {
			t.Errorf("got %v, want not sent because of the transact", err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func must(a money.Amount, err error) money.Amount {
	if err != nil {
		panic(err)
	}
	return a
}

// R40: not answered is not declined, and what was not sent may be sent again.
func TestAuthorisationsThatAreNotAnswered(t *testing.T) {
	for service, call := range authCalls(t) {
		if _, err := call(on(t, "http://127.0.0.1:1")); outcome(err) != "not sent" {
			t.Errorf("%s to nobody: %v", service, err)
		}
		for _, reply := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nstatus=ACCEPTED&transact=11111111&x=1", httpReply("500 Oops", "status=DECLINED&reason=0"), httpReply("401 No", "")} {
			gateway := play(t, say(reply))
			if _, err := call(on(t, gateway.url)); outcome(err) != "uncertain" {
				t.Errorf("%s answered %q: %v", service, reply, err)
			}
			if n := len(gateway.seen()); n != 1 {
				t.Errorf("%s: %d requests", service, n)
			}
		}
	}
}

// R70, R74: a gateway that sends everything back.
func TestCardsInRepliesAreNotShown(t *testing.T) {
	card, err := NewCard("4711100000000001", time.June, 2024, "684") // no check digit
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"fields":           "status=DECLINED&reason=2&cardno=4711100000000001&cvc=684",
		"a message":        "status=DECLINED&reason=2&message=no%204711100000000001%20with%20684",
		"encoded":          "status=DECLINED&reason=2&message=%34%37%31%31%31%30%30%30%30%30%30%30%30%30%30%31",
		"an encoded cvc":   "status=DECLINED&reason=2&message=%36%38%34",
		"groups":           "status=DECLINED&reason=2&message=4711%201000%200000%200001",
		"odd groups":       "status=DECLINED&reason=2&message=4711_1000/0000:0001",
		"an HTML page":     "&#54;84 and &#52;711100000000001",
		"an accepted call": "status=ACCEPTED&transact=11111111&cardtype=4711100000000001&approvalcode=684&cardnomask=4711100000000001",
	} {
		gateway := play(t, say(ok(body)))
		r := authOf(t)
		r.Card = card
		got, err := on(t, gateway.url).Auth(t.Context(), r)
		text := everything(got, err)
		for _, secret := range []string{"4711100000000001", "684"} {
			if strings.Contains(text, secret) || strings.Contains(percentDecode(text), secret) || strings.Contains(digitsOf(text), "4711100000000001") {
				t.Errorf("%s: %s is shown: %s", name, secret, text)
			}
		}
	}
}

// A ticket's authkey proves a ticket, and no payment.
func TestTicketAuthkeyInReplies(t *testing.T) {
	r := authOf(t)
	for _, authkey := range []string{"43394b32a09cbf639b9be56e54d582db", sign(keys().Key1, keys().Key2, "transact=270000543&amount=2000&currency=208")} {
		for _, ticket := range []bool{false, true} {
			r.PreAuth = ticket
			want := "accepted"
			if !ticket && strings.HasPrefix(authkey, "4339") {
				want = "uncertain"
			}
			gateway := play(t, say(ok("status=ACCEPTED&transact=270000543&authkey="+authkey)))
			if got, err := on(t, gateway.url, withKeys).Auth(t.Context(), r); outcome(err) != want || got.Verified != (want == "accepted") {
				t.Errorf("preauth %v, authkey %s: %+v, %v, want %s", ticket, authkey, got, err, want)
			}
		}
	}
}
