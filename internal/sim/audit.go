package sim

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// An audit reads the ledger as far as it is certainly on the disk, with eyes of
// its own, and holds against it what is sent. After every sync and before every
// request:
//
//   - what was durable stays as it was, also after a power cut;
//   - entries are numbered, chained and hashed without a gap;
//   - an intent is claimed once, ever;
//   - a request has exactly one intent, durable before it, of its own process
//     and its own amount, and every earlier intent on that transaction has its
//     outcome;
//   - a request follows a look at the status, in the same run, that shows what
//     the intent says;
//   - a bulk file is released only when its rows and the release itself are on
//     the disk;
//   - an intent asks for no more than its process' configuration does;
//   - an intent has at most one outcome, and no outcome, proof or decision says
//     what the bank knows to be false;
//   - no card number is written.
type audit struct {
	h      *history
	files  map[string][]byte // content at the last sync, of files that may become the ledger
	text   []byte            // of the ledger, durable
	seq    int
	head   string
	claims map[string]*claim
	order  []*claim
	bulk   map[string]*bulkFile // by name
	plans  map[string]bool      // digests of which an action was started

	stopped bool // two writers damaged it: nothing more is read
	cut     bool // what was durable is gone
}

// A claim is an intent and what was recorded of it.
type claim struct {
	id, transact string
	order        string // of a payment; of a charge the new one's
	verb         statefile.Verb
	from, to     int64
	before       dibs.Status
	owner        *process // whose sync made it durable
	request      *request
	state        string // "intent", "accepted", "declined", ... the last word about it
	hasty        bool   // a person decided before anybody could know
	op           int    // in the story
}

func (c *claim) undecided() bool { return c.state == "intent" || c.state == "unknown" }

// synced learns that a file is on the disk with that content. It is known by
// its name only once the folder is synced too.
func (a *audit) synced(p *process, name string, content []byte) {
	a.files[name] = content
	if name == ledgerName && len(a.text) > 0 {
		a.read(p, content)
	}
}

func (a *audit) renamed(from string) { a.files[ledgerName] = a.files[from] }

func (a *audit) named(p *process) {
	if content := a.files[ledgerName]; content != nil {
		a.read(p, content)
	}
}

func (a *audit) powerCut() { a.files = map[string][]byte{} }

// truncated learns that a file was cut. A process that stood still between its
// look at the size and giving back reserved room, and whose locks were taken
// away meanwhile, cuts off what others wrote since. No one can notice that: it
// is what the locks are for. From there on nobody knows what was done.
func (a *audit) truncated(name string, size int64) {
	if name != ledgerName || size >= int64(len(a.text)) {
		return
	}
	if !a.h.broken {
		a.h.failf("the ledger is cut to %d bytes, and %d are durable", size, len(a.text))
	}
	if !a.cut {
		a.h.saw(sawCut)
	}
	a.stopped, a.cut = true, true
}

// read takes what is new.
func (a *audit) read(p *process, content []byte) {
	if a.stopped {
		return
	}
	if a.h.broken && (!bytes.HasPrefix(content, a.text) || a.damaged(content)) {
		a.stopped = true // flexform must notice, see program
		return
	}
	if !bytes.HasPrefix(content, a.text) {
		a.h.failf("the ledger lost or changed what was durable: it had %d bytes, and now %d", len(a.text), len(content))
		return
	}
	fresh := content[len(a.text):]
	fresh = fresh[:bytes.LastIndexByte(fresh, '\n')+1]
	a.text = content[:len(a.text)+len(fresh)]
	for line := range bytes.Lines(fresh) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if why := a.link(line); why != "" {
			a.h.failf("ledger entry %d: %s", a.seq+1, why)
			return
		}
		if bytes.Contains(line, []byte(canary)) {
			a.h.failf("ledger entry %d holds a card number", a.seq)
		}
		a.entry(p, line)
	}
}

// damaged reports whether what is new does not follow.
func (a *audit) damaged(content []byte) bool {
	trial := audit{seq: a.seq, head: a.head}
	fresh := content[len(a.text):]
	for line := range bytes.Lines(fresh[:bytes.LastIndexByte(fresh, '\n')+1]) {
		if trial.link(bytes.TrimSuffix(line, []byte("\n"))) != "" {
			return true
		}
	}
	return false
}

