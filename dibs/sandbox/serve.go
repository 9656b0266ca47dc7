package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	headerTimeout   = 10 * time.Second
	requestTimeout  = 30 * time.Second
	replyTimeout    = 2 * time.Minute
	idleTimeout     = 30 * time.Second
	shutdownTimeout = 10 * time.Second
	maxHeader       = 32 << 10
)

// Serve answers requests on ln until ctx ends, then finishes those under way
// and returns nil. It also settles what is due, and carries out the bulk files
// that are. It closes ln, but not g.
func Serve(ctx context.Context, ln net.Listener, g *Gateway) error {
	server := &http.Server{
		Handler: g, ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout, WriteTimeout: replyTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return ctx }, // ends what a fault makes slow
	}
	tasks, ctx := errgroup.WithContext(ctx)
	door := newFaultyListener(ln, g)
	tasks.Go(func() error {
		if err := server.Serve(door); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve: %w", err)
		}
		return nil
	})
	tasks.Go(func() error { return g.settleUntil(ctx) })
	tasks.Go(func() error { return g.bulkUntil(ctx) })
	tasks.Go(func() error {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		if err := server.Shutdown(grace); err != nil {
			return errors.Join(fmt.Errorf("stop serving: %w", err), server.Close())
		}
		return nil
	})
	return tasks.Wait()
}

// settleUntil settles what is due until ctx ends.
func (g *Gateway) settleUntil(ctx context.Context) error {
	return every(ctx, g.settle, func() error {
		if _, err := g.SettleDue(); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		return nil
	})
}

// every looks for work of that mode until ctx ends, often enough for its
// duration. Without one there is nothing to look for.
func every(ctx context.Context, mode SettleMode, work func() error) error {
	if mode <= Instant {
		return nil
	}
	tick := time.NewTicker(min(max(time.Duration(mode)/4, 10*time.Millisecond), time.Second))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := work(); err != nil {
				return err
			}
		}
	}
}
