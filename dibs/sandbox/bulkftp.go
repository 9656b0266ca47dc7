package sandbox

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"

	ftpserver "github.com/fclairamb/ftpserverlib"
	"github.com/spf13/afero"
)

// ServeFTP serves the bulk directory of g over FTP on ln until ctx ends, then
// closes all connections and returns nil. Clients may encrypt (explicit TLS,
// with [Gateway.FTPCertificate]), and have to unless ln is on loopback. API
// users log in through the same door as over HTTP. Data connections are
// passive. It closes ln, but not g.
func ServeFTP(ctx context.Context, ln net.Listener, g *Gateway) error {
	pair, err := g.certificate()
	if err != nil {
		return errors.Join(fmt.Errorf("serve ftp: %w", err), ln.Close())
	}
	serving, stop := context.WithCancel(ctx)
	defer stop()
	d := &ftpDriver{
		gateway: g, address: ln.Addr(), sessions: map[uint32]struct{}{},
		atEnd: func(end func()) func() bool { return context.AfterFunc(serving, end) },
	}
	d.ln, d.secure = ftpListener{ln, d}, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	d.atEnd(func() { ln.Close() })
	server := ftpserver.NewFtpServer(d)
	if err = server.Listen(); err == nil {
		err = server.Serve()
	}
	stop()
	d.end()
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("serve ftp: %w", err)
	}
	return nil
}

// An ftpDriver is what the FTP library asks about the server as a whole.
type ftpDriver struct {
	gateway *Gateway
	ln      net.Listener
	address net.Addr // of ln
	secure  *tls.Config
	atEnd   func(end func()) (stop func() bool) // calls end when the server ends

	mu       sync.Mutex
	sessions map[uint32]struct{} // by the library's number
	ended    bool
	open     sync.WaitGroup // sessions and uploads
}

// end lets nothing begin any more, and waits for what is open.
func (d *ftpDriver) end() {
	d.mu.Lock()
	d.ended = true
	d.mu.Unlock()
	d.open.Wait()
}

// An ftpListener closes what it accepted when the server ends: the library
// knows how to, but not while it is at work.
type ftpListener struct {
	net.Listener
	driver *ftpDriver
}

// Accept implements [net.Listener]. It gives up when the server ends.
func (l ftpListener) Accept() (net.Conn, error) {
	defer l.driver.atEnd(func() { l.Close() })()
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return ftpConn{conn, l.driver.atEnd(func() { conn.Close() })}, nil
}

type ftpConn struct {
	net.Conn
	forget func() bool
}

// Close implements [net.Conn].
func (c ftpConn) Close() error {
	c.forget()
	return c.Conn.Close()
}

var errServerEnds = errors.New("the server is about to end")

// begin counts something that [ServeFTP] has to wait for.
func (d *ftpDriver) begin() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended {
		return errServerEnds
	}
	d.open.Add(1)
	return nil
}

// GetSettings implements the library's driver.
func (d *ftpDriver) GetSettings() (*ftpserver.Settings, error) {
	s := &ftpserver.Settings{
		Listener: d.ln, Banner: "flexform sandbox", DisableActiveMode: true, DisableSite: true, DisableMFMT: true,
		IdleTimeout: int(quietTimeout.Seconds()), ConnectionTimeout: int(loginTimeout.Seconds()),
		DefaultTransferType: ftpserver.TransferTypeBinary, TLSRequired: ftpserver.MandatoryEncryption,
	}
	if to, isTCP := d.address.(*net.TCPAddr); isTCP && to.IP.IsLoopback() {
		s.TLSRequired = ftpserver.ClearOrEncrypted
	}
	return s, nil
}

// ClientConnected implements the library's driver.
func (d *ftpDriver) ClientConnected(c ftpserver.ClientContext) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ended || len(d.sessions) >= maxSessions {
		return "Too many sessions", errServerEnds
	}
	d.sessions[c.ID()] = struct{}{}
	d.open.Add(1)
	return "flexform sandbox", nil
}

