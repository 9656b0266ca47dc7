package dibs

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"flexform/money"
)

var onceCalls = flag.Int("once", 1000, "money calls that TestExactlyOnce makes; 100000 is the long form")

// R46: a long loop of money calls and status calls on a listener that counts,
// for each intent, the requests that came. Connections die before, during and
// after a request, replies are redirects to another host, stay open, are halves.
// Each intent comes exactly once, and where its reply was whole it is accepted.
func TestExactlyOnce(t *testing.T) {
	other := play(t, say(ok("result=0")))
	g := &countingGateway{other: other.url, met: map[string]int{}, answered: map[string]bool{}}
	url := g.listen(t)
	const workers = 8
	var running sync.WaitGroup
	var next atomic.Int64
	for w := range workers {
		c := on(t, url, withKeys)
		chance := rand.New(rand.NewPCG(uint64(w), 46))
		running.Go(func() {
			for i := next.Add(1); i <= int64(*onceCalls); i = next.Add(1) {
				g.call(t, c, fmt.Sprintf("order-%d", i), chance)
			}
		})
	}
	running.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range *onceCalls {
		if order := fmt.Sprintf("order-%d", i+1); g.met[order] != 1 {
			t.Errorf("%s came %d times", order, g.met[order])
		}
	}
	if len(g.met) != *onceCalls {
		t.Errorf("%d intents came, want %d", len(g.met), *onceCalls)
	}
	if n := len(other.seen()); n != 0 {
		t.Errorf("the other host received %d requests", n)
	}
	if g.redirects == 0 || g.broken == 0 || g.statuses == 0 {
		t.Errorf("%d redirects, %d broken connections, %d status calls: the loop lacks something", g.redirects, g.broken, g.statuses)
	}
	t.Logf("%d money calls, %d of them redirected, %d on connections that broke, %d answered; %d status calls on connections that die", *onceCalls, g.redirects, g.broken, len(g.answered), g.statuses)
}

// A countingGateway does to each connection what chance says.
type countingGateway struct {
	other                       string // another host
	mu                          sync.Mutex
	chance                      *rand.Rand
	met                         map[string]int  // requests that were read whole or in part, by order
	answered                    map[string]bool // orders with a whole, good reply
	redirects, broken, statuses int
}

// call makes one money call and compares its outcome with what the gateway did,
// and now and then a status call, whose connection stays for the next one.
func (g *countingGateway) call(t *testing.T, c *Client, order string, chance *rand.Rand) {
	if chance.IntN(3) == 0 {
		_, _ = c.TransStatus(t.Context(), "11111111") // about half of them fail
	}
	var err error
	switch amount := dkk(t, 1+chance.Int64N(money.MaxMinor-1)); chance.IntN(3) {
	case 0:
		_, err = c.Refund(t.Context(), RefundRequest{"11111111", order, amount})
	case 1:
		_, err = c.Capture(t.Context(), CaptureRequest{Transact: "11111111", OrderID: order, Amount: amount})
	default:
		_, err = c.Cancel(t.Context(), CancelRequest{"11111111", order})
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	want := "uncertain"
	if g.answered[order] {
		want = "accepted"
	}
	if got := outcome(err); got != want {
		t.Errorf("%s: %v, want %s", order, err, want)
	}
}

func (g *countingGateway) listen(t *testing.T) (url string) {
	g.chance = rand.New(rand.NewPCG(1, 46))
	listener := listen(t, "127.0.0.1:0")
	t.Cleanup(serveConns(listener, func(conn net.Conn) {
		conn.SetDeadline(time.Now().Add(time.Minute)) // against a hanging test
		for in := bufio.NewReader(conn); g.serve(conn, in); {
		}
	}))
	return "http://" + listener.Addr().String()
}

// roll returns a number below n, the same run after run for the same order of
// requests.
func (g *countingGateway) roll(n int) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.chance.IntN(n)
}

