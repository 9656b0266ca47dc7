package statefile

import (
	"time"
)

// A request is one call of Append that waits for its turn.
type request struct {
	payloads []Payload
	entries  []Entry
	err      error
	done     chan struct{} // closed when entries or err are there
}

// commit writes every request that waits, with one sync for all. Who calls it
// has the turn.
func (w *Writer) commit() {
	w.mu.Lock()
	batch := w.queue
	w.queue = nil
	w.mu.Unlock()
	defer func() {
		for _, r := range batch {
			close(r.done)
		}
	}()
	if w.err != nil {
		refuse(batch, w.err)
		return
	}
	p := w.prepare(batch)
	if len(p.buf) == 0 {
		return
	}
	w.buf = p.buf[:0]
	if err := w.store.Append(Lines{Text: p.buf, of: p.good}); err != nil {
		w.err = &WriteError{w.name, err}
		refuse(p.good, w.err)
		return
	}
	w.chain = p.chain
	w.state.merge(p.layer, p.sums)
}

func refuse(batch []*request, err error) {
	for _, r := range batch {
		r.entries, r.err = nil, err
	}
}

// A prepared batch is what will be written, and the state that it leads to.
type prepared struct {
	buf   []byte
	chain chain
	layer *layer
	sums  []sum
	good  []*request
}

// prepare checks each request against the state and the requests before it. One
// that is refused leaves no trace.
func (w *Writer) prepare(batch []*request) prepared {
	p := prepared{buf: w.buf[:0], chain: w.chain, layer: newLayer(w.state.bottom)}
	at := w.now()
	for _, r := range batch {
		if r.err = p.add(r, at); r.err == nil {
			p.good = append(p.good, r)
		}
	}
	return p
}

func (p *prepared) add(r *request, at time.Time) error {
	buf, chain, layer, sums := p.buf, p.chain, newLayer(p.layer), p.sums
	entries := make([]Entry, len(r.payloads))
	for i, payload := range r.payloads {
		var e *Entry
		var err error
		if buf, e, err = chain.write(buf, layer, payload, at); err != nil {
			return err
		}
		sums = append(sums, chain.head)
		entries[i] = *e
	}
	layer.merge()
	p.buf, p.chain, p.sums, r.entries = buf, chain, sums, entries
	return nil
}

// write appends the line of the next entry to buf, and takes the entry into l.
// The line is read back before it counts, so that nothing is ever written that
// would not be accepted later.
func (c *chain) write(buf []byte, l *layer, p Payload, at time.Time) ([]byte, *Entry, error) {
	e := &Entry{Seq: c.seq + 1, Time: at.UTC().Truncate(time.Microsecond), Kind: p.entryKind(), Prev: c.text}
	p.put(e)
	if why := clean(e); why != "" {
		return nil, nil, &ImpossibleError{e.Kind, why}
	}
	start := len(buf)
	buf, _, err := appendLine(buf, e)
	if err != nil {
		return nil, nil, &ImpossibleError{e.Kind, err.Error()}
	}
	if len(buf)-start > maxLine {
		return nil, nil, &ImpossibleError{e.Kind, "it is too long for a ledger"}
	}
	again, hash, err := c.next(buf[start:])
	if err != nil {
		return nil, nil, &ImpossibleError{e.Kind, "it would not be read back: " + err.Error()}
	}
	if err := l.apply(again); err != nil {
		return nil, nil, err
	}
	c.step(again, hash)
	return append(buf, '\n'), again, nil
}
