package dibs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"image/color"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"flexform/money"
)

// R3, R40: the connection ends, with FIN or with RST, after every byte of the
// reply. Short of its end it is uncertain, and the request came exactly once.
func TestReplyCutAtEveryByte(t *testing.T) {
	replies := map[string]struct{ raw, whole string }{
		"with a length": {ok("status=ACCEPTED&result=0&transact=11111111&cardtype=VISA"), "accepted"},
		"a decline":     {ok("status=DECLINED&result=10&reason=10"), "declined"},
		"in chunks":     {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nresult=10\r\n2\r\n00\r\n0\r\n\r\n", "accepted"},
		"interim first": {"HTTP/1.1 102 Processing\r\n\r\n" + ok("result=0"), "accepted"},
	}
	for name, reply := range replies {
		t.Run(name, func(t *testing.T) {
			gateway := play(t, nil)
			c := on(t, gateway.url)
			calls := 0
			for cut := range len(reply.raw) + 1 {
				for verb, call := range moneyCalls(t) {
					for _, reset := range []bool{false, true} {
						calls++
						gateway.will(func(conn net.Conn, _ request) bool {
							io.WriteString(conn, reply.raw[:cut])
							if reset {
								conn.(*net.TCPConn).SetLinger(0)
							}
							return false
						})
						_, err := call(c)
						want := "uncertain"
						if cut == len(reply.raw) && !reset {
							want = reply.whole
						}
						// A reset may overtake what was written, or not.
						if got := outcome(err); got != want && !(reset && cut == len(reply.raw) && got == reply.whole) {
							t.Errorf("%s, cut after %d bytes, reset %v: %v, want %s", verb, cut, reset, err, want)
						}
					}
				}
			}
			if n := len(gateway.seen()); n != calls {
				t.Errorf("%d requests for %d calls", n, calls)
			}
		})
	}
}

// R40: the gateway reads no more than so many bytes of the request, and resets
// the connection. Bytes left, so the outcome is unknown.
func TestRequestCutAtEveryByte(t *testing.T) {
	listener := listen(t, "127.0.0.1:0")
	c := on(t, "http://"+listener.Addr().String(), withKeys)
	h := handling{service: refundCGI, transact: "11111111", orderID: "11223344", amount: dkk(t, 500)}
	body, _ := c.form(h)
	length := len(appendRequest(c.heads[refundCGI], body))
	if length < 300 {
		t.Fatalf("a request of %d bytes", length)
	}
	for n := 1; n <= length; n++ {
		served := accept(t, listener, func(conn net.Conn) {
			io.CopyN(io.Discard, conn, int64(n))
			conn.(*net.TCPConn).SetLinger(0)
		})
		if _, err := c.Refund(t.Context(), refundOf(t)); outcome(err) != "uncertain" {
			t.Errorf("closed after %d bytes: %v, want uncertain", n, err)
		}
		served()
	}
}

func listen(t *testing.T, address string) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// accept serves one connection; the function it returns waits for that.
func accept(t *testing.T, listener net.Listener, serve func(net.Conn)) (wait func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		serve(conn)
	}()
	return func() { <-done }
}

// R6
func TestNothingListens(t *testing.T) {
	listener := listen(t, "127.0.0.1:0")
	listener.Close()
	c := on(t, "http://"+listener.Addr().String())
	for verb, call := range moneyCalls(t) {
		_, err := call(c)
		if outcome(err) != "not sent" || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v, want not sent, because refused", verb, err)
		}
	}
	for name, call := range statusCalls(t) {
		if err := call(c); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("%s: %v, want refused", name, err)
		}
	}
}

// R6: the connection was up, and is gone before the first byte is written.
func TestResetBeforeTheFirstByte(t *testing.T) {
	listener := listen(t, "127.0.0.1:0")
	served := accept(t, listener, func(conn net.Conn) { conn.(*net.TCPConn).SetLinger(0) })
	ctx := WithSendBy(t.Context(), func() error { served(); return nil })
	_, err := on(t, "http://"+listener.Addr().String()).Refund(ctx, refundOf(t))
	if outcome(err) != "not sent" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want not sent, because reset", err)
	}
}

// A conn that takes as many bytes as the test says.
type brokenConn struct {
	net.Conn
	takes int
	err   error
}

func (c *brokenConn) Write(p []byte) (int, error) { return min(c.takes, len(p)), c.err }
func (c *brokenConn) Close() error                { return nil }
func (c *brokenConn) SetDeadline(time.Time) error { return nil }
func (c *brokenConn) Read([]byte) (int, error)    { return 0, io.EOF }

