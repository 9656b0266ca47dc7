package bulk

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
)

// A place is a server and a way to reach it.
type place struct {
	files  directory
	settle func(begun bool) // waits until the server has ended all sessions
	open   func(context.Context, dialFunc) (session, error)
}

// A directory is the server's, behind the back of all clients.
type directory interface {
	Write(file string, data []byte) error
	Read(file string) ([]byte, error)
	Remove(file string) error
	List() []string
}

// A folder is the directory of the servers of this package.
type folder string

func (f folder) Write(file string, data []byte) error {
	return os.WriteFile(filepath.Join(string(f), file), data, 0o600)
}
func (f folder) Read(file string) ([]byte, error) { return os.ReadFile(filepath.Join(string(f), file)) }
func (f folder) Remove(file string) error         { return os.Remove(filepath.Join(string(f), file)) }

func (f folder) List() []string {
	entries, _ := os.ReadDir(string(f))
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

type session interface {
	Remote
	Close() error
}

var overNetwork dialFunc // nil

// places are all the ways to reach a server: those of the sandbox, and an FTP
// server that knows only what is older than RFC 2428 and 3659.
var places = map[string]func(testing.TB) place{
	"SFTP": func(tb testing.TB) place {
		d := startSandbox(tb, sandbox.ServeSFTP)
		hostKey, err := d.gateway.HostKey()
		if err != nil {
			tb.Fatal(err)
		}
		return place{d, d.settle, func(ctx context.Context, dial dialFunc) (session, error) {
			return orNil(DialSFTP(ctx, SFTPConfig{Address: d.address, User: sftpUser, Password: NewSecret(sftpPassword), HostKeys: []string{hostKey}, dial: dial}))
		}}
	},
	"FTPS": func(tb testing.TB) place {
		d := startSandbox(tb, sandbox.ServeFTP)
		certificate, err := d.gateway.FTPCertificate()
		if err != nil {
			tb.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AddCert(certificate)
		return place{d, d.settle, func(ctx context.Context, dial dialFunc) (session, error) {
			return orNil(DialFTP(ctx, FTPConfig{Address: d.address, User: ftpUser, Password: NewSecret(ftpPassword), RootCAs: roots, dial: dial}))
		}}
	},
	"FTP": func(tb testing.TB) place {
		d := startFTP(tb, "")
		d.quirks.Store(&quirks{passiveOnly: true, noSize: true})
		settle := func(begun bool) {
			if begun {
				d.sessions.begin()
			}
			d.sessions.settle()
		}
		return place{folder(d.dir), settle, func(ctx context.Context, dial dialFunc) (session, error) {
			return orNil(DialFTP(ctx, FTPConfig{Address: d.address, User: ftpUser, Password: NewSecret(ftpPassword), Plain: true, dial: dial}))
		}}
	},
}

// A sandboxDesk is a gateway that keeps files for the tests.
type sandboxDesk struct {
	tb      testing.TB
	gateway *sandbox.Gateway
	serve   func(context.Context, net.Listener, *sandbox.Gateway) error
	address string
	end     func()
}

func startSandbox(tb testing.TB, serve func(context.Context, net.Listener, *sandbox.Gateway) error) *sandboxDesk {
	tb.Helper()
	g, err := sandbox.Open(sandbox.Options{
		Users: []sandbox.User{{Name: sftpUser, Password: sftpPassword}}, Bulk: sandbox.Manual, // the tests carry out themselves
		Now: func() time.Time { return time.Date(2013, time.December, 31, 12, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		tb.Fatal(err)
	}
	d := &sandboxDesk{tb: tb, gateway: g, serve: serve}
	d.start()
	tb.Cleanup(func() {
		d.end()
		if err := g.Close(); err != nil {
			tb.Error(err)
		}
	})
	return d
}

func (d *sandboxDesk) start() {
	d.tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- d.serve(ctx, l, d.gateway) }()
	d.address = l.Addr().String()
	d.end = func() {
		cancel()
		if err := <-served; err != nil {
			d.tb.Error(err)
		}
	}
}

// settle ends the server, which waits for its sessions, and starts it again.
func (d *sandboxDesk) settle(bool) {
	d.end()
	d.start()
}

func (d *sandboxDesk) Write(file string, data []byte) error { return d.gateway.PutBulkFile(file, data) }
func (d *sandboxDesk) Remove(file string) error             { return d.gateway.RemoveBulkFile(file) }

func (d *sandboxDesk) Read(file string) ([]byte, error) {
	for _, f := range d.gateway.BulkFiles() {
		if f.Name == file {
			return f.Data, nil
		}
	}
	return nil, fs.ErrNotExist
}

func (d *sandboxDesk) List() []string {
	var names []string
	for _, f := range d.gateway.BulkFiles() {
		names = append(names, f.Name)
	}
	return names
}

// orNil turns a nil *SFTP or *FTP into a nil session.
func orNil[T session](s T, err error) (session, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

func everywhere(t *testing.T, test func(*testing.T, place)) {
	for name, start := range places {
		t.Run(name, func(t *testing.T) { test(t, start(t)) })
	}
}

func (p place) must(t *testing.T) session {
	t.Helper()
	s, err := p.open(t.Context(), overNetwork)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// The contract of Remote, against every server.
func TestRemotes(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		s, ctx := p.must(t), t.Context()
		rowsFile, runFile := refund1.File(RowsFile), refund1.File(RunFile)
		if names, err := s.List(ctx); err != nil || len(names) != 0 {
			t.Fatalf("List of an empty directory = %q, %v", names, err)
		}
		large := slices.Repeat([]byte(crlf(`123456789,"myOrderId1",100,208`)), 20_000)
		for _, file := range []string{rowsFile, runFile} { // what is released takes no more rows
			data := map[string][]byte{rowsFile: large}[file]
			if err := s.Create(ctx, file, data); err != nil {
				t.Fatalf("Create(%s): %v", file, err)
			}
			if stored, err := p.files.Read(file); err != nil || string(stored) != string(data) {
				t.Fatalf("%s holds %d bytes, %v; want %d", file, len(stored), err, len(data))
			}
			if got, err := s.Read(ctx, file); err != nil || string(got) != string(data) {
				t.Fatalf("Read(%s) = %d bytes, %v; want %d", file, len(got), err, len(data))
			}
			if err := s.Create(ctx, file, []byte("other")); !errors.Is(err, fs.ErrExist) {
				t.Fatalf("Create(%s) again: %v, want %v", file, err, fs.ErrExist)
			}
		}
		if stored, _ := p.files.Read(rowsFile); string(stored) != string(large) {
			t.Fatalf("the second Create changed the file")
		}
		names, err := s.List(ctx)
		slices.Sort(names)
		if diff := cmp.Diff([]string{runFile, rowsFile}, names); diff != "" || err != nil {
			t.Fatalf("List: %v (-want +got):\n%s", err, diff)
		}
		torn := Name{Refund, refund1.Day, 2}.File(RowsFile)
		if err := s.Create(ctx, torn, []byte("1")); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(ctx, torn); err != nil {
			t.Fatal(err)
		}
		if names, err := s.List(ctx); err != nil || len(names) != 2 || slices.Contains(names, torn) {
			t.Fatalf("List after Remove = %q, %v", names, err)
		}
	})
}

func TestRemotesReportWhatFails(t *testing.T) {
	rowsFile := refund1.File(RowsFile)
	everywhere(t, func(t *testing.T, p place) {
		for name, call := range map[string]func(session) error{
			"read":   func(s session) error { _, err := s.Read(t.Context(), rowsFile); return err },
			"remove": func(s session) error { return s.Remove(t.Context(), rowsFile) },
		} {
			err := call(p.must(t))
			if remote, ok := errors.AsType[*RemoteError](err); !ok || remote.Op != name || remote.File != rowsFile {
				t.Errorf("%s of a file that is not there: %v", name, err)
			}
		}
		for _, file := range []string{"", "..", "../refund311213_01.txt", "/etc/passwd", "refund311213_01.txt\r\nDELE x", "refund311213_01", ".", "-a"} {
			s := p.must(t)
			_, read := s.Read(t.Context(), file)
			for _, err := range []error{read, s.Create(t.Context(), file, nil), s.Remove(t.Context(), file)} {
				if err == nil || !strings.Contains(err.Error(), "no file of a bulk batch") {
					t.Errorf("file name %q: %v", file, err)
				}
			}
		}
		large, isFolder := p.files.(folder)
		if !isFolder {
			return // and a sandbox keeps none that is so large
		}
		if err := p.files.Write(rowsFile, nil); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(string(large), rowsFile), MaxSize+1); err != nil {
			t.Fatal(err)
		}
		if data, err := p.must(t).Read(t.Context(), rowsFile); err == nil || data != nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("a file above the limit: %d bytes, %v", len(data), err)
		}
	})
}

// A context that ends closes the connections, and no operation outlives it.
func TestRemotesEndWithTheirContext(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		over, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("second thoughts"))
		if s, err := p.open(over, overNetwork); err == nil || s != nil || !strings.Contains(err.Error(), "second thoughts") {
			t.Errorf("login after the end: %v", err)
		}
		s := p.must(t)
		if err := s.Create(over, refund1.File(RunFile), nil); err == nil || !strings.Contains(err.Error(), "second thoughts") {
			t.Errorf("Create after the end: %v", err)
		}
		if files := p.files.List(); len(files) > 0 {
			t.Errorf("and yet there is %v", files)
		}
		// In its midst: the last bytes of the server never arrive.
		for _, reads := range []int{0, 2, 8, 20} {
			ctx, cancel := context.WithCancelCause(t.Context())
			stuck := &cutter{stallAt: reads + 1, stalled: func() { cancel(errors.New("third thoughts")) }}
			s, err := p.open(ctx, stuck.dial)
			for err == nil {
				_, err = s.List(ctx)
			}
			if !strings.Contains(err.Error(), "third thoughts") {
				t.Errorf("stalled after %d reads: %v", reads, err)
			}
			stuck.close()
		}
	})
}

