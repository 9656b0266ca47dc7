package dibs

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// loginCalls are those that need the API user.
func loginCalls(t *testing.T) map[string]func(*Client) error {
	return map[string]func(*Client) error{
		"refund":  func(c *Client) error { _, err := c.Refund(t.Context(), refundOf(t)); return err },
		"cancel":  func(c *Client) error { _, err := c.Cancel(t.Context(), cancelOf); return err },
		"payinfo": func(c *Client) error { _, err := c.PayInfo(t.Context(), "11111111"); return err },
	}
}

// atOnce starts n calls together and returns their errors.
func atOnce(n int, call func(i int) error) []error {
	errs := make([]error, n)
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() { errs[i] = call(i) })
	}
	running.Wait()
	return errs
}

// slowGateway answers every request a second after it came, on a clock that
// the test owns. It counts them, and the most that it had at once.
type slowGateway struct {
	reply             string
	more              bool // keep the connection, and say nothing else on it
	total, under, top atomic.Int32
}

func (g *slowGateway) client(t *testing.T) *Client {
	c := on(t, "http://127.0.0.1:1")
	c.dial = piped(t, func(conn net.Conn) {
		g.total.Add(1)
		g.top.Store(max(g.top.Load(), g.under.Add(1)))
		time.Sleep(time.Second)
		g.under.Add(-1)
		io.WriteString(conn, g.reply)
		if !g.more {
			conn.Close()
		}
	})
	c.pool = newPool(c)
	return c
}

func TestWrongPasswordCostsOneTry(t *testing.T) {
	tests := map[string]struct {
		raw  string
		more bool
	}{
		"as documented":        {httpReply("401 Unauthorized", "<html>Login problems?</html>", `WWW-Authenticate: Basic realm="DIBS"`), false},
		"without a body":       {"HTTP/1.1 401 Unauthorized\r\n\r\n", false},
		"with a body to come":  {"HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\n", true},
		"with a decisive body": {httpReply("401 Unauthorized", "result=0"), false},
	}
	for name, tt := range tests {
		for kind := range loginCalls(t) {
			t.Run(name+", "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					g := slowGateway{reply: tt.raw, more: tt.more}
					c, call := g.client(t), loginCalls(t)[kind]
					start := time.Now()
					for _, err := range atOnce(12, func(int) error { return call(c) }) {
						refusal, is := err.(*LoginError)
						if !is || refusal.User != "api" || !strings.HasPrefix(refusal.Service, kind) {
							t.Errorf("got %v, want a refused login", err)
						}
					}
					for kind, call := range loginCalls(t) {
						if outcome(call(c)) != "login refused" {
							t.Errorf("%s: the refusal did not stay", kind)
						}
					}
					if n := g.total.Load(); n != 1 {
						t.Errorf("%d tries, want 1", n)
					}
					if took := time.Since(start); took != time.Second {
						t.Errorf("took %v: waited for more than the headers", took)
					}
					c.CloseIdleConnections()
				})
			})
		}
	}
}

func TestCaptureGoesOnAfterARefusedLogin(t *testing.T) {
	gateway := play(t, say(httpReply("401 Unauthorized", "")))
	c := on(t, gateway.url)
	if _, err := c.Refund(t.Context(), refundOf(t)); outcome(err) != "login refused" {
		t.Fatal(err)
	}
	gateway.will(say(ok("result=0")))
	if _, err := c.Capture(t.Context(), captureOf(t)); err != nil {
		t.Errorf("capture, which needs no login: %v", err)
	}
}

// A login page with status 200 says nothing certain about a refund, but no
// further try is made.
func TestLoginPageWithoutStatus401(t *testing.T) {
	page := "<html>" + strings.Repeat(" ", 100) + "Login problems?</html>"
	gateway := play(t, say(ok(page)))
	c := on(t, gateway.url)
	if _, err := c.Refund(t.Context(), refundOf(t)); outcome(err) != "uncertain" {
		t.Errorf("Refund: %v, want uncertain", err)
	}
	if _, err := c.Cancel(t.Context(), cancelOf); outcome(err) != "login refused" {
		t.Errorf("Cancel after that: %v, want a refused login", err)
	}
	if _, err := on(t, gateway.url).PayInfo(t.Context(), "11111111"); outcome(err) != "login refused" {
		t.Errorf("PayInfo: %v, want a refused login", err)
	}
	if n := len(gateway.seen()); n != 2 {
		t.Errorf("%d tries, want 2", n)
	}
}

// Until the login is proven, calls go one at a time; then side by side.
func TestLoginIsTriedAlone(t *testing.T) {
	for proof := range loginCalls(t) {
		t.Run(proof, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := slowGateway{reply: ok("<html>busy</html>")} // says nothing about the login
				c := g.client(t)
				together := func() []error {
					return append(atOnce(4, func(int) error { return loginCalls(t)["refund"](c) }),
						atOnce(4, func(int) error { return loginCalls(t)["payinfo"](c) })...)
				}
				for _, err := range together() {
					if err == nil {
						t.Error("no error")
					}
				}
				if g.total.Load() != 8 || g.top.Load() != 1 {
					t.Errorf("%d calls, %d at once, want 8 one by one", g.total.Load(), g.top.Load())
				}
				g.reply = ok("status=5&result=6") // decides no refund, but no stranger gets it
				loginCalls(t)[proof](c)
				start := time.Now()
				together()
				if took := time.Since(start); g.top.Load() != 4 || took != 2*time.Second {
					t.Errorf("%d calls at once in %v, want 4 in 2s", g.top.Load(), took)
				}
				c.CloseIdleConnections()
			})
		})
	}
}

