package bulk

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"net/textproto"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/jlaffaye/ftp"

	"flexform/dibs"
)

// An FTPConfig says how to reach a server over FTP. Both connections of the
// protocol are encrypted (explicit TLS, 1.2 or newer), and the server's
// certificate must be valid for the host in Address.
type FTPConfig struct {
	Address  string // host or host:port; port 21 when it has none
	User     string
	Password Secret
	RootCAs  *x509.CertPool // nil for the system's

	// Plain leaves encryption out. The password and all payments can then be
	// read and changed on the way, so only loopback addresses are connected
	// to, unless Exposed asks for others as well.
	Plain, Exposed bool

	Dir      string // the directory; empty for the one that the login ends up in
	Timeouts Timeouts

	dial dialFunc // for tests; nil for the network
}

// An FTP is a [Remote] over FTP. The protocol has no exclusive creation, so
// Create looks first, and two programs at the same moment could both create
// the same file. Only a record that gives each name to one of them helps. Its
// operations take turns; one that fails ends the session.
type FTP struct {
	tether   *tether
	conn     *ftp.ServerConn
	timeouts Timeouts
}

// DialFTP connects, encrypts and logs in.
func DialFTP(ctx context.Context, cfg FTPConfig) (*FTP, error) {
	host, address, err := withPort(cfg.Address, "21")
	switch {
	case err != nil:
		return nil, fmt.Errorf("ftp: %w", err)
	case cfg.User == "" || cfg.Password.Empty():
		return nil, errors.New("ftp: a login takes a user and a password")
	case cfg.Exposed && !cfg.Plain:
		return nil, errors.New("ftp: exposed means plain to any host, and encryption is not turned off")
	}
	f := &FTP{timeouts: cfg.Timeouts.orDefault()}
	if cfg.dial == nil {
		cfg.dial = cfg.dialer(f.timeouts).DialContext
	}
	f.tether = newTether(cfg.dial)
	err = f.tether.do(ctx, f.timeouts.Dial+f.timeouts.Login, "ftp login at "+address, "", func(ctx context.Context) (err error) {
		if f.conn, err = ftp.Dial(address, cfg.options(ctx, f.tether, host)...); err != nil {
			return err
		}
		return f.login(cfg)
	})
	if err != nil {
		f.tether.close()
		return nil, err
	}
	return f, nil
}

// dialer refuses, where there is no encryption, what is not loopback after the
// name was looked up: "localhost" may be made to mean another machine.
func (cfg FTPConfig) dialer(t Timeouts) *net.Dialer {
	d := &net.Dialer{Timeout: t.Dial}
	if cfg.Plain && !cfg.Exposed {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err != nil || !to.Addr().IsLoopback() {
				return fmt.Errorf("%s is not loopback, and plain FTP goes elsewhere only when asked to", address)
			}
			return nil
		}
	}
	return d
}

// options lets the library open its connections through the tether. It wraps
// only the first in TLS by itself, once the server has agreed; data connections
// come later and are encrypted from their first byte.
func (cfg FTPConfig) options(ctx context.Context, t *tether, host string) []ftp.DialOption {
	secure := &tls.Config{
		MinVersion:       tls.VersionTLS12,
		RootCAs:          cfg.RootCAs,
		ServerName:       host,
		VerifyConnection: dibs.StrongKeys,
		// Many servers demand that data connections resume the session of the
		// first one, as a proof that both have the same client.
		ClientSessionCache: tls.NewLRUClientSessionCache(0),
	}
	control := true
	dial := func(_, address string) (net.Conn, error) {
		if !control {
			ctx = context.Background() // the login is long over; the dialer has its own limit
		}
		conn, err := t.dial(ctx, address)
		if err == nil && !control && !cfg.Plain {
			conn = unhurried{tls.Client(conn, secure)}
		}
		control = false
		return conn, err
	}
	options := []ftp.DialOption{ftp.DialWithDialFunc(dial)}
	if !cfg.Plain {
		options = append(options, ftp.DialWithExplicitTLS(secure))
	}
	return options
}

