package dibs

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// limits are the timeouts together with what to say when they pass.
type limits struct {
	Timeouts
	errTLS, errHeaders, errTotal error
}

func newLimits(t Timeouts) limits {
	say := func(what string, d time.Duration) error {
		return fmt.Errorf("%s within %v: %w", what, d, os.ErrDeadlineExceeded)
	}
	return limits{t, say("no TLS handshake", t.TLS), say("no reply headers", t.Headers), say("no complete reply", t.Total)}
}

// requestHead returns the head of a money request up to its length. The gateway
// is told that the connection ends with the reply.
func requestHead(base *url.URL, s service, agent, authorization string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n", base.EscapedPath()+s.path(), base.Host, agent)
	if authorization != "" {
		fmt.Fprintf(&b, "Authorization: %s\r\n", authorization)
	}
	b.WriteString("Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\nContent-Length: ")
	return []byte(b.String())
}

// appendRequest returns a whole request.
func appendRequest(head, body []byte) []byte {
	b := make([]byte, 0, len(head)+len(body)+16)
	b = append(b, head...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// An arrival is what came of one request.
type arrival struct {
	sent   bool   // a byte of the request may have left this machine
	status int    // of HTTP; 0 when no headers came
	body   string // as much of it as came, maxBody at most
	whole  bool   // the body's own framing says that nothing is missing
	err    error  // why there is no complete reply
}

// exchange opens a connection, writes the request once and reads one reply. It
// is its own code because net/http may send a request again by itself, and
// does not tell for certain whether a byte of it was written (hazards R6, R46).
func (c *Client) exchange(ctx context.Context, request []byte) arrival {
	ctx, cancel := context.WithTimeoutCause(ctx, c.limits.Total, c.limits.errTotal)
	defer cancel()
	conn, meter, err := c.connect(ctx)
	if err != nil {
		return arrival{err: because(ctx, err)}
	}
	defer conn.Close()

	waiting, done := context.WithTimeoutCause(ctx, c.limits.Headers, c.limits.errHeaders)
	defer done()
	release := endWith(waiting, conn)
	defer func() { release() }() // the one that is set by then
	if err := MaySend(ctx); err != nil {
		return arrival{err: err}
	}
	before := meter.written
	if _, err := conn.Write(request); err != nil {
		return arrival{sent: meter.written > before, err: fmt.Errorf("write the request: %w", because(waiting, err))}
	}

	in := newReplyReader(conn)
	response, err := in.headers()
	if err != nil {
		return arrival{sent: true, err: fmt.Errorf("read the reply: %w", because(waiting, err))}
	}
	if release() {
		release = endWith(ctx, conn)
	}
	a := arrival{sent: true, status: response.StatusCode}
	if a.status == http.StatusUnauthorized {
		return a // all that matters, and the body may be slow to come
	}
	if a.body, a.whole, err = in.body(response); err != nil {
		a.err = fmt.Errorf("read the reply: %w", because(ctx, err))
	}
	return a
}

// connect opens a connection. When it fails, no byte of a request was written.
func (c *Client) connect(ctx context.Context) (net.Conn, *meter, error) {
	raw, err := c.dial(ctx, "tcp", c.endpoint.address)
	if err != nil {
		return nil, nil, err
	}
	m := &meter{Conn: raw}
	if c.endpoint.tls == nil {
		return m, m, nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.limits.TLS, c.limits.errTLS)
	defer cancel()
	conn := tls.Client(m, c.endpoint.tls)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, nil, fmt.Errorf("TLS handshake: %w", because(ctx, err))
	}
	return conn, m, nil
}

// A meter counts what the operating system took of what was written. Below
// TLS it is the only one to know whether a byte left.
type meter struct {
	net.Conn
	written int64
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.Conn.Write(p)
	m.written += int64(n)
	return n, err
}

// endWith makes everything on conn fail as soon as ctx ends. Release undoes
// that and reports whether it was in time.
func endWith(ctx context.Context, conn net.Conn) (release func() bool) {
	return context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
}

// because puts the reason why ctx ended in the place of the failure that this
// caused.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
