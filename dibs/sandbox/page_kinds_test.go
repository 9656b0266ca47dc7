package sandbox_test

import (
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

// TestPageKinds: what is no ordinary payment is not shown as one. A ticket has
// no money, so no sum counts it; a payment taken in parts says what its parts
// took; and of an authorisation that was declined nothing is authorised.
func TestPageKinds(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{FirstTransact: 22222201}, readSeed(t, "transact,orderid,amount,currency,status\n"+
		"11111111,P-1,500.00,DKK,authorised\n11111112,C-1,100.00,DKK,ticket\n11111113,D-1,75.00,SEK,ticket deleted\n11111114,N-1,89.95,EUR,declined\n")...)
	for _, amount := range []string{"10000", "5000"} {
		call(t, s.URL, "/cgi-bin/capture.cgi", "merchant=12345678&transact=11111111&orderid=P-1&textreply=yes&splitpay=yes&amount="+amount)
	}
	call(t, s.URL, "/cgi-adm/refund.cgi", "merchant=12345678&transact=22222206&orderid=P-1-2&amount=2000")
	call(t, s.URL, "/cgi-ssl/auth.cgi", "merchant=12345678&orderid=A-1&amount=100&currency=208&cardno=4711100000000000&expmon=06&expyear=24&textreply=yes")
	call(t, s.URL, "/cgi-ssl/auth.cgi", "merchant=12345678&orderid=A-2&currency=208&split=2&amount1=60&amount2=40&accepturl=https://a.example/?session=canary&cardno=4711900000000000&expmon=06&expyear=24&textreply=yes")
	call(t, s.URL, "/cgi-ssl/ticket_auth.cgi", "merchant=12345678&ticket=11111113&orderid=T-1&amount=100&currency=208&textreply=yes")
	call(t, s.URL, "/cgi-adm/delticket.cgi", "merchant=12345678&ticket=11111112")
	call(t, s.URL, "/cgi-adm/delticket.cgi", "merchant=12345678&ticket=11111112")
	for path, want := range map[string][]string{
		"/": {
			"11111113| D-1| ticket deleted 14| –| –| –| SEK|",
			"Sum of 6| 502.00| 150.00| 20.00| DKK|",
			"Sum of 1| 89.95| 0.00| 0.00| EUR|",
		},
		"/?status=13": {"No transaction is like that. Show all"},
		"/?status=14": {"11111112| C-1| ticket deleted 14| –| –| –| DKK|"},
		"/transactions/11111112": {
			"A stored card. Payments made with it are transactions of their own.",
			"Stored 2026-11-02 12:00:00 UTC",
			"2026-11-02 12:00:00 Card stored",
		},
		"/transactions/11111114": {"Asked for| 89.95| EUR|", "Received 2026-11-02 12:00:00 UTC", "2026-11-02 12:00:00 Payment asked for 89.95 EUR"},
		"/transactions/11111111": {
			"Authorised| 500.00| DKK|", "Captured in parts| 150.00| DKK|", "Refunded in parts| 20.00| DKK|", "Net| 130.00| DKK|", "Left to capture| 350.00| DKK|",
			"capture.cgi money moved capture 100.00 DKK call 1", "capture.cgi money moved capture 50.00 DKK call 2",
		},
		"/calls": {
			"auth.cgi| 22222207| accepted|", "auth.cgi| 22222208| declined 0 rejected by the acquirer|", "ticket_auth.cgi| | declined 2 Unknown ticket|",
			"delticket.cgi| 11111112| accepted|", "delticket.cgi| 11111112| declined Unknown ticket|",
			"accepturl=redacted amount1=60 amount2=40 cardno=redacted",
		},
	} {
		_, body := get(t, s.URL+path)
		text := strings.Join(lines(body), "\n")
		for _, line := range want {
			if !strings.Contains(text, line) {
				t.Errorf("GET %s does not say %q:\n%s", path, line, text)
			}
		}
		if strings.Contains(text, "Sum of 1| 0.00") || strings.Contains(text, "75.00") || path == "/calls" && strings.Contains(text, "canary") {
			t.Errorf("GET %s sums up or shows what it should not:\n%s", path, text)
		}
	}
}
