package dibs

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"flexform/money"
)

// A fake is a gateway whose every byte the test decides. It records what it
// was sent.
type fake struct {
	url string

	mu          sync.Mutex
	answer      answerer
	connections int
	requests    []request
}

// An answerer answers one request and returns whether the connection may carry
// another one.
type answerer func(net.Conn, request) (more bool)

// A request is one that a fake has read whole.
type request struct {
	head, body string
	form       map[string]string
}

// play starts a fake on loopback.
func play(tb testing.TB, answer answerer) *fake {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	f := &fake{url: "http://" + listener.Addr().String(), answer: answer}
	f.serve(tb, listener)
	return f
}

func (f *fake) serve(tb testing.TB, listener net.Listener) {
	tb.Cleanup(serveConns(listener, func(conn net.Conn) {
		f.mu.Lock()
		f.connections++
		f.mu.Unlock()
		f.converse(conn)
	}))
}

// serveConns serves connections side by side and closes each when it is
// served. The returned function ends that, after the last one.
func serveConns(listener net.Listener, serve func(net.Conn)) (stop func()) {
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	return func() { listener.Close(); running.Wait() }
}

func (f *fake) converse(conn net.Conn) {
	in := bufio.NewReader(conn)
	for {
		r, err := readRequest(in)
		if err != nil {
			return
		}
		f.mu.Lock()
		f.requests = append(f.requests, r)
		answer := f.answer
		f.mu.Unlock()
		if !answer(conn, r) {
			return
		}
	}
}

// will changes what the fake answers from now on.
func (f *fake) will(answer answerer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// seen returns the requests so far.
func (f *fake) seen() []request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]request(nil), f.requests...)
}

// readRequest reads one request without the help of net/http.
func readRequest(in *bufio.Reader) (request, error) {
	var r request
	length := 0
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return r, err
		}
		r.head += line
		fmt.Sscanf(line, "Content-Length: %d", &length)
		if line == "\r\n" {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(in, body); err != nil {
		return r, err
	}
	r.body, r.form = string(body), map[string]string{}
	for pair := range strings.SplitSeq(r.body, "&") {
		name, value, _ := strings.Cut(pair, "=")
		r.form[name] = value
	}
	return r, nil
}

// say returns an answer that writes raw and ends the connection.
func say(raw string) answerer {
	return func(conn net.Conn, _ request) bool {
		io.WriteString(conn, raw)
		return false
	}
}

// ok is a plain reply with that body, after which the connection ends.
func ok(body string) string { return httpReply("200 OK", body, "Connection: close") }

// kept is a plain reply with that body, after which the connection stays.
func kept(body string) string { return httpReply("200 OK", body) }

func httpReply(status, body string, headers ...string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: text/html; charset=iso-8859-1\r\nContent-Length: %d\r\n%s\r\n%s",
		status, len(body), strings.Join(append(headers, ""), "\r\n"), body)
}

// on returns a client of the gateway at url, with a login.
func on(tb testing.TB, url string, change ...func(*Config)) *Client {
	tb.Helper()
	cfg := Config{Gateway: url, Merchant: "12345678", User: "api", Password: NewSecret("canary-password")}
	for _, f := range change {
		f(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.CloseIdleConnections)
	return c
}

func withKeys(cfg *Config) {
	cfg.Key1 = NewSecret("abcdefghijklmnopqrstuvwxyz012345")
	cfg.Key2 = NewSecret("ABCDEFGHIJKLMNOPQRSTUVWXYZ678901")
}

func dkk(tb testing.TB, minor int64) money.Amount {
	tb.Helper()
	c, err := money.ParseCurrency("DKK")
	if err != nil {
		tb.Fatal(err)
	}
	a, err := money.New(minor, c)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

// the requests of flexwin.md 5
func captureOf(tb testing.TB) CaptureRequest {
	return CaptureRequest{Transact: "11111111", OrderID: "11223344", Amount: dkk(tb, 2000)}
}

func refundOf(tb testing.TB) RefundRequest {
	return RefundRequest{Transact: "11111111", OrderID: "11223344", Amount: dkk(tb, 500)}
}

var cancelOf = CancelRequest{Transact: "11111111", OrderID: "11223344"}

// moneyCalls are the calls that answer with a result.
func moneyCalls(tb testing.TB) map[string]func(*Client) (Receipt, error) {
	return map[string]func(*Client) (Receipt, error){
		"capture": func(c *Client) (Receipt, error) { return c.Capture(tb.Context(), captureOf(tb)) },
		"refund":  func(c *Client) (Receipt, error) { return c.Refund(tb.Context(), refundOf(tb)) },
		"cancel":  func(c *Client) (Receipt, error) { return c.Cancel(tb.Context(), cancelOf) },
		"changestatus": func(c *Client) (Receipt, error) {
			return c.ChangeStatus(tb.Context(), ChangeStatusRequest{Transact: "11111111", Amount: dkk(tb, 2000), Action: ActionMatched})
		},
		"suppl_auth": func(c *Client) (Receipt, error) {
			return c.SupplAuth(tb.Context(), SupplAuthRequest{Transact: "11111111", OrderID: "11223344", Amount: dkk(tb, 2000)})
		},
	}
}

// statusCalls are the calls that only ask.
func statusCalls(tb testing.TB) map[string]func(*Client) error {
	return map[string]func(*Client) error{
		"transinfo": func(c *Client) error {
			_, err := c.TransInfo(tb.Context(), TransInfoRequest{OrderID: "11223344", Amount: dkk(tb, 2000)})
			return err
		},
		"transstatus": func(c *Client) error { _, err := c.TransStatus(tb.Context(), "11111111"); return err },
		"payinfo":     func(c *Client) error { _, err := c.PayInfo(tb.Context(), "11111111"); return err },
		"transstat":   func(c *Client) error { _, err := c.TransStat(tb.Context(), described(tb)); return err },
		"transimg":    func(c *Client) error { _, err := c.TransImg(tb.Context(), described(tb)); return err },
		"confirmtransact": func(c *Client) error {
			_, err := c.ConfirmTransact(tb.Context(), ConfirmRequest{"11111111", "11223344", dkk(tb, 1).Currency()})
			return err
		},
		"cardtype": func(c *Client) error { _, err := c.CardType(tb.Context(), "11111111"); return err },
		"status":   func(c *Client) error { _, err := c.AcquirerStatus(tb.Context(), "PBS"); return err },
		"callback": func(c *Client) error { _, err := c.Callback(tb.Context(), "11111111"); return err },
		"splitpay_info": func(c *Client) error {
			_, err := c.SplitPayInfo(tb.Context(), "11111111", dkk(tb, 1).Currency())
			return err
		},
	}
}

func described(tb testing.TB) DescribeRequest {
	return DescribeRequest{Transact: "11111111", OrderID: "11223344", Amount: dkk(tb, 2000)}
}

// withLogin are the status calls that need the login.
var withLogin = map[string]bool{"payinfo": true, "callback": true, "splitpay_info": true}

// outcome names the kind of what a money call returned.
func outcome(err error) string {
	switch err.(type) {
	case nil:
		return "accepted"
	case *DeclinedError:
		return "declined"
	case *LoginError:
		return "login refused"
	case *NotSentError:
		return "not sent"
	case *UncertainError:
		return "uncertain"
	}
	return fmt.Sprintf("%T", err)
}
