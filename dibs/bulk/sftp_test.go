package bulk

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

func sftpConfig(d *sshd) SFTPConfig {
	return SFTPConfig{Address: d.address, User: sftpUser, Password: NewSecret(sftpPassword), HostKeys: []string{d.hostKey}}
}

func TestSFTPLogins(t *testing.T) {
	d := startSFTP(t)
	protected, err := ssh.MarshalPrivateKeyWithPassphrase(d.userKey, "", []byte("phrase"))
	if err != nil {
		t.Fatal(err)
	}
	otherKey, otherHost := sshKey(t, nil)
	plain, _ := sshKey(t, d.userKey)
	tests := map[string]struct {
		change func(*SFTPConfig)
		err    string
		logins []string // what the server was offered
	}{
		"a password": {func(*SFTPConfig) {}, "", []string{"password"}},
		"a key":      {func(c *SFTPConfig) { c.Password, c.Key = Secret{}, NewSecret(plain) }, "", []string{"key"}},
		"a key with a passphrase": {func(c *SFTPConfig) {
			c.Password, c.Key, c.Passphrase = Secret{}, NewSecret(string(pem.EncodeToMemory(protected))), NewSecret("phrase")
		}, "", []string{"key"}},
		"one of two host keys":      {func(c *SFTPConfig) { c.HostKeys = []string{knownHost(otherHost), d.hostKey + " comment"} }, "", []string{"password"}},
		"a wrong password, once":    {func(c *SFTPConfig) { c.Password = NewSecret("wr0ng") }, "unable to authenticate", []string{"password"}},
		"a wrong key":               {func(c *SFTPConfig) { c.Password, c.Key = Secret{}, NewSecret(otherKey) }, "unable to authenticate", []string{"key"}},
		"another host key":          {func(c *SFTPConfig) { c.HostKeys = []string{knownHost(otherHost)} }, "not one of those given", nil},
		"no host key":               {func(c *SFTPConfig) { c.HostKeys = nil }, "no host key is given", nil},
		"half a host key":           {func(c *SFTPConfig) { c.HostKeys = []string{d.hostKey[:40]} }, "is not of the form", nil},
		"two host keys in one":      {func(c *SFTPConfig) { c.HostKeys = []string{d.hostKey + "\n" + d.hostKey} }, "is not of the form", nil},
		"a password and a key":      {func(c *SFTPConfig) { c.Key = NewSecret(plain) }, "either a password or a key", nil},
		"neither":                   {func(c *SFTPConfig) { c.Password = Secret{} }, "either a password or a key", nil},
		"no user":                   {func(c *SFTPConfig) { c.User = "" }, "takes a user", nil},
		"a key that is none":        {func(c *SFTPConfig) { c.Password, c.Key = Secret{}, NewSecret("s3cret") }, "cannot be read", nil},
		"a key with no passphrase":  {func(c *SFTPConfig) { c.Password, c.Key = Secret{}, NewSecret(string(pem.EncodeToMemory(protected))) }, "cannot be read", nil},
		"an address that is none":   {func(c *SFTPConfig) { c.Address = "sftp://host" }, "is no host", nil},
		"no address":                {func(c *SFTPConfig) { c.Address = "" }, "is no host", nil},
		"a directory that is there": {func(c *SFTPConfig) { c.Dir = d.dir }, "", []string{"password"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d.logins = nil
			c := sftpConfig(d)
			tt.change(&c)
			s, err := DialSFTP(t.Context(), c)
			switch {
			case tt.err == "" && err == nil:
				if _, err := s.List(t.Context()); err != nil {
					t.Error(err)
				}
				s.Close()
			case tt.err == "" || err == nil || !strings.Contains(err.Error(), tt.err):
				t.Errorf("DialSFTP: %v; want %q", err, tt.err)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error shows a secret: %v", err)
			}
			d.sessions.begin() // what has no connection waits for none
			if tt.logins == nil && err != nil && !strings.Contains(tt.err, "not one of") {
				d.sessions.end()
			}
			d.sessions.settle()
			if !slices.Equal(d.logins, tt.logins) {
				t.Errorf("logins %q, want %q", d.logins, tt.logins)
			}
		})
	}
}

// RSA host keys prove themselves with SHA-2 or not at all.
func TestSFTPKnowsRSAHosts(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, signer := sshKey(t, key)
	d := startSFTP(t, signer)
	c := sftpConfig(d)
	c.HostKeys = []string{knownHost(signer)} // the server has an Ed25519 key, too
	s, err := DialSFTP(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	keys, err := parseHostKeys(c.HostKeys)
	if err != nil || slices.Contains(keys.algorithms(), ssh.KeyAlgoRSA) {
		t.Errorf("algorithms %q, %v", keys.algorithms(), err)
	}
}

// The name may be taken between our look and our creation, and there are
// servers that do not know how to create exclusively.
func TestSFTPCreatesExclusively(t *testing.T) {
	rowsFile := refund1.File(RowsFile)
	tests := map[string]struct {
		there   bool
		opening func(path string, request []byte) error
	}{
		"somebody is quicker": {false, func(path string, _ []byte) error {
			return os.WriteFile(path, []byte("theirs"), 0o600)
		}},
		"a server that knows less": {true, func(_ string, request []byte) error {
			request[len(request)-5] &^= 0x20 // SSH_FXF_EXCL in the flags before the empty attributes
			return nil
		}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := startSFTP(t)
			path := filepath.Join(d.dir, rowsFile)
			d.opening = func(request []byte) {
				if err := tt.opening(path, request); err != nil {
					t.Error(err)
				}
			}
			if tt.there {
				if err := os.WriteFile(path, []byte("theirs"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, err := DialSFTP(t.Context(), sftpConfig(d))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if err := s.Create(t.Context(), rowsFile, []byte("ours!!")); !errors.Is(err, fs.ErrExist) {
				t.Errorf("Create: %v, want %v", err, fs.ErrExist)
			}
			if data, err := os.ReadFile(path); string(data) != "theirs" {
				t.Errorf("the file holds %q, %v", data, err)
			}
		})
	}
}
