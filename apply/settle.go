package apply

import (
	"context"
	"fmt"

	"flexform/statefile"
)

// Settled says what became of the actions that earlier runs left without a
// certain end.
type Settled struct {
	Decided  []Finding // the ledger has their end now
	Unknown  []Finding // may have happened; they hold their amount and block their transaction
	Settling []Finding // accepted, not final at the acquirer yet

	Files []BatchFinding // bulk files that had rows without an end
}

// AnyUnknown reports whether the outcome of an action is still not known.
func (s Settled) AnyUnknown() bool { return len(s.Unknown) > 0 || s.Waiting() > 0 }

// Waiting returns how many rows of bulk files have no end yet.
func (s Settled) Waiting() (n int) {
	for _, f := range s.Files {
		n += f.Open
	}
	return n
}

// lostAnswer is the outcome of an intent whose process did not live to record
// one.
const lostAnswer = "the process ended before the answer was recorded"

// Settle finds out what became of the actions of earlier runs: intents without
// an outcome, unknown outcomes, and accepted calls that were not final. Only
// the gateway's own status decides, and a status that did not change decides
// only when the settle window since it was sent is over; Settle waits for that.
// It moves no money.
//
// When ctx ends, what is not decided stays unknown. An error is a
// [*RecordError]; what was found out by then may be in the ledger or not.
func (r *Runner) Settle(ctx context.Context) (Settled, error) {
	r = r.withDefaults()
	var s Settled
	if err := r.record(ctx, lostOutcomes(r.Ledger.State().Undecided())); err != nil {
		return s, &RecordError{fmt.Errorf("record lost answers: %w", err)}
	}
	var err error
	if s.Files, err = r.settleFiles(ctx); err != nil {
		return s, &RecordError{fmt.Errorf("record what came of bulk files: %w", err)}
	}
	final, err := r.inquire(ctx, r.accepted())
	if err != nil {
		return s, &RecordError{fmt.Errorf("record what is final: %w", err)}
	}
	s.sort(final, &s.Settling)
	var unknown []question
	for _, a := range r.Ledger.State().Undecided() {
		if tellable(a, s.Files) {
			unknown = append(unknown, r.left(a))
		}
	}
	found, err := r.pursue(ctx, unknown)
	if err != nil {
		return s, &RecordError{fmt.Errorf("record what was found out: %w", err)}
	}
	s.sort(found, &s.Unknown)
	return s, nil
}

// sort puts findings that decide an action to Decided, the others to rest.
func (s *Settled) sort(findings []Finding, rest *[]Finding) {
	for _, f := range findings {
		if f.Decided() {
			s.Decided = append(s.Decided, f)
		} else {
			*rest = append(*rest, f)
		}
	}
}

// lostOutcomes gives every open intent the outcome that it has in truth.
func lostOutcomes(undecided []statefile.Action) []statefile.Payload {
	var lost []statefile.Payload
	for _, a := range undecided {
		if a.State == statefile.ActionOpen && a.Batch == "" {
			lost = append(lost, statefile.Outcome{Action: a.ID, Result: statefile.Unknown, Message: lostAnswer})
		}
	}
	return lost
}

// accepted returns the actions that the gateway took and that are not known to
// be final.
func (r *Runner) accepted() []question {
	var list []question
	for t := range r.Ledger.State().Transactions() {
		for _, a := range t.Actions {
			if a.State == statefile.ActionAccepted {
				list = append(list, r.left(a))
			}
		}
	}
	return list
}

// left is the question that an earlier run left. When it sent its request is
// not recorded; it was allowed to until [Runner.SendBy] after the intent.
func (r *Runner) left(a statefile.Action) question {
	s := r.spanFor(a)
	return question{Action: a, since: a.At.Add(s.sendBy), span: s}
}

// settleUnknown pursues the unknown outcomes of the batch.
func (b *batch) settleUnknown(ctx context.Context) {
	b.settle(FateUnknown, func(q []question) ([]Finding, error) { return b.pursue(ctx, q) })
}

// confirm looks once at every accepted action, so that later plans know what
// is final. What is still in flight stays accepted. An interrupted run leaves
// that to the next one.
func (b *batch) confirm(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	b.settle(FateSettling, func(q []question) ([]Finding, error) {
		b.Events(Event{Kind: EventConfirming, Total: len(q)})
		return b.inquire(ctx, q)
	})
}

// settle puts the actions with one fate to a question and takes their new fate
// from the ledger.
func (b *batch) settle(fate Fate, ask func([]question) ([]Finding, error)) {
	var questions []question
	var which []int
	for i, result := range b.results {
		if a, ok := b.Ledger.State().Action(result.ID); ok && result.Fate == fate && tellable(a, b.files) {
			questions = append(questions, question{a, b.jobs[i].ended, b.spanFor(a)})
			which = append(which, i)
		}
	}
	if len(questions) == 0 || b.gate.ledger != nil {
		return
	}
	findings, err := ask(questions)
	if err != nil {
		b.gate.broken(err) // what was found out before is in the ledger
	}
	for n, f := range findings {
		result := &b.results[which[n]]
		if f.Status != nil {
			result.Status = f.Status
		}
		if !f.Decided() && fate == FateUnknown && f.Detail != "" {
			result.Detail += "; " + f.Detail
		}
		if a, ok := b.Ledger.State().Action(result.ID); ok && f.Decided() && (err == nil || fateOf(a.State) != fate) {
			result.Fate, result.Detail, result.Payment, result.Waiting = fateOf(a.State), f.Detail, a.Payment, false
		}
	}
}

// fateOf says what the ledger's word for an action means for its run.
func fateOf(s statefile.ActionState) Fate {
	switch s {
	case statefile.ActionAccepted:
		return FateSettling
	case statefile.ActionDone:
		return FateSettled
	case statefile.ActionDeclined:
		return FateDeclined
	case statefile.ActionReversed:
		return FateReversed
	case statefile.ActionNotSent:
		return FateNotSent
	case statefile.ActionNotDone:
		return FateNotDone
	}
	return FateUnknown
}
