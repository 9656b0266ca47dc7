package dibs

import (
	"io"
	"net"
	"syscall"
	"testing"
	"time"
)

// cpu returns the processor time that the process has used. The gateway played
// in it has its share, so that the figures below are upper bounds.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchmarkCall(b *testing.B, reply string, more bool, call func(*Client) error) {
	gateway := playQuietly(b, reply, more)
	c := on(b, gateway, withKeys)
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		if err := call(c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N)/1e3, "cpu-µs/op")
}

// playQuietly is play for benchmarks: it reads and writes, and does no more.
func playQuietly(b *testing.B, reply string, more bool) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { listener.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			for {
				if _, err := conn.Read(buf); err != nil {
					break
				}
				io.WriteString(conn, reply)
				if !more {
					break
				}
			}
			conn.Close()
		}
	}()
	return "http://" + listener.Addr().String()
}

func BenchmarkRefund(b *testing.B) {
	r := refundOf(b)
	benchmarkCall(b, ok("status=ACCEPTED&result=0&transact=11111111"), false, func(c *Client) error {
		_, err := c.Refund(b.Context(), r)
		return err
	})
}

func BenchmarkTransStatus(b *testing.B) {
	benchmarkCall(b, kept("5"), true, func(c *Client) error { _, err := c.TransStatus(b.Context(), "11111111"); return err })
}

func BenchmarkPayInfo(b *testing.B) {
	benchmarkCall(b, kept("transact=11111111&status=5&amount=2000&currency=208&orderid=11223344"), true,
		func(c *Client) error { _, err := c.PayInfo(b.Context(), "11111111"); return err })
}

// BenchmarkConclude is the refund without the network.
func BenchmarkConclude(b *testing.B) {
	c := on(b, "http://127.0.0.1:1", withKeys)
	h := handling{service: refundCGI, transact: "11111111", orderID: "11223344", amount: dkk(b, 500)}
	a := arrival{sent: true, status: 200, body: "status=ACCEPTED&result=0&transact=11111111&cardtype=VISA", whole: true}
	b.ReportAllocs()
	for b.Loop() {
		body, signature := c.form(h)
		appendRequest(c.heads[h.service], body)
		if _, err := c.conclude(h, a, c.cleaner.knowing(signature)); err != nil {
			b.Fatal(err)
		}
	}
}
