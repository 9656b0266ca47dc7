package main

import (
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// R48: the environment names proxies, and an authority that signed the
// certificate of whoever answers in the gateway's place. The real program
// connects to no proxy, and trusts no authority but one that it was told of by
// its own name.
func TestHostileEnvironment(t *testing.T) {
	flexform, err := exec.LookPath("flexform")
	if err != nil {
		t.Fatal(err)
	}
	proxy, connections := countConnections(t)
	s := &shop{dir: t.TempDir(), flexform: flexform}
	authority := filepath.Join(t.TempDir(), "ca.pem")
	s.write(t, "seed.csv", "transact,orderid,amount,currency,status\n11111111,11223344,200.00,DKK,captured\n")
	s.gateway(t, s.command("sandbox", "--tls", "good", "--tls-ca", authority, "--seed", filepath.Join(s.dir, "seed.csv")))
	s.write(t, "main.hcl", `merchant "shop" {
  id      = "12345678"
  gateway = "`+s.url+`"
}
transaction "order" {
  transact = "11111111"
  orderid  = "11223344"
  amount   = "200.00 DKK"
  refunded = "50.00 DKK"
}
`)
	apply := func(variables ...string) (int, string) {
		cmd := s.command("apply", "--auto-approve", s.dir)
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
			cmd.Env = append(cmd.Env, name+"="+proxy)
		}
		cmd.Env = append(cmd.Env, "NO_PROXY=", "no_proxy=")
		cmd.Env = append(cmd.Env, variables...)
		p := s.run(t, cmd)
		return p.exit(t), p.out.String()
	}

	code, said := apply("SSL_CERT_FILE="+authority, "SSL_CERT_DIR="+filepath.Dir(authority))
	if code != 1 || !strings.Contains(said, "certificate signed by unknown authority") || !strings.Contains(said, "FLEXFORM_CA_FILE") {
		t.Errorf("with an authority of the environment: exit code %d\n%s", code, said)
	}
	if n := s.requests(t); len(n) > 0 {
		t.Errorf("whoever answered in the gateway's place was sent %v", n)
	}
	code, said = apply("FLEXFORM_CA_FILE=" + authority)
	if code != 0 || !strings.Contains(said, "1 of 1 action") {
		t.Errorf("with an authority that flexform was told of: exit code %d\n%s", code, said)
	}
	if n := s.requests(t)["refund.cgi"]; n != 1 {
		t.Errorf("%d refunds arrived, want 1", n)
	}
	if n := connections(); n != 0 {
		t.Errorf("%d connections to the proxy", n)
	}
}

// requests asks the judge how many requests of each service arrived. It looks
// at no certificate, as it asks about itself.
func (s *shop) requests(t *testing.T) map[string]uint64 {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	reply, err := (&http.Client{Transport: transport}).Get(s.url + "/_sandbox/calls")
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	var calls struct {
		Requests map[string]uint64 `json:"requests"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&calls); err != nil {
		t.Fatal(err)
	}
	return calls.Requests
}

// countConnections listens as a proxy would, and hangs up.
func countConnections(t *testing.T) (url string, count func() int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var n atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			n.Add(1)
			conn.Close()
		}
	}()
	return "http://" + listener.Addr().String(), n.Load
}
