package apply

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"
)

// Run makes the calls of an approved plan, or fewer, and says what became of
// each. Actions on different transactions run side by side within their
// merchant's concurrency; on one transaction they run one after the other, in
// the plan's order, and end with the first that does not happen.
//
// When ctx ends, no new action starts; calls under way are not cancelled and
// their outcomes are recorded. The gateway client's own time-outs bound them.
//
// The Result is complete, and to be shown, also when there is an error. A
// [*RecordError] says that the ledger could not be written; after any other
// error nothing was started.
func (r *Runner) Run(ctx context.Context, approved policy.Approved) (Result, error) {
	p := approved.Plan()
	if p == nil {
		return Result{}, errors.New("no plan was approved")
	}
	return r.withDefaults().approvedBy(approved).run(ctx, p)
}

// A RecordError reports that the ledger could not be written while an apply
// was under way. What it holds is true, but it is behind: every call that was
// sent has its intent there, and the next apply finds out what came of those
// that have no more.
type RecordError struct{ Err error }

func (e *RecordError) Error() string {
	return fmt.Sprintf("the record is behind: %v; the next apply finds out what is missing", e.Err)
}

func (e *RecordError) Unwrap() error { return e.Err }

// A batch is one run of one plan.
type batch struct {
	*Runner
	plan    *plan.Plan
	jobs    []job
	gate    *gate
	results []ActionResult // by job; an element belongs to the worker that has the job's transaction
	files   []BatchFinding // the bulk files of the run
}

// run is Run for a plan that somebody vouches for.
func (r *Runner) run(ctx context.Context, p *plan.Plan) (Result, error) {
	var b *batch
	return r.carryOut(ctx, p, func(made *batch) error { b = made; return nil }, func(ctx context.Context) { b.work(ctx) })
}

// carryOut is what every way to carry out a plan has around its work. The
// check comes before anything is written.
func (r *Runner) carryOut(ctx context.Context, p *plan.Plan, check func(*batch) error, work func(context.Context)) (Result, error) {
	b := &batch{Runner: r, plan: p, gate: newGate(r, p)}
	var err error
	if b.jobs, err = r.jobs(p); err == nil {
		err = check(b)
	}
	if err == nil {
		err = r.Ledger.Reserve(len(b.jobs))
	}
	if err != nil {
		return Refused(p, StopRefused, err), err
	}
	if why := b.gate.open(ctx); why != nil {
		return Refused(p, StopInterrupted, why), nil
	}
	record := context.WithoutCancel(ctx) // what happened is written down, interrupted or not
	begin := statefile.Begin{
		Plan: p.Digest, Mode: string(p.Body.Mode), Actions: len(b.jobs),
		Actor: r.Actor, Commit: r.Commit, Author: r.Author, Version: r.Version,
		Approvers: r.approvers, Settings: p.Body.SettingsDigest, BreakGlass: r.breakGlass, BrokenBy: r.brokenBy,
	}
	if _, err := r.Ledger.Append(record, begin); err != nil {
		err = fmt.Errorf("record the start: %w", err)
		return Refused(p, StopRefused, err), err
	}
	b.Events(Event{Kind: EventPlanned, Total: len(b.jobs), Sums: p.Body.Summary, BreakGlass: r.breakGlass, BrokenBy: r.brokenBy})
	work(ctx)
	if b.gate.ledger == nil {
		b.settleUnknown(ctx)
		b.confirm(ctx)
	}
	result := b.result()
	if b.gate.ledger == nil {
		if _, err := r.Ledger.Append(record, result.end()); err != nil {
			b.gate.broken(err)
		}
	}
	if err := b.gate.ledger; err != nil {
		return b.result(), &RecordError{err}
	}
	return result, nil
}

func (b *batch) result() Result {
	r := newResult(b.plan.Digest, b.results)
	r.Rule, r.Stopped = b.gate.rule, b.gate.why
	r.BreakGlass, r.BrokenBy = b.breakGlass, b.brokenBy
	for _, f := range b.files {
		r.Files = append(r.Files, b.count(f)) // a status may have decided a row since
	}
	return r
}

// work walks all transactions, each merchant's within its concurrency.
func (b *batch) work(ctx context.Context) {
	b.results = make([]ActionResult, len(b.jobs))
	var workers sync.WaitGroup
	for merchant, lanes := range lanes(b.jobs) {
		queue := make(chan []job, len(lanes))
		for _, lane := range lanes {
			queue <- lane
		}
		close(queue)
		for range min(len(lanes), max(1, b.Merchants[merchant].Concurrency)) {
			workers.Go(func() {
				for lane := range queue {
					b.walk(ctx, lane)
				}
			})
		}
	}
	workers.Wait()
}

// independent reports whether what follows r on its transaction does not hang
// on it. Charges of one ticket are of different orders: one that certainly did
// not happen stands in no other's way.
func independent(r ActionResult) bool {
	return r.Action.Verb == statefile.Charge && (r.Fate == FateDeclined || r.Fate == FateNotSent || r.Fate == FateMoved)
}

// walk carries out the actions on one transaction. What follows an action that
// did not happen was planned for a position that is not there.
func (b *batch) walk(ctx context.Context, lane []job) {
	var stuck error
	for _, j := range lane {
		result := ActionResult{Action: j.Action, ID: j.id, Fate: FateNotStarted, Err: stuck}
		if stuck == nil {
			b.act(ctx, j, &result)
		}
		if result.Err != nil && result.Detail == "" {
			result.Detail = result.Err.Error()
		}
		if result.Fate != FateSettling && stuck == nil && !independent(result) {
			stuck = fmt.Errorf("the action before it on this transaction ended as %s", result.Fate)
		}
		b.results[j.index] = result
		b.Events(Event{Kind: EventOutcome, Result: result})
	}
}
