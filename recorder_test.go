package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

// A recorder hears whoever is dialled: proxies, a gateway on this machine that is
// not the settings', and, in a network of its own, every host on the usual ports,
// and every question for the address of a name.
type recorder struct {
	mu    sync.Mutex
	heard []string
	proxy string // address of a proxy
	trap  int    // port of a gateway that nobody vouched for, on every address of this machine
	world bool   // every host is heard
}

func newRecorder(t *testing.T) *recorder {
	t.Helper()
	r := &recorder{world: wholeWorld(t)}
	r.proxy = r.listen(t, "127.0.0.1:0").String()
	r.trap = r.listen(t, ":0").(*net.TCPAddr).Port
	if !r.world {
		return r
	}
	for _, port := range []int{21, 22, 25, 53, 80, 443, 8443, 9418} {
		r.listen(t, fmt.Sprintf(":%d", port))
	}
	for _, server := range nameservers() {
		r.names(t, net.JoinHostPort(server, "53"))
	}
	return r
}

func (r *recorder) listen(t *testing.T, address string) net.Addr {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go r.hear(conn)
		}
	}()
	return listener.Addr()
}

// hear notes a connection before it reads: the dialling alone says something.
func (r *recorder) hear(conn net.Conn) {
	defer conn.Close()
	r.note("connection to " + conn.LocalAddr().String())
	buffer := make([]byte, 64<<10)
	conn.SetReadDeadline(time.Now().Add(time.Second))
	n, _ := conn.Read(buffer)
	if n > 0 {
		r.note(fmt.Sprintf("%d bytes to %s: %q", n, conn.LocalAddr(), buffer[:min(n, 200)]))
	}
}

// names answers no question, and notes each.
func (r *recorder) names(t *testing.T, address string) {
	t.Helper()
	socket, err := net.ListenPacket("udp", address)
	if errors.Is(err, os.ErrPermission) || err != nil {
		t.Fatalf("the nameserver's place %s: %v", address, err)
	}
	t.Cleanup(func() { socket.Close() })
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, from, err := socket.ReadFrom(buffer)
			if err != nil {
				return
			}
			r.note(fmt.Sprintf("question to %s: %q", address, buffer[:n]))
			if n < 12 {
				continue
			}
			answer := append([]byte(nil), buffer[:n]...)
			answer[2], answer[3] = 0x81, 0x83 // an answer: there is no such name
			socket.WriteTo(answer, from)
		}
	}()
}

func (r *recorder) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, what)
}

// all returns what was heard so far.
func (r *recorder) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.heard...)
}
