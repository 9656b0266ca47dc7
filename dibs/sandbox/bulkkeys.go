package sandbox

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"
)

// The keys that a gateway shows are made once and stay in its store, so that
// clients that know it by them know it again after a restart.
const (
	hostKeyName     = "ssh host key"
	certificateName = "ftp certificate"
)

// HostKey returns the key that [ServeSFTP] shows, as in a known_hosts file
// without the host's name: "ssh-ed25519 AAAA...".
func (g *Gateway) HostKey() (string, error) {
	signer, err := g.hostSigner()
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))), nil
}

func (g *Gateway) hostSigner() (ssh.Signer, error) {
	text, err := g.key(hostKeyName, makeHostKey)
	if err != nil {
		return nil, err
	}
	return ssh.ParsePrivateKey(text)
}

func makeHostKey() ([]byte, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	block, err := ssh.MarshalPrivateKey(key, "flexform sandbox")
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(block), nil
}

// FTPCertificate returns the certificate that [ServeFTP] shows to clients that
// ask for encryption. It signs itself and is valid for 127.0.0.1, ::1 and
// localhost.
func (g *Gateway) FTPCertificate() (*x509.Certificate, error) {
	pair, err := g.certificate()
	if err != nil {
		return nil, err
	}
	return pair.Leaf, nil
}

func (g *Gateway) certificate() (tls.Certificate, error) {
	text, err := g.key(certificateName, makeCertificate)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(text, text)
}

func makeCertificate() ([]byte, error) {
	from, until := century()
	return selfSigned(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "flexform sandbox"}, NotBefore: from, NotAfter: until,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, DNSNames: []string{"localhost"},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true,
	})
}

// selfSigned returns a new key and the certificate that it gives itself, in PEM.
func selfSigned(template *x509.Certificate) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), nil
}

// key returns the key of that name in PEM, and makes it the first time.
func (g *Gateway) key(name string, generate func() ([]byte, error)) ([]byte, error) {
	var text []byte
	var failed error
	err := g.writer.do(func(c *batch) {
		if text = c.key(name); text == nil {
			if text, failed = generate(); failed == nil {
				c.keys[name] = text
			}
		}
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return text, nil
}

func (c *batch) key(name string) []byte {
	if text := c.keys[name]; text != nil {
		return text
	}
	c.book.mu.RLock()
	defer c.book.mu.RUnlock()
	return c.book.keys[name]
}