// serve reads one request, to its order at least, and answers it or not. It
// returns whether the connection may carry another one.
func (g *countingGateway) serve(conn net.Conn, in *bufio.Reader) (more bool) {
	r, err := readRequest(in)
	if err != nil {
		return false
	}
	if strings.Contains(r.head, "/transstatus.pml") {
		return g.serveStatus(conn)
	}
	const good = "status=ACCEPTED&result=0"
	what := g.roll(9)
	g.mu.Lock()
	g.met[r.form["orderid"]]++
	switch what {
	case 0, 1, 7, 8:
		g.answered[r.form["orderid"]] = true
	case 2, 3:
		g.redirects++
	default:
		g.broken++
	}
	g.mu.Unlock()
	switch what {
	case 0: // as announced
		io.WriteString(conn, ok(good))
	case 1: // the connection would stay, and be used again
		io.WriteString(conn, kept(good))
		return true
	case 2:
		status := []int{301, 302, 303, 307, 308}[g.roll(5)]
		io.WriteString(conn, httpReply(fmt.Sprintf("%d Moved", status), good, "Location: "+g.other+"/cgi-adm/refund.cgi"))
	case 3:
		status := []int{301, 302, 303, 307, 308}[g.roll(5)]
		io.WriteString(conn, httpReply(fmt.Sprintf("%d Moved", status), good, "Location: /cgi-adm/refund.cgi"))
		return true
	case 4: // nothing
	case 5:
		conn.(*net.TCPConn).SetLinger(0)
	case 6:
		whole := ok(good)
		io.WriteString(conn, whole[:g.roll(len(whole)-1)])
	case 7: // the server's half is closed, and it listens on
		io.WriteString(conn, ok(good))
		conn.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, conn)
	case 8:
		io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"+ok(good))
	}
	return false
}

// serveStatus answers and keeps the connection, which then dies under the next
// call, sooner or later.
func (g *countingGateway) serveStatus(conn net.Conn) (more bool) {
	what := g.roll(4)
	g.mu.Lock()
	g.statuses++
	g.mu.Unlock()
	switch what {
	case 0:
		return false
	case 1:
		conn.(*net.TCPConn).SetLinger(0)
		return false
	case 2: // it dies while nobody looks
		io.WriteString(conn, kept("5"))
		return false
	}
	io.WriteString(conn, kept("5"))
	return true
}

// R40: a connection of which one half is closed, at each moment and by each side.
func TestHalfClosedConnections(t *testing.T) {
	const good = "status=ACCEPTED&result=0"
	tests := map[string]struct {
		serve func(*net.TCPConn, *bufio.Reader) // reads the request where it likes
		want  string
	}{
		"the server's half, before the request": {func(conn *net.TCPConn, in *bufio.Reader) {
			conn.CloseWrite()
			readRequest(in)
		}, "uncertain"},
		"the server's half, after the request": {func(conn *net.TCPConn, in *bufio.Reader) {
			readRequest(in)
			conn.CloseWrite()
		}, "uncertain"},
		"the server's half, in the reply": {func(conn *net.TCPConn, in *bufio.Reader) {
			readRequest(in)
			io.WriteString(conn, ok(good)[:40])
			conn.CloseWrite()
		}, "uncertain"},
		"the server's half, after the reply": {func(conn *net.TCPConn, in *bufio.Reader) {
			readRequest(in)
			io.WriteString(conn, ok(good))
			conn.CloseWrite()
		}, "accepted"},
		"nobody's, after the reply": {func(conn *net.TCPConn, in *bufio.Reader) {
			readRequest(in)
			io.WriteString(conn, kept(good))
		}, "accepted"},
		"the client's, in the server's eyes": {func(conn *net.TCPConn, in *bufio.Reader) {
			conn.CloseRead()
			readRequest(in)
			io.WriteString(conn, ok(good))
		}, "accepted"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			listener := listen(t, "127.0.0.1:0")
			var connections atomic.Int32
			over := make(chan struct{})
			stop := serveConns(listener, func(conn net.Conn) {
				connections.Add(1)
				tt.serve(conn.(*net.TCPConn), bufio.NewReader(conn))
				<-over // the other half stays open for as long as the client wants
			})
			c := on(t, "http://"+listener.Addr().String())
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			_, err := c.Refund(ctx, refundOf(t))
			close(over)
			stop()
			if got := outcome(err); got != tt.want || ctx.Err() != nil {
				t.Errorf("Refund: %v, want %s at once", err, tt.want)
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}
