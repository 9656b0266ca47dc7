package dibs

import (
	"crypto/x509"
	"testing"

	"flexform/dibs/sandbox"
)

// R6, R47: the gateway is real, and only its TLS is bad. Each kind is refused
// before a byte of the form: not sent, and the services have counted nothing.
func TestContractTLS(t *testing.T) {
	refused := 0
	for _, kind := range sandbox.TLSKinds() {
		t.Run(string(kind), func(t *testing.T) {
			server := sandbox.Start(t, sandbox.Options{TLS: kind}, sandbox.Transaction{
				Transact: "11111111", Merchant: "12345678", OrderID: "11223344", Amount: dkk(t, 2000), Status: sandbox.StatusCaptured,
			})
			authority, err := server.Gateway.Authority()
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AddCert(authority)
			c := on(t, server.URL, withKeys, func(cfg *Config) { cfg.RootCAs = roots })
			_, err = c.Refund(t.Context(), refundOf(t))
			status, statusErr := c.TransStatus(t.Context(), "11111111")
			if kind == sandbox.TLSGood {
				if err != nil || status != StatusPartlyRefunded {
					t.Errorf("Refund: %v; then status %s, %v", err, status, statusErr)
				}
				return
			}
			refused++
			if outcome(err) != "not sent" || statusErr == nil {
				t.Errorf("Refund: %v, want not sent; TransStatus: %v", err, statusErr)
			}
			for verb, call := range moneyCalls(t) {
				if _, err := call(c); outcome(err) != "not sent" {
					t.Errorf("%s: %v, want not sent", verb, err)
				}
			}
			if n := server.Gateway.Requests(); len(n) > 0 {
				t.Errorf("the services counted %v", n)
			}
		})
	}
	if refused < 12 {
		t.Errorf("%d kinds were refused, R47 wants 12", refused)
	}
	t.Logf("%d of %d kinds of bad TLS were refused", refused, len(sandbox.TLSKinds())-1)
}
