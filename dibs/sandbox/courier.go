package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A courier sends callbacks, a few at a time, and has the outcome recorded.
type courier struct {
	allowed func(netip.AddrPort) bool // nil: loopback only
	client  *http.Client
	record  func(Callback) // makes the outcome durable
	stop    context.CancelFunc
	ctx     context.Context // ends with the gateway; a callback belongs to no request
	turns   chan struct{}
	under   sync.WaitGroup

	mu      sync.Mutex
	idle    *sync.Cond // nothing waits
	known   []Callback // oldest first
	waiting int
	closed  bool
}

const (
	callbackTimeout = 5 * time.Second
	sideBySide      = 4
	maxShopReply    = 64 << 10
)

func newCourier(allowed func(netip.AddrPort) bool) *courier {
	k := &courier{allowed: allowed, turns: make(chan struct{}, sideBySide)}
	k.idle = sync.NewCond(&k.mu)
	k.ctx, k.stop = context.WithCancel(context.Background())
	dialer := &net.Dialer{Timeout: callbackTimeout, Control: k.checkTarget}
	k.client = &http.Client{
		Timeout:       callbackTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true}, // no proxy
	}
	return k
}

// checkTarget runs when a name has become an address, right before connecting.
func (k *courier) checkTarget(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	switch {
	case err != nil:
		return err
	case k.allowed == nil && !to.Addr().IsLoopback():
		return errors.New("not a loopback address")
	case k.allowed != nil && !k.allowed(to):
		return fmt.Errorf("%s is not allowed", to)
	}
	return nil
}

// resume sends what was not tried before the last stop.
func (k *courier) resume() {
	calls := k.known
	k.known = nil
	k.take(calls)
}

// take remembers committed callbacks and sends those that were not tried.
func (k *courier) take(calls []Callback) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, call := range calls {
		k.known = append(k.known, call)
		if call.Tried.IsZero() && !k.closed {
			k.waiting++
			k.under.Go(func() { k.deliver(call) })
		}
	}
	k.known = slices.Delete(k.known, 0, max(0, len(k.known)-maxCallbacks))
}

// deliver sends a callback in its turn. Without a turn it stays untried.
func (k *courier) deliver(call Callback) {
	defer func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.waiting--; k.waiting == 0 {
			k.idle.Broadcast()
		}
	}()
	select {
	case k.turns <- struct{}{}:
		defer func() { <-k.turns }()
	case <-k.ctx.Done():
		return
	}
	var err error
	if call.HTTP, err = k.post(call); err != nil {
		call.Error = err.Error()
	}
	if k.ctx.Err() == nil {
		k.record(call)
	}
}

// post sends a callback and returns the status code of the reply.
func (k *courier) post(call Callback) (int, error) {
	r, err := http.NewRequestWithContext(k.ctx, http.MethodPost, call.URL, strings.NewReader(call.Body))
	if err != nil {
		return 0, err
	}
	r.Header.Set("User-Agent", "DIBS")
	r.Header.Set("Accept", "*/*")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	reply, err := k.client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // the address is beside it already
		}
		return 0, err
	}
	_, err = io.CopyN(io.Discard, reply.Body, maxShopReply)
	if err = errors.Join(err, reply.Body.Close()); err != nil && !errors.Is(err, io.EOF) {
		return reply.StatusCode, err
	}
	return reply.StatusCode, nil
}

// settle replaces a callback by what became of it.
func (k *courier) settle(calls []Callback) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, call := range calls {
		if i := slices.IndexFunc(k.known, func(c Callback) bool { return c.ID == call.ID }); i >= 0 {
			k.known[i] = call
		}
	}
}

// close gives up what is under way; it stays untried.
func (k *courier) close() {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.stop()
	k.under.Wait()
}
