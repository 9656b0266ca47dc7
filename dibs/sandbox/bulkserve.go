package sandbox

import (
	"context"
	"crypto/x509"
	"fmt"
	"io/fs"
	"net"
	"path"
	"sync"
	"time"
)

// Limits of the servers of the bulk directory.
const (
	maxSessions  = 64 // at once, of one server
	loginTimeout = 30 * time.Second
	quietTimeout = 15 * time.Minute // without a byte from the client
)

// serveSessions hands connections to serve, side by side, until ctx ends; then
// it closes them all and waits. It closes ln.
func serveSessions(ctx context.Context, ln net.Listener, serve func(net.Conn)) error {
	var sessions sync.WaitGroup
	defer sessions.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	context.AfterFunc(ctx, func() { ln.Close() }) // an error would mean that it is closed
	turns := make(chan struct{}, maxSessions)
	for {
		conn, err := ln.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		turns <- struct{}{}
		sessions.Go(func() {
			defer func() { <-turns }()
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			defer conn.Close()
			serve(conn)
		})
	}
}

// admits reports whether an API user may log in to the bulk directory, by the
// same door as over HTTP.
func (g *Gateway) admits(user, password string) bool {
	return g.door.admits(query{user: user, password: password, hasLogin: true}, g.now())
}

// bulkPath returns the name of the file at a path of the directory's servers;
// "" is the directory itself. There are no folders in it.
func bulkPath(at string) string {
	if at = path.Clean("/" + at); at != "/" {
		return at[1:]
	}
	return ""
}

// A bulkInfo describes a file, or with an empty name the directory.
type bulkInfo struct{ file BulkFile }

func (i bulkInfo) Name() string {
	if i.file.Name == "" {
		return "/"
	}
	return i.file.Name
}

func (i bulkInfo) Mode() fs.FileMode {
	if i.IsDir() {
		return fs.ModeDir | 0o700
	}
	return 0o600
}

func (i bulkInfo) Size() int64        { return int64(len(i.file.Data)) }
func (i bulkInfo) ModTime() time.Time { return i.file.Time }
func (i bulkInfo) IsDir() bool        { return i.file.Name == "" }
func (i bulkInfo) Sys() any           { return nil }

// fileInfo describes what is at a path of the directory's servers.
func (g *Gateway) fileInfo(at string) (fs.FileInfo, error) {
	name := bulkPath(at)
	if name == "" {
		return bulkInfo{BulkFile{Time: g.now()}}, nil
	}
	f := g.book.file(name)
	if f == nil {
		return nil, &fs.PathError{Op: "stat", Path: at, Err: fs.ErrNotExist}
	}
	return bulkInfo{*f}, nil
}

// fileInfos describes the files of the directory, by name.
func (g *Gateway) fileInfos(at string) ([]fs.FileInfo, error) {
	if bulkPath(at) != "" {
		return nil, &fs.PathError{Op: "list", Path: at, Err: fs.ErrNotExist}
	}
	var all []fs.FileInfo
	for _, f := range g.book.listFiles() {
		all = append(all, bulkInfo{f})
	}
	return all, nil
}

// SFTP serves the bulk directory over SFTP on a free loopback port until the
// test ends. It returns the address and the host key (see [Gateway.HostKey]).
func (s *Server) SFTP(tb TB) (address, hostKey string) {
	tb.Helper()
	hostKey, err := s.Gateway.HostKey()
	if err != nil {
		tb.Fatalf("sandbox: %v", err)
	}
	return s.serveToo(tb, ServeSFTP), hostKey
}

// FTP serves the bulk directory over FTP on a free loopback port until the test
// ends. It returns the address and the certificate (see
// [Gateway.FTPCertificate]).
func (s *Server) FTP(tb TB) (address string, certificate *x509.Certificate) {
	tb.Helper()
	certificate, err := s.Gateway.FTPCertificate()
	if err != nil {
		tb.Fatalf("sandbox: %v", err)
	}
	return s.serveToo(tb, ServeFTP), certificate
}

func (s *Server) serveToo(tb TB, serve func(context.Context, net.Listener, *Gateway) error) string {
	tb.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("sandbox: %v", err)
	}
	served := make(chan error, 1)
	go func() { served <- serve(ctx, ln, s.Gateway) }()
	tb.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			tb.Errorf("sandbox: %v", err)
		}
	})
	return ln.Addr().String()
}

// wrongFile is the error for what the directory cannot do.
func wrongFile(op, at string) error { return fmt.Errorf("%s %s: %w", op, at, fs.ErrPermission) }
