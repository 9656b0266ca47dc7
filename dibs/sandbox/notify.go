package sandbox

import (
	"net/netip"
	"net/url"
	"slices"
	"time"
)

// A Callback tells a shop of an approved authorisation (flexwin.md 7). It is
// queued with the authorisation, in one commit, and sent once after it; one
// that a stop of the gateway interrupted is sent after the next start.
type Callback struct {
	ID       int64     `json:"id"` // from 1, in order of queueing
	Transact string    `json:"transact"`
	URL      string    `json:"url"`
	Body     string    `json:"body"`
	Queued   time.Time `json:"queued"`
	Tried    time.Time `json:"tried,omitzero"`  // zero: not yet
	HTTP     int       `json:"http,omitempty"`  // status code of the shop's reply; zero: none came
	Error    string    `json:"error,omitempty"` // why none came, or why nothing was sent
}

// Bounds of callbacks: how many wait at once, how many are remembered in
// memory.
const (
	maxWaiting   = 1000
	maxCallbacks = 10_000
)

// notify queues the callback of an approved order, when it asked for one.
func (g *Gateway) notify(c *batch, q query, r *record) {
	to := q.text("callbackurl")
	if to == "" {
		return
	}
	c.lastCallback++
	call := Callback{ID: c.lastCallback, Transact: r.Transact, URL: to, Body: r.Details.Callback, Queued: q.call.Time}
	if refused := g.courier.refuses(to); refused != "" {
		call.Tried, call.Error = q.call.Time, refused
	}
	c.callbacks = append(c.callbacks, call)
}

// refuses says why an address gets no callback, or "".
func (k *courier) refuses(to string) string {
	u, err := url.Parse(to)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil:
		return "not an address for a callback"
	case k.allowed == nil && !isLoopbackName(u.Hostname()):
		return "not a loopback address"
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.waiting >= maxWaiting {
		return "too many callbacks wait already"
	}
	return ""
}

// isLoopbackName keeps foreign names from being looked up. What a name stands
// for is checked again when the connection is made.
func isLoopbackName(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// Callbacks returns the newest 10,000 callbacks, oldest first.
func (g *Gateway) Callbacks() []Callback {
	g.courier.mu.Lock()
	defer g.courier.mu.Unlock()
	return slices.Clone(g.courier.known)
}

// WaitForCallbacks returns when no callback is under way.
func (g *Gateway) WaitForCallbacks() {
	g.courier.mu.Lock()
	defer g.courier.mu.Unlock()
	for g.courier.waiting > 0 {
		g.courier.idle.Wait()
	}
}

// recordCallback makes known what became of a callback. When the gateway is
// closed by then, it stays untried and is sent again.
func (g *Gateway) recordCallback(call Callback) {
	call.Tried = g.now()
	_ = g.writer.do(func(c *batch) { c.tried = append(c.tried, call) })
}
