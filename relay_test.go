package main

import (
	"bytes"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// A relay stands between flexform and its gateway. It passes on what they say
// piece by piece, and can end the process at any of the moments between.
type relay struct {
	gateway string

	mu      sync.Mutex
	moments []string // that there were
	count   map[string]int
	last    point // of the victim
	victim  *process
}

// startRelay returns a relay to the gateway at a host and port, and its own
// address.
func startRelay(t *testing.T, gateway string) (r *relay, addr string) {
	t.Helper()
	r = &relay{gateway: gateway, count: map[string]int{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		all.Wait() // the processes have ended, and their connections with them
	})
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { r.pass(conn) })
		}
	})
	return r, listener.Addr().String()
}

// watch runs start, and kills the process that it returns at a moment; the
// zero point is none.
func (r *relay) watch(last point, start func() *process) *process {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moments, r.count, r.last = nil, map[string]int{}, last
	r.victim = start()
	return r.victim
}

// at is called at every moment. When it was the victim's last it returns after
// the victim's end.
func (r *relay) at(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moments = append(r.moments, what)
	r.count[what]++
	if what == r.last.call && r.count[what] == r.last.n {
		r.victim.Process.Kill()
		<-r.victim.ended
	}
}

// seen returns the moments since the last watch.
func (r *relay) seen() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.moments)
}

// pass serves one connection. The gateway gets all that was sent, and may
// answer, also when nobody is there any more to hear it.
func (r *relay) pass(client net.Conn) {
	defer client.Close()
	r.at("connected")
	gateway, err := net.Dial("tcp", r.gateway)
	if err != nil {
		return
	}
	defer gateway.Close()
	var service atomic.Value // of the last request
	service.Store("")
	var back sync.WaitGroup
	back.Go(func() {
		r.copy(client, gateway, func([]byte) string { return service.Load().(string) + " reply" })
		client.Close()
	})
	r.copy(gateway, client, func(b []byte) string {
		if line, _, ok := bytes.Cut(b, []byte(" HTTP/1")); ok {
			line, _, _ = bytes.Cut(line, []byte("?"))
			service.Store(string(line[bytes.LastIndexByte(line, '/')+1:]))
		}
		return service.Load().(string) + " request"
	})
	gateway.(*net.TCPConn).CloseWrite()
	back.Wait()
}

// copy passes on each piece between two moments.
func (r *relay) copy(to, from net.Conn, name func(piece []byte) string) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			what := name(buf[:n])
			r.at(what + " read")
			to.Write(buf[:n]) // nobody there: the other direction ends this
			r.at(what + " passed on")
		}
		if err != nil {
			return
		}
	}
}
