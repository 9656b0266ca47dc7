package sandbox

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// maxFaults is how many faults are in force at most, and maxLuck how many
// transactions a fault with a chance keeps apart.
const (
	maxFaults = 1_000
	maxLuck   = 100_000
)

// A Fault has some calls go wrong. What of it decides whether a call is hit:
// the service, the transaction, and which of the calls that it matches. What
// happens then: Do, and when the call itself is carried out, Commit. The money
// is counted as always: a fault decides what the client hears of it.
//
// With the service "connection" it hits connections instead, before anybody
// knows what is asked on them.
//
// In text, a fault is a line, "refund.cgi nth=2 drop commit=first": see
// [ParseFault].
type Fault struct {
	Service  string // "refund.cgi"; "money": each that can move money; "*": each; "connection"
	Transact string // only calls that name this transaction; empty: any
	OrderID  string // only calls that name this order; empty: any

	Nth    uint64  // only this one of the calls that match, from 1; zero: not only one
	Every  uint64  // each of them that this number divides; zero: each
	Times  uint64  // no more of them than this; zero: no end
	Chance float64 // of hitting each of them, below 1; zero: certain
	Seed   uint64  // with Chance: which of them. The same seed hits the same calls of a transaction

	Do     FaultKind
	Number int           // the code of FaultAnswer, FaultHTTP and FaultRedirect; the byte of FaultCut, FaultReset, FaultDropAt and FaultResetAt
	Pause  time.Duration // of FaultSlow after each byte, zero: 1 second; of FaultDown; of FaultDeclined, zero: until Release
	Words  string        // where FaultRedirect leads, empty: to the same service; the charset of FaultCharset
	Before Deed          // what is done in the back-office right before the call
	After  Deed          // and right after it, before the reply
	Delay  time.Duration // before the reply
	Commit Commit        // zero: as the kind usually does it
	Late   time.Duration // with CommitLate: how long after the reply
}

// A Deed is what a person does at the gateway's own console, behind the
// client's back, to the transaction that a call names. Where its state forbids
// that, nothing happens, and the call goes on. The zero Deed is none.
type Deed struct {
	Kind   MoveKind // MoveCapture, MoveRefund or MoveCancel
	Amount string   // decimal, in the transaction's currency: "5.00"; empty: all that is left
}

// A FaultKind is what a client meets instead of a good reply. Those that say
// so replace the reply, and then the call is not carried out, unless
// Fault.Commit says otherwise; all others distort the true reply.
type FaultKind string

// The kinds of faults.
const (
	FaultAnswer      FaultKind = "answer"       // replaced: a reply with this result or reason code
	FaultHTTP        FaultKind = "http"         // replaced: this HTTP status, 400 to 599
	FaultHTML        FaultKind = "html"         // replaced: a page for people, with HTTP status 200
	FaultEmpty       FaultKind = "empty"        // replaced: nothing, with HTTP status 200
	FaultRedirect    FaultKind = "redirect"     // replaced: this HTTP status, 301, 302, 303, 307 or 308
	FaultDrop        FaultKind = "drop"         // replaced: the connection is closed
	FaultReset       FaultKind = "reset"        // the connection is reset after this many bytes; at zero, replaced
	FaultCut         FaultKind = "cut"          // the connection is closed after this many bytes
	FaultSlow        FaultKind = "slow"         // one byte at a time
	FaultDelay       FaultKind = "delay"        // nothing but Fault.Delay, Before and After
	FaultEndless     FaultKind = "endless"      // the reply goes on, up to 1 GiB or two minutes
	FaultGzip        FaultKind = "gzip"         // compressed, though nobody asked for it
	FaultDuplicate   FaultKind = "duplicate"    // a second status and result, that say the contrary
	FaultCharset     FaultKind = "charset"      // in UTF-16, with a byte order mark, or with letters that its label gives a wrong name
	FaultHTTP10      FaultKind = "http10"       // HTTP/1.0, without a length
	FaultTwice       FaultKind = "twice"        // the request arrives twice; the second reply is heard
	FaultDeclined    FaultKind = "declined"     // the acquirer has the capture or refund that was accepted, and refuses it after Pause
	FaultDown        FaultKind = "down"         // no new connection is taken for Pause, from right before the reply: they are refused
	FaultEndlessHead FaultKind = "endless-head" // the headers go on, up to 1 GiB or two minutes
	FaultBomb        FaultKind = "bomb"         // 1 MiB of gzip that unpacks to the reply and 1 GiB behind it

	// On connections only. Over TLS, the bytes are those within it.
	FaultRefuse  FaultKind = "refuse"   // reset before a byte is read
	FaultDropAt  FaultKind = "drop-at"  // closed when this many bytes of requests have come: no service sees that request
	FaultResetAt FaultKind = "reset-at" // reset then
)

// A Commit says when a call that a fault hits is carried out.
type Commit string

// The moments of a call.
const (
	CommitFirst Commit = "first" // before the reply, as without a fault
	CommitNever Commit = "never"
	CommitLast  Commit = "last" // when the client has its reply, or lost it
	CommitHeld  Commit = "held" // at [Gateway.Release]
	CommitLate  Commit = "late" // Fault.Late after the reply, or at Release; in text the duration, "5s"
)

