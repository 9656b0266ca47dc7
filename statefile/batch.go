package statefile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Batch claims the name of a bulk file before anything of it is sent. The name
// is used once, forever: it is all that tells a second batch from the first.
// The intents of its rows name it and follow.
type Batch struct {
	Name     string `json:"name"` // "refund271126_01"
	Plan     string `json:"plan"` // digest
	Merchant string `json:"merchant"`
	Rows     int    `json:"rows"`   // how many intents it will have
	Digest   string `json:"digest"` // "sha256:…" of the file, byte for byte
}

// Releasing records that a batch is about to be released: from here on its
// rows may be carried out, and nothing but the gateway's answer or a person
// ends them.
type Releasing struct {
	Batch string `json:"batch"`
}

// Released records that a batch was released, or was found released. From here
// on there is nothing to do but to wait for the answer.
type Released struct {
	Batch string `json:"batch"`
}

func (Batch) entryKind() Kind     { return KindBatch }
func (Releasing) entryKind() Kind { return KindReleasing }
func (Released) entryKind() Kind  { return KindReleased }

func (v Batch) put(e *Entry)     { e.Batch = &v }
func (v Releasing) put(e *Entry) { e.Releasing = &v }
func (v Released) put(e *Entry)  { e.Released = &v }

func (v *Batch) members(c codec) {
	c.text("name", &v.Name)
	c.word("plan", &v.Plan)
	c.word("merchant", &v.Merchant)
	c.number("rows", &v.Rows)
	c.text("digest", &v.Digest)
}

func (v *Releasing) members(c codec) { c.text("batch", &v.Batch) }
func (v *Released) members(c codec)  { c.text("batch", &v.Batch) }

// A BatchUse says what became of a batch.
type BatchUse struct {
	Batch
	Seq       uint64    // of the entry that claimed the name
	At        time.Time // of the same
	Releasing uint64    // of the newest entry that says it is about to be released; 0 when there is none
	Again     bool      // it was about to be released more than once, so that the gateway may have had it twice
	Released  uint64    // of the entry that says it is; 0 when there is none
	Open      int       // rows that the gateway has not answered and nobody has decided

	actions []string // the intents of its rows, in their order; only appended to
}

// Exposed reports whether the rows may have been carried out.
func (u BatchUse) Exposed() bool { return u.Releasing > 0 || u.Released > 0 }

func (l *layer) batch(name string) (BatchUse, bool) {
	for ; l != nil; l = l.under {
		if u, ok := l.batches[name]; ok {
			return u, true
		}
	}
	return BatchUse{}, false
}

// openRows counts the rows that have no end yet.
func (l *layer) openRows(u BatchUse) (n int) {
	for _, id := range u.actions {
		if l.action(id).State == ActionOpen {
			n++
		}
	}
	return n
}

func (l *layer) applyBatch(e *Entry, b *Batch) string {
	taken, used := l.batch(b.Name)
	use := l.plan(b.Plan)
	switch {
	case !identifier(b.Name) || !identifier(b.Merchant):
		return "name and merchant must be letters and digits"
	case used:
		return fmt.Sprintf("the name %s was used by entry %d, and a name is used once, forever", b.Name, taken.Seq)
	case b.Plan == "" || b.Plan != l.running:
		return fmt.Sprintf("plan %s is not being applied", printable(b.Plan))
	case b.Rows < 1 || b.Rows > use.Actions-use.Started:
		return fmt.Sprintf("%d rows, and plan %s has %d actions left", b.Rows, printable(b.Plan), use.Actions-use.Started)
	case !digest(b.Digest):
		return fmt.Sprintf("%s is no digest", printable(b.Digest))
	}
	l.batches[b.Name] = BatchUse{Batch: *b, Seq: e.Seq, At: e.Time}
	return ""
}

// digest reports whether s is "sha256:" and the hash in lower case.
func digest(s string) bool {
	hex, ok := strings.CutPrefix(s, "sha256:")
	return ok && len(hex) == 64 && strings.Trim(hex, "0123456789abcdef") == ""
}

// checkRow says why an intent cannot be a row of the batch that it names.
func (l *layer) checkRow(i *Intent) string {
	use, ok := l.batch(i.Batch)
	switch {
	case i.Batch == "":
	case !ok:
		return fmt.Sprintf("nobody has claimed the name of batch %s", printable(i.Batch))
	case i.Plan != use.Plan || i.Merchant != use.Merchant:
		return fmt.Sprintf("batch %s is of another plan or merchant", i.Batch)
	case i.Verb != Refund:
		return fmt.Sprintf("batch %s holds refunds", i.Batch)
	case use.Exposed():
		return fmt.Sprintf("batch %s is released, and takes no further row", i.Batch)
	case len(use.actions) >= use.Rows:
		return fmt.Sprintf("batch %s has %d rows, and this would be one more", i.Batch, use.Rows)
	}
	return ""
}