// R41
func TestRemotesGiveUpOnSlowServers(t *testing.T) {
	l := listen(t)
	go func() {
		for {
			if _, err := l.Accept(); err != nil { // and never a word
				return
			}
		}
	}()
	quick := Timeouts{Dial: time.Millisecond, Login: time.Millisecond, Operation: time.Millisecond}
	_, ftpErr := DialFTP(t.Context(), FTPConfig{Address: l.Addr().String(), User: "a", Password: NewSecret("b"), Plain: true, Timeouts: quick})
	_, sftpErr := DialSFTP(t.Context(), SFTPConfig{Address: l.Addr().String(), User: "a", Password: NewSecret("b"), HostKeys: []string{startSFTP(t).hostKey}, Timeouts: quick})
	for _, err := range []error{ftpErr, sftpErr} {
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a silent server: %v", err)
		}
	}
}

// R42
func TestTrafficIsBounded(t *testing.T) {
	tether := newTether(func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			for {
				if _, err := theirs.Write(make([]byte, 1024)); err != nil {
					return
				}
			}
		}()
		return ours, nil
	})
	tether.traffic = 10_000
	var conn net.Conn
	read := func(n int64) error {
		return tether.do(t.Context(), time.Hour, "read", "", func(ctx context.Context) (err error) {
			if conn == nil {
				conn, err = tether.dial(ctx, "")
			}
			if err == nil {
				_, err = io.CopyN(io.Discard, conn, n)
			}
			return err
		})
	}
	for range 3 { // each operation anew
		if err := read(9000); err != nil {
			t.Fatal(err)
		}
	}
	if err := read(1 << 40); err == nil || err.Error() != "read: the server sent more than 10000 bytes" {
		t.Errorf("a server without end: %v", err)
	}
	if err := read(1); err == nil {
		t.Error("the session goes on")
	}
	conn = nil
	if err := read(1); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the session opens another connection: %v", err)
	}
}

