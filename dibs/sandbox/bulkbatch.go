package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A BulkBatch is a bulk file that a client released by its run file, and what
// became of it. A name is used once: it is not carried out again, whatever is
// put into the directory later.
type BulkBatch struct {
	Name     string    `json:"name"` // "refund021126_01"
	Kind     string    `json:"kind"` // "refund", "capture", "ticket_auth" or "ticket_capture"
	Released time.Time `json:"released_at"`
	Done     time.Time `json:"done_at,omitzero"` // zero: it waits
	Error    string    `json:"error,omitempty"`  // why nothing of it was carried out
	Rows     []BulkRow `json:"rows"`             // in the file's order; none while it waits
}

// A BulkRow is one row of a batch and its result. Its texts are those of the
// file, at most 100 bytes of each.
type BulkRow struct {
	Line        int    `json:"line"` // of the file, from 1
	Transact    string `json:"transact,omitempty"`
	Ticket      string `json:"ticket,omitempty"` // ticket files
	OrderID     string `json:"orderid"`
	Amount      string `json:"amount"`
	Currency    string `json:"currency"`
	Result      int    `json:"result"`                // flexwin.md 4.4; 0 is accepted
	ActionCode  string `json:"actioncode,omitempty"`  // the acquirer's
	Message     string `json:"message,omitempty"`     // of a parameter error
	Transaction string `json:"transaction,omitempty"` // ticket files: what it made
	Moved       bool   `json:"moved"`                 // it captured or refunded
}

// Accepted returns how many rows were accepted.
func (b BulkBatch) Accepted() int {
	n := 0
	for _, r := range b.Rows {
		if r.Result == int(resultAccepted) {
			n++
		}
	}
	return n
}

// BulkBatches returns the batches that were released: those that were carried
// out, in that order, and then those that wait.
func (g *Gateway) BulkBatches() []BulkBatch {
	g.book.mu.RLock()
	defer g.book.mu.RUnlock()
	all := make([]BulkBatch, 0, len(g.book.bulk)+len(g.book.released))
	for _, b := range g.book.bulk {
		done := *b
		done.Rows = slices.Clone(b.Rows)
		all = append(all, done)
	}
	for _, b := range g.book.waitingBulk() {
		all = append(all, BulkBatch{Name: b.batch, Kind: string(b.kind), Released: g.book.released[b], Rows: []BulkRow{}})
	}
	return all
}

// waitingBulk returns what waits to be carried out, the oldest release first.
// The caller holds the lock.
func (b *book) waitingBulk() []bulkName {
	names := make([]bulkName, 0, len(b.released))
	for n := range b.released {
		names = append(names, n)
	}
	slices.SortFunc(names, func(x, y bulkName) int {
		return cmp.Or(b.released[x].Compare(b.released[y]), cmp.Compare(x.batch, y.batch))
	})
	return names
}

// used reports whether a batch was carried out.
func (c *batch) used(batch string) bool {
	c.book.mu.RLock()
	defer c.book.mu.RUnlock()
	_, done := c.book.usedBulk[batch]
	return done || slices.ContainsFunc(c.bulk, func(b *BulkBatch) bool { return b.Name == batch })
}

// publishBulk makes what a committed batch did with bulk files visible.
func (b *book) publishBulk(c *batch) {
	for name, f := range c.files {
		if f == nil {
			delete(b.files, name)
		} else {
			b.files[name] = f
		}
	}
	maps.Copy(b.keys, c.keys)
	for _, done := range c.bulk {
		b.bulk, b.usedBulk[done.Name] = append(b.bulk, done), struct{}{}
		n, _ := parseBulkName(done.Name + ".run")
		delete(b.released, n)
	}
	for name, f := range c.files {
		if n, ofBatch := parseBulkName(name); ofBatch && n.part == bulkRun {
			b.noteRelease(n, f)
		}
	}
}

// noteRelease notes that a run file is there, or not.
func (b *book) noteRelease(n bulkName, f *BulkFile) {
	if _, done := b.usedBulk[n.batch]; done || f == nil {
		delete(b.released, n)
	} else {
		b.released[n] = f.Time
	}
}

func (b *BulkBatch) store() (string, error) {
	text, err := json.Marshal(b)
	return string(text), err
}

func restoreBulk(text string) (*BulkBatch, error) {
	var b BulkBatch
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		return nil, fmt.Errorf("bulk batch: %w", err)
	}
	return &b, nil
}

// A bulkFileView is a file of the bulk directory in JSON.
type bulkFileView struct {
	Name string    `json:"name"`
	Size int       `json:"size"` // bytes
	Time time.Time `json:"time"`
}

func (g *Gateway) bulkFileViews() []bulkFileView {
	views := []bulkFileView{}
	for _, f := range g.book.listFiles() {
		views = append(views, bulkFileView{f.Name, len(f.Data), f.Time})
	}
	return views
}
