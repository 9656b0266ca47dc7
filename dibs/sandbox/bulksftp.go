package sandbox

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// maxChannels is how many sessions one SSH connection may have at once.
const maxChannels = 8

// ServeSFTP serves the bulk directory of g over SFTP on ln until ctx ends, then
// closes all connections and returns nil. API users log in with their
// passwords, through the same door as over HTTP; there is no shell. Files whose
// upload was cut stay as what arrived. It closes ln, but not g.
func ServeSFTP(ctx context.Context, ln net.Listener, g *Gateway) error {
	signer, err := g.hostSigner()
	if err != nil {
		return errors.Join(fmt.Errorf("serve sftp: %w", err), ln.Close())
	}
	config := &ssh.ServerConfig{
		ServerVersion: "SSH-2.0-sandbox",
		PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if !g.admits(c.User(), string(password)) {
				return nil, errors.New("login refused")
			}
			return nil, nil
		},
	}
	if len(g.door.passwords) == 0 { // any login will do
		config.PublicKeyCallback = func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }
	}
	config.AddHostKey(signer)
	if err := serveSessions(ctx, ln, func(conn net.Conn) { serveSSH(conn, config, g) }); err != nil {
		return fmt.Errorf("serve sftp: %w", err)
	}
	return nil
}

// serveSSH serves one connection until it ends.
func serveSSH(conn net.Conn, config *ssh.ServerConfig, g *Gateway) {
	watched := &watchedConn{Conn: conn, timer: time.AfterFunc(loginTimeout, func() { conn.Close() })}
	defer watched.timer.Stop()
	_, channels, requests, err := ssh.NewServerConn(watched, config)
	if err != nil {
		return
	}
	watched.loggedIn.Store(true)
	watched.timer.Reset(quietTimeout)
	var sessions sync.WaitGroup
	defer sessions.Wait()
	sessions.Go(func() { ssh.DiscardRequests(requests) })
	turns := make(chan struct{}, maxChannels)
	for c := range channels {
		select {
		case turns <- struct{}{}:
		default:
			_ = c.Reject(ssh.ResourceShortage, "too many sessions")
			continue
		}
		sessions.Go(func() {
			defer func() { <-turns }()
			serveChannel(c, g)
		})
	}
}

// A watchedConn is closed when the client does not log in, or is quiet for too
// long after that.
type watchedConn struct {
	net.Conn
	timer    *time.Timer
	loggedIn atomic.Bool
}

func (c *watchedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.loggedIn.Load() {
		c.timer.Reset(quietTimeout)
	}
	return n, err
}

// serveChannel serves SFTP on a session that asks for it.
func serveChannel(c ssh.NewChannel, g *Gateway) {
	if c.ChannelType() != "session" {
		_ = c.Reject(ssh.UnknownChannelType, "sessions only")
		return
	}
	channel, requests, err := c.Accept()
	if err != nil {
		return
	}
	defer channel.Close()
	for r := range requests {
		asked := r.Type == "subsystem" && bytes.Equal(r.Payload, sshText("sftp"))
		_ = r.Reply(asked, nil)
		if !asked {
			continue
		}
		go ssh.DiscardRequests(requests)
		d := sftpDir{g}
		// It ends with the channel, and closes what is open then.
		_ = sftp.NewRequestServer(channel, sftp.Handlers{FileGet: d, FilePut: d, FileCmd: d, FileList: d}).Serve()
		return
	}
}

// sshText is a string as SSH packs it.
func sshText(s string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...)
}

// An sftpDir is the bulk directory as the SFTP library asks for it.
type sftpDir struct{ gateway *Gateway }

// Fileread opens a file as it is now.
func (d sftpDir) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	f := d.gateway.book.file(bulkPath(r.Filepath))
	if f == nil {
		return nil, sftp.ErrSSHFxNoSuchFile
	}
	return bytes.NewReader(f.Data), nil
}

// Filewrite opens a file for writing.
func (d sftpDir) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	flags := r.Pflags()
	u, err := d.gateway.upload(bulkPath(r.Filepath), openMode{
		create: flags.Creat, exclusive: flags.Creat && flags.Excl, truncate: flags.Trunc, atEnd: flags.Append,
	})
	if err != nil {
		return nil, sftpError(err)
	}
	return u, nil
}

// Filecmd removes and renames files; there are no folders and no links.
func (d sftpDir) Filecmd(r *sftp.Request) error {
	name := bulkPath(r.Filepath)
	switch r.Method {
	case "Remove":
		return sftpError(d.gateway.removeForClient(name))
	case "Rename":
		return sftpError(d.gateway.renameBulkFile(name, bulkPath(r.Target)))
	case "Setstat": // clients set times and permissions after an upload, and here is one user
		if r.AttrFlags().Size {
			return sftp.ErrSSHFxOpUnsupported
		}
		_, err := d.gateway.fileInfo(r.Filepath)
		return sftpError(err)
	}
	return sftp.ErrSSHFxOpUnsupported
}

// Filelist lists the directory, or describes one file.
func (d sftpDir) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	switch r.Method {
	case "List":
		all, err := d.gateway.fileInfos(r.Filepath)
		return infos(all), sftpError(err)
	case "Stat":
		info, err := d.gateway.fileInfo(r.Filepath)
		return infos{info}, sftpError(err)
	}
	return nil, sftp.ErrSSHFxOpUnsupported
}

// infos is a listing, as the SFTP library reads it.
type infos []fs.FileInfo

// ListAt copies what comes after offset.
func (l infos) ListAt(to []fs.FileInfo, offset int64) (int, error) {
	if offset >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(to, l[offset:])
	if n < len(to) {
		return n, io.EOF
	}
	return n, nil
}

// sftpError gives an error of the directory the status that SFTP has for it.
// There is none for a name that is taken: servers call that just a failure.
func sftpError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%v: %w", err, sftp.ErrSSHFxNoSuchFile)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%v: %w", err, sftp.ErrSSHFxPermissionDenied)
	}
	return err
}
