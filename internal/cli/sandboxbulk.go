package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"golang.org/x/sync/errgroup"

	"flexform/dibs/sandbox"
)

// A bulkServer is a way into the gateway's bulk directory.
type bulkServer struct {
	listener net.Listener
	serve    func(context.Context, net.Listener, *sandbox.Gateway) error
}

// bulkServers listens where the flags say.
func (o *sandboxOptions) bulkServers() ([]bulkServer, error) {
	var servers []bulkServer
	for _, s := range []struct {
		flag, address string
		serve         func(context.Context, net.Listener, *sandbox.Gateway) error
	}{{"sftp", o.sftp, sandbox.ServeSFTP}, {"ftp", o.ftp, sandbox.ServeFTP}} {
		if s.address == "" {
			continue
		}
		listener, err := net.Listen("tcp", s.address)
		if err != nil {
			for _, opened := range servers {
				err = errors.Join(err, opened.listener.Close())
			}
			return nil, fmt.Errorf("--%s: %w", s.flag, err)
		}
		servers = append(servers, bulkServer{listener, s.serve})
	}
	return servers, nil
}

// announceBulk says where the bulk directory is, and how to know its servers.
func (o *sandboxOptions) announceBulk(w io.Writer, g *sandbox.Gateway, base string, servers []bulkServer) error {
	next := 0
	if o.sftp != "" {
		key, err := g.HostKey()
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "Bulk files over SFTP: sftp://%s/\nSFTP host key: %s\n", servers[next].listener.Addr(), key)
		next++
	}
	if o.ftp != "" {
		at := servers[next].listener.Addr()
		plain := ""
		if to, isTCP := at.(*net.TCPAddr); isTCP && to.IP.IsLoopback() {
			plain = "plain or "
		}
		fmt.Fprintf(w, "Bulk files over FTP: ftp://%s/, %swith TLS (certificate: %s/_sandbox/bulk/certificate)\n", at, plain, base)
	}
	return nil
}

// serveAll serves the gateway and its bulk directory until ctx ends, or one of
// them fails.
func serveAll(ctx context.Context, listener net.Listener, g *sandbox.Gateway, servers []bulkServer) error {
	tasks, ctx := errgroup.WithContext(ctx)
	tasks.Go(func() error { return sandbox.Serve(ctx, listener, g) })
	for _, s := range servers {
		tasks.Go(func() error { return s.serve(ctx, s.listener, g) })
	}
	return tasks.Wait()
}