// link checks that a line is the next in the chain (docs/ledger-format.md).
func (a *audit) link(line []byte) string {
	const tail = `,"hash":"`
	i := bytes.LastIndex(line, []byte(tail))
	switch {
	case i < 0:
		return "it has no hash"
	case member(line, "seq") != strconv.Itoa(a.seq+1):
		return "it is numbered " + member(line, "seq")
	case member(line, "prev") != a.head:
		return "it does not follow the one before"
	}
	sum := sha256.Sum256(append(line[:i:i], '}'))
	if hash := member(line[i:], "hash"); hash != "sha256:"+hex.EncodeToString(sum[:]) {
		return "its hash is wrong"
	}
	a.seq, a.head = a.seq+1, member(line[i:], "hash")
	return ""
}

// member finds a member of a JSON object that stands on one line, wherever it
// is nested. Text in quotes inside of texts does not look like one: its quotes
// are escaped.
func member(line []byte, name string) string {
	_, rest, ok := bytes.Cut(line, []byte(`"`+name+`":`))
	if !ok {
		return ""
	}
	if rest[0] != '"' {
		return string(rest[:bytes.IndexAny(rest, ",}")])
	}
	end := 1
	for ; rest[end] != '"'; end++ {
		if rest[end] == '\\' {
			end++
		}
	}
	return strings.ReplaceAll(string(rest[1:end]), `\"`, `"`)
}

func (a *audit) entry(p *process, line []byte) {
	kind, id := member(line, "kind"), member(line, "action_id")
	c := a.claims[id]
	switch {
	case kind == "intent":
		a.claim(p, id, line)
		return
	case kind == "batch" || kind == "releasing" || kind == "released":
		a.batch(p, kind, line)
		return
	case id == "":
		return
	case c == nil:
		a.h.failf("%s about %s, which no intent claimed", kind, id)
		return
	}
	was, now := c.state, ""
	switch kind {
	case "outcome":
		now = member(line, "result")
		if was != "intent" {
			a.h.failf("%s has a second outcome: %s after %s", id, now, was)
		}
	case "observed":
		now = member(line, "verdict")
	case "resolved":
		now = map[string]string{"true": "done", "false": "not_done"}[member(line, "done")]
		a.h.saw(sawResolved)
	}
	c.state = now
	a.h.tracef("    %s is %s", id, now)
	a.truth(c, kind, now)
	a.payment(c, member(line, "payment"))
	if was == "intent" || was == "unknown" {
		a.h.story.decided(c)
	}
}

func (a *audit) claim(p *process, id string, line []byte) {
	number := func(name string) int64 {
		n, err := strconv.ParseInt(member(line, name), 10, 64)
		if err != nil {
			a.h.failf("intent %s: %v", id, err)
		}
		return n
	}
	if a.claims[id] != nil {
		a.h.failf("%s is claimed twice", id)
	}
	c := &claim{
		id: id, transact: member(line, "transact"), order: member(line, "orderid"), verb: statefile.Verb(member(line, "action")),
		from: number("from_minor"), to: number("to_minor"), before: dibs.Status(number("status")), owner: p, state: "intent",
	}
	for _, other := range a.order {
		if other.transact == c.transact && other.undecided() {
			a.h.failf("%s is intended while %s is %s", id, other.id, other.state)
		}
	}
	if p.config == nil {
		// Left by a dead process, and kept by the next one before it reads it.
	} else if most, asked := p.asksFor(member(line, "address"), c); !asked || c.to > most {
		a.h.failf("%s is intended, and the configuration of process %d asks for %d at most (%t)", id, p.n, most, asked)
	}
	if number("attempt") > 1 {
		a.h.saw(sawRepeat)
	}
	a.claims[id] = c
	a.order = append(a.order, c)
	a.plans[member(line, "plan")] = true
	if name := member(line, "batch"); name != "" {
		if a.bulk[name] == nil {
			a.h.failf("%s is a row of bulk file %s, whose name nobody claimed", id, name)
			return
		}
		a.bulk[name].rows = append(a.bulk[name].rows, c)
	}
	a.h.story.intended(c)
}

