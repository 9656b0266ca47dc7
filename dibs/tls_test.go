package dibs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// An authority signs certificates for tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, change ...func(*x509.Certificate)) authority {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
	for _, f := range change {
		f(template)
	}
	key := newKey(t)
	signed := certify(t, template, authority{template, key}, &key.PublicKey)
	cert, err := x509.ParseCertificate(signed)
	if err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certify fills what template leaves open and has it signed by a.
func certify(t *testing.T, template *x509.Certificate, a authority, public any) []byte {
	t.Helper()
	return certifyWith(t, template, a.cert, a.key, public)
}

func certifyWith(t *testing.T, template, parent *x509.Certificate, key, public any) []byte {
	t.Helper()
	if template.NotBefore.IsZero() {
		template.NotBefore = time.Now().Add(-time.Hour)
	}
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	if template.SerialNumber == nil {
		template.SerialNumber = big.NewInt(1)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// issue returns a certificate for 127.0.0.1, or what change makes of it, with
// a's own behind it.
func (a authority) issue(t *testing.T, change ...func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "gateway"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, f := range change {
		f(template)
	}
	key := newKey(t)
	return tls.Certificate{Certificate: [][]byte{certify(t, template, a, &key.PublicKey), a.cert.Raw}, PrivateKey: key}
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// A tlsGateway records what reached it above TLS, and below.
type tlsGateway struct {
	url   string
	mu    sync.Mutex
	plain bytes.Buffer // application data
	raw   bytes.Buffer // everything
}

func serveTLS(t *testing.T, config *tls.Config) *tlsGateway {
	t.Helper()
	listener := listen(t, "127.0.0.1:0")
	g := &tlsGateway{url: "https://" + listener.Addr().String()}
	t.Cleanup(serveConns(listener, func(conn net.Conn) { g.serve(conn, config) }))
	return g
}

func (g *tlsGateway) serve(conn net.Conn, config *tls.Config) {
	conn = tls.Server(&tap{conn, g}, config)
	defer conn.Close()
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	g.mu.Lock()
	g.plain.Write(buf[:n])
	g.mu.Unlock()
	if err == nil {
		io.WriteString(conn, ok("result=0"))
	}
}

// A tap records what is read from a connection.
type tap struct {
	net.Conn
	gateway *tlsGateway
}

func (c *tap) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.gateway.mu.Lock()
	c.gateway.raw.Write(p[:n])
	c.gateway.mu.Unlock()
	return n, err
}

// R6, R47: each of these is refused before a byte of the form.
func TestBadTLSIsNotSent(t *testing.T) {
	ca := newAuthority(t)
	with := func(change func(*x509.Certificate)) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{ca.issue(t, change)}}
	}
	good := ca.issue(t)
	stranger := newAuthority(t)
	selfKey := newKey(t)
	self := &x509.Certificate{Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	selfSigned := tls.Certificate{Certificate: [][]byte{certify(t, self, authority{self, selfKey}, &selfKey.PublicKey)}, PrivateKey: selfKey}
	weakKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	weak := tls.Certificate{PrivateKey: weakKey, Certificate: [][]byte{certify(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, SignatureAlgorithm: x509.ECDSAWithSHA1}, ca, &weakKey.PublicKey)}}
	// crypto/tls alone would take both of these.
	shortKey := tls.Certificate{PrivateKey: weakKey, Certificate: [][]byte{certify(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, ca, &weakKey.PublicKey)}}
	shortCA := &x509.Certificate{Subject: pkix.Name{CommonName: "between"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	between := certify(t, shortCA, ca, &weakKey.PublicKey)
	underShortKey := newKey(t)
	underShort := tls.Certificate{PrivateKey: underShortKey, Certificate: [][]byte{certifyWith(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, shortCA, weakKey, &underShortKey.PublicKey), between}}
	leafAsCA := ca.issue(t)
	leaf, err := x509.ParseCertificate(leafAsCA.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	underLeaf := authority{leaf, leafAsCA.PrivateKey.(*ecdsa.PrivateKey)}.issue(t)
	constrained := newAuthority(t, func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical = true
		c.ExcludedIPRanges = []*net.IPNet{{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)}}
	})
	roots := ca.pool()
	roots.AddCert(constrained.cert)
	otherKey := good
	otherKey.PrivateKey = newKey(t)

	servers := map[string]*tls.Config{
		"expired": {Certificates: []tls.Certificate{ca.issue(t, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
		})}},
		"not valid yet": with(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
		}),
		"for another address":  with(func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 2)} }),
		"for a name":           with(func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"payment.architrade.com"} }),
		"named in the subject": with(func(c *x509.Certificate) { c.IPAddresses, c.Subject.CommonName = nil, "127.0.0.1" }),
		"self-signed":          {Certificates: []tls.Certificate{selfSigned}},
		"an unknown authority": {Certificates: []tls.Certificate{stranger.issue(t)}},
		"for clients only":     with(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }),
		"unknown critical part": with(func(c *x509.Certificate) {
			c.ExtraExtensions = []pkix.Extension{{Id: []int{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
		}),
		"SHA-1 signature":        {Certificates: []tls.Certificate{weak}},
		"RSA of 1024 bits":       {Certificates: []tls.Certificate{shortKey}},
		"signed with 1024 bits":  {Certificates: []tls.Certificate{underShort}},
		"signed by a leaf":       {Certificates: []tls.Certificate{underLeaf}},
		"outside its authority":  {Certificates: []tls.Certificate{constrained.issue(t)}},
		"another private key":    {Certificates: []tls.Certificate{otherKey}},
		"TLS 1.0":                {Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10},
		"TLS 1.1":                {Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"old ciphers":            {Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
		"no certificate at all":  {GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, errors.New("none") }},
		"gives up the handshake": {GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New("go away") }},
	}
	for name, config := range servers {
		t.Run(name, func(t *testing.T) {
			gateway := serveTLS(t, config)
			c := on(t, gateway.url, withKeys, func(c *Config) { c.RootCAs = roots })
			for verb, call := range moneyCalls(t) {
				if _, err := call(c); outcome(err) != "not sent" || !strings.Contains(err.Error(), "TLS handshake: ") {
					t.Errorf("%s: %v, want not sent", verb, err)
				}
			}
			for name, call := range statusCalls(t) {
				if err := call(c); err == nil {
					t.Errorf("%s: no error", name)
				}
			}
			gateway.mu.Lock()
			defer gateway.mu.Unlock()
			if gateway.plain.Len() > 0 || bytes.Contains(gateway.raw.Bytes(), []byte("11111111")) {
				t.Errorf("the gateway received %q", gateway.plain.String())
			}
		})
	}
	if len(servers) < 12 {
		t.Errorf("%d servers, R47 wants 12", len(servers))
	}
}

func TestGoodTLSIsSent(t *testing.T) {
	ca := newAuthority(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		gateway := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t)}, MaxVersion: version})
		c := on(t, gateway.url, func(c *Config) { c.RootCAs = ca.pool() })
		for verb, call := range moneyCalls(t) {
			if _, err := call(c); err != nil {
				t.Errorf("%s over %s: %v", verb, tls.VersionName(version), err)
			}
		}
		gateway.mu.Lock()
		if bytes.Contains(gateway.raw.Bytes(), []byte("11111111")) || bytes.Contains(gateway.raw.Bytes(), []byte("Basic")) {
			t.Error("the form went out in the clear")
		}
		gateway.mu.Unlock()
	}
}

