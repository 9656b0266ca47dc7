package sandbox

import (
	"mime"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// FuzzServices: whatever the parameters, each service answers without a panic,
// never with the card's number, and the money stays possible.
func FuzzServices(f *testing.F) {
	for i, form := range []string{
		"merchant=1&orderid=o&currency=208&amount=2000&cardno=4711100000000000&expmon=06&expyear=24&cvc=684&textreply=yes&fullreply=yes",
		"merchant=1&orderid=o&currency=208&split=2&amount1=1&amount2=2147483646&cardno=4711100000000000&expmon=06&expyear=24&capturenow=1&calcfee=1",
		"merchant=1&orderid=o&transact=11111111&amount=500&splitpay=yes&close=yes&force=yes",
		"merchant=1&transact=11111112&amount=500&action=canceled&force=yes",
		"merchant=1&ticket=11111113&orderid=o&currency=392&amount=2147483647&calcfee=yes",
		"merchant=1&orderid=o&currency=208&amount=2000&accepturl=http://a/?b%zz&declineurl=http://%41:b&cancelurl=x&timeout=99999999999999999999",
		"merchant=1&quantity=3&type=P&value=100&currency=XAU&group=%00&min=1",
		"transact=11111114&answer=accept", "acquirer=all&replytype=num", "&&=&a", "",
	} {
		f.Add(uint8(i), form)
	}
	services := (&Gateway{}).services()
	f.Fuzz(func(t *testing.T, which uint8, form string) {
		g, err := Open(Options{Now: func() time.Time { return time.Unix(1_700_000_000, 0) }, FirstTransact: 11111111})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		const pay = "merchant=1&orderid=o&currency=208&amount=2000&cardno=4711100000000000&expmon=06&expyear=24"
		for _, prepared := range [][2]string{
			{"/cgi-ssl/auth.cgi", pay}, {"/cgi-ssl/auth.cgi", pay + "&capturenow=1"}, {"/cgi-ssl/auth.cgi", pay + "&preauth=1"},
			{"/cgi-ssl/3dsecure.cgi", pay + "&accepturl=http://a&declineurl=http://a"},
		} {
			send(g, prepared[0], prepared[1])
		}
		w := send(g, services[int(which)%len(services)].path, form)
		if w.Code >= http.StatusInternalServerError {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, tr := range g.Transactions() {
			if tr.Refunded.Minor() > tr.Captured.Minor() || tr.Captured.Minor() > tr.Amount.Minor() || !tr.Status.known() {
				t.Fatalf("impossible: %+v", tr)
			}
			if strings.Contains(tr.Details.Callback, "4711100000000000") {
				t.Fatalf("a card number is kept: %+v", tr)
			}
		}
	})
}

func send(g *Gateway, path, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(form))
	r.SetBasicAuth("api", "secret")
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

// FuzzParts: of a multipart body each part is a parameter, byte for byte,
// whatever its value looks like and its head claims; and a body that was cut
// anywhere before its last boundary is refused, so that an amount of 5000 can
// never be taken for 50, nor a call for one without its last parameters.
func FuzzParts(f *testing.F) {
	f.Add("12345678", "500", "binary", uint16(0))
	f.Add("a&amount=1", "=35=30\r\n--", "quoted-printable", uint16(1))
	f.Add("", "5000", "base64", uint16(180))
	f.Add("1\r\n", "\x00\xff+%20", "7bit", uint16(65535))
	const boundary = "----d74496d66958873e"
	f.Fuzz(func(t *testing.T, merchant, amount, encoding string, cut uint16) {
		if strings.Contains(merchant+amount, boundary) || strings.ContainsFunc(encoding, func(r rune) bool { return r < ' ' || r > '~' }) {
			return
		}
		part := func(name, value string) string {
			return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" + value + "\r\n"
		}
		body := part("Merchant", merchant) + part("amount", amount) + "--" + boundary
		q, err := readParts(body+"--\r\n", boundary)
		if diff := cmp.Diff(map[string]string{"merchant": merchant, "amount": amount}, q.params); diff != "" || err != nil {
			t.Errorf("%q: %v (-sent +read):\n%s", body, err, diff)
		}
		body = body[:1+int(cut)%len(body)]
		if q, err := readParts(body, boundary); err == nil {
			t.Errorf("%q was cut and read as %q", body, q.params)
		}
	})
}

func readParts(body, boundary string) (query, error) {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	return readQuery(httptest.NewRecorder(), r)
}

// FuzzMultipart: a multipart body is read or refused; what is read was sent, in
// parts of the body and nothing but parts.
func FuzzMultipart(f *testing.F) {
	const part = "--b\r\nContent-Disposition: form-data; name=\"merchant\"\r\n\r\n12345678\r\n"
	f.Add(part+"--b--\r\n", "b")
	f.Add(part, "b")
	f.Add("--b\r\n\r\n--b--", "b")
	f.Add(strings.ReplaceAll(part, "\r", ""), `"b"`)
	f.Fuzz(func(t *testing.T, body, boundary string) {
		q, err := readParts(body, boundary)
		if err != nil {
			return
		}
		kind, options, err := mime.ParseMediaType("multipart/form-data; boundary=" + boundary)
		isMultipart := err == nil && kind == "multipart/form-data"
		if parts := strings.Count(body, "--"+options["boundary"]); isMultipart && len(q.params) > parts {
			t.Errorf("%d parameters of %d parts of %q", len(q.params), parts, body)
		}
		for name, value := range q.params {
			if name != strings.ToLower(name) || isMultipart && !strings.Contains(body, value) {
				t.Errorf("parameter %q = %q of %q", name, value, body)
			}
		}
	})
}
