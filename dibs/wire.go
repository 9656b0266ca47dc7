package dibs

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody    = 64 << 10 // of a reply
	maxHeaders = 32 << 10 // of a reply, its status line included
	maxFraming = 64 << 10 // what chunked encoding may add to a body
	maxInterim = 5        // replies of the 1xx kind before the one that counts
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
	if err := mayStillSend(ctx); err != nil {
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

type sendByKey struct{}

// WithSendBy returns a context for money calls that asks check one last time,
// when the connection is up and right before the first byte is written,
// whether the call may still be sent. An error from it ends the call as a
// [*NotSentError] that wraps it. It is for callers whose leave to send runs
// out, on a clock of their choice: the process may have been stopped, or the
// machine asleep, since the call began.
func WithSendBy(ctx context.Context, check func() error) context.Context {
	return context.WithValue(ctx, sendByKey{}, check)
}

// mayStillSend is asked once, right before the first byte. It compares the
// deadline with the clock, because a process that was stopped may get here
// before its timers have fired.
func mayStillSend(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= 0 {
		return context.DeadlineExceeded
	}
	if check, ok := ctx.Value(sendByKey{}).(func() error); ok {
		return check()
	}
	return nil
}

var (
	errHeadersTooLarge = fmt.Errorf("the reply's headers exceed %d KiB", maxHeaders>>10)
	errBodyTooLarge    = fmt.Errorf("the reply exceeds %d KiB", maxBody>>10)
	errEncoded         = errors.New("the reply is compressed, which was not asked for")
)

// A replyReader reads one reply within the caps.
type replyReader struct {
	limit *io.LimitedReader
	buf   *bufio.Reader
}

func newReplyReader(conn net.Conn) replyReader {
	limit := &io.LimitedReader{R: conn, N: maxHeaders}
	return replyReader{limit, bufio.NewReaderSize(limit, 2<<10)}
}

// headers reads up to the end of the headers.
func (r replyReader) headers() (*http.Response, error) {
	for range maxInterim {
		response, err := http.ReadResponse(r.buf, nil)
		switch {
		case err != nil && r.limit.N == 0:
			return nil, errHeadersTooLarge
		case err != nil:
			return nil, err
		case response.StatusCode >= 200:
			r.limit.N = maxBody + maxFraming
			return response, nil
		}
	}
	return nil, errors.New("only interim replies")
}

// body reads the body, and reports whether it proves itself to be whole. More
// bytes behind it say that its length is wrong.
func (r replyReader) body(response *http.Response) (body string, whole bool, err error) {
	if encoded(response) {
		return "", false, errEncoded
	}
	body, err = readBody(response)
	return body, err == nil && framed(response) && r.buf.Buffered() == 0, err
}

// encoded reports whether the body is in a content encoding: a compressed
// reply may unpack without end.
func encoded(response *http.Response) bool {
	encoding := response.Header.Get("Content-Encoding")
	return encoding != "" && !strings.EqualFold(encoding, "identity")
}

// framed reports whether the body says where it ends. One that lasts until the
// connection does cannot be told from one that was cut, over TLS as well: Go
// takes an end without close_notify between two records for an end.
func framed(response *http.Response) bool {
	return response.ContentLength >= 0 || len(response.TransferEncoding) > 0
}

// readBody reads a body of maxBody bytes at most. What came before an error is
// returned with it.
func readBody(response *http.Response) (string, error) {
	if response.ContentLength > maxBody {
		return "", errBodyTooLarge
	}
	if n := response.ContentLength; n >= 0 {
		b := make([]byte, n)
		got, err := io.ReadFull(response.Body, b)
		return string(b[:got]), err
	}
	b, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if len(b) > maxBody {
		return string(b[:maxBody]), errBodyTooLarge
	}
	return string(b), err
}