func TestWaitForTheLoginEndsWithTheContext(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	gateway := play(t, func(conn net.Conn, _ request) bool {
		close(asked)
		<-answer
		io.WriteString(conn, ok("result=0"))
		return false
	})
	c := on(t, gateway.url)
	first := make(chan error)
	go func() { _, err := c.Refund(t.Context(), refundOf(t)); first <- err }()
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() { _, err := c.Refund(ctx, refundOf(t)); second <- err }()
	cancel()
	if err := <-second; outcome(err) != "not sent" || !errors.Is(err, context.Canceled) {
		t.Errorf("waiting: %v, want not sent", err)
	}
	close(answer)
	if err := <-first; err != nil {
		t.Errorf("first: %v", err)
	}
	if n := len(gateway.seen()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestProvenLoginMayStillBeRefusedLater(t *testing.T) {
	gateway := play(t, say(ok("transact=11111111&status=5")))
	c := on(t, gateway.url)
	if _, err := c.PayInfo(t.Context(), "11111111"); err != nil {
		t.Fatal(err)
	}
	gateway.will(say(httpReply("401 Unauthorized", "")))
	for range 3 {
		if _, err := c.Refund(t.Context(), refundOf(t)); outcome(err) != "login refused" {
			t.Errorf("got %v, want a refused login", err)
		}
	}
	if n := len(gateway.seen()); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// Every call of a client keeps the pace, whatever it asks.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := on(t, "http://127.0.0.1:1", func(c *Config) { c.Interval = 200 * time.Millisecond })
		var starts []time.Duration
		start := time.Now()
		c.dial = func(context.Context, string, string) (net.Conn, error) {
			starts = append(starts, time.Since(start))
			return nil, errors.New("no network here")
		}
		c.pool = newPool(c)
		for range 2 {
			for _, call := range moneyCalls(t) {
				call(c)
			}
			for _, call := range statusCalls(t) {
				call(c)
			}
		}
		if want := 2 * (len(moneyCalls(t)) + len(statusCalls(t))); len(starts) != want {
			t.Fatalf("%d calls, want %d", len(starts), want)
		}
		for i, at := range starts {
			if want := time.Duration(i) * 200 * time.Millisecond; at != want {
				t.Errorf("call %d started after %v, want %v", i, at, want)
			}
		}
	})
}

func TestWaitForThePaceEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := on(t, "http://127.0.0.1:1", func(c *Config) { c.Interval = time.Minute })
		dialled := 0
		c.dial = func(context.Context, string, string) (net.Conn, error) {
			dialled++
			return nil, errors.New("no network here")
		}
		c.Refund(t.Context(), refundOf(t))
		tests := map[string]struct {
			context func() (context.Context, context.CancelFunc)
			is      error
		}{
			"a deadline before its turn": {func() (context.Context, context.CancelFunc) {
				return context.WithTimeout(t.Context(), time.Second)
			}, context.DeadlineExceeded},
			"cancelled": {func() (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				return ctx, cancel
			}, context.Canceled},
		}
		for name, tt := range tests {
			ctx, cancel := tt.context()
			_, err := c.Refund(ctx, refundOf(t))
			cancel()
			if outcome(err) != "not sent" || !errors.Is(err, tt.is) {
				t.Errorf("%s: %v, want not sent because of %v", name, err, tt.is)
			}
		}
		if dialled != 1 {
			t.Errorf("dialled %d times, want once", dialled)
		}
	})
}

// Any answer that is none to the login proves it, also a no.
func TestStatusAnswersProveTheLogin(t *testing.T) {
	for body, proves := range map[string]bool{
		"transact=11111111&orderid=1&status=1&authamount=1&amountleft=1&captured=0&refunded=0&settled=0&spcaps=0": true,
		"Unknown transaction id (11111111)": true,
		"<html>502 Bad gateway</html>":      false,
	} {
		gateway := play(t, say(ok(body)))
		for _, name := range []string{"callback", "splitpay_info"} {
			c := on(t, gateway.url)
			if err := statusCalls(t)[name](c); c.gate.proven.Load() != proves {
				t.Errorf("%s answered %q (%v): login proven %v", name, body, err, c.gate.proven.Load())
			}
		}
	}
	for _, no := range []string{"reason=6&message=Not%20a%20split%20payment", "reason=8&message=Unknown%20transaction%20id"} {
		gateway := play(t, say(ok("status=DECLINED&"+no)))
		c := on(t, gateway.url)
		if err := statusCalls(t)["splitpay_info"](c); err == nil || !c.gate.proven.Load() {
			t.Errorf("a decline (%v) does not prove the login", err)
		}
	}
}
