package cli

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

func TestReadAuthorities(t *testing.T) {
	server := sandbox.Start(t, sandbox.Options{TLS: sandbox.TLSGood})
	authority, err := server.Gateway.Authority()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	good, text := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(good, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(text, []byte("ask Anna for the certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		path, err string
		trusts    bool // the sandbox's authority, and nobody else
	}{
		"the system's":    {path: " "},
		"a file":          {path: good, trusts: true},
		"no such file":    {path: filepath.Join(dir, "none"), err: "FLEXFORM_CA_FILE: open " + dir},
		"a folder":        {path: dir, err: "is not a regular file"},
		"without any PEM": {path: text, err: "notes.txt holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			pool, err := readAuthorities(Env{Lookup: func(name string) (string, bool) { return tt.path, name == "FLEXFORM_CA_FILE" }})
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("readAuthorities: %v, want %q", err, tt.err)
				}
				return
			}
			want := x509.NewCertPool()
			want.AddCert(authority)
			if err != nil || (pool != nil) != tt.trusts || pool != nil && !pool.Equal(want) {
				t.Errorf("readAuthorities: %v, %v", pool, err)
			}
		})
	}
}

// TestUntrusted: who reads that a certificate was refused reads what it means.
func TestUntrusted(t *testing.T) {
	refused := func(err error) error {
		return fmt.Errorf("transinfo.cgi: %w", &tls.CertificateVerificationError{Err: err})
	}
	const sent, file = "Nothing was sent there", "FLEXFORM_CA_FILE"
	for name, tt := range map[string]struct {
		err  error
		want []string
		not  string
	}{
		"an unknown authority": {refused(x509.UnknownAuthorityError{}), []string{"unknown authority", sent, file}, ""},
		"an expired one":       {refused(x509.CertificateInvalidError{Reason: x509.Expired}), []string{"expired", sent}, file},
		"another error":        {errors.New("connection refused"), []string{"connection refused"}, sent},
	} {
		got := untrusted(tt.err).Error()
		for _, want := range tt.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: %q lacks %q", name, got, want)
			}
		}
		if tt.not != "" && strings.Contains(got, tt.not) {
			t.Errorf("%s: %q has %q", name, got, tt.not)
		}
	}
	if untrusted(nil) != nil {
		t.Error("an error of nothing")
	}
}
