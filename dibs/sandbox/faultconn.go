package sandbox

import (
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// A faultyListener takes connections as the faults in force let it.
type faultyListener struct {
	gateway *Gateway
	quit    chan struct{}
	stop    sync.Once

	mu   sync.Mutex
	open net.Listener
	back *time.Timer // while the door is shut: when it opens again
}

func newFaultyListener(ln net.Listener, g *Gateway) *faultyListener {
	l := &faultyListener{gateway: g, open: ln, quit: make(chan struct{})}
	m := &g.mischief
	m.mu.Lock()
	defer m.mu.Unlock()
	m.doors = append(m.doors, l)
	return l
}

// Accept implements [net.Listener].
func (l *faultyListener) Accept() (net.Conn, error) {
	for {
		ln, err := l.current()
		if err != nil {
			return nil, err
		}
		conn, err := ln.Accept()
		if err != nil && l.shut() {
			continue
		}
		if err != nil {
			return nil, err
		}
		f := l.gateway.mischief.hitsConnection()
		switch {
		case f == nil:
			return l.gateway.secured(conn), nil
		case f.Do == FaultRefuse:
			abort(conn)
		default:
			return &shortConn{Conn: l.gateway.secured(conn), left: f.Number, reset: f.Do == FaultResetAt}, nil
		}
	}
}

// current returns the listener to take connections from. While the door is shut
// it waits, and then listens at the same address again.
func (l *faultyListener) current() (net.Listener, error) {
	l.mu.Lock()
	back := l.back
	l.mu.Unlock()
	if back != nil {
		select {
		case <-back.C:
		case <-l.quit:
			return nil, net.ErrClosed
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.quit:
		return nil, net.ErrClosed
	default:
	}
	if back != nil {
		ln, err := net.Listen(l.open.Addr().Network(), l.open.Addr().String())
		if err != nil {
			return nil, err // somebody else has the port now
		}
		l.open, l.back = ln, nil
	}
	return l.open, nil
}

// shut reports whether the door is shut for a while.
func (l *faultyListener) shut() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.back != nil
}

// down shuts the door for so long. Connections that are open stay.
func (l *faultyListener) down(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.back != nil {
		l.back.Reset(d)
		return
	}
	l.back = time.NewTimer(d)
	_ = l.open.Close() // Accept ends, and waits
}

// Close implements [net.Listener].
func (l *faultyListener) Close() error {
	l.stop.Do(func() {
		close(l.quit)
		m := &l.gateway.mischief
		m.mu.Lock()
		defer m.mu.Unlock()
		m.doors = slices.DeleteFunc(m.doors, func(d *faultyListener) bool { return d == l })
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.back != nil {
		l.back.Stop()
		return nil
	}
	return l.open.Close()
}

// Addr implements [net.Listener].
func (l *faultyListener) Addr() net.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open.Addr()
}

// down shuts all doors for so long.
func (m *mischief) down(d time.Duration) {
	m.mu.Lock()
	doors := slices.Clone(m.doors)
	m.mu.Unlock()
	for _, l := range doors {
		l.down(d)
	}
}

// A shortConn ends when so many bytes of requests have come. The last of them is
// not handed on, so that no request that ends there is ever whole.
type shortConn struct {
	net.Conn
	left  int
	reset bool
}

// Read implements [net.Conn].
func (c *shortConn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.EOF
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	if c.left -= n; c.left > 0 {
		return n, err
	}
	// Whatever is said from here on does not reach the client.
	tcp := tcpOf(c.Conn)
	switch {
	case tcp == nil:
	case c.reset:
		abort(tcp)
	default:
		_ = tcp.CloseWrite()
		_, _ = io.Copy(io.Discard, tcp) // closing with bytes unread would be a reset
	}
	return 0, io.EOF
}

// NetConn returns the connection below.
func (c *shortConn) NetConn() net.Conn { return c.Conn }

// abort ends a connection with a reset.
func abort(conn net.Conn) {
	if tcp := tcpOf(conn); tcp != nil {
		_ = tcp.SetLinger(0)
	}
	hangUp(conn)
}

// hangUp ends a connection without a word, also of TLS.
func hangUp(conn net.Conn) {
	if tcp := tcpOf(conn); tcp != nil {
		conn = tcp
	}
	_ = conn.Close()
}

// tcpOf returns the TCP connection at the bottom, nil when it is another one.
func tcpOf(conn net.Conn) *net.TCPConn {
	for {
		if tcp, isTCP := conn.(*net.TCPConn); isTCP {
			return tcp
		}
		outer, isOuter := conn.(interface{ NetConn() net.Conn })
		if !isOuter {
			return nil
		}
		conn = outer.NetConn()
	}
}
