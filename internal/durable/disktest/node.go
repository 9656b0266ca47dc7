package disktest

import (
	"io/fs"
	"math/rand/v2"
)

// A node is a file apart from its names.
type node struct {
	data    []byte  // in memory, as processes see it
	durable []byte  // what the disk has for certain
	pending []write // on their way from data to durable, in order
	mode    fs.FileMode
	locked  *handle
}

// A write is a change of a node's data; a truncation has truncate set.
type write struct {
	at       int64
	b        []byte
	truncate bool
	lost     bool // a sync failed on it: no later sync saves it
}

// write changes what processes see.
func (n *node) write(w write) {
	n.data = w.apply(n.data, w.b)
	n.pending = append(n.pending, w)
}

// sync makes pending writes durable, but for those that an earlier sync lost.
func (n *node) sync() {
	var rest []write
	for _, w := range n.pending {
		if w.lost {
			rest = append(rest, w)
			continue
		}
		n.durable = w.apply(n.durable, w.b)
		rest = w.replace(rest)
	}
	n.pending = rest
}

// lose is a sync that fails: what was to be written counts as written.
func (n *node) lose() {
	for i := range n.pending {
		n.pending[i].lost = !n.pending[i].truncate
	}
}

// settle is the power cut: it decides for each write that was not synced what
// is left of it.
func (n *node) settle(r *rand.Rand) {
	data := append([]byte(nil), n.durable...)
	for _, w := range n.pending {
		data = w.maybe(data, r)
	}
	n.pending = nil
	n.data, n.durable = data, append([]byte(nil), data...)
}

// evict decides what the disk has of each lost write, and shows that.
func (n *node) evict(r *rand.Rand) {
	size := len(n.data)
	var rest []write
	for _, w := range n.pending {
		if w.lost {
			n.durable = w.maybe(n.durable, r)
		} else {
			rest = append(rest, w)
		}
	}
	n.pending = rest
	n.data = append([]byte(nil), n.durable...)
	for _, w := range rest {
		n.data = w.apply(n.data, w.b)
	}
	n.data = write{at: int64(size)}.apply(n.data, nil)[:size] // memory knows the size
}

// maybe applies w, or not, or in part.
func (w write) maybe(data []byte, r *rand.Rand) []byte {
	if w.truncate {
		if r.IntN(2) == 0 {
			return data
		}
		return w.apply(data, nil)
	}
	switch some := r.IntN(len(w.b) + 1); r.IntN(4) {
	case 1:
		return w.apply(data, w.b)
	case 2:
		return w.apply(data, w.b[:some])
	case 3: // the size went to the disk, and some of the data did not
		data = w.apply(data, w.b[:some])
		return write{at: w.at + int64(len(w.b))}.apply(data, nil)
	}
	return data
}

// apply writes b where w writes, and fills a gap before it with zeros.
func (w write) apply(data, b []byte) []byte {
	if w.truncate {
		return data[:min(int64(len(data)), w.at)]
	}
	if gap := w.at + int64(len(b)) - int64(len(data)); gap > 0 {
		data = append(data, make([]byte, gap)...)
	}
	copy(data[w.at:], b)
	return data
}

// replace takes out of older writes what w has written over, or cut off.
func (w write) replace(older []write) []write {
	var rest []write
	for _, o := range older {
		start, end := o.at, o.at+int64(len(o.b))
		if head := min(end, w.at) - start; head > 0 {
			rest = append(rest, write{at: start, b: o.b[:head], lost: o.lost})
		}
		if from := max(start, w.at+int64(len(w.b))); from < end && !w.truncate {
			rest = append(rest, write{at: from, b: o.b[from-start:], lost: o.lost})
		}
	}
	return rest
}
