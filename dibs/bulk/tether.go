package bulk

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxTraffic is how many bytes one operation may receive: the largest file,
// with room for what the protocols add.
const maxTraffic = MaxSize + MaxSize/4

// Timeouts bound a session with a server.
type Timeouts struct {
	Dial      time.Duration // name lookup and TCP connection, for each connection
	Login     time.Duration // from there to a session that can be used
	Operation time.Duration // one listing, or the transfer of one file
}

// DefaultTimeouts returns what zero fields of [Timeouts] mean: dial 10 s, login
// 20 s, operation 2 min.
func DefaultTimeouts() Timeouts {
	return Timeouts{Dial: 10 * time.Second, Login: 20 * time.Second, Operation: 2 * time.Minute}
}

func (t Timeouts) orDefault() Timeouts {
	d := DefaultTimeouts()
	for _, f := range []struct {
		set *time.Duration
		to  time.Duration
	}{{&d.Dial, t.Dial}, {&d.Login, t.Login}, {&d.Operation, t.Operation}} {
		if f.to > 0 {
			*f.set = f.to
		}
	}
	return d
}

// A RemoteError reports an operation on the server that did not end well. Its
// text is printable, whatever the server wrote.
type RemoteError struct {
	Op   string // "list", "read"
	File string // may be empty
	Err  error
}

func (e *RemoteError) Error() string {
	what := e.Op
	if e.File != "" {
		what += " " + e.File
	}
	return what + ": " + clean(e.Err.Error())
}

func (e *RemoteError) Unwrap() error { return e.Err }

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// A tether holds the connections of one session. The libraries know no
// contexts and no limits, so it ends their operations from below: by closing
// the connections when time or traffic is used up. Such a session is dead.
type tether struct {
	dialTo  dialFunc
	traffic int64      // bytes that one operation may receive
	turn    sync.Mutex // held by the operation under way
	left    atomic.Int64

	mu     sync.Mutex
	conns  []net.Conn
	closed bool
}

func newTether(dial dialFunc) *tether { return &tether{dialTo: dial, traffic: maxTraffic} }

// do runs one operation, and after it or in its midst nothing of it goes on.
func (t *tether) do(ctx context.Context, limit time.Duration, op, file string, run func(context.Context) error) error {
	t.turn.Lock()
	defer t.turn.Unlock()
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not done within %v: %w", limit, os.ErrDeadlineExceeded))
	defer cancel()
	t.left.Store(t.traffic)
	err := context.Cause(ctx)
	if err == nil {
		stop := context.AfterFunc(ctx, t.close)
		err = run(ctx)
		stop()
		if cause := context.Cause(ctx); err != nil && cause != nil {
			err = cause // rather than that a connection was closed
		}
	}
	if err != nil {
		return &RemoteError{op, file, err}
	}
	return nil
}

// dial opens one more connection of the session.
func (t *tether) dial(ctx context.Context, address string) (net.Conn, error) {
	conn, err := t.dialTo(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil, errors.Join(net.ErrClosed, conn.Close())
	}
	t.conns = append(t.conns, conn)
	return &tethered{conn, t}, nil
}

// close ends the session and all that waits for it.
func (t *tether) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, conn := range t.conns {
		conn.Close()
	}
	t.conns, t.closed = nil, true
}

// A tethered connection counts what arrives.
type tethered struct {
	net.Conn
	tether *tether
}

func (c *tethered) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.tether.left.Add(-int64(n)) < 0 {
		c.tether.close()
		return 0, fmt.Errorf("the server sent more than %d bytes", c.tether.traffic)
	}
	return n, err
}

// withPort takes host, or host:port, apart and puts both together again.
func withPort(address, port string) (host, hostPort string, err error) {
	host, given, err := net.SplitHostPort(address)
	if err != nil {
		host, given = address, port // no port, or no sense, which the next check finds
	}
	if n, err := strconv.ParseUint(given, 10, 16); err != nil || n == 0 || !hostName(host) {
		return "", "", fmt.Errorf("%q is no host, or host:port", clean(address))
	}
	return host, net.JoinHostPort(host, given), nil
}

// hostName reports whether s could be a name or an address.
func hostName(s string) bool {
	return net.ParseIP(s) != nil || s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '.')
	})
}
