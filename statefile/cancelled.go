package statefile

import "time"

// Cancelled records that a signer took a plan back.
type Cancelled struct {
	Plan   string `json:"plan"`   // digest
	Signer string `json:"signer"` // "name (SHA256:…)"
	Actor  Actor  `json:"actor"`  // who recorded it
}

func (Cancelled) entryKind() Kind { return KindCancelled }
func (v Cancelled) put(e *Entry)  { e.Cancelled = &v }

func (v *Cancelled) members(c codec) {
	c.word("plan", &v.Plan)
	c.text("signer", &v.Signer)
	c.object("actor", v.Actor.members)
}

// A Cancellation is the newest one of a plan.
type Cancellation struct {
	Signer string
	Seq    uint64
	At     time.Time
}

// applyCancelled changes nothing of what the ledger says about money. A plan
// with that digest can be approved again: the digest is of what would be done.
func (l *layer) applyCancelled(e *Entry, v *Cancelled) string {
	if v.Plan == "" || v.Signer == "" {
		return "it names no plan, or nobody who cancelled it"
	}
	l.cancelled[v.Plan] = Cancellation{Signer: v.Signer, Seq: e.Seq, At: e.Time}
	return ""
}

// Cancelled returns the newest cancellation of the plan with that digest, and
// false when there is none.
func (s *State) Cancelled(digest string) (Cancellation, bool) {
	l, done := s.read()
	defer done()
	for ; l != nil; l = l.under {
		if c, ok := l.cancelled[digest]; ok {
			return c, true
		}
	}
	return Cancellation{}, false
}