// R6: what decides is whether the operating system took a byte, not whether
// there was an error.
func TestFailedWriteCountsBytes(t *testing.T) {
	for takes, want := range map[int]string{0: "not sent", 1: "uncertain", 200: "uncertain", 1 << 20: "uncertain"} {
		c := on(t, "http://127.0.0.1:1")
		c.dial = func(context.Context, string, string) (net.Conn, error) {
			return &brokenConn{takes: takes, err: errors.New("cable cut")}, nil
		}
		_, err := c.Capture(t.Context(), captureOf(t))
		if outcome(err) != want || !strings.Contains(err.Error(), "cable cut") {
			t.Errorf("write of %d bytes: %v, want %s", takes, err, want)
		}
	}
}

// R21
func TestSendByIsAskedLastAndOnce(t *testing.T) {
	gateway := play(t, say(ok("result=0")))
	c := on(t, gateway.url)
	late := errors.New("too late")
	asked := 0
	ctx := WithSendBy(t.Context(), func() error {
		asked++
		if n := len(gateway.seen()); n != 0 {
			t.Errorf("%d requests before the question", n)
		}
		return late
	})
	_, err := c.Refund(ctx, refundOf(t))
	if outcome(err) != "not sent" || !errors.Is(err, late) || asked != 1 {
		t.Errorf("got %v after %d questions, want not sent, because too late", err, asked)
	}
	if gateway.mu.Lock(); gateway.connections > 1 {
		t.Errorf("%d connections, want at most 1", gateway.connections)
	}
	gateway.mu.Unlock()
	if n := len(gateway.seen()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	ctx = WithSendBy(t.Context(), func() error { return nil })
	if _, err := c.Refund(ctx, refundOf(t)); err != nil {
		t.Errorf("in time: %v", err)
	}
}

// A process that was stopped may meet its deadline before its timers do.
func TestDeadlineIsComparedWithTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Second))
		defer cancel()
		if err := MaySend(lateTimer{ctx}); err != nil {
			t.Errorf("in time: %v", err)
		}
		time.Sleep(2 * time.Second)
		if err := MaySend(lateTimer{ctx}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
	})
}

// lateTimer is a context whose timer has not fired yet.
type lateTimer struct{ context.Context }

func (lateTimer) Err() error            { return nil }
func (lateTimer) Done() <-chan struct{} { return nil }

func TestCancelBeforeTheFirstByte(t *testing.T) {
	gateway := play(t, say(ok("result=0")))
	c := on(t, gateway.url)
	over, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("operator said stop"))
	during, stop := context.WithCancel(t.Context())
	for name, ctx := range map[string]context.Context{
		"before the call":           over,
		"when the connection is up": WithSendBy(during, func() error { stop(); return during.Err() }),
	} {
		if _, err := c.Refund(ctx, refundOf(t)); outcome(err) != "not sent" || !errors.Is(err, context.Cause(ctx)) {
			t.Errorf("cancelled %s: %v, want not sent", name, err)
		}
	}
	if n := len(gateway.seen()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestCancelAfterTheFirstByte(t *testing.T) {
	for _, part := range []string{"", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nresult="} {
		ctx, cancel := context.WithCancel(t.Context())
		gateway := play(t, func(conn net.Conn, _ request) bool {
			io.WriteString(conn, part)
			cancel()
			io.Copy(io.Discard, conn) // until the client has hung up
			return false
		})
		_, err := on(t, gateway.url).Refund(ctx, refundOf(t))
		if outcome(err) != "uncertain" || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled after %q: %v, want uncertain", part, err)
		}
	}
}