// ClientDisconnected implements the library's driver.
func (d *ftpDriver) ClientDisconnected(c ftpserver.ClientContext) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.sessions[c.ID()]; known {
		delete(d.sessions, c.ID())
		d.open.Done()
	}
}

// AuthUser implements the library's driver.
func (d *ftpDriver) AuthUser(_ ftpserver.ClientContext, user, password string) (ftpserver.ClientDriver, error) {
	if !d.gateway.admits(user, password) {
		return nil, errors.New("login refused")
	}
	return &ftpDir{afero.NewReadOnlyFs(afero.NewMemMapFs()), d}, nil
}

// GetTLSConfig implements the library's driver.
func (d *ftpDriver) GetTLSConfig() (*tls.Config, error) { return d.secure, nil }

// WrapPassiveListener implements an extension of the library, which listens
// for data connections on all addresses of the machine. It holds on to the
// listener that it made, so that one gets another socket, on the address that
// the server listens on.
func (d *ftpDriver) WrapPassiveListener(ln net.Listener) (net.Listener, error) {
	to, isTCP := d.address.(*net.TCPAddr)
	everywhere, hasSocket := ln.(*net.TCPListener)
	if !isTCP || !hasSocket || to.IP.IsUnspecified() {
		return ftpListener{ln, d}, nil
	}
	here, err := net.ListenTCP("tcp", &net.TCPAddr{IP: to.IP, Zone: to.Zone})
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	if err := everywhere.Close(); err != nil {
		return nil, errors.Join(err, here.Close())
	}
	*everywhere = *here
	return ftpListener{everywhere, d}, nil
}

// An ftpDir is the bulk directory as the FTP library asks for it: a file
// system that refuses what is not said otherwise here.
type ftpDir struct {
	afero.Fs
	driver *ftpDriver
}

// Stat describes a file or the directory.
func (d *ftpDir) Stat(at string) (fs.FileInfo, error) { return d.driver.gateway.fileInfo(at) }

// ReadDir lists the directory.
func (d *ftpDir) ReadDir(at string) ([]fs.FileInfo, error) { return d.driver.gateway.fileInfos(at) }

// Remove deletes a file.
func (d *ftpDir) Remove(at string) error { return d.driver.gateway.removeForClient(bulkPath(at)) }

// RemoveDir refuses: there are no folders.
func (d *ftpDir) RemoveDir(at string) error { return wrongFile("remove", at) }

// Rename gives a file a name that is not taken.
func (d *ftpDir) Rename(from, to string) error {
	return d.driver.gateway.renameBulkFile(bulkPath(from), bulkPath(to))
}

// GetHandle opens a file.
func (d *ftpDir) GetHandle(at string, flags int, _ int64) (ftpserver.FileTransfer, error) {
	name := bulkPath(at)
	if flags&(os.O_WRONLY) == 0 {
		f := d.driver.gateway.book.file(name)
		if f == nil {
			return nil, &fs.PathError{Op: "open", Path: at, Err: fs.ErrNotExist}
		}
		return download{bytes.NewReader(f.Data)}, nil
	}
	if err := d.driver.begin(); err != nil {
		return nil, err
	}
	u, err := d.driver.gateway.upload(name, openMode{create: true, truncate: flags&os.O_TRUNC != 0, atEnd: flags&os.O_APPEND != 0})
	if err != nil {
		d.driver.open.Done()
		return nil, err
	}
	return &ftpUpload{upload: u, closed: d.driver.open.Done}, nil
}

// An ftpUpload says when it is over.
type ftpUpload struct {
	*upload
	closed func()
	once   sync.Once
}

// Close makes what was written durable.
func (u *ftpUpload) Close() error {
	defer u.once.Do(u.closed)
	return u.upload.Close()
}

// A download is a file that is being read.
type download struct{ *bytes.Reader }

// Write refuses: the file is open for reading.
func (download) Write([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Close does nothing.
func (download) Close() error { return nil }
