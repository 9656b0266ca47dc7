package cli

import (
	"context"
	"io"
	"sync"
)

// maxPumped bounds the bytes that wait for a slow reader. Whoever writes waits
// for the reader then.
const maxPumped = 64 << 20

// A pump hands on what is written to it from a goroutine of its own, so that a
// reader who is slow, or sleeps, holds up no call to a gateway. Its methods may
// be called from several goroutines.
type pump struct {
	w    io.Writer
	most int           // bytes that wait
	done chan struct{} // closed when nothing is written any more

	mu      sync.Mutex
	changed *sync.Cond
	waiting []byte // not handed on yet
	busy    bool   // something is being handed on
	closed  bool
	err     error // the first of w: nothing is written after it
}

func newPump(w io.Writer) *pump {
	p := &pump{w: w, most: maxPumped, done: make(chan struct{})}
	p.changed = sync.NewCond(&p.mu)
	go p.run()
	return p
}

// Write never fails: what cannot be handed on is dropped, and [pump.Flush] and
// [pump.Close] say so.
func (p *pump) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil && len(p.waiting) > 0 && len(p.waiting)+len(b) > p.most {
		p.changed.Wait()
	}
	if p.err == nil {
		p.waiting = append(p.waiting, b...)
		p.changed.Broadcast()
	}
	return len(b), nil
}

// note keeps an error of whoever makes what is written, as if it were one of w.
func (p *pump) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && err != nil {
		p.err = err
		p.changed.Broadcast()
	}
}

// Flush waits until everything was handed on, or ctx ends.
func (p *pump) Flush(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed.Broadcast()
	})()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.err == nil && (p.busy || len(p.waiting) > 0) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		p.changed.Wait()
	}
	return p.err
}

// Close waits until everything was handed on. Nothing may be written after it.
func (p *pump) Close() error {
	p.mu.Lock()
	p.closed = true
	p.changed.Broadcast()
	p.mu.Unlock()
	<-p.done
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *pump) run() {
	defer close(p.done)
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for len(p.waiting) == 0 && !p.closed {
			p.changed.Wait()
		}
		if len(p.waiting) == 0 || p.err != nil {
			return
		}
		next := p.waiting
		p.waiting, p.busy = nil, true
		p.mu.Unlock()
		_, err := p.w.Write(next)
		p.mu.Lock()
		if p.busy = false; err != nil {
			p.err, p.waiting = err, nil
		}
		p.changed.Broadcast()
		if err != nil {
			return
		}
	}
}
