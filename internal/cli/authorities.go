package cli

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"

	"flexform/statefile/postgres"
)

const (
	authoritiesVariable = "FLEXFORM_CA_FILE"
	maxAuthorities      = 4 << 20 // bytes; the file of a whole system has a quarter of a megabyte
)

// readAuthorities returns the authorities that gateways' certificates are held
// against: those of the file that FLEXFORM_CA_FILE names and no others, or nil,
// which stands for the system's. A configuration cannot name any.
func readAuthorities(env Env) (*x509.CertPool, error) {
	path := env.value(authoritiesVariable)
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", authoritiesVariable, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: %s is not a regular file", authoritiesVariable, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxAuthorities+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", authoritiesVariable, err)
	}
	pool := x509.NewCertPool()
	if len(text) > maxAuthorities || !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: %s holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", authoritiesVariable, path)
	}
	return pool, nil
}

// untrusted adds to the error of a certificate that was refused what that means,
// and what can be done where its authority is not known.
func untrusted(err error) error {
	if _, refused := errors.AsType[*tls.CertificateVerificationError](err); !refused {
		return err
	}
	who := "the gateway"
	if _, database := errors.AsType[*postgres.AccessError](err); database {
		who = "the database"
	}
	err = fmt.Errorf("%w. Nothing was sent there: whoever answers may not be %s", err, who)
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		err = fmt.Errorf("%w. If you know the authority that signed this certificate and trust it, name a file with the authority's own in %s (SSL_CERT_FILE is not read)", err, authoritiesVariable)
	}
	return err
}
