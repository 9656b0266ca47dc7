package sandbox

import (
	"context"
	"net"
	"time"
)

// A TB is the part of testing.TB that [Start] needs.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// A Server is a [Gateway] that listens.
type Server struct {
	URL     string // base URL, "http://127.0.0.1:40123"; https with Options.TLS, and then [Gateway.Authority] is the one to trust
	Gateway *Gateway
}

// Start serves a gateway with these seeds on a free loopback port until the
// test ends. Without a clock in o, the gateway's time stands still at noon of
// 2 November 2026 UTC. A request for a path that FlexWin lacks fails the test.
func Start(tb TB, o Options, seeds ...Transaction) *Server {
	tb.Helper()
	if o.Now == nil {
		if o.Settle > Instant || o.Bulk > Instant {
			tb.Fatalf("sandbox: what happens after %s needs a clock: set Options.Now", time.Duration(max(o.Settle, o.Bulk)))
		}
		o.Now = func() time.Time { return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) }
	}
	g, err := Open(o)
	if err != nil {
		tb.Fatalf("sandbox: %v", err)
	}
	if err := g.Seed(seeds); err != nil {
		tb.Fatalf("sandbox: %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	// No keep-alive probes: connections live for one call, and setting them
	// up costs system calls on each.
	ln, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("sandbox: %v", err)
	}
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, ln, g) }()
	tb.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			tb.Errorf("sandbox: %v", err)
		}
		if err := g.Close(); err != nil {
			tb.Errorf("sandbox: close: %v", err)
		}
		for _, c := range g.Calls(Filter{Service: Unknown}) {
			tb.Errorf("sandbox: request for %s, which is no FlexWin service", c.Params.Get("path"))
		}
	})
	return &Server{URL: g.Scheme() + "://" + ln.Addr().String(), Gateway: g}
}
