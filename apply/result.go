package apply

import (
	"cmp"
	"iter"
	"slices"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// A Fate says how an action of a plan ended. The zero value is invalid.
type Fate string

const (
	FateSettled    Fate = "settled"     // happened, and is final at the acquirer
	FateSettling   Fate = "settling"    // accepted, not known to be final
	FateDeclined   Fate = "declined"    // the gateway said no
	FateReversed   Fate = "reversed"    // accepted first, declined later by the acquirer
	FateNotSent    Fate = "not_sent"    // provably no byte left
	FateNotDone    Fate = "not_done"    // was unknown, proven not to have happened
	FateUnknown    Fate = "unknown"     // may have happened
	FateMoved      Fate = "moved"       // skipped: the transaction is no longer where the plan saw it
	FateNotStarted Fate = "not_started" // nothing was tried
)

// An ActionResult is what became of one action.
type ActionResult struct {
	Action plan.Action
	ID     string       // what its intent claimed, see [statefile.ActionID]
	Fate   Fate         //
	Code   *int         // the gateway's result code, when it gave one
	Status *dibs.Status // the last status seen; nil when it could not be read
	// Payment is the transaction that a charge made, when that is known; Status
	// is its own as soon as it was looked at.
	Payment string
	Detail  string // why it ended like this, a phrase for people; empty when settled at once
	Err     error  // what the phrase was made of, when it was an error
	// Behind reports that the outcome could not be written: the ledger holds
	// the intent only, and the next run has to find the outcome out.
	Behind bool
	Batch  string // name of the bulk file that carried it; empty for a call of its own
	// Waiting reports that the file has no response yet.
	Waiting bool
}

// A Result says what became of every action of a plan: each is in exactly one
// of the lists, which keep the plan's order.
type Result struct {
	Plan string // digest

	Done       []ActionResult // settled, settling
	Declined   []ActionResult // declined, reversed
	NotSent    []ActionResult // not_sent, not_done
	Unknown    []ActionResult // unknown
	Moved      []ActionResult // moved
	NotStarted []ActionResult // not_started

	Files []BatchFinding // the bulk files, in the order in which they were sent; nil without any

	Outages []Outage // what [Runner.Preflight] found, if it was asked

	Rule    Rule   // which rule stopped the run; empty when none did
	Stopped string // the same as a phrase for people, with its particulars

	BreakGlass string // why the plan went past its approvals; empty when it did not
	BrokenBy   string // who signed that
}

// All yields what became of each action, list by list in the order of the
// fields.
func (r Result) All() iter.Seq[ActionResult] {
	return func(yield func(ActionResult) bool) {
		for _, list := range [...][]ActionResult{r.Done, r.Declined, r.NotSent, r.Unknown, r.Moved, r.NotStarted} {
			for _, a := range list {
				if !yield(a) {
					return
				}
			}
		}
	}
}

// newResult sorts the results of a plan's actions into the lists.
func newResult(digest string, all []ActionResult) Result {
	r := Result{Plan: digest}
	for _, a := range all {
		list := r.list(a.Fate)
		*list = append(*list, a)
	}
	return r
}

// Refused returns the result of a plan of which nothing was tried.
func Refused(p *plan.Plan, rule Rule, why error) Result {
	all := make([]ActionResult, len(p.Body.Actions))
	for i, a := range p.Body.Actions {
		all[i] = ActionResult{Action: a, Fate: FateNotStarted, Detail: why.Error(), Err: why}
	}
	r := newResult(p.Digest, all)
	r.Rule, r.Stopped = rule, why.Error()
	return r
}

func (r *Result) list(f Fate) *[]ActionResult {
	switch f {
	case FateSettled, FateSettling:
		return &r.Done
	case FateDeclined, FateReversed:
		return &r.Declined
	case FateNotSent, FateNotDone:
		return &r.NotSent
	case FateUnknown:
		return &r.Unknown
	case FateMoved:
		return &r.Moved
	case FateNotStarted:
		return &r.NotStarted
	}
	panic("apply: action without a fate: " + string(f))
}

// Complete reports whether every action happened.
func (r Result) Complete() bool {
	return len(r.Declined)+len(r.NotSent)+len(r.Unknown)+len(r.Moved)+len(r.NotStarted) == 0
}

// AnyUnknown reports whether the outcome of an action is not known.
func (r Result) AnyUnknown() bool { return len(r.Unknown) > 0 }

// AnyMoved reports whether an action was skipped because its transaction had
// changed since the plan.
func (r Result) AnyMoved() bool { return len(r.Moved) > 0 }

// AnyFailed reports whether an action was tried, or stood in line, and
// certainly did not happen; moved ones are not counted.
func (r Result) AnyFailed() bool { return len(r.Declined)+len(r.NotSent)+len(r.NotStarted) > 0 }

// Settling returns how many of the done actions are not known to be final.
func (r Result) Settling() int {
	n := 0
	for _, a := range r.Done {
		if a.Fate == FateSettling {
			n++
		}
	}
	return n
}

// Sums totals what certainly happened, settled or not, by currency and action.
func (r Result) Sums() []plan.Sum { return Sums(r.Done) }

// Sums totals the actions of one of a [Result]'s lists, by currency, then
// action.
func Sums(list []ActionResult) []plan.Sum {
	sums := []plan.Sum{}
	index := map[kind]int{}
	for _, r := range list {
		key := kindOf(r.Action)
		i, ok := index[key]
		if !ok {
			i, index[key] = len(sums), len(sums)
			sums = append(sums, plan.Sum{Currency: key.currency, Verb: key.verb})
		}
		minor := r.Action.ToMinor - r.Action.FromMinor
		sums[i].Count++
		sums[i].Minor += minor
		sums[i].LargestMinor = max(sums[i].LargestMinor, minor)
	}
	slices.SortFunc(sums, func(a, b plan.Sum) int {
		return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Verb, b.Verb))
	})
	return sums
}

// A kind of action is what a plan sums up separately.
type kind struct {
	currency string
	verb     statefile.Verb
}

func kindOf(a plan.Action) kind { return kind{a.Currency, a.Verb} }

// end returns what the ledger keeps of the result.
func (r Result) end() statefile.End {
	return statefile.End{
		Plan: r.Plan, Accepted: len(r.Done), Declined: len(r.Declined), NotSent: len(r.NotSent),
		Unknown: len(r.Unknown), Moved: len(r.Moved), NotStarted: len(r.NotStarted),
	}
}