// R41: a reply that comes one byte a second, on a clock that the test owns.
func TestSlowReplyEndsInTime(t *testing.T) {
	body := strings.Repeat("x", 1000)
	tests := map[string]struct {
		raw  string
		want time.Duration
		why  string
	}{
		"nothing at all":  {"", 30 * time.Second, "no reply headers within 30s"},
		"slow headers":    {"HTTP/1.1 200 OK\r\nX-Slow: " + body, 30 * time.Second, "no reply headers within 30s"},
		"slow body":       {"HTTP/1.1 200 OK\r\n\r\n" + body, time.Minute, "no complete reply within 1m0s"},
		"endless interim": {strings.Repeat("HTTP/1.1 100 Go on\r\n\r\n", 100), 30 * time.Second, "no reply headers within 30s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := on(t, "http://127.0.0.1:1")
				c.dial = piped(t, func(conn net.Conn) {
					for i := range tt.raw {
						if _, err := io.WriteString(conn, tt.raw[i:i+1]); err != nil {
							return
						}
						time.Sleep(time.Second)
					}
				})
				c.pool = newPool(c)
				defer c.pool.CloseIdleConnections()
				start := time.Now()
				_, err := c.Refund(t.Context(), refundOf(t))
				if outcome(err) != "uncertain" || !strings.Contains(err.Error(), tt.why) || !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Errorf("Refund: %v, want uncertain, because %s", err, tt.why)
				}
				if took := time.Since(start); took != tt.want {
					t.Errorf("Refund took %v, want %v", took, tt.want)
				}
				start = time.Now()
				if _, err := c.TransStatus(t.Context(), "11111111"); err == nil {
					t.Error("TransStatus: no error")
				}
				if took := time.Since(start); took != tt.want {
					t.Errorf("TransStatus took %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// piped returns a dial function whose other end reads a request and is then
// served by answer.
func piped(t *testing.T, answer func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	var running sync.WaitGroup
	t.Cleanup(running.Wait)
	return func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		running.Go(func() {
			buf := make([]byte, 4096)
			if _, err := far.Read(buf); err == nil {
				answer(far)
			}
			io.Copy(io.Discard, far) // hang until the client ends it
			far.Close()
		})
		return near, nil
	}
}

// R41: a gateway that takes the connection and never says anything in TLS.
func TestSlowHandshakeIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := on(t, "https://gateway.example")
		c.dial = piped(t, func(net.Conn) {})
		start := time.Now()
		_, err := c.Refund(t.Context(), refundOf(t))
		if outcome(err) != "not sent" || !strings.Contains(err.Error(), "no TLS handshake within 5s") {
			t.Errorf("got %v, want not sent", err)
		}
		if took := time.Since(start); took != 5*time.Second {
			t.Errorf("took %v, want 5s", took)
		}
	})
}

// R41: the name lookup or the connection itself hangs.
func TestSlowDialIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := on(t, "https://gateway.example", func(c *Config) { c.Timeouts.Total = 7 * time.Second })
		c.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		_, err := c.Refund(t.Context(), refundOf(t))
		if outcome(err) != "not sent" || !strings.Contains(err.Error(), "within 7s") {
			t.Errorf("got %v, want not sent", err)
		}
	})
	c := on(t, "https://gateway.example")
	if got := c.endpoint.dialer(c.limits.Dial).Timeout; got != 5*time.Second {
		t.Errorf("dialling may take %v, want 5s", got)
	}
}

// R42: a stream without end. The gateway counts what was taken from it, on a
// connection that buffers nothing.
func TestHugeRepliesAreBounded(t *testing.T) {
	head := "HTTP/1.1 200 OK\r\n"
	tests := map[string]struct{ start, again, why string }{
		"body without a length": {head + "\r\nresult=0&x=", strings.Repeat("x", 1<<10), "exceeds 64 KiB"},
		"body with a length":    {head + "Content-Length: 10737418240\r\n\r\nresult=0&x=", strings.Repeat("x", 1<<10), "exceeds 64 KiB"},
		"body in chunks":        {head + "Transfer-Encoding: chunked\r\n\r\n", "a\r\nresult=0&&\r\n", "exceeds 64 KiB"},
		"body in tiny chunks":   {head + "Transfer-Encoding: chunked\r\n\r\n", strings.Repeat("1;"+strings.Repeat("x", 200)+"\r\nx\r\n", 5), "chunked"},
		"trailer":               {head + "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", "trailer"},
		"header line":           {head + "X: ", strings.Repeat("x", 1<<10), "headers exceed 32 KiB"},
		"header lines":          {head, strings.Repeat("X: y\r\n", 100), "headers exceed 32 KiB"},
		"status line":           {"HTTP/1.1 200 ", strings.Repeat("x", 1<<10), "headers exceed 32 KiB"},
		"interim replies":       {"", strings.Repeat("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", 10), "only interim replies"},
		"gzip":                  {head + "Content-Encoding: gzip\r\n\r\n\x1f\x8b", strings.Repeat("\x00", 1<<10), "compressed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var taken atomic.Int64
			c := on(t, "http://127.0.0.1:1")
			c.dial = piped(t, func(conn net.Conn) {
				io.WriteString(conn, tt.start)
				for taken.Load() < 1<<30 {
					n, err := io.WriteString(conn, tt.again)
					taken.Add(int64(n))
					if err != nil {
						return
					}
				}
			})
			c.pool = newPool(c)
			_, err := c.Refund(t.Context(), refundOf(t))
			if outcome(err) != "uncertain" || !strings.Contains(err.Error(), tt.why) {
				t.Errorf("Refund: %v, want uncertain, because %s", err, tt.why)
			}
			if n := taken.Swap(0); n > 256<<10 {
				t.Errorf("Refund took %d bytes", n)
			}
			for name, call := range statusCalls(t) {
				if err := call(c); err == nil {
					t.Errorf("%s: no error", name)
				}
				if n := taken.Swap(0); n > 256<<10 {
					t.Errorf("%s took %d bytes", name, n)
				}
			}
			c.CloseIdleConnections()
		})
	}
}

