package dibs

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A callback in the order and the encoding of the captured ones (flexwin.md 2
// and 7), its authkey that of flexwin.md 3.1.
const callbackBody = "orderid=A%20Ticket%2F7&paytype=V%2DDK&cardprefix=457110&acceptReturnUrl=https%3A%2F%2Fshop%2Eexample%2Fok&amount=2000&currency=208&delivery1.Full name=S%F8ren&lang=da" +
	"&merchant=12345678&orderid=A%20Ticket%2F7&test=yes&approvalcode=123456&statuscode=2&transact=11111111&authkey=35d76574dc782b920cb4da6bec22b28d"

func posted(target, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("User-Agent", "DIBS")
	return r
}

func TestParseCallback(t *testing.T) {
	// What the shop's own address carries is not the gateway's word.
	got, err := ParseCallback(posted("/paid?orderid=other&transact=99999999", callbackBody))
	if err != nil {
		t.Fatal(err)
	}
	want := Callback{
		Transacts: []TransactID{"11111111"}, OrderID: "A Ticket/7", Amount: dkk(t, 2000), Authkey: "35d76574dc782b920cb4da6bec22b28d",
		Status: StatusAuthorised, HasStatus: true, ApprovalCode: "123456", PayType: "V-DK", Card: CardFacts{Prefix: "457110"},
		Fields: map[string]string{
			"orderid": "A Ticket/7", "paytype": "V-DK", "cardprefix": "457110", "acceptreturnurl": "https://shop.example/ok", "amount": "2000", "currency": "208",
			"delivery1.full name": "Søren", "lang": "da", "merchant": "12345678", "test": "yes", "approvalcode": "123456", "statuscode": "2",
			"transact": "11111111", "authkey": "35d76574dc782b920cb4da6bec22b28d",
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ParseCallback mismatch (-want +got):\n%s", diff)
	}
	if err := on(t, "http://127.0.0.1:1", withKeys).VerifyCallback(got, dkk(t, 2000)); err != nil {
		t.Error(err)
	}
	returned, err := ParseCallback(httptest.NewRequest(http.MethodGet, "/ok?"+strings.ReplaceAll(callbackBody, "Full name", "Full%20name"), nil))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, returned); diff != "" {
		t.Errorf("a return by GET differs (-post +get):\n%s", diff)
	}
}

func TestParseCallbackReadsEveryField(t *testing.T) {
	got, err := ParseCallback(posted("/", "transact1=11111111&transact2=11111112&fee=150&amount=2000&currency=DKK&reason=4&acquirer=TEST&merchantid=111111&agreement=7&threeDstatus=2"+
		"&cardId=9&checksum=4f&ticket=270000543&suspect=true&severity=7&cardnomask=XXXXXXXXXXXX0000&cardexpdate=2406&cardcountry=DK&cardno=4711100000000000&cvc=684&note=4711100000000000"))
	if err != nil {
		t.Fatal(err)
	}
	fields := got.Fields
	got.Fields = nil
	want := Callback{
		Transacts: []TransactID{"11111111", "11111112"}, Amount: dkk(t, 2000), Fee: dkk(t, 150), Reason: ReasonCardExpired, HasReason: true,
		Acquirer: "TEST", AcquirerMerchant: "111111", Agreement: "7", ThreeDStatus: "2", CardID: "9", Checksum: "4f", Ticket: "270000543", Suspect: true, Severity: 7,
		Card: CardFacts{Masked: "XXXXXXXXXXXX0000", Expiry: "2406", Country: "DK"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("ParseCallback mismatch (-want +got):\n%s", diff)
	}
	for _, name := range []string{"cardno", "cvc"} { // R74
		if _, there := fields[name]; there {
			t.Errorf("%s is kept", name)
		}
	}
	if fields["note"] != "471110XXXXXX0000" {
		t.Errorf("a card number is kept: %q", fields["note"])
	}
}

func TestParseCallbackRefuses(t *testing.T) {
	for name, r := range map[string]*http.Request{
		"another method":             httptest.NewRequest(http.MethodPut, "/", strings.NewReader(callbackBody)),
		"nothing":                    posted("/", ""),
		"no body at all":             {Method: http.MethodPost},
		"JSON":                       posted("/", `{"transact":"11111111"}`),
		"a page":                     posted("/", "<html>transact=1</html>"),
		"two transactions for one":   posted("/", "transact=11111111&transact=11111112"),
		"two orders":                 posted("/", callbackBody+"&orderid=other"),
		"two amounts":                posted("/", callbackBody+"&amount=1"),
		"a transact that is none":    posted("/", "transact=eleven"),
		"a ticket that is none":      posted("/", "transact=11111111&ticket=x"),
		"an amount that is none":     posted("/", "transact=11111111&amount=20.00&currency=208"),
		"a fee below nothing":        posted("/", "transact=11111111&amount=2000&fee=-1500&currency=208"),
		"a status that is no number": posted("/", "transact=11111111&statuscode=ok"),
		"a flood":                    posted("/", "transact=11111111&x="+strings.Repeat("x", maxBody)),
		"a flood in the address":     httptest.NewRequest(http.MethodGet, "/?transact=11111111&x="+strings.Repeat("x", maxBody), nil),
		"a body that ends too early": httptest.NewRequest(http.MethodPost, "/", &brokenReader{}),
	} {
		if got, err := ParseCallback(r); err == nil {
			t.Errorf("%s: %+v", name, got)
		} else {
			fit(t, err.Error())
		}
	}
}

type brokenReader struct{}

func (*brokenReader) Read([]byte) (int, error) { return 0, errors.New("broken off") }

// Forgeries of a callback for an order over 20.00 DKK.
func TestVerifyCallback(t *testing.T) {
	c := on(t, "http://127.0.0.1:1", withKeys)
	tests := map[string]struct {
		body string
		want string
	}{
		"the real one":                           {callbackBody, ""},
		"one without an amount of its own":       {"transact=11111111&authkey=35d76574dc782b920cb4da6bec22b28d", ""},
		"one with a fee":                         {"transact=11111111&amount=2000&currency=208&fee=150&authkey=6a8a11d739caa8197a79c6de2362e8e5", ""},
		"no authkey":                             {strings.Split(callbackBody, "&authkey")[0], "no authkey"},
		"another amount":                         {strings.Replace(callbackBody, "amount=2000", "amount=1", 1), "about 0.01 DKK"},
		"another currency":                       {strings.Replace(callbackBody, "currency=208", "currency=752", 1), "about 20.00 SEK"},
		"another transaction":                    {strings.Replace(callbackBody, "transact=11111111", "transact=11111112", 1), "not the gateway's"},
		"a fee that was not paid":                {callbackBody + "&fee=150", "not the gateway's"},
		"no transaction":                         {"orderid=1", "no transaction"},
		"a decline":                              {callbackBody + "&reason=4", "decline"},
		"a ticket's authkey, which pays nothing": {"transact=270000543&preauth=true&authkey=43394b32a09cbf639b9be56e54d582db", "not the gateway's"},
	}
	for name, tt := range tests {
		cb, err := ParseCallback(posted("/", tt.body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err = c.VerifyCallback(cb, dkk(t, 2000))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
	cb, err := ParseCallback(posted("/", callbackBody))
	if err != nil {
		t.Fatal(err)
	}
	if err := on(t, "http://127.0.0.1:1").VerifyCallback(cb, dkk(t, 2000)); !errors.Is(err, ErrNoKeys) {
		t.Errorf("without keys: %v", err)
	}
}

func TestCallbackService(t *testing.T) {
	const none = "Transaction 11111111 does not "
	tests := map[string]string{
		ok("orderid=11223344&transact=11111111&amount=2000&currency=208&statuscode=2"): "found",
		ok(callbackBody): "found",
		ok(none + "belong to this merchant (12345678)"):  "not found",
		ok(none + "have extended callback element"):      "not found",
		ok("Unknown transaction id (11111111)"):          "not found",
		ok("orderid=11223344&transact=11111112"):         "unreadable",
		ok("orderid=11223344"):                           "unreadable",
		ok(""):                                           "unreadable",
		ok("Some other sentence"):                        "unreadable",
		"HTTP/1.0 200 OK\r\n\r\ntransact=11111111&fee=1": "unreadable", // of 150, perhaps
		httpReply("401 No", "Login problems?"):           "login refused",
	}
	for reply, want := range tests {
		gateway := play(t, say(reply))
		got, err := on(t, gateway.url).Callback(t.Context(), "11111111")
		_, notFound := errors.AsType[*NotFoundError](err)
		_, refused := errors.AsType[*LoginError](err)
		was := map[bool]string{notFound: "not found", refused: "login refused", err == nil: "found"}[true]
		if was == "" {
			was = "unreadable"
		}
		if was != want || err == nil && got.Transacts[0] != "11111111" {
			t.Errorf("%q: %+v, %v, want %s", reply, got, err, want)
		}
	}
}

// FuzzParseCallback: whatever is sent, what is read of it is in it, no card
// number is kept but in the order id, which is the shop's own, and nothing
// verifies that does not carry a right authkey.
func FuzzParseCallback(f *testing.F) {
	for _, seed := range []string{callbackBody, "transact1=1&transact2=2", "a=%zz&b=+&&=", "delivery1.a b=%C6", "transact=11111111&amount=0&currency=DKK&fee=1", "\xef\xbb\xbftransact=1\r\n",
		"orderid=7&reason=20&cardno=4711100000000000&cvc=684", "statuscode=x", "note=4711%2D1000%2D0000%2D0004&transact=123456&currency=JPY&amount=1&fee=2",
		"0=0000000 00000000000000"} {
		f.Add(seed)
	}
	c := on(f, "http://127.0.0.1:1", withKeys)
	f.Fuzz(func(t *testing.T, body string) {
		cb, err := ParseCallback(posted("/", body))
		if err != nil {
			fit(t, err.Error())
			return
		}
		for _, id := range cb.Transacts {
			if checkTransact(id) != nil || !strings.Contains(percentDecode(body), string(id)) {
				t.Errorf("transact %q from %q", id, body)
			}
		}
		for name, value := range cb.Fields {
			if name == "cardno" || name == "cvc" || name == "" || name != "orderid" && maskCards(value) != value {
				t.Errorf("field %q = %q from %q", name, value, body)
			}
		}
		if cb.OrderID != cb.Fields["orderid"] || cb.Authkey != "" && !strings.Contains(body, "=") {
			t.Errorf("%+v from %q", cb, body)
		}
		if code := cb.Fields["statuscode"]; cb.HasStatus != (code != "") || cb.HasStatus && code != strconv.Itoa(int(cb.Status)) {
			t.Errorf("status %d, %t from %q", cb.Status, cb.HasStatus, body)
		}
		if cb.HasReason && cb.Fields["reason"] != strconv.Itoa(int(cb.Reason)) {
			t.Errorf("reason %d from %q", cb.Reason, body)
		}
		if cb.Amount.Valid() && cb.Fields["amount"] != strconv.FormatInt(cb.Amount.Minor(), 10) {
			t.Errorf("amount %s from %q", cb.Amount, body)
		}
		fit(t, cb.ApprovalCode, cb.PayType, cb.Acquirer, cb.AcquirerMerchant, cb.Agreement, cb.ThreeDStatus, cb.CardID, cb.Card.Masked)
		if cb.Fee.Valid() && cb.Fee.Minor() < 0 || cb.Amount.Valid() && cb.Amount.Minor() < 0 {
			t.Errorf("%s and %s from %q", cb.Amount, cb.Fee, body)
		}
		if err := c.VerifyCallback(cb, dkk(t, 2000)); err == nil && !strings.Contains(strings.ToLower(decode(body)), "35d76574dc782b920cb4da6bec22b28d") &&
			!strings.Contains(strings.ToLower(decode(body)), "6a8a11d739caa8197a79c6de2362e8e5") {
			t.Errorf("%q verifies", body)
		}
	})
}
