package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"time"
)

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.PrivateKey
}

// makeAuthority returns a new one in PEM: its certificate and its key.
func makeAuthority() ([]byte, error) {
	from, until := century()
	return selfSigned(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "flexform sandbox authority"}, NotBefore: from, NotAfter: until,
		KeyUsage: x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true,
	})
}

// century is when certificates are valid. The gateway's clock may stand still,
// and the client's does not.
func century() (from, until time.Time) {
	return time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC), time.Date(2100, time.January, 1, 0, 0, 0, 0, time.UTC)
}

// config returns what a server of that kind shows to its clients.
func (a authority) config(kind TLSKind) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	switch kind {
	case TLS10:
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
	case TLS11:
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	case TLSOldCiphers:
		c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}
	case TLSNoCertificate:
		c.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none") }
		return c, nil
	}
	certificate, err := a.issue(kind)
	if err != nil {
		return nil, err
	}
	c.Certificates = []tls.Certificate{certificate}
	return c, nil
}

// issue returns a certificate that is as good as kind lets it be.
func (a authority) issue(kind TLSKind) (tls.Certificate, error) {
	key, err := serverKey(kind)
	if err != nil {
		return tls.Certificate{}, err
	}
	from, until := century()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "flexform sandbox"}, NotBefore: from, NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, DNSNames: []string{"localhost"},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	signer := a
	switch kind {
	case TLSExpired:
		template.NotAfter = from.AddDate(10, 0, 0)
	case TLSNotYetValid:
		template.NotBefore = until.AddDate(-10, 0, 0)
	case TLSWrongName:
		template.IPAddresses, template.DNSNames = nil, []string{"payment.example"}
	case TLSClientsOnly:
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	case TLSSelfSigned:
		signer = authority{template, key}
	case TLSUnknownAuthority:
		if signer, err = impostor(); err != nil {
			return tls.Certificate{}, err
		}
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, signer.cert, key.Public(), signer.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	chain := [][]byte{certificate}
	if kind != TLSSelfSigned {
		chain = append(chain, signer.cert.Raw)
	}
	if kind == TLSOtherKey {
		if key, err = serverKey(TLSGood); err != nil {
			return tls.Certificate{}, err
		}
	}
	return tls.Certificate{Certificate: chain, PrivateKey: key}, nil
}

func serverKey(kind TLSKind) (crypto.Signer, error) {
	switch kind {
	case TLSWeakKey:
		return rsa.GenerateKey(rand.Reader, 1024)
	case TLSOldCiphers: // which are for RSA
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

// impostor returns an authority that has the name of ours and not its key.
func impostor() (authority, error) { return readAuthority(makeAuthority()) }

// readAuthority takes what [makeAuthority] returned, now or once.
func readAuthority(text []byte, err error) (authority, error) {
	if err != nil {
		return authority{}, err
	}
	pair, err := tls.X509KeyPair(text, text)
	if err != nil {
		return authority{}, err
	}
	return authority{pair.Leaf, pair.PrivateKey}, nil
}