// An unhurried connection carries one file, and waits at the end until the
// server closes it, too. A server of TLS 1.3 sends session tickets on it that
// an upload has no reason to read, and a connection that is closed with
// something unread is reset, which throws away the end of the file.
type unhurried struct{ *tls.Conn }

func (c unhurried) Close() error {
	if err := c.CloseWrite(); err == nil {
		_, _ = io.Copy(io.Discard, c.Conn) // whether all arrived is said on the other connection
	}
	return c.Conn.Close()
}

func (f *FTP) login(cfg FTPConfig) error {
	if err := f.conn.Login(cfg.User, cfg.Password.reveal()); err != nil {
		// The server's text is left out: it could repeat the password.
		if answer, ok := errors.AsType[*textproto.Error](err); ok {
			return fmt.Errorf("the server answered %d", answer.Code)
		}
		return err
	}
	if cfg.Dir == "" {
		return nil
	}
	return f.conn.ChangeDir(cfg.Dir)
}

// Close ends the session.
func (f *FTP) Close() error {
	err := f.tether.do(context.Background(), f.timeouts.Login, "quit", "", func(context.Context) error { return f.conn.Quit() })
	f.tether.close()
	return err
}

// do runs an operation on one file of the directory.
func (f *FTP) do(ctx context.Context, op, file string, run func() error) error {
	if _, _, err := ParseFile(file); err != nil {
		return &RemoteError{op, clean(file), err}
	}
	return f.run(ctx, op, file, run)
}

// run ends the session when an operation fails: the library may be waiting for
// another reply than the one that comes next.
func (f *FTP) run(ctx context.Context, op, file string, run func() error) error {
	err := f.tether.do(ctx, f.timeouts.Operation, op, file, func(context.Context) error { return run() })
	if err != nil && !errors.Is(err, fs.ErrExist) {
		f.tether.close()
	}
	return err
}

// List implements [Remote]. Some servers refuse to list an empty directory,
// and that looks like any other refusal, so it is an error: put a file there.
func (f *FTP) List(ctx context.Context) (names []string, err error) {
	err = f.run(ctx, "list", "", func() error {
		var err error
		names, err = f.names()
		return err
	})
	if err != nil {
		return nil, err
	}
	return names, nil
}

// names asks for names alone (NLST): of the long form the library leaves out
// lines that it cannot read, and a run file that is not seen is the end.
func (f *FTP) names() ([]string, error) {
	names, err := f.conn.NameList("")
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		names[i] = path.Base(name)
	}
	return names, nil
}

// Read implements [Remote].
func (f *FTP) Read(ctx context.Context, file string) (data []byte, err error) {
	err = f.do(ctx, "read", file, func() error {
		r, err := f.conn.Retr(file)
		if err != nil {
			return err
		}
		data, err = io.ReadAll(io.LimitReader(r, MaxSize+1))
		if len(data) > MaxSize {
			return fmt.Errorf("more than %d bytes", MaxSize)
		}
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
		return f.checkSize(file, len(data))
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// checkSize compares a size with what the server says, if it says: on a plain
// connection the end of a file and a connection that was cut look alike.
func (f *FTP) checkSize(file string, size int) error {
	n, err := f.conn.FileSize(file)
	if _, refused := errors.AsType[*textproto.Error](err); refused {
		return nil
	}
	if err != nil {
		return err
	}
	if n != int64(size) {
		return fmt.Errorf("read %d bytes of %d", size, n)
	}
	return nil
}

// Create implements [Remote], as far as FTP can: see [FTP].
func (f *FTP) Create(ctx context.Context, file string, data []byte) error {
	return f.do(ctx, "create", file, func() error {
		names, err := f.names()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, file) }) {
			return fs.ErrExist
		}
		return f.conn.Stor(file, bytes.NewReader(data))
	})
}

// Remove implements [Remote].
func (f *FTP) Remove(ctx context.Context, file string) error {
	return f.do(ctx, "remove", file, func() error { return f.conn.Delete(file) })
}
