package sandbox_test

import (
	"strconv"
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

const login = "Authorization: Basic YXBpOnNlY3JldA==\r\n"

// captured20 is a transaction of 20.00 DKK, captured.
const captured20 = "transact,orderid,amount,currency,status\n11111111,11223344,20.00,DKK,captured\n"

// TestWire sends what a transcript cannot show: bytes beyond ASCII, line ends
// in odd places, things that are not FlexWin at all.
func TestWire(t *testing.T) {
	keys := sandbox.Merchant{ID: "12345678", Key1: "abcdefghijklmnopqrstuvwxyz012345", Key2: "ABCDEFGHIJKLMNOPQRSTUVWXYZ678901"}
	tests := map[string]struct {
		head, body string // Content-Length counts body
		beyond     string // sent after it
		orderID    string // of the seed; "": 11223344
		code       int
		want       string
	}{
		"a body that ends in a line end": {
			head: "POST /transstatus.pml HTTP/1.1\r\n", body: "merchant=12345678&transact=11111111\r\n", code: 200, want: "5",
		},
		"a body that ends in a newline pair": {
			head: "POST /transstatus.pml HTTP/1.1\r\n", body: "merchant=12345678&transact=11111111&\n", code: 200, want: "5",
		},
		"HTTP/1.0 and a line end beyond Content-Length": {
			head: "POST /transstatus.pml HTTP/1.0\r\n", body: "merchant=12345678&transact=11111111", beyond: "\r\n", code: 200, want: "5",
		},
		"a newline pair comes back as an empty pair in a full reply": {
			head: "POST /cgi-adm/refund.cgi HTTP/1.1\r\n" + login,
			body: "merchant=12345678&transact=11111111&amount=5000&orderid=11223344&textreply=yes&fullreply=yes&\n",
			code: 200,
			want: "status=DECLINED&result=7&reason=7&=&amount=5000&fullreply=yes&merchant=12345678&orderid=11223344&textreply=yes&transact=11111111",
		},
		"full reply is not asked for without text reply": {
			head: "POST /cgi-adm/refund.cgi HTTP/1.1\r\n" + login,
			body: "merchant=12345678&transact=11111111&amount=5000&orderid=11223344&textreply=no&fullreply=yes",
			code: 200, want: "status=DECLINED&result=7&reason=7",
		},
		"an order id in Latin-1, signed as sent": {
			head:    "POST /cgi-adm/refund.cgi HTTP/1.1\r\n" + login,
			body:    "merchant=12345678&transact=11111111&amount=2000&orderid=%C6r%F8-1&md5key=b8dc00fa33f46931cdeaceeedc47184b",
			orderID: "Ærø-1", code: 200, want: "status=ACCEPTED&result=0&transact=11111111",
		},
		"an order id in UTF-8, signed as sent": {
			head:    "POST /cgi-adm/refund.cgi HTTP/1.1\r\n" + login,
			body:    "merchant=12345678&transact=11111111&amount=2000&orderid=%C3%86r%C3%B8-1&md5key=c27f42c22722620d2e4faf1ac257ff3f",
			orderID: "Ærø-1", code: 200, want: "status=ACCEPTED&result=0&transact=11111111",
		},
		"an order id is cut after 50 characters": {
			head:    "POST /cgi-bin/transinfo.cgi HTTP/1.1\r\n",
			body:    "merchant=12345678&currency=208&amount=2000&orderid=" + strings.Repeat("x", 60),
			orderID: strings.Repeat("x", 50), code: 200, want: "transact=11111111&status=2&approvalcode=123456",
		},
		"a long order id still is the transaction's": {
			head:    "POST /cgi-adm/refund.cgi HTTP/1.1\r\n" + login,
			body:    "merchant=12345678&transact=11111111&amount=2000&orderid=" + strings.Repeat("ø", 60),
			orderID: strings.Repeat("ø", 50), code: 200, want: "status=ACCEPTED&result=0&transact=11111111",
		},
		"a percent sign that starts no escape": {
			head: "POST /cgi-adm/refund.cgi HTTP/1.1\r\n" + login,
			body: "merchant=12345678&transact=11111111&amount=5000&orderid=100%&textreply=1&fullreply=1",
			code: 200,
			want: "status=DECLINED&result=9&reason=9&amount=5000&fullreply=1&merchant=12345678&orderid=100%25&textreply=1&transact=11111111",
		},
		"the first of two parameters of one name": {
			head: "POST /transstatus.pml HTTP/1.1\r\n", body: "transact=11111111&merchant=12345678&transact=11111112", code: 200, want: "5",
		},
		"a method that nobody uses": {
			head: "PUT /cgi-adm/refund.cgi HTTP/1.1\r\n" + login, body: "merchant=12345678", code: 405,
			want: "<html><body>405 Method not allowed</body></html>",
		},
		"multipart without a boundary": {
			head: "POST /cgi-adm/refund.cgi HTTP/1.1\r\nContent-Type: multipart/form-data\r\n" + login, body: "merchant=12345678", code: 400,
			want: "<html><body>400 Malformed multipart body</body></html>",
		},
		"a body past the cap": {
			head: "POST /cgi-adm/refund.cgi HTTP/1.1\r\n" + login, body: strings.Repeat("a=b&", 1<<18+1), code: 413,
			want: "<html><body>413 Request too large</body></html>",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			seed := captured20
			if tt.orderID != "" {
				seed = strings.ReplaceAll(captured20, "11223344", tt.orderID)
			}
			s := sandbox.Start(t, sandbox.Options{Merchants: []sandbox.Merchant{keys}}, readSeed(t, seed)...)
			code, body := exchange(t, s.URL, tt.head+"Host: localhost\r\nContent-Length: "+strconv.Itoa(len(tt.body))+"\r\n\r\n"+tt.body+tt.beyond)
			if code != tt.code || body != tt.want {
				t.Errorf("got %d %q, want %d %q", code, body, tt.code, tt.want)
			}
		})
	}
}
