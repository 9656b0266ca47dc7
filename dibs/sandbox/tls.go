package sandbox

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
)

// A TLSKind says whether the gateway speaks TLS, and how badly. All but
// TLSGood have to be refused by a client before a byte of its request.
type TLSKind string

// The kinds of TLS. Certificates are for 127.0.0.1, ::1 and localhost.
const (
	TLSNone             TLSKind = "" // plain HTTP
	TLSGood             TLSKind = "good"
	TLSExpired          TLSKind = "expired"
	TLSNotYetValid      TLSKind = "not-yet-valid"
	TLSWrongName        TLSKind = "wrong-name"        // the certificate is for another host
	TLSSelfSigned       TLSKind = "self-signed"       // and not by the authority
	TLSUnknownAuthority TLSKind = "unknown-authority" // signed by one that calls itself the same
	TLSClientsOnly      TLSKind = "clients-only"      // the certificate is not for servers
	TLSWeakKey          TLSKind = "weak-key"          // RSA of 1024 bits
	TLSOtherKey         TLSKind = "other-key"         // the server has not the key of its certificate
	TLSNoCertificate    TLSKind = "no-certificate"
	TLSOldCiphers       TLSKind = "old-ciphers" // 3DES only
	TLS10               TLSKind = "tls1.0"      // at most
	TLS11               TLSKind = "tls1.1"      // at most
	TLSAbort            TLSKind = "abort"       // reset in the middle of the handshake
	TLSPlain            TLSKind = "plain"       // answers in plain HTTP where TLS was promised
)

// TLSKinds returns every kind but TLSNone, TLSGood first.
func TLSKinds() []TLSKind {
	return []TLSKind{
		TLSGood, TLSExpired, TLSNotYetValid, TLSWrongName, TLSSelfSigned, TLSUnknownAuthority, TLSClientsOnly, TLSWeakKey, TLSOtherKey,
		TLSNoCertificate, TLSOldCiphers, TLS10, TLS11, TLSAbort, TLSPlain,
	}
}

// ParseTLS reads a kind; the empty text is TLSNone.
func ParseTLS(s string) (TLSKind, error) {
	kinds := TLSKinds()
	if k := TLSKind(s); k == TLSNone || slices.Contains(kinds, k) {
		return k, nil
	}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return TLSNone, errors.New("write one of " + strings.Join(names, ", "))
}

// Scheme is how the gateway's address begins: "http" or "https".
func (g *Gateway) Scheme() string {
	if g.tlsKind == TLSNone {
		return "http"
	}
	return "https"
}

// Authority returns the certificate that signs the gateway's own, for clients to
// trust. It stays in the store.
func (g *Gateway) Authority() (*x509.Certificate, error) {
	authority, err := g.authority()
	if err != nil {
		return nil, err
	}
	return authority.cert, nil
}

const authorityName = "tls authority"

func (g *Gateway) authority() (authority, error) {
	return readAuthority(g.key(authorityName, makeAuthority))
}

// openTLS makes ready what secured needs.
func (g *Gateway) openTLS() error {
	if g.tlsKind == TLSNone || g.tlsKind == TLSPlain {
		return nil
	}
	if _, err := ParseTLS(string(g.tlsKind)); err != nil {
		return fmt.Errorf("TLS %q: %w", g.tlsKind, err)
	}
	authority, err := g.authority()
	if err == nil {
		g.tls, err = authority.config(g.tlsKind)
	}
	if err != nil {
		return fmt.Errorf("TLS %s: %w", g.tlsKind, err)
	}
	return nil
}

// secured puts a connection behind TLS, where the gateway has it.
func (g *Gateway) secured(conn net.Conn) net.Conn {
	switch {
	case g.tlsKind == TLSAbort:
		return &shortConn{Conn: conn, left: 64, reset: true} // a hello is longer
	case g.tls == nil:
		return conn
	}
	return &quietConn{tls.Server(conn, g.tls)}
}

// A quietConn hides from net/http that it is TLS, and so keeps failed handshakes,
// which are what this is for, out of the standard log.
type quietConn struct{ net.Conn }

// NetConn returns the connection below.
func (c *quietConn) NetConn() net.Conn { return c.Conn }

// sendPEM answers with a certificate, for clients to trust.
func sendPEM(w http.ResponseWriter, certificate *x509.Certificate, err error) {
	if err != nil {
		sendJSON(w, http.StatusInternalServerError, problem(err))
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	// A client that has gone does not hear us.
	_ = pem.Encode(w, &pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}