// R42: nothing asks for compression, and what comes compressed is not looked
// into: a stored block may happen to hold a reply.
func TestCompressedReplyIsNotRead(t *testing.T) {
	for encodings, plain := range map[string]bool{
		"": true, "identity": true, "Identity": true, "gzip": false, "br": false, "identity, gzip": false, "identity|gzip": false,
	} {
		var headers []string
		for encoding := range strings.SplitSeq(encodings, "|") {
			headers = append(headers, "Content-Encoding: "+encoding)
		}
		gateway := play(t, nil)
		c := on(t, gateway.url)
		gateway.will(say(httpReply("200 OK", "x=1&result=0&y=", headers...)))
		if _, err := c.Capture(t.Context(), captureOf(t)); (err == nil) != plain || !plain && outcome(err) != "uncertain" {
			t.Errorf("Capture, answered in %q: %v", encodings, err)
		}
		gateway.will(say(httpReply("200 OK", "5", headers...)))
		if _, err := c.TransStatus(t.Context(), "11111111"); (err == nil) != plain || !plain && !errors.Is(err, errEncoded) {
			t.Errorf("TransStatus, answered in %q: %v", encodings, err)
		}
		for _, r := range gateway.seen() {
			if strings.Contains(strings.ToLower(r.head), "accept-encoding") {
				t.Errorf("request asks for compression: %q", r.head)
			}
		}
	}
}

// Only status 200 is an answer, whatever the body says.
func TestHTTPStatusOtherThan200(t *testing.T) {
	statuses := []int{201, 202, 203, 204, 205, 206, 226, 300, 304, 305, 400, 401, 402, 403, 404, 405, 407, 408, 409, 413, 418, 425, 429, 500, 501, 502, 503, 504, 599}
	gateway := play(t, nil)
	bodies := map[string]string{ // what would be an answer
		"/capture.cgi": "result=0", "/refund.cgi": "result=0", "/cancel.cgi": "result=0",
		"/changestatus.cgi": "result=0", "/suppl_auth.cgi": "result=0",
		"/transstatus.pml": "5", "/transinfo.cgi": "transact=11111111&status=2", "/payinfo.cgi": "status=5",
		"/transstat.cgi": "2", "/transimg.cgi": lamp(t, color.RGBA{G: 0x99, A: 0xff}), "/confirmtransact.cgi": "2000", "/cardtype.pml": "VISA",
		"/status.pml": "1", "/callback.cgi": "orderid=11223344&transact=11111111",
		"/splitpay_info.cgi": "transact=11111111&status=1&authamount=1&amountleft=1&captured=0&refunded=0&settled=0&spcaps=0",
	}
	for _, status := range append(statuses, 200) {
		gateway.will(func(conn net.Conn, r request) bool {
			path := strings.Fields(r.head)[1]
			body := bodies[path[strings.LastIndexByte(path, '/'):]]
			if status == 204 || status == 304 {
				body = "" // they have none
			}
			io.WriteString(conn, httpReply(fmt.Sprintf("%d Whatever", status), body, "Connection: close"))
			return false // as announced: some calls ask twice, and would use the connection again
		})
		for verb, call := range moneyCalls(t) {
			want := "uncertain"
			switch {
			case status == 200:
				want = "accepted"
			case status == 401 && verb != "capture":
				want = "login refused"
			}
			if _, err := call(on(t, gateway.url)); outcome(err) != want {
				t.Errorf("%s answered with status %d: %v, want %s", verb, status, err, want)
			}
		}
		for name, call := range statusCalls(t) {
			err := call(on(t, gateway.url))
			if _, refused := errors.AsType[*LoginError](err); (err == nil) != (status == 200) || refused != (status == 401 && withLogin[name]) {
				t.Errorf("%s answered with status %d: %v", name, status, err)
			}
		}
	}
}

