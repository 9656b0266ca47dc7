package bulk

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// An sshd is an SSH server on loopback whose only subsystem is the SFTP server
// of pkg/sftp.
type sshd struct {
	dir      string
	address  string
	hostKey  string // as in a known_hosts file without the host
	userKey  any
	logins   []string             // how users tried to log in
	opening  func(request []byte) // sees and may change requests to open a file
	sessions sessions
}

const sftpUser, sftpPassword = "shop", "s3cret"

// startSFTP starts a server with those host keys beside a new one.
func startSFTP(tb testing.TB, more ...ssh.Signer) *sshd {
	tb.Helper()
	d := &sshd{dir: tb.TempDir()}
	_, userKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	d.userKey = userKey
	_, userSigner := sshKey(tb, userKey)
	config := &ssh.ServerConfig{
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			d.logins = append(d.logins, "password")
			if c.User() != sftpUser || string(password) != sftpPassword {
				return nil, errors.New("wrong password")
			}
			return nil, nil
		},
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			d.logins = append(d.logins, "key")
			if c.User() != sftpUser || string(key.Marshal()) != string(userSigner.PublicKey().Marshal()) {
				return nil, errors.New("wrong key")
			}
			return nil, nil
		},
	}
	_, hostSigner := sshKey(tb, nil)
	for _, signer := range append(more, hostSigner) {
		config.AddHostKey(signer)
	}
	d.hostKey = knownHost(hostSigner)
	l := listen(tb)
	d.address = l.Addr().String()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer d.sessions.end()
				d.serve(conn, config)
			}()
		}
	}()
	return d
}

func knownHost(s ssh.Signer) string {
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.PublicKey())))
}

// sshKey returns a private key in PEM and what signs with it; a new Ed25519
// key when key is nil.
func sshKey(tb testing.TB, key any) (string, ssh.Signer) {
	tb.Helper()
	if key == nil {
		var err error
		if _, key, err = ed25519.GenerateKey(rand.Reader); err != nil {
			tb.Fatal(err)
		}
	}
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		tb.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return string(pem.EncodeToMemory(block)), signer
}

func (d *sshd) serve(conn net.Conn, config *ssh.ServerConfig) {
	defer conn.Close()
	_, channels, requests, err := ssh.NewServerConn(conn, config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for c := range channels {
		channel, requests, err := c.Accept()
		if err != nil {
			return
		}
		for r := range requests {
			_ = r.Reply(r.Type == "subsystem", nil)
			if r.Type == "subsystem" {
				break
			}
		}
		go ssh.DiscardRequests(requests)
		server, err := sftp.NewServer(spied{channel, d.opening}, sftp.WithServerWorkingDirectory(d.dir))
		if err != nil {
			return
		}
		_ = server.Serve() // ends when the connection does
		server.Close()
	}
}

// A spied channel shows each request that opens a file to somebody.
type spied struct {
	ssh.Channel
	opening func(request []byte)
}

func (s spied) Read(b []byte) (int, error) {
	n, err := s.Channel.Read(b)
	// The server reads a request's length, and then the request. Kind 3 is
	// SSH_FXP_OPEN.
	if s.opening != nil && n > 4 && b[0] == 3 {
		s.opening(b[:n])
	}
	return n, err
}
