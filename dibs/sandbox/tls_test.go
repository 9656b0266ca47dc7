package sandbox_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

// TestTLS: a client that trusts the authority is answered by good TLS. Of all
// other kinds the standard library refuses each but one, and no service sees a
// request. R47
func TestTLS(t *testing.T) {
	for _, kind := range sandbox.TLSKinds() {
		t.Run(string(kind), func(t *testing.T) {
			s := sandbox.Start(t, sandbox.Options{TLS: kind}, readSeed(t, captured20)...)
			reply, err := trusting(t, s.Gateway).Get(s.URL + "/transstatus.pml?merchant=12345678&transact=11111111")
			// crypto/tls takes an RSA key of 1024 bits.
			if accepts := kind == sandbox.TLSGood || kind == sandbox.TLSWeakKey; (err == nil) != accepts {
				t.Fatalf("GET: %v", err)
			}
			if err != nil {
				if n := s.Gateway.Requests(); len(n) > 0 {
					t.Errorf("requests %v", n)
				}
				return
			}
			defer reply.Body.Close()
			if body, err := io.ReadAll(reply.Body); err != nil || string(body) != "5" {
				t.Errorf("answer %q, %v", body, err)
			}
		})
	}
	if n := len(sandbox.TLSKinds()); n < 13 {
		t.Errorf("%d kinds; R47 wants 12 bad ones", n)
	}
}

func trusting(t *testing.T, g *sandbox.Gateway) *http.Client {
	t.Helper()
	authority, err := g.Authority()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TestTLSFaults: faults play over TLS as well.
func TestTLSFaults(t *testing.T) {
	tests := map[string]struct {
		rule string
		want string // in the error; empty: there is an answer
	}{
		"http10":         {"transstatus.pml http10", ""},
		"none":           {"refund.cgi drop", ""},
		"drop":           {"transstatus.pml drop", "EOF"},
		"reset":          {"transstatus.pml reset", "reset by peer"},
		"cut":            {"transstatus.pml cut=20", "malformed"},
		"refuse":         {"connection times=2 refuse", "reset by peer"},
		"drop a request": {"connection times=2 drop-at=20", "EOF"},
		"reset it":       {"connection times=2 reset-at=20", "reset by peer"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fault, err := sandbox.ParseFault(tt.rule)
			if err != nil {
				t.Fatal(err)
			}
			s := sandbox.Start(t, sandbox.Options{TLS: sandbox.TLSGood, Faults: []sandbox.Fault{fault}}, readSeed(t, captured20)...)
			request, err := http.NewRequestWithContext(t.Context(), "POST", s.URL+"/transstatus.pml", strings.NewReader("merchant=12345678&transact=11111111"))
			if err != nil {
				t.Fatal(err)
			}
			reply, err := trusting(t, s.Gateway).Do(request)
			if err == nil {
				reply.Body.Close()
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("POST: %v, want %q", err, tt.want)
			}
		})
	}
}

// TestAuthorityStays: who trusted the gateway still does after a restart.
func TestAuthorityStays(t *testing.T) {
	store := filepath.Join(t.TempDir(), "store.db")
	var seen []string
	for range 2 {
		t.Run("", func(t *testing.T) {
			s := sandbox.Start(t, sandbox.Options{Store: store, TLS: sandbox.TLSGood})
			authority, err := s.Gateway.Authority()
			if err != nil {
				t.Fatal(err)
			}
			reply, err := trusting(t, s.Gateway).Get(s.URL + "/_sandbox/authority")
			if err != nil {
				t.Fatal(err)
			}
			defer reply.Body.Close()
			text, err := io.ReadAll(reply.Body)
			if err != nil || !strings.HasPrefix(string(text), "-----BEGIN CERTIFICATE-----\n") {
				t.Errorf("authority %q, %v", text, err)
			}
			seen = append(seen, string(authority.Raw)+string(text))
		})
	}
	if seen[0] != seen[1] {
		t.Error("another authority after the restart")
	}
	if _, err := sandbox.Open(sandbox.Options{Now: noon, TLS: "worse"}); err == nil || !strings.Contains(err.Error(), `TLS "worse": write one of good, expired`) {
		t.Errorf("Open with worse TLS: %v", err)
	}
}
