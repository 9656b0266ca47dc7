package sandbox

import (
	"errors"
	"fmt"
	"sync"
)

// maxGroup is how many changes share one commit at most.
const maxGroup = 512

// ErrClosed is returned for changes of a [Gateway] after its Close.
var ErrClosed = errors.New("gateway is closed")

// A writer carries out changes one after the other, in one goroutine, and
// commits those that came in meanwhile together. Nobody is answered, and
// nothing shows in the book, before the commit.
type writer struct {
	book  *book
	log   *callLog
	post  *courier
	store *store // nil: in memory only
	jobs  chan job
	quit  chan struct{}
	ended chan struct{}
	stop  sync.Once
}

type job struct {
	change func(*batch)
	done   chan error
}

func startWriter(b *book, log *callLog, post *courier, s *store) *writer {
	w := &writer{book: b, log: log, post: post, store: s, jobs: make(chan job), quit: make(chan struct{}), ended: make(chan struct{})}
	go w.run()
	return w
}

// do carries out change and returns when it is durable. After an error nothing
// of it is visible; whether it is in the store is known only after a restart.
func (w *writer) do(change func(*batch)) error {
	j := job{change, make(chan error, 1)}
	select {
	case w.jobs <- j:
		return <-j.done
	case <-w.quit:
		return ErrClosed
	}
}

// close waits for the group under way. Later changes are refused.
func (w *writer) close() {
	w.stop.Do(func() { close(w.quit) })
	<-w.ended
}

func (w *writer) run() {
	defer close(w.ended)
	var failed error
	for {
		select {
		case <-w.quit:
			return
		case first := <-w.jobs:
			group := w.gather(first)
			if failed == nil {
				failed = w.commit(group)
			}
			for _, j := range group {
				j.done <- failed
			}
		}
	}
}

// gather adds to first whoever is waiting already.
func (w *writer) gather(first job) []job {
	group := []job{first}
	for len(group) < maxGroup {
		select {
		case j := <-w.jobs:
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

// commit makes a group durable, then visible. After a failure the store's
// contents are not known any more, so the writer answers nothing else until
// the store is opened again.
func (w *writer) commit(group []job) error {
	c := w.book.newBatch()
	for _, j := range group {
		j.change(c)
	}
	if w.store != nil {
		if err := w.store.commit(c); err != nil {
			return fmt.Errorf("store failed, gateway has to be opened again: %w", err)
		}
	}
	w.book.publish(c)
	w.log.add(c.calls...)
	w.post.settle(c.tried)
	w.post.take(c.callbacks)
	return nil
}
