package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A sleeper reads nothing until it is woken.
type sleeper struct {
	wake chan struct{}
	got  bytes.Buffer
}

func (s *sleeper) Write(b []byte) (int, error) {
	<-s.wake
	return s.got.Write(b)
}

func TestPumpKeepsOrderAndAll(t *testing.T) {
	var got bytes.Buffer
	p := newPump(&got)
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 500 {
				fmt.Fprintf(p, "%d %d\n", w, i)
			}
		})
	}
	writers.Wait()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	next := map[string]int{}
	for line := range strings.Lines(got.String()) {
		w, n, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n != fmt.Sprint(next[w]) {
			t.Fatalf("writer %s: line %s, want %d", w, n, next[w])
		}
		next[w]++
	}
	for w := range 4 {
		if next[fmt.Sprint(w)] != 500 {
			t.Errorf("writer %d: %d lines arrived, want 500", w, next[fmt.Sprint(w)])
		}
	}
}

// A reader that sleeps holds nobody up until so much waits for it.
func TestPumpOfASleepingReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &sleeper{wake: make(chan struct{})}
		p := newPump(s)
		p.most = 4 << 10
		io.WriteString(p, "first")
		synctest.Wait() // the pump is at the reader's door
		piece := make([]byte, p.most/4)
		for range 4 {
			p.Write(piece)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(errors.New("interrupted")) })
		if err := p.Flush(ctx); err == nil || err.Error() != "interrupted" {
			t.Errorf("Flush = %v, want the interruption", err)
		}
		wrote := false
		go func() {
			p.Write(piece)
			wrote = true
		}()
		if synctest.Wait(); wrote {
			t.Error("more waits than may")
		}
		close(s.wake)
		if synctest.Wait(); !wrote {
			t.Error("the writer waits although there is room")
		}
		if err := errors.Join(p.Flush(t.Context()), p.Close()); err != nil || s.got.Len() != 5+5*len(piece) {
			t.Errorf("%d bytes arrived, %v; want %d", s.got.Len(), err, 5+5*len(piece))
		}
	})
}

func TestPumpOfAReaderThatIsGone(t *testing.T) {
	p := newPump(&goneReader{left: 3})
	p.Write([]byte("abc"))
	if err := p.Flush(t.Context()); err != nil {
		t.Errorf("Flush = %v", err)
	}
	p.Write([]byte("d"))
	err := p.Flush(t.Context())
	for range 3 {
		p.Write(make([]byte, maxPumped)) // dropped, and never waits
	}
	if closed := p.Close(); err == nil || closed != err {
		t.Errorf("Flush = %v, Close = %v, want the reader's error twice", err, closed)
	}
}
