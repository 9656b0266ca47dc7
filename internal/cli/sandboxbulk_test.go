package cli

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"flexform/dibs/bulk"
)

// TestSandboxTakesBulkFiles follows what the command prints: the addresses, the
// host key and the certificate are all that a client needs.
func TestSandboxTakesBulkFiles(t *testing.T) {
	seed := filepath.Join(t.TempDir(), "seed.csv")
	if err := os.WriteFile(seed, []byte("transact,orderid,amount,currency,status\n11111111,11223344,20.00,DKK,captured\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	messages, stderr := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		code, _ := runOn(t, ctx, strings.NewReader(""), io.Discard, stderr, "sandbox", "--seed", seed, "--sftp", "127.0.0.1:0", "--ftp", "127.0.0.1:0")
		stderr.Close()
		ended <- code
	}()
	said := bufio.NewReader(messages)
	next := func(before string) string {
		t.Helper()
		line, err := said.ReadString('\n')
		after, found := strings.CutPrefix(strings.TrimSpace(line), before)
		if err != nil || !found {
			t.Fatalf("sandbox says %q, error %v; want %s", line, err, before)
		}
		return after
	}
	next("Merchant page: ")
	sftpAddress := strings.TrimSuffix(next("Bulk files over SFTP: sftp://"), "/")
	hostKey := next("SFTP host key: ")
	ftpAddress, how, _ := strings.Cut(next("Bulk files over FTP: ftp://"), "/, ")
	at, _ := strings.CutPrefix(how, "plain or with TLS (certificate: ")
	go io.Copy(io.Discard, said) // what else it says

	secret := bulk.NewSecret("sandbox")
	overSFTP, err := bulk.DialSFTP(ctx, bulk.SFTPConfig{Address: sftpAddress, User: "sandbox", Password: secret, HostKeys: []string{hostKey}})
	if err != nil {
		t.Fatal(err)
	}
	defer overSFTP.Close()
	overFTP, err := bulk.DialFTP(ctx, bulk.FTPConfig{Address: ftpAddress, User: "sandbox", Password: secret, RootCAs: fetchRoots(t, strings.TrimSuffix(at, ")"))})
	if err != nil {
		t.Fatal(err)
	}
	defer overFTP.Close()
	if err := overSFTP.Create(ctx, "refund021126_01.txt", []byte("11111111,11223344,500,208\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := overFTP.Create(ctx, "refund021126_01.run", nil); err != nil {
		t.Fatal(err)
	}
	if response, err := overFTP.Read(ctx, "response_refund021126_01.txt"); err != nil || string(response) != "11111111,0,\"11223344\"\r\n" {
		t.Errorf("response %q, %v", response, err)
	}
	stop()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func fetchRoots(t *testing.T, address string) *x509.CertPool {
	t.Helper()
	reply, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s = %q", address, text)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return roots
}

// An address that is taken is an error that names the flag.
func TestSandboxNamesTheAddressItCannotHave(t *testing.T) {
	o := sandboxOptions{sftp: "127.0.0.1:0", ftp: "203.0.113.1:21"}
	if servers, err := o.bulkServers(); err == nil || !strings.HasPrefix(err.Error(), "--ftp: ") || servers != nil {
		t.Errorf("bulkServers() = %v, %v", servers, errors.Unwrap(err))
	}
}