// request holds a request against the ledger, in the moment it arrives.
func (a *audit) request(r *request) {
	if r.account == nil || a.stopped {
		return
	}
	var c *claim
	for _, other := range a.order {
		if other.transact == r.account.transact {
			c = other
		}
	}
	p := r.process
	switch {
	case c == nil:
		a.h.failf("%s of %s was sent, and the ledger knows no intent", r.verb, r.account.transact)
		return
	case c.request != nil:
		a.h.failf("%s was sent, and %s was sent already", r.account.transact, c.id)
	case c.state != "intent":
		a.h.failf("%s was sent when it was %s", c.id, c.state)
	case c.owner != p:
		a.h.failf("%s was sent by process %d, and process %d claimed it", c.id, p.n, c.owner.n)
	case c.verb != r.verb, c.to-c.from != r.minor && r.verb != statefile.Cancel && r.verb != statefile.Reauthorise,
		r.verb == statefile.Charge && c.order != r.order:
		a.h.failf("%s was sent as %s of %d for order %q", c.id, r.verb, r.minor, r.order)
	}
	if status, ok := p.seen[r.account.transact]; !ok {
		a.h.failf("%s was sent without a look at the status", c.id)
	} else if status != c.before {
		a.h.failf("%s was sent after a look that showed %s, and the intent says %s", c.id, status, c.before)
	}
	switch {
	case r.verb == statefile.Charge && !p.orders[r.order]:
		a.h.failf("%s was sent without a look for its order", c.id)
	case r.verb == statefile.Capture && plan.Split(c.before):
		if sum, ok := p.sums[c.transact]; !ok || sum != c.from {
			a.h.failf("%s was sent after a look that showed %d captured (%t)", c.id, sum, ok)
		}
	}
	c.request = r
}

// truth holds what the ledger says of an action against what the bank knows.
func (a *audit) truth(c *claim, kind, now string) {
	r := a.cause(c)
	if now == "not_sent" || now == "declined" { // what became of this very request
		r = c.request
	}
	took := r != nil && r.took
	reversed := took && r.reversed
	wrong := false
	switch now {
	case "accepted":
		wrong = !took
	case "done":
		wrong = !took
		a.count(kind, sawProven)
	case "settled":
		wrong = !took || reversed || r.flies()
	case "reversed":
		wrong = !reversed
	case "not_sent":
		wrong = r != nil
	case "declined", "not_done":
		// Who decides before anybody could know has looked, and a process can
		// stand still between its look and its entry.
		early := c.hasty && kind == "resolved"
		wrong = took && !reversed && !early || r != nil && r.pending && !c.hasty
		if now == "not_done" {
			a.count(kind, sawDisproven)
		}
	case "unknown":
		a.h.saw(sawUnknown)
	}
	if !wrong || kind == "observed" && !c.sound(a.h) {
		return
	}
	a.h.failf("%s: the ledger says %s by %s, and the bank has: arrived %t, took effect %t, reversed %t", c.id, now, kind, r != nil, took, reversed)
}

// cause is the request that did what an action was to do. Of a charge that can
// be an earlier one that a person gave up too early: nobody can tell the two
// apart, and it is one payment.
func (a *audit) cause(c *claim) *request {
	if c.request != nil && c.request.took {
		return c.request
	}
	for _, other := range a.order {
		if other.hasty && other.transact == c.transact && other.order == c.order && other.request.took && !other.request.reversed {
			return other.request
		}
	}
	return c.request
}

// flies reports whether what the request did is still under way.
func (r *request) flies() bool {
	flights := r.account.flights
	if r.made != nil {
		flights = append(flights[:len(flights):len(flights)], r.made.flights...)
	}
	return slices.ContainsFunc(flights, func(f *flight) bool { return f.request == r })
}

// payment holds the payment that the ledger says a charge made against the
// books.
func (a *audit) payment(c *claim, number string) {
	r := a.cause(c)
	if number != "" && c.sound(a.h) && (r == nil || r.made == nil || r.made.transact != number) {
		a.h.failf("%s: the ledger says that it made payment %s, and it did not", c.id, number)
	}
}

func (a *audit) count(kind string, what int) {
	if kind == "observed" {
		a.h.saw(what)
	}
}

// sound reports whether the gateway's status can be trusted as evidence: when
// nothing takes effect later than the window that it is waited for, and nobody
// else moves the money. Otherwise a conclusion may be wrong, and only the money
// itself is held to be right.
func (h *history) sound(a *account) bool {
	return h.luck.windows == 1 && !h.skewed && !a.theirs && !a.lied
}

// sound is [history.sound] about one action: no time ever proves anything of
// what is done to a ticket, so that it does not matter how late that is.
func (c *claim) sound(h *history) bool {
	a := h.bank.account(c.transact)
	if c.verb.OfTicket() {
		return !a.theirs && !a.lied
	}
	return h.sound(a)
}

func (c *claim) String() string { return fmt.Sprintf("%s (%s)", c.id, c.state) }
