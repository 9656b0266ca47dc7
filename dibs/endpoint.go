package dibs

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// An endpoint is a checked gateway address.
type endpoint struct {
	url     *url.URL // without a trailing slash
	address string   // host and port to dial
	tls     *tls.Config
}

// parseGateway reads a gateway's base URL. Its errors show no part of the URL
// that could hold a password.
func parseGateway(gateway string, roots *x509.CertPool) (endpoint, error) {
	if gateway == "" {
		gateway = DefaultGateway
	}
	u, err := url.Parse(gateway)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return endpoint{}, errors.New("gateway is not a URL with a scheme and a host, such as " + DefaultGateway)
	case u.User != nil:
		return endpoint{}, fmt.Errorf("gateway %s carries a user or password in its URL; give them as User and Password", u.Host)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return endpoint{}, fmt.Errorf("gateway %s carries a query or a fragment in its URL", u.Host)
	}
	u = &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}
	e := endpoint{url: u, address: u.Host}
	switch {
	case u.Scheme == "https":
		e.tls = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: u.Hostname(), VerifyConnection: StrongKeys}
		if u.Port() == "" {
			e.address = net.JoinHostPort(u.Hostname(), "443")
		}
	case u.Scheme != "http":
		return endpoint{}, fmt.Errorf("gateway %q is neither https nor http", u)
	case !loopback(u.Hostname()):
		return endpoint{}, fmt.Errorf("gateway %q: plain http goes to loopback only; write https", u)
	case u.Port() == "":
		e.address = net.JoinHostPort(u.Hostname(), "80")
	}
	return e, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// leastRSA is what public authorities have asked of RSA keys since 2014, in
// bits. Package crypto/tls accepts less.
const leastRSA = 2048

// StrongKeys refuses a server none of whose verified chains of certificates is
// made of strong keys. It is for [tls.Config.VerifyConnection], where it runs
// after the usual verification, and adds to it.
func StrongKeys(state tls.ConnectionState) error {
	var weak error
	for _, chain := range state.VerifiedChains {
		if weak = weakKey(chain); weak == nil {
			return nil
		}
	}
	if weak == nil {
		weak = errors.New("no certificate was verified")
	}
	return weak
}

func weakKey(chain []*x509.Certificate) error {
	for _, c := range chain {
		if key, isRSA := c.PublicKey.(*rsa.PublicKey); isRSA && key.N.BitLen() < leastRSA {
			return fmt.Errorf("the certificate of %q has an RSA key of %d bits, and less than %d can be broken", escape(c.Subject.CommonName, maxKept), key.N.BitLen(), leastRSA)
		}
	}
	return nil
}

// dialer returns what opens connections to e. Where there is no TLS to prove
// who answers, the address itself is checked again at the last moment, after
// the name was looked up: "localhost" may be made to mean another machine.
func (e endpoint) dialer(timeout time.Duration) *net.Dialer {
	d := &net.Dialer{Timeout: timeout, KeepAlive: -1} // nothing here lives long enough to probe
	if e.tls == nil {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !to.Addr().IsLoopback() {
				return fmt.Errorf("%s is not loopback, and plain http goes nowhere else", address)
			}
			return nil
		}
	}
	return d
}