// R45
func TestRedirectsAreNotFollowed(t *testing.T) {
	other := play(t, say(ok("result=0")))
	for _, status := range []int{301, 302, 303, 307, 308} {
		for where, location := range map[string]string{"another host": other.url + "/cgi-adm/refund.cgi", "the same host": "/elsewhere"} {
			gateway := play(t, say(httpReply(fmt.Sprintf("%d Moved", status), "result=0", "Location: "+location)))
			calls := 0
			for verb, call := range moneyCalls(t) {
				calls++
				_, err := call(on(t, gateway.url))
				if outcome(err) != "uncertain" || !strings.Contains(err.Error(), "redirect") {
					t.Errorf("%s, %d to %s: %v, want uncertain", verb, status, where, err)
				}
			}
			for name, call := range statusCalls(t) {
				calls++
				if err := call(on(t, gateway.url)); err == nil {
					t.Errorf("%s, %d to %s: no error", name, status, where)
				}
			}
			if n := len(gateway.seen()); n != calls {
				t.Errorf("%d to %s: %d requests for %d calls", status, where, n, calls)
			}
		}
	}
	if n := len(other.seen()); n != 0 {
		t.Errorf("the other host received %d requests", n)
	}
}

// R46: a money call opens a connection of its own and sends one request on it,
// also right after status calls have left theirs open.
func TestOneRequestOneConnection(t *testing.T) {
	gateway := play(t, func(conn net.Conn, r request) bool {
		if strings.Contains(r.head, "/transstatus.pml") {
			io.WriteString(conn, kept("5"))
			return true
		}
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 8\r\n\r\nresult=0")
		return true
	})
	c := on(t, gateway.url)
	for range 3 {
		if _, err := c.TransStatus(t.Context(), "11111111"); err != nil {
			t.Fatal(err)
		}
		for verb, call := range moneyCalls(t) {
			if _, err := call(c); err != nil {
				t.Errorf("%s: %v", verb, err)
			}
		}
	}
	gateway.mu.Lock()
	connections := gateway.connections
	gateway.mu.Unlock()
	money := 3 * len(moneyCalls(t))
	if n := len(gateway.seen()); n != money+3 || connections != money+1 {
		t.Errorf("%d requests on %d connections, want %d on %d: one for each money call, and one that status calls share", n, connections, money+3, money+1)
	}
	for _, r := range gateway.seen() {
		if strings.Contains(strings.ToLower(r.head), "idempotency-key") {
			t.Errorf("a header that makes net/http send again: %q", r.head)
		}
		if closes := strings.Contains(r.head, "Connection: close\r\n"); closes == strings.Contains(r.head, "/transstatus.pml") {
			t.Errorf("wrong about closing the connection: %q", r.head)
		}
	}
}

// R46: the connection that status calls share dies under the next one.
func TestStatusCallOnADyingConnectionIsSentOnce(t *testing.T) {
	for name, last := range map[string]string{"without a word": "", "in the middle": "HTTP/1.1 200 OK\r\nContent-"} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			gateway := play(t, func(conn net.Conn, _ request) bool {
				if n.Add(1)%2 == 1 {
					io.WriteString(conn, kept("5"))
					return true
				}
				io.WriteString(conn, last)
				return false
			})
			c := on(t, gateway.url)
			for i := range 20 {
				_, err := c.TransStatus(t.Context(), "11111111")
				if failed := err != nil; failed != (i%2 == 1) {
					t.Errorf("call %d: %v", i, err)
				}
			}
			if n := len(gateway.seen()); n != 20 {
				t.Errorf("%d requests for 20 calls", n)
			}
		})
	}
}