// A FaultState is a fault in force.
type FaultState struct {
	ID     uint64 `json:"id"` // from 1
	Fault  Fault  `json:"rule"`
	Met    uint64 `json:"met"`    // calls that it matched
	Played uint64 `json:"played"` // calls that it hit

	luck map[string]uint64 // with Chance: calls so far, by service and transaction
}

// A mischief knows the faults in force and the calls that they hold back. It
// lives in memory: faults end with the process, and so do calls held back.
type mischief struct {
	mu     sync.Mutex
	last   uint64 // the newest number given to a fault
	active []*FaultState
	late   lateCalls
	doors  []*faultyListener // that are being served
}

// AddFaults puts faults in force behind those that are, all of them or, after
// an error, none. Where two hit the same call, the first does.
func (g *Gateway) AddFaults(faults ...Fault) error {
	var errs []error
	for _, f := range faults {
		if err := f.check(); err != nil {
			errs = append(errs, fmt.Errorf("fault %q: %w", f.String(), err))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	g.mischief.mu.Lock()
	defer g.mischief.mu.Unlock()
	if len(g.mischief.active)+len(faults) > maxFaults {
		return fmt.Errorf("%d faults would be in force, and %d are the most", len(g.mischief.active)+len(faults), maxFaults)
	}
	for _, f := range faults {
		g.mischief.last++
		g.mischief.active = append(g.mischief.active, &FaultState{ID: g.mischief.last, Fault: f, luck: map[string]uint64{}})
	}
	return nil
}

// Faults returns the faults in force, in the order in which they came.
func (g *Gateway) Faults() []FaultState {
	g.mischief.mu.Lock()
	defer g.mischief.mu.Unlock()
	states := make([]FaultState, len(g.mischief.active))
	for i, s := range g.mischief.active {
		states[i] = FaultState{ID: s.ID, Fault: s.Fault, Met: s.Met, Played: s.Played}
	}
	return states
}

// RemoveFault ends the fault with this number and reports whether it was in
// force. Calls that it holds back stay so.
func (g *Gateway) RemoveFault(id uint64) bool {
	g.mischief.mu.Lock()
	defer g.mischief.mu.Unlock()
	before := len(g.mischief.active)
	g.mischief.active = slices.DeleteFunc(g.mischief.active, func(s *FaultState) bool { return s.ID == id })
	return len(g.mischief.active) < before
}

// ClearFaults ends all faults. Calls that they hold back stay so.
func (g *Gateway) ClearFaults() {
	g.mischief.mu.Lock()
	defer g.mischief.mu.Unlock()
	g.mischief.active = nil
}

// hitsConnection returns the fault that hits a new connection, nil for none.
func (m *mischief) hitsConnection() *Fault { return m.hits(service{path: anyConnection}, query{}) }

// hits returns the fault that hits a call, nil for none, and counts for each
// fault that it was met.
func (m *mischief) hits(s service, q query) *Fault {
	m.mu.Lock()
	defer m.mu.Unlock()
	var hit *Fault
	for _, state := range m.active {
		if !state.Fault.matches(s, q) {
			continue
		}
		state.Met++
		if state.due(s, q) && hit == nil {
			state.Played++
			hit = &state.Fault
		}
	}
	return hit
}

func (f *Fault) matches(s service, q query) bool {
	if s.path == anyConnection {
		return f.Service == anyConnection
	}
	return (f.Service == anyService || f.Service == moneyServices && s.change != nil || f.Service == s.name()) &&
		(f.Transact == "" || f.Transact == q.text("transact")) && (f.OrderID == "" || f.OrderID == q.text("orderid"))
}

// due reports whether it is the turn of the call that was met last.
func (s *FaultState) due(of service, q query) bool {
	f := s.Fault
	switch {
	case f.Nth > 0 && s.Met != f.Nth, f.Every > 0 && s.Met%f.Every != 0, f.Times > 0 && s.Played >= f.Times:
		return false
	}
	return f.Chance == 0 || s.lucky(of, q)
}

// lucky throws the dice for a call. What they show depends on the seed, the
// transaction and how many of its calls there were, and not on what arrives
// beside it.
func (s *FaultState) lucky(of service, q query) bool {
	key := of.name() + " " + q.text("transact") + " " + q.text("orderid")
	if len(s.luck) >= maxLuck {
		clear(s.luck)
	}
	s.luck[key]++
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", key, s.luck[key])
	return rand.New(rand.NewPCG(s.Fault.Seed, h.Sum64())).Float64() < s.Fault.Chance
}

// commits returns when a call that f hits is carried out.
func (f *Fault) commits() Commit {
	switch {
	case f.Commit != "":
		return f.Commit
	case f.replaces():
		return CommitNever
	}
	return CommitFirst
}

// replaces reports whether the true reply is not heard.
func (f *Fault) replaces() bool {
	switch f.Do {
	case FaultAnswer, FaultHTTP, FaultHTML, FaultEmpty, FaultRedirect, FaultDrop:
		return true
	}
	return f.Do == FaultReset && f.Number == 0
}
