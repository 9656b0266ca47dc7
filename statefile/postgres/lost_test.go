//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"flexform/statefile"
	"flexform/statefile/ledgertest"
	"flexform/statefile/postgres/pgtest"
)

// A wire counts what goes over all connections of a place, and breaks one at
// its n-th read or write.
type wire struct {
	mu     sync.Mutex
	n      int  // contacts so far, since the wire was armed
	at     int  // the one that fails; 0: none
	after  bool // it fails when it is done: a write reaches the server, an answer is thrown away
	deaf   bool // connections are not closed where the server could notice
	broken string
}

// arm has the n-th contact from now on break, and says what has broken so far.
func (w *wire) arm(n int) (broken string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.n, w.at = 0, n
	return w.broken
}

var errBroken = errors.New("broken by the test")

// contact does one read or write, or breaks.
func (w *wire) contact(kind string, c net.Conn, do func() (int, error)) (int, error) {
	w.mu.Lock()
	w.n++
	now := w.at > 0 && w.n == w.at
	w.mu.Unlock()
	if !now {
		return do()
	}
	if w.after {
		do()
	}
	w.mu.Lock()
	w.broken = kind
	w.mu.Unlock()
	if !w.deaf {
		c.Close()
	}
	return 0, errBroken
}

type wired struct {
	net.Conn
	wire *wire
}

func (c wired) Read(b []byte) (int, error) {
	return c.wire.contact("read", c.Conn, func() (int, error) { return c.Conn.Read(b) })
}

func (c wired) Write(b []byte) (int, error) {
	return c.wire.contact("write", c.Conn, func() (int, error) { return c.Conn.Write(b) })
}

func (c wired) Close() error {
	if c.wire.deaf {
		return nil
	}
	return c.Conn.Close()
}

func (p *Place) over(w *wire) {
	p.config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return wired{c, w}, nil
	}
}

// R2, R22: the connection breaks at each contact of an append, before or after
// it: the COMMIT among them, whose outcome is then not known. The append is
// there once, the process knows it, and goes on.
func TestEveryContactBreaks(t *testing.T) {
	points := 0
	for _, after := range []bool{false, true} {
		for at := 1; ; at++ {
			p := newPlace(t)
			w := &wire{after: after}
			p.over(w)
			l := open(t, p)
			appended(t, l, ledgertest.Begin(3))
			w.arm(at)
			appended(t, l, ledgertest.Intent(1))
			broken := w.arm(0)
			appended(t, l, ledgertest.Intent(2))
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if list := entries(t, p); len(list) != 4 {
				t.Errorf("contact %d (%s, after: %t): %d entries, want 4", at, broken, after, len(list))
			}
			if broken == "" { // it has fewer contacts
				break
			}
			points++
		}
	}
	t.Logf("%d points", points)
	if points < 10 {
		t.Errorf("only %d contacts were broken", points)
	}
}

// holding returns the server's process that has the place's lock.
func (p *Place) holding(t *testing.T) int32 {
	t.Helper()
	conn, err := p.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	h, err := p.holder(t.Context(), conn)
	if err != nil || h.backend == 0 {
		t.Fatalf("who has the lock: %+v, %v", h, err)
	}
	return h.backend
}

// terminate ends the session that has the lock.
func (p *Place) terminate(t *testing.T) int32 {
	t.Helper()
	backend := p.holding(t)
	p.change(t, fmt.Sprintf("SELECT pg_terminate_backend(%d)", backend))
	return backend
}

// R22: the session is ended between two appends. The next one has a new
// session, with the lock.
func TestSessionLost(t *testing.T) {
	p := newPlace(t)
	w := open(t, p)
	appended(t, w, ledgertest.Begin(9))
	for i := range 3 {
		old := p.terminate(t)
		if i == 2 {
			if err := w.Reserve(1); err != nil {
				t.Fatal(err)
			}
		}
		appended(t, w, ledgertest.Intent(i))
		if now := p.terminate(t); now == old {
			t.Errorf("the session is the old one, %d", old)
		}
		appended(t, w, statefile.Outcome{Action: ledgertest.Intent(i).Action, Result: statefile.Accepted})
	}
	if list := entries(t, p); len(list) != 8 {
		t.Errorf("%d entries, want 8", len(list))
	}
}

// R22: the session is lost and somebody else has the ledger before this process
// notices. It writes nothing more.
func TestSessionLostToAnother(t *testing.T) {
	p := newPlace(t)
	w := open(t, p)
	appended(t, w, ledgertest.Begin(2))
	p.terminate(t)
	other, err := at(t, server(t), p.schema).Open(t.Context(), ledgertest.Options("bo"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := w.Append(t.Context(), ledgertest.Intent(1)); !overtaken(err) {
		t.Errorf("append without the lock: %v", err)
	}
	if list := entries(t, p); len(list) != 2 {
		t.Errorf("%d entries, want 2", len(list))
	}
}

// R22: the server does not notice that a connection is gone, and keeps its
// session with the lock. The process that had it ends it, and goes on.
func TestSessionLeftBehind(t *testing.T) {
	p := newPlace(t)
	w := &wire{deaf: true}
	p.over(w)
	var held []net.Conn // or they would be closed when nobody knows them
	dial := p.config.DialFunc
	p.config.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dial(ctx, network, addr)
		if err == nil {
			w.mu.Lock() // a request to cancel comes from elsewhere
			held = append(held, c.(wired).Conn)
			w.mu.Unlock()
		}
		return c, err
	}
	t.Cleanup(func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, c := range held {
			c.Close()
		}
	})
	l := open(t, p)
	appended(t, l, ledgertest.Begin(3))
	before := p.holding(t)
	w.arm(1)
	appended(t, l, ledgertest.Intent(1))
	if w.arm(0) == "" || p.holding(t) == before {
		t.Errorf("the session is the old one, %d", before)
	}
	if list := entries(t, p); len(list) != 3 {
		t.Errorf("%d entries, want 3", len(list))
	}
}

// R9, R10: without the server nothing is written, and then the process writes
// nothing more, also when the server is back. What is there verifies.
func TestServerStopped(t *testing.T) {
	s := pgtest.Start(t)
	p := placeAt(t, s)
	p.patience = 300 * time.Millisecond
	w := open(t, p)
	appended(t, w, ledgertest.Begin(3))
	s.Stop(t)
	_, err := w.Append(t.Context(), ledgertest.Intent(1))
	if _, ok := errors.AsType[*statefile.WriteError](err); !ok {
		t.Errorf("append without a server: %v", err)
	}
	s.Run(t)
	if _, again := w.Append(t.Context(), ledgertest.Intent(2)); fmt.Sprint(again) != fmt.Sprint(err) {
		t.Errorf("append after a failed one: %v", again)
	}
	if list := entries(t, p); len(list) != 2 {
		t.Errorf("%d entries, want 2", len(list))
	}
	appended(t, open(t, p), ledgertest.Intent(2))
}

// R22: the server is stopped and started again under a process that writes. It
// goes on as if nothing had happened.
func TestServerRestarted(t *testing.T) {
	s := pgtest.Start(t)
	p := placeAt(t, s)
	w := open(t, p)
	appended(t, w, ledgertest.Begin(3))
	s.Stop(t)
	done := make(chan error, 1)
	go func() {
		_, err := w.Append(context.Background(), ledgertest.Intent(1))
		done <- err
	}()
	s.Run(t)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if list := entries(t, p); len(list) != 3 {
		t.Errorf("%d entries, want 3", len(list))
	}
}
