package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	usualPause = time.Second
	maxEndless = 1 << 30 // bytes
)

// transmit sends what f makes of a reply.
func (f Fault) transmit(reply Reply, w http.ResponseWriter, r *http.Request) {
	switch {
	case reply.Drop: // a hook dropped the call before f
		reply.send(w)
	case f.Do == FaultDrop, f.Do == FaultReset, f.Do == FaultCut, f.Do == FaultSlow, f.Do == FaultEndless, f.Do == FaultEndlessHead, f.Do == FaultHTTP10:
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(http.ErrAbortHandler) // no connection of its own: the client gets nothing
		}
		f.write(reply, conn, r.Context())
	default:
		reply.send(w)
	}
}

// write puts the bytes of a reply on the wire as f wants it, and closes the
// connection. A client that has gone ends it sooner, and so does the gateway
// when it stops.
func (f Fault) write(reply Reply, conn net.Conn, ctx context.Context) {
	end := func() { hangUp(conn) }
	defer end()
	defer context.AfterFunc(ctx, end)()
	if f.Do != FaultSlow { // which is slow for as long as it has bytes
		defer time.AfterFunc(replyTimeout, end).Stop()
	}
	switch f.Do {
	case FaultDrop:
	case FaultReset, FaultCut:
		wire := reply.wire("HTTP/1.1", true)
		// A client that has gone does not hear us; so it is below.
		_, _ = conn.Write(wire[:min(f.Number, len(wire))])
		if f.Do == FaultReset {
			abort(conn)
		}
	case FaultSlow:
		f.trickle(reply.wire("HTTP/1.1", true), conn, ctx)
	case FaultEndless:
		_, _ = conn.Write(reply.wire("HTTP/1.1", false))
		flood(conn, "&more=and-more-of-it")
	case FaultEndlessHead:
		head, _, _ := bytes.Cut(reply.wire("HTTP/1.1", true), []byte("\r\n\r\n"))
		_, _ = conn.Write(append(head, "\r\n"...))
		flood(conn, "X-More: and more of it\r\n")
	case FaultHTTP10:
		_, _ = conn.Write(reply.wire("HTTP/1.0", false))
	}
}

// flood sends the same again and again.
func flood(conn net.Conn, again string) {
	more := []byte(strings.Repeat(again, 1<<10))
	for sent := 0; sent < maxEndless; sent += len(more) {
		if _, err := conn.Write(more); err != nil {
			return
		}
	}
}

// trickle sends one byte at a time.
func (f Fault) trickle(wire []byte, conn net.Conn, ctx context.Context) {
	pause := f.Pause
	if pause == 0 {
		pause = usualPause
	}
	for i := range wire {
		if _, err := conn.Write(wire[i : i+1]); err != nil || ctx.Err() != nil {
			return
		}
		wait(ctx, pause)
	}
}

// wire returns the bytes of a reply, with or without its length.
func (r Reply) wire(protocol string, length bool) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %d %s\r\n", protocol, r.Code, http.StatusText(r.Code))
	// A buffer takes all.
	_ = r.Header.Write(&b)
	if length {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.Body))
	}
	fmt.Fprintf(&b, "Connection: close\r\n\r\n%s", r.Body)
	return b.Bytes()
}
