package bulk

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// An SFTPConfig says how to reach a server over SFTP.
type SFTPConfig struct {
	Address string // host or host:port; port 22 when it has none
	User    string

	// Password, or Key: a private key in PEM, with its Passphrase if it has
	// one. Exactly one of the two.
	Password        Secret
	Key, Passphrase Secret

	// HostKeys are the server's public keys, each as in a known_hosts file
	// without the host's name: "ssh-ed25519 AAAA...". At least one: a server
	// that shows none of them is refused before the login.
	HostKeys []string

	Dir      string // the directory; empty for the one that the login ends up in
	Timeouts Timeouts

	dial dialFunc // for tests; nil for the network
}

// An SFTP is a [Remote] over SFTP. Its operations take turns.
type SFTP struct {
	tether   *tether
	client   *sftp.Client
	dir      string
	timeouts Timeouts
}

// DialSFTP connects, checks the server's key and logs in.
func DialSFTP(ctx context.Context, cfg SFTPConfig) (*SFTP, error) {
	login, err := cfg.login()
	if err != nil {
		return nil, fmt.Errorf("sftp: %w", err)
	}
	_, address, err := withPort(cfg.Address, "22")
	if err != nil {
		return nil, fmt.Errorf("sftp: %w", err)
	}
	s := &SFTP{dir: cfg.Dir, timeouts: cfg.Timeouts.orDefault()}
	if cfg.dial == nil {
		cfg.dial = (&net.Dialer{Timeout: s.timeouts.Dial}).DialContext
	}
	s.tether = newTether(cfg.dial)
	err = s.tether.do(ctx, s.timeouts.Dial+s.timeouts.Login, "sftp login at "+address, "", func(ctx context.Context) error {
		return s.open(ctx, address, login)
	})
	if err != nil {
		s.tether.close()
		return nil, err
	}
	return s, nil
}

// login returns how to log in, and which server to trust.
func (cfg SFTPConfig) login() (*ssh.ClientConfig, error) {
	if cfg.User == "" || cfg.Password.Empty() == cfg.Key.Empty() {
		return nil, errors.New("a login takes a user, and either a password or a key")
	}
	auth := ssh.Password(cfg.Password.reveal())
	if !cfg.Key.Empty() {
		signer, err := parseKey(cfg.Key, cfg.Passphrase)
		if err != nil {
			return nil, err
		}
		auth = ssh.PublicKeys(signer)
	}
	trusted, err := parseHostKeys(cfg.HostKeys)
	if err != nil {
		return nil, err
	}
	return &ssh.ClientConfig{
		User:              cfg.User,
		Auth:              []ssh.AuthMethod{auth},
		HostKeyCallback:   trusted.check,
		HostKeyAlgorithms: trusted.algorithms(),
		ClientVersion:     "SSH-2.0-flexform",
	}, nil
}

func parseKey(key, passphrase Secret) (ssh.Signer, error) {
	var signer ssh.Signer
	var err error
	if passphrase.Empty() {
		signer, err = ssh.ParsePrivateKey([]byte(key.reveal()))
	} else {
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(key.reveal()), []byte(passphrase.reveal()))
	}
	if err != nil {
		return nil, errors.New("the private key cannot be read, or not with this passphrase") // the cause could repeat some of it
	}
	return signer, nil
}

// hostKeys are the keys that the server may show.
type hostKeys []ssh.PublicKey

func parseHostKeys(lines []string) (hostKeys, error) {
	if len(lines) == 0 {
		return nil, errors.New("no host key is given to know the server by")
	}
	var keys hostKeys
	for i, line := range lines {
		key, _, _, rest, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil || len(bytes.TrimSpace(rest)) > 0 {
			return nil, fmt.Errorf("host key %d is not of the form \"ssh-ed25519 AAAA...\"", i+1) // its text could be another key, by mistake
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func (keys hostKeys) check(_ string, _ net.Addr, shows ssh.PublicKey) error {
	for _, key := range keys {
		if bytes.Equal(key.Marshal(), shows.Marshal()) {
			return nil
		}
	}
	return fmt.Errorf("the server shows the key %s %s, which is not one of those given", shows.Type(), ssh.FingerprintSHA256(shows))
}

// algorithms asks the server for a key that we have, and never for signatures
// with SHA-1.
func (keys hostKeys) algorithms() []string {
	var names []string
	for _, key := range keys {
		if key.Type() == ssh.KeyAlgoRSA {
			names = append(names, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256)
		} else {
			names = append(names, key.Type())
		}
	}
	return names
}

func (s *SFTP) open(ctx context.Context, address string, login *ssh.ClientConfig) error {
	conn, err := s.tether.dial(ctx, address)
	if err != nil {
		return err
	}
	c, channels, requests, err := ssh.NewClientConn(conn, address, login)
	if err != nil {
		return err
	}
	s.client, err = sftp.NewClient(ssh.NewClient(c, channels, requests))
	return err
}

// Close ends the session.
func (s *SFTP) Close() error {
	s.tether.close()
	s.client.Close() // its connection is gone, so its error says nothing
	return nil
}

// do runs an operation on one file of the directory.
func (s *SFTP) do(ctx context.Context, op, file string, run func(path string) error) error {
	if _, _, err := ParseFile(file); err != nil {
		return &RemoteError{op, clean(file), err}
	}
	return s.tether.do(ctx, s.timeouts.Operation, op, file, func(context.Context) error {
		return run(path.Join(s.dir, file))
	})
}

// List implements [Remote].
func (s *SFTP) List(ctx context.Context) (names []string, err error) {
	err = s.tether.do(ctx, s.timeouts.Operation, "list", "", func(ctx context.Context) error {
		entries, err := s.client.ReadDirContext(ctx, cmp.Or(s.dir, "."))
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return names, nil
}

// Read implements [Remote].
func (s *SFTP) Read(ctx context.Context, file string) (data []byte, err error) {
	err = s.do(ctx, "read", file, func(path string) error {
		f, err := s.client.Open(path)
		if err != nil {
			return err
		}
		defer f.Close() // nothing was written
		data, err = io.ReadAll(io.LimitReader(f, MaxSize+1))
		if len(data) > MaxSize {
			return fmt.Errorf("more than %d bytes", MaxSize)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Create implements [Remote]. The server itself refuses a name that is taken.
func (s *SFTP) Create(ctx context.Context, file string, data []byte) error {
	return s.do(ctx, "create", file, func(path string) error {
		// Some servers do not know exclusive creation, and all call the reason
		// of its refusal just a failure.
		if s.exists(path) {
			return fs.ErrExist
		}
		f, err := s.client.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if err != nil {
			if s.exists(path) {
				return fs.ErrExist
			}
			return err
		}
		if _, err := f.Write(data); err != nil {
			return errors.Join(err, f.Close())
		}
		if _, can := s.client.HasExtension("fsync@openssh.com"); can {
			if err := f.Sync(); err != nil {
				return errors.Join(err, f.Close())
			}
		}
		return f.Close()
	})
}

func (s *SFTP) exists(path string) bool {
	_, err := s.client.Lstat(path)
	return err == nil
}

// Remove implements [Remote].
func (s *SFTP) Remove(ctx context.Context, file string) error {
	return s.do(ctx, "remove", file, s.client.Remove)
}