// A cutter cuts all connections of a session at once, at one write or read.
type cutter struct {
	cutAt int  // this write, counted over all connections; 0 for never
	lost  bool // deliver it, and lose what the server answers
	torn  bool // deliver half of it

	stallAt int // this read never ends
	stalled func()

	mu            sync.Mutex
	conns         []net.Conn
	writes, reads int
	dead, deaf    bool
}

func (c *cutter) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead || c.deaf {
		conn.Close()
		return nil, errCut
	}
	c.conns = append(c.conns, conn)
	return &cuttable{conn, c}, nil
}

func (c *cutter) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
	for _, conn := range c.conns {
		conn.Close()
	}
}

// turn says what becomes of the next write.
func (c *cutter) turn() (deliver, cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writes++
	switch {
	case c.dead || c.deaf:
		return false, true
	case c.cutAt == 0 || c.writes < c.cutAt:
		return true, false
	}
	c.deaf = c.lost
	return c.lost, !c.lost
}

type cuttable struct {
	net.Conn
	cutter *cutter
}

func (c *cuttable) Write(b []byte) (int, error) {
	deliver, cut := c.cutter.turn()
	if cut {
		if c.cutter.torn && !c.cutter.lost {
			c.Conn.Write(b[:len(b)/2])
		}
		c.cutter.close()
		return 0, errCut
	}
	if !deliver {
		return 0, errCut
	}
	return c.Conn.Write(b)
}

func (c *cuttable) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.cutter.mu.Lock()
	c.cutter.reads++
	stall, deaf := c.cutter.stallAt > 0 && c.cutter.reads >= c.cutter.stallAt, c.cutter.deaf
	c.cutter.mu.Unlock()
	if deaf {
		c.cutter.close()
		return 0, errCut
	}
	if stall {
		c.cutter.stalled()
		return c.Conn.Read(make([]byte, 1)) // until somebody closes it
	}
	return n, err
}

