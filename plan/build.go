package plan

import (
	"iter"

	"flexform/schema"
	"flexform/statefile"
)

// Records is what the planner asks the ledger; [*statefile.State] answers it.
// No method changes anything.
type Records interface {
	// Transaction returns all that the ledger knows of one transaction, and
	// whether it knows anything.
	Transaction(statefile.Key) (statefile.Transaction, bool)
	// Transactions yields every transaction that the ledger knows.
	Transactions() iter.Seq[statefile.Transaction]
	// Tickets returns the tickets that an order of a merchant was charged to, or
	// was to be, whatever became of it.
	Tickets(merchant, order string) []statefile.Transaction
}

// A BuildInput is all that a plan is made from.
type BuildInput struct {
	Config *schema.Config
	State  Records
	// Observations holds what [Observe] saw of each of Config.Transactions, in
	// their order. A missing one counts as not looked at.
	Observations []Observation
	// Tickets holds what [ObserveTickets] saw of each of Config.Tickets, in their
	// order. A missing one counts as not looked at.
	Tickets []TicketObservation
}

// A Draft is a plan without its envelope: see [Seal].
type Draft struct {
	Body      Body
	Counts    Counts
	Positions []Position // of the transactions with an action or a block whose status tells their totals
}

// Build works out the fewest calls that close the difference between what is
// desired and what is known. It is pure. A transaction that cannot be planned
// safely becomes a [Blocked] and hides nothing else. When there is a
// [Problem], the draft shows what there would be without it, and no plan may
// be made from it.
func Build(in BuildInput) (Draft, []Problem) {
	b := newBuilder(in.Config)
	known := transactsByOrder(in.Config.Transactions, in.State)
	for i := range in.Config.Transactions {
		want, seen := &in.Config.Transactions[i], &Observation{}
		if i < len(in.Observations) {
			seen = &in.Observations[i]
		}
		s := newSubject(want, seen, in.State)
		s.shop = shopOf(in.Config, want.Merchant)
		if want.Transact == "" {
			s.twins = known[orderOf(want.Merchant, want.OrderID, want.Amount)]
		}
		if twin, ok := b.declared[s.key]; ok && s.key.Transact != "" {
			b.problems = append(b.problems, declaredTwice(want, &in.Config.Transactions[twin], s.key))
			continue
		}
		b.declared[s.key] = i
		b.add(s, s.rule())
	}
	b.addTickets(in)
	b.draft.Body.Summary = summarise(b.draft.Body.Actions)
	return b.draft, b.problems
}

// A builder gathers what the rules say of each transaction.
type builder struct {
	draft    Draft
	problems []Problem
	declared map[statefile.Key]int // place in the configuration
}

func newBuilder(c *schema.Config) *builder {
	body := Body{
		SettingsDigest: c.SettingsDigest,
		Actions:        []Action{}, Notices: []Notice{}, Blocked: []Blocked{},
	}
	if len(c.Merchants) > 0 {
		body.Mode = c.Merchants[0].Mode // one configuration has one mode
	}
	return &builder{
		draft:    Draft{Body: body, Counts: Counts{Declared: len(c.Transactions)}, Positions: []Position{}},
		declared: make(map[statefile.Key]int, len(c.Transactions)),
	}
}

func (b *builder) add(s *subject, r ruling) {
	if !b.take(r, s.seen.Looked) {
		return
	}
	if p, ok := s.shown(); ok {
		b.draft.Positions = append(b.draft.Positions, p)
	}
}

// take adds a ruling to the draft. It reports whether that is an action or a
// block.
func (b *builder) take(r ruling, looked bool) bool {
	body, counts := &b.draft.Body, &b.draft.Counts
	switch {
	case r.problem != nil:
		b.problems = append(b.problems, *r.problem)
		return false
	case r.action != nil:
		if r.first != nil {
			body.Actions = append(body.Actions, *r.first)
		}
		body.Actions = append(body.Actions, *r.action)
		body.Notices = append(body.Notices, r.notices...)
	case r.blocked != nil:
		body.Blocked = append(body.Blocked, *r.blocked)
		counts.block(r.blocked.Cause)
	default:
		counts.Unchanged++
		if !looked {
			counts.NotRefreshed++
		}
		return false
	}
	return true
}

// block counts one blocked transaction. What a status forbids is in no count
// of its own: it is in the list.
func (c *Counts) block(cause Cause) {
	switch cause {
	case CauseDrift:
		c.Drifted++
	case CauseSettling:
		c.Settling++
	case CauseUnknown:
		c.Unknown++
	case CauseUnread, CauseNotFound, CauseMismatch:
		c.Failed++
	case CauseStatus:
	}
}