// Over TLS as well, what counts is the bytes that left, and a reply that ends
// early is none.
func TestTLSConnectionThatBreaks(t *testing.T) {
	ca := newAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{ca.issue(t)}}
	reply := ok("result=0")
	for cut := range 20 { // the rest is the same as without TLS
		listener := listen(t, "127.0.0.1:0")
		served := accept(t, listener, func(raw net.Conn) {
			conn := tls.Server(raw, config)
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, reply[:cut])
			// The raw connection ends without a word of TLS.
		})
		c := on(t, "https://"+listener.Addr().String(), func(c *Config) { c.RootCAs = ca.pool() })
		if _, err := c.Refund(t.Context(), refundOf(t)); outcome(err) != "uncertain" {
			t.Errorf("cut after %d bytes: %v, want uncertain", cut, err)
		}
		served()
	}
}

// A server that speaks no TLS learns nothing.
func TestPlainServerBehindHTTPS(t *testing.T) {
	listener := listen(t, "127.0.0.1:0")
	var got bytes.Buffer
	served := accept(t, listener, func(conn net.Conn) {
		buf := make([]byte, 4096)
		n, _ := conn.Read(buf)
		got.Write(buf[:n])
		io.WriteString(conn, ok("result=0"))
	})
	c := on(t, "https://"+listener.Addr().String())
	_, err := c.Refund(t.Context(), refundOf(t))
	served()
	if outcome(err) != "not sent" || bytes.Contains(got.Bytes(), []byte("11111111")) {
		t.Errorf("got %v, want not sent; the server read %q", err, got.String())
	}
}