// R48: the environment names a proxy. net/http reads it once a process, so this
// looks from a process of its own.
func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	const mark = "FLEXFORM_TEST_PROXY"
	if os.Getenv(mark) == "" {
		proxy := play(t, say(ok("result=0")))
		child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		child.Env = append(os.Environ(), mark+"="+proxy.url, "NO_PROXY=", "no_proxy=", "REQUEST_METHOD=")
		for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"} {
			child.Env = append(child.Env, name+"="+proxy.url)
		}
		if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Errorf("%v\n%s", err, out)
		}
		proxy.mu.Lock()
		defer proxy.mu.Unlock()
		if proxy.connections != 0 {
			t.Errorf("the proxy received %d connections", proxy.connections)
		}
		return
	}
	// Loopback is never reached by a proxy, so the gateway has another name here,
	// and dialling shows where it goes.
	if to, err := http.ProxyFromEnvironment(httptest.NewRequest("POST", "https://gateway.example", nil)); err != nil || to.String() != os.Getenv(mark) {
		t.Fatalf("the environment names the proxy %v, %v: this test could not fail", to, err)
	}
	c := on(t, "https://gateway.example")
	var dialled []string
	c.dial = func(_ context.Context, _, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return nil, errors.New("no network here")
	}
	c.pool = newPool(c)
	for _, call := range moneyCalls(t) {
		if _, err := call(c); outcome(err) != "not sent" {
			t.Errorf("got %v, want not sent", err)
		}
	}
	for _, call := range statusCalls(t) {
		if err := call(c); err == nil {
			t.Error("no error")
		}
	}
	if want := len(moneyCalls(t)) + len(statusCalls(t)); len(dialled) != want {
		t.Errorf("dialled %v, want %d times", dialled, want)
	}
	for _, address := range dialled {
		if address != "gateway.example:443" {
			t.Errorf("dialled %s", address)
		}
	}
}

// R42, R45, R46, R47, R48: what is behind the status calls, field by field.
func TestPoolTakesNothingFromElsewhere(t *testing.T) {
	pool := on(t, "https://gateway.example").pool
	switch {
	case pool.Proxy != nil:
		t.Error("a proxy")
	case !pool.DisableCompression:
		t.Error("compression")
	case pool.Protocols.HTTP2() || pool.Protocols.UnencryptedHTTP2() || !pool.Protocols.HTTP1():
		t.Error("another protocol than HTTP/1.1")
	case pool.TLSClientConfig.MinVersion != tls.VersionTLS12 || pool.TLSClientConfig.InsecureSkipVerify:
		t.Error("weak TLS")
	case pool.MaxResponseHeaderBytes != 32<<10 || pool.MaxIdleConnsPerHost < 64 || pool.IdleConnTimeout > 5*time.Second:
		t.Error("wrong limits")
	case pool.ResponseHeaderTimeout != 30*time.Second || pool.TLSHandshakeTimeout != 5*time.Second:
		t.Error("wrong timeouts")
	}
}

// A reply over HTTP/1.0 lasts until the connection does.
func TestReplyWithoutALength(t *testing.T) {
	gateway := play(t, say("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nstatus=ACCEPTED&result=0"))
	c := on(t, gateway.url)
	for verb, call := range moneyCalls(t) {
		if _, err := call(c); err != nil {
			t.Errorf("%s: %v", verb, err)
		}
	}
}

// A length that is too short makes 10 of 1000, or hides a second reply.
func TestReplyLongerThanItsLength(t *testing.T) {
	tests := map[string]struct{ raw, want string }{
		"10 of 1000":       {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nresult=1000", "uncertain"},
		"10 in the middle": {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nresult=10&reason=10", "declined"},
		"a line end":       {"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nresult=0\r\n", "accepted"},
		"two replies":      {ok("status=ACCEPTED") + ok("status=DECLINED"), "uncertain"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			gateway := play(t, say(tt.raw))
			if _, err := on(t, gateway.url).Capture(t.Context(), captureOf(t)); outcome(err) != tt.want {
				t.Errorf("%q: %v, want %s", tt.raw, err, tt.want)
			}
		})
	}
}

func TestCallsSideBySide(t *testing.T) {
	gateway := play(t, func(conn net.Conn, r request) bool {
		if strings.Contains(r.head, "/transstatus.pml") {
			io.WriteString(conn, kept(r.form["transact"][6:]))
			return true
		}
		io.WriteString(conn, ok("status=ACCEPTED&result=0&transact="+r.form["transact"]))
		return false
	})
	c := on(t, gateway.url, withKeys)
	errs := make(chan error)
	amounts := [20]money.Amount{}
	for i := range amounts {
		amounts[i] = dkk(t, int64(i+1))
	}
	for i, amount := range amounts {
		go func() {
			id := TransactID(fmt.Sprintf("111111%d", 10+i%9))
			receipt, err := c.Refund(t.Context(), RefundRequest{id, "11223344", amount})
			if err == nil && receipt.Transact != id {
				err = fmt.Errorf("receipt of %s for %s", receipt.Transact, id)
			}
			if status, readErr := c.TransStatus(t.Context(), id); readErr != nil || status.digits() != string(id[6:]) {
				err = errors.Join(err, readErr, fmt.Errorf("status %s of %s", status, id))
			}
			errs <- err
		}()
	}
	for range amounts {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
