package report

import (
	"cmp"
	"slices"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// A Status is what is known of every declared transaction, and what the ledger
// holds undecided. It is what the renderers [StatusText] and [StatusJSON] take.
type Status struct {
	Mode schema.Mode
	Rows []StatusRow // what needs a person first, then in configuration order
	// Tickets are the declared charges and deletions of tickets, in that order.
	Tickets []TicketRow
	// Undecided holds the actions whose outcome is not known, those of
	// transactions that are no longer declared included.
	Undecided []statefile.Action
	Files     []FileStatus // bulk files with rows that have no answer
	Calls     []HandCall   // about nothing that is declared, in the order of the transactions in the ledger
}

// A StatusRow is one declared transaction.
type StatusRow struct {
	Declared schema.Transaction
	Transact string       // empty when neither declared nor found
	Standing Standing     //
	Status   *dibs.Status // nil when never read
	Known    *dibs.Status // the ledger's, when the gateway's was not read
	Captured *plan.Figure // nil when nothing is known of it
	Refunded *plan.Figure
	Blocked  *plan.Blocked // when Standing is a cause to block
	Facts    *Facts        // nil when they were not asked for
}

// A Standing says how a transaction stands to what is desired: [StandingInPlace],
// [StandingToChange], [StandingSettled], [StandingRefused], or the [plan.Cause] that keeps it from being planned.
type Standing string

const (
	StandingInPlace  Standing = "in place"  // looked at, and as desired
	StandingToChange Standing = "to change" // a plan has an action for it
	StandingSettled  Standing = "settled"   // final in the ledger and as desired, not looked at
	StandingRefused  Standing = "refused"   // what is declared can never be, see [plan.Problem]
)

// StatusInput is what a [Status] is made from: what [plan.Build] was given and
// what it made of it.
type StatusInput struct {
	Config       *schema.Config
	State        Records
	Observations []plan.Observation // as in [plan.BuildInput]
	Tickets      []plan.TicketObservation
	Draft        plan.Draft
	Problems     []plan.Problem
	Files        []FileStatus
}

// Records is what a status asks the ledger; [*statefile.State] answers it.
type Records interface {
	// Transaction returns what the ledger knows of a transaction, if anything.
	Transaction(statefile.Key) (statefile.Transaction, bool)
	// Undecided returns the actions that may or may not have happened.
	Undecided() []statefile.Action
}

// NewStatus joins what is declared with what is known.
func NewStatus(in StatusInput) Status {
	j := newJoin(in)
	s := Status{Mode: in.Draft.Body.Mode, Files: in.Files}
	for i, t := range in.Config.Transactions {
		s.Rows = append(s.Rows, j.row(i, t))
	}
	slices.SortStableFunc(s.Rows, func(a, b StatusRow) int { return cmp.Compare(a.Standing.order(), b.Standing.order()) })
	s.Tickets = j.ticketRows()
	s.Undecided = slices.Clone(in.State.Undecided())
	slices.SortFunc(s.Undecided, func(a, b statefile.Action) int { return cmp.Compare(a.Seq, b.Seq) })
	return s
}

// order puts what needs a person first, what is as it should be last.
func (s Standing) order() int {
	switch s {
	case StandingRefused:
		return -1
	case StandingToChange:
		return len(causes) + 1
	case StandingInPlace:
		return len(causes) + 2
	case StandingSettled:
		return len(causes) + 3
	}
	for i, c := range causes {
		if Standing(c.cause) == s {
			return i
		}
	}
	return len(causes) // a cause of a newer version
}

func (s Standing) ink() ink {
	switch s {
	case StandingInPlace, StandingSettled:
		return inkGreen
	case StandingToChange:
		return inkCyan
	}
	for _, c := range causes {
		if Standing(c.cause) == s {
			return c.ink
		}
	}
	return inkRed
}

// A join finds by address what belongs to a transaction.
type join struct {
	StatusInput
	actions   map[string]bool
	blocked   map[string]*plan.Blocked
	refused   map[string]bool
	positions map[string]*plan.Position
}

func newJoin(in StatusInput) join {
	j := join{in, map[string]bool{}, map[string]*plan.Blocked{}, map[string]bool{}, map[string]*plan.Position{}}
	for _, a := range in.Draft.Body.Actions {
		j.actions[a.Address] = true
	}
	for _, p := range in.Problems {
		j.refused[p.Address] = true
	}
	for i := range in.Draft.Body.Blocked {
		b := &in.Draft.Body.Blocked[i]
		j.blocked[b.Address] = b
	}
	for i := range in.Draft.Positions {
		p := &in.Draft.Positions[i]
		j.positions[p.Address] = p
	}
	return j
}

func (j join) row(i int, t schema.Transaction) StatusRow {
	var seen plan.Observation
	if i < len(j.Observations) {
		seen = j.Observations[i]
	}
	r := StatusRow{Declared: t, Transact: cmp.Or(t.Transact, string(seen.Transact)), Standing: StandingSettled, Blocked: j.blocked[t.Address]}
	switch {
	case j.refused[t.Address]:
		r.Standing = StandingRefused
	case r.Blocked != nil:
		r.Standing = Standing(r.Blocked.Cause)
	case j.actions[t.Address]:
		r.Standing = StandingToChange
	case seen.Looked:
		r.Standing = StandingInPlace
	}
	if seen.Looked && seen.Err == nil {
		r.Status = &seen.Status
	}
	recorded, ok := j.State.Transaction(statefile.Key{Merchant: t.Merchant, Transact: r.Transact})
	if ok {
		r.Captured, r.Refunded = figure(recorded.Captured), figure(recorded.Refunded)
		if r.Status == nil && recorded.StatusKnown {
			known := dibs.Status(recorded.Status)
			r.Known = &known
		}
	}
	if p := j.positions[t.Address]; p != nil { // it knows better
		r.Captured, r.Refunded = &p.Captured, &p.Refunded
	}
	return r
}

// figure is what the ledger says of a total; nil when it says nothing.
func figure(a money.Amount) *plan.Figure {
	if !a.Valid() {
		return nil
	}
	return &plan.Figure{Minor: a.Minor(), Source: plan.FromLedger}
}