// addRow takes an intent into its batch.
func (l *layer) addRow(i *Intent) {
	if use, ok := l.batch(i.Batch); ok {
		use.actions = append(use.actions, i.Action)
		l.batches[i.Batch] = use
	}
}

// applyReleasing sees to it that a batch is released whole: with all of its
// rows, and as long as nothing is said about any of them.
func (l *layer) applyReleasing(e *Entry, r *Releasing) string {
	use, ok := l.batch(r.Batch)
	switch {
	case !ok:
		return fmt.Sprintf("nobody has claimed the name of batch %s", printable(r.Batch))
	case use.Released > 0:
		return fmt.Sprintf("batch %s was released, by entry %d", r.Batch, use.Released)
	case use.Releasing == 0 && use.Plan != l.running:
		return fmt.Sprintf("plan %s is not being applied", printable(use.Plan))
	case len(use.actions) != use.Rows:
		return fmt.Sprintf("batch %s has %d rows and only %d intents", r.Batch, use.Rows, len(use.actions))
	case l.openRows(use) != use.Rows:
		return fmt.Sprintf("%d of %d rows of batch %s have an end already", use.Rows-l.openRows(use), use.Rows, r.Batch)
	}
	use.Again = use.Releasing > 0
	use.Releasing = e.Seq
	l.batches[r.Batch] = use
	return ""
}

func (l *layer) applyReleased(e *Entry, r *Released) string {
	use, ok := l.batch(r.Batch)
	switch {
	case !ok:
		return fmt.Sprintf("nobody has claimed the name of batch %s", printable(r.Batch))
	case use.Released > 0:
		return fmt.Sprintf("batch %s was released already, by entry %d", r.Batch, use.Released)
	}
	use.Released = e.Seq
	l.batches[r.Batch] = use
	return ""
}

// checkOutcome says why o cannot be what came of a row: before it is released
// a batch has no answer, and from then on no row is certainly not sent.
func (l *layer) checkOutcome(a *Action, o *Outcome) string {
	use, ok := l.batch(a.Batch)
	switch {
	case !ok:
	case o.Result == NotSent && use.Exposed():
		return fmt.Sprintf("%s is in batch %s, which may have been released", a.ID, a.Batch)
	case o.Result != NotSent && !use.Exposed():
		return fmt.Sprintf("%s is in batch %s, which was never released", a.ID, a.Batch)
	}
	return ""
}

// checkVerdict says why a status cannot decide a row. A batch waits at the
// gateway for as long as it likes, so a status that has not moved never proves
// that a row was not carried out.
func (l *layer) checkVerdict(a *Action, v Verdict) string {
	use, ok := l.batch(a.Batch)
	switch {
	case !ok:
	case v == VerdictNotDone:
		return fmt.Sprintf("%s is in batch %s: no status proves that it did not happen", a.ID, a.Batch)
	case v == VerdictDone && !use.Exposed():
		return fmt.Sprintf("%s is in batch %s, which was never released", a.ID, a.Batch)
	}
	return ""
}

// Batches returns what became of every batch, the oldest first.
func (s *State) Batches() []BatchUse {
	l, done := s.read()
	defer done()
	list := slices.SortedFunc(maps.Values(l.batches), func(a, b BatchUse) int { return cmp.Compare(a.Seq, b.Seq) })
	for i := range list {
		list[i].Open = l.openRows(list[i])
	}
	return list
}

// Batch returns what became of the batch with that name, and false when nobody
// has claimed it.
func (s *State) Batch(name string) (BatchUse, bool) {
	l, done := s.read()
	defer done()
	use, ok := l.batch(name)
	use.Open = l.openRows(use)
	return use, ok
}

// BatchActions returns the rows of a batch with what became of them, in the
// file's order, and the order id of each.
func (s *State) BatchActions(name string) (actions []Action, orderIDs []string) {
	l, done := s.read()
	defer done()
	use, _ := l.batch(name)
	for _, id := range use.actions {
		p, _ := l.place(id)
		r := l.find(p.key)
		actions, orderIDs = append(actions, r.Actions[p.index]), append(orderIDs, r.OrderID)
	}
	return actions, orderIDs
}