// Hazards section 1, "bulk refund file", over real connections: cut at every
// write of the upload, in the middle of it or with the answer lost, and run
// again. One batch arrives, whole, and never a second one.
func TestOneBatchWhereverTheConnectionIsCut(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		rows := []byte(crlf(`CsvHeader: true`, ``, `transact,orderid,amount,currency`, `123456789,"myOrderId1",100,208`))
		step := 1
		if testing.Short() {
			step = 3
		}
		for _, mode := range []string{"torn", "lost"} {
			for at, done := 1, false; !done; at += step {
				what := fmt.Sprintf("cut at write %d, %s", at, mode)
				d, k := &desk{files: map[string][]byte{}}, keeper{}
				faulty := &cutter{cutAt: at, torn: mode == "torn", lost: mode == "lost"}
				done = p.upload(t, what, &k, d, faulty, rows)
				if at > 500 {
					t.Fatalf("%s: is there no end to it?", what)
				}
				p.upload(t, what+", again", &k, d, &cutter{}, rows)
				if at%8 == 0 {
					p.upload(t, what+", and again", &k, d, &cutter{}, rows)
				}
				if len(d.batches) != 1 || string(d.batches[0]) != string(rows) {
					t.Fatalf("%s: batches %q", what, d.batches)
				}
				p.clear(t)
			}
		}
	})
}

// upload runs the program once, then lets DIBS work. It reports whether the
// run came to its end.
func (p place) upload(t *testing.T, what string, k *keeper, d *desk, c *cutter, rows []byte) bool {
	t.Helper()
	s, err := p.open(t.Context(), c.dial)
	var state State
	if err == nil {
		state, err = k.run(t.Context(), Drop{s}, rows)
		_ = s.Close() // cut or not
	}
	c.close()
	p.settle(len(c.conns) > 0)
	clear(d.files)
	for _, file := range p.files.List() {
		data, readErr := p.files.Read(file)
		if readErr != nil {
			t.Fatal(readErr)
		}
		d.files[file] = data
	}
	d.work()
	if err == nil && (state != Released || len(d.batches) != 1) {
		t.Fatalf("%s: %s after %d batches", what, state, len(d.batches))
	}
	if _, isState := errors.AsType[*StateError](err); isState || err != nil && c.cutAt == 0 {
		t.Fatalf("%s: %v", what, err)
	}
	return err == nil
}

func (p place) clear(t *testing.T) {
	t.Helper()
	for _, file := range p.files.List() {
		if err := p.files.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

// A listing is whole or an error, wherever the connection is cut: a run file
// that is not seen is the end.
func TestListingsAreWholeWhereverTheConnectionIsCut(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		var want []string
		for i := range 300 {
			name := Name{Refund, Day{2013, 12, 1 + i/99}, 1 + i%99}
			want = append(want, name.File(RunFile))
			if err := p.files.Write(name.File(RunFile), nil); err != nil {
				t.Fatal(err)
			}
		}
		slices.Sort(want)
		for _, lost := range []bool{false, true} {
			for at, done := 1, false; !done; at++ {
				c := &cutter{cutAt: at, lost: lost}
				s, err := p.open(t.Context(), c.dial)
				if err == nil {
					var names []string
					names, err = s.List(t.Context())
					slices.Sort(names)
					if err == nil && !slices.Equal(names, want) {
						t.Fatalf("cut at write %d, lost %t: %d names of %d", at, lost, len(names), len(want))
					}
					s.Close()
				}
				done = err == nil
				c.close()
			}
		}
	})
}

// Create says that all is well only when the server holds the whole file.
func TestFilesAreWholeWhenCreateSaysSo(t *testing.T) {
	everywhere(t, func(t *testing.T, p place) {
		rows := slices.Repeat([]byte("0123456789"), 10_000)
		for at, done := 1, false; !done; at++ {
			c := &cutter{cutAt: at, lost: at%2 == 0}
			s, err := p.open(t.Context(), c.dial)
			if err == nil {
				err = s.Create(t.Context(), refund1.File(RowsFile), rows)
				s.Close()
			}
			c.close()
			p.settle(true)
			if stored, readErr := p.files.Read(refund1.File(RowsFile)); err == nil && string(stored) != string(rows) {
				t.Fatalf("cut at write %d: %d bytes of %d, %v", at, len(stored), len(rows), readErr)
			}
			done = err == nil
			p.clear(t)
		}
	})
}
