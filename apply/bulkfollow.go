package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flexform/dibs"
	"flexform/dibs/bulk"
	"flexform/plan"
	"flexform/statefile"
)

// A Stage says how far a bulk file has come. The zero value is invalid.
type Stage string

const (
	StageNotSent  Stage = "not_sent" // never released: none of its rows happened
	StageWaiting  Stage = "waiting"  // released, and not answered yet
	StageAnswered Stage = "answered" // the response was read: each row has what it says
	StageUnclear  Stage = "unclear"  // perhaps released; what the server shows does not tell
	StageUnread   Stage = "unread"   // the server could not be asked
)

// A BatchFinding is what a look at a bulk file and its server came to.
type BatchFinding struct {
	Name     string // "refund271126_01"
	Merchant string
	Stage    Stage
	Detail   string   // the same as a phrase for people
	Err      error    // why the stage is unclear or unread, when an error is why
	Problems []string // what a person should look at in the response
	Gone     bool     // the server does not show it as released, or not any more

	// How its rows stand in the ledger now; together they are all rows.
	Accepted, Declined, Unknown, NotSent, Open int
}

// Rows returns how many rows the file has.
func (f BatchFinding) Rows() int { return f.Accepted + f.Declined + f.Unknown + f.NotSent + f.Open }

// over reports whether looking again cannot help, in this run.
func (f BatchFinding) over() bool {
	hopeless := errors.Is(f.Err, errNoDrop) || errors.Is(f.Err, errNoMerchant)
	return f.Stage != StageWaiting && f.Stage != StageUnread || hopeless
}

// follow looks at the server once and brings a batch on as far as is certainly
// safe. Only what the ledger says decides whether a batch may have been
// released; what the server shows can add to that, and never takes it back.
//
//   - Never about to be released: its rows are taken off the server and are not
//     sent. They are not uploaded again either: they were looked at before an
//     end that nobody knows the reason of, and a new plan looks again.
//   - About to be released: released if the server shows that it was not yet,
//     a second time would pay nobody twice, and no row has moved since it was
//     looked at. Otherwise it may be done.
//   - Released: only waited for.
//
// Without release nothing is released: the run was interrupted. An error is one
// of the ledger.
func (r *Runner) follow(ctx context.Context, name string, release bool) (BatchFinding, error) {
	f := BatchFinding{Name: name}
	use, _ := r.Ledger.State().Batch(name)
	f.Merchant = use.Merchant
	p, err := r.recorded(use)
	if err != nil {
		f.Stage, f.Err, f.Detail = StageUnclear, err, fmt.Sprintf("its rows cannot be made again: %v", err)
		return r.count(f), nil
	}
	var broken error
	err = r.within(ctx, use.Merchant, func(d bulk.Drop) error {
		state, err := d.State(ctx, p.name)
		if err != nil {
			return err
		}
		f.Stage, f.Detail, broken = r.bringOn(ctx, d, use, p, state, release, &f)
		return nil
	})
	if err != nil {
		f.Stage, f.Err, f.Detail = StageUnread, err, fmt.Sprintf("it could not be looked at: %v", err)
	}
	return r.count(f), broken
}

func (r *Runner) bringOn(ctx context.Context, d bulk.Drop, use statefile.BatchUse, p parcel, state bulk.State, release bool, f *BatchFinding) (Stage, string, error) {
	if state <= bulk.Uploaded && !use.Exposed() {
		return r.takeBack(ctx, d, p, f)
	}
	if state == bulk.Uploaded && use.Released == 0 {
		if !release {
			return StageUnclear, "it was about to be released, and is not released now", nil
		}
		if why := r.again(ctx, d, use, p); why != nil {
			f.Err = why
			if broken := unrecorded(why); broken != nil {
				return StageUnclear, why.Error(), broken
			}
			return StageUnclear, fmt.Sprintf("it was about to be released, and is not released now: %v", why), nil
		}
		state = bulk.Released
	}
	if state > bulk.Uploaded && use.Released == 0 {
		if err := r.record(ctx, []statefile.Payload{statefile.Released{Batch: use.Name}}); err != nil {
			return StageUnclear, err.Error(), err
		}
	}
	switch state {
	case bulk.Answered:
		return r.readResponse(ctx, d, p, f)
	case bulk.Released:
		return StageWaiting, "it is released, and the response is not there yet", nil
	}
	f.Gone = true
	return StageWaiting, fmt.Sprintf("it may have been released, the server shows it as %s, perhaps having cleared it away, and the response is not there", state), nil
}

// takeBack ends a batch that was never released.
func (r *Runner) takeBack(ctx context.Context, d bulk.Drop, p parcel, f *BatchFinding) (Stage, string, error) {
	err := d.Withdraw(ctx, p.name, p.data)
	if wrong, ok := errors.AsType[*bulk.StateError](err); ok && wrong.State > bulk.Uploaded {
		return StageWaiting, "somebody else has released it just now", nil // the next look records that
	}
	if err != nil {
		f.Err = err
		return StageUnread, fmt.Sprintf("it was never released, and its rows could not be taken off the server: %v", err), nil
	}
	const why = "the bulk file was never released"
	var entries []statefile.Payload
	for _, id := range r.openRows(p) {
		entries = append(entries, statefile.Outcome{Action: id, Result: statefile.NotSent, Message: why})
	}
	return StageNotSent, why, r.record(ctx, entries)
}

// again releases a batch that was about to be. The server shows that there is
// no run file, which is proof only while it has not cleared that away, and the
// statuses of rows that it is still working on show nothing. So two things must
// hold: the gateway would refuse every row a second time, and every row stands
// where it stood.
func (r *Runner) again(ctx context.Context, d bulk.Drop, use statefile.BatchUse, p parcel) error {
	if p.digest() != use.Digest {
		return errors.New("this flexform would write another file than the one that was sent")
	}
	actions, _ := r.Ledger.State().BatchActions(use.Name)
	for i, seen := range r.stand(ctx, use.Merchant, actions) {
		a := actions[i]
		switch {
		case seen.err != nil:
			return fmt.Errorf("the status of %s could not be read: %w", a.Transact, seen.err)
		case a.Class != string(plan.SelfLimiting):
			return fmt.Errorf("if the server has taken the run file away already, releasing it again could pay %s a second time", a.Transact)
		case seen.status != dibs.Status(a.Before):
			return fmt.Errorf("the status of %s has moved from %s to %s, so it may have been carried out", a.Transact, dibs.Status(a.Before), seen.status)
		}
	}
	return r.release(ctx, d, p)
}

// release records that the batch is about to be released, and releases it,
// unless it comes too late for that (hazards R21). After an error it may be
// released.
func (r *Runner) release(ctx context.Context, d bulk.Drop, p parcel) error {
	begun := r.Now()
	ctx = context.WithoutCancel(ctx) // the client's own times bound it
	ctx = dibs.WithSendBy(ctx, func() error { return r.inTime(p.merchant, begun) })
	if _, err := r.Ledger.Append(ctx, statefile.Releasing{Batch: p.name.String()}); err != nil {
		return &unrecordedError{err}
	}
	_, err := d.Release(ctx, p.name, p.data)
	return err
}

// An unrecordedError is one of the ledger, in the middle of other work.
type unrecordedError struct{ err error }

func (e *unrecordedError) Error() string { return "record bulk file: " + e.err.Error() }

func (e *unrecordedError) Unwrap() error { return e.err }

// unrecorded returns the ledger's error in err when it means that the ledger
// cannot be written any more; nil for one that only refused an entry.
func unrecorded(err error) error {
	failed, ok := errors.AsType[*unrecordedError](err)
	_, claimed := errors.AsType[*statefile.ClaimedError](err)
	_, impossible := errors.AsType[*statefile.ImpossibleError](err)
	if !ok || claimed || impossible {
		return nil
	}
	return failed.err
}

// readResponse records what the response says of each row that has no end.
func (r *Runner) readResponse(ctx context.Context, d bulk.Drop, p parcel, f *BatchFinding) (Stage, string, error) {
	data, err := d.Response(ctx, p.name)
	if err != nil {
		f.Err = err
		return StageUnread, fmt.Sprintf("its response could not be read: %v", err), nil
	}
	response, err := p.file.ReadResponse(data)
	if err != nil {
		f.Err = err
		return StageUnclear, fmt.Sprintf("its response cannot be trusted, so nothing is known of any row: %v", err), nil
	}
	for _, problem := range response.Problems {
		f.Problems = append(f.Problems, problem.String())
	}
	use, _ := r.Ledger.State().Batch(p.name.String())
	var entries []statefile.Payload
	for i, answer := range response.Answers {
		a, _ := r.Ledger.State().Action(p.ids[i])
		if a.State == statefile.ActionOpen {
			entries = append(entries, rowOutcome(a.ID, p.name, answer, use.Again))
		} else if why := contradicts(a, answer); why != "" {
			f.Problems = append(f.Problems, why)
		}
	}
	return StageAnswered, "the response was read", r.record(ctx, entries)
}

// contradicts says how an answer differs from what is known of its row by
// other means.
func contradicts(a statefile.Action, answer bulk.Answer) string {
	happened := a.State == statefile.ActionAccepted || a.State == statefile.ActionDone
	if answer.Outcome == bulk.Accepted && a.State.Failed() || answer.Outcome == bulk.Declined && happened {
		return fmt.Sprintf("%s is %s in the ledger, and the response says %s", a.ID, a.State, answer.Outcome)
	}
	return ""
}

// rowOutcome is what a response makes of a row. What is missing or unclear
// proves nothing. Nor does a no in the response of a file that was perhaps
// released twice: it may be the no to a row that the first time has paid.
func rowOutcome(id string, name bulk.Name, answer bulk.Answer, again bool) statefile.Outcome {
	o := statefile.Outcome{Action: id, Result: statefile.Unknown}
	if answer.Result != bulk.NoResult {
		o.Code = code(answer.Result)
	}
	place := fmt.Sprintf("%s line %d", name.File(bulk.ResponseFile), answer.Line)
	switch answer.Outcome {
	case bulk.Accepted:
		o.Result, o.Message = statefile.Accepted, place
	case bulk.Declined:
		o.Result, o.Message = statefile.Declined, place
		if again {
			o.Result = statefile.Unknown
			o.Message += ": the file was perhaps released twice, and the row may have been paid the first time"
		}
		if answer.Reason != "" {
			o.Message += ", reason " + answer.Reason
		}
	default:
		o.Message = fmt.Sprintf("%s: %s", name.File(bulk.ResponseFile), answer.Why)
	}
	return o
}

func (r *Runner) openRows(p parcel) (ids []string) {
	for _, id := range p.ids {
		if a, ok := r.Ledger.State().Action(id); ok && a.State == statefile.ActionOpen {
			ids = append(ids, id)
		}
	}
	return ids
}

// count fills in how the rows stand.
func (r *Runner) count(f BatchFinding) BatchFinding {
	f.Accepted, f.Declined, f.Unknown, f.NotSent, f.Open = 0, 0, 0, 0, 0
	actions, _ := r.Ledger.State().BatchActions(f.Name)
	for _, a := range actions {
		switch a.State {
		case statefile.ActionOpen:
			f.Open++
		case statefile.ActionUnknown:
			f.Unknown++
		case statefile.ActionAccepted, statefile.ActionDone:
			f.Accepted++
		case statefile.ActionDeclined, statefile.ActionReversed:
			f.Declined++
		case statefile.ActionNotSent, statefile.ActionNotDone:
			f.NotSent++
		}
	}
	return f
}

const (
	firstPause   = 10 * time.Second // between the first look for a response and the next
	longestPause = 5 * time.Minute  // the pauses double up to this
	mostFailures = 3                // looks in a row that fail; a login may be locked after more
)

// await looks for the response of a batch until it is there, there is nothing
// to wait for, or the patience or the context is at an end.
func (r *Runner) await(ctx context.Context, name string) (BatchFinding, error) {
	if ctx.Err() != nil { // interrupted before: one look tells how it stands
		return r.follow(context.WithoutCancel(ctx), name, false)
	}
	var last BatchFinding
	pause, failures := r.Bulk.FirstPause, 0
	for waited := time.Duration(0); ; {
		f, err := r.follow(ctx, name, true)
		cut := ctx.Err() != nil && (f.Stage == StageUnread || f.Stage == StageUnclear) // perhaps it is the look that was interrupted
		switch {
		case err == nil && cut && last.Stage != "":
			return last, nil
		case err == nil && cut:
			return r.follow(context.WithoutCancel(ctx), name, false)
		case err != nil || f.over():
			return f, err
		}
		last = f
		if f.Stage == StageUnread {
			failures++
		} else {
			failures = 0
		}
		left := r.Bulk.Patience - waited
		if r.Bulk.Patience < 0 {
			left = pause
		}
		if failures == mostFailures || left <= 0 || ctx.Err() != nil {
			return f, nil
		}
		pause = min(pause, left)
		r.Events(Event{Kind: EventBulk, Batch: f, Wait: pause})
		if r.Wait(ctx, pause) != nil {
			return f, nil // interrupted: the file is left as it is, and a later run reads its response
		}
		waited += pause
		pause = min(2*pause, r.Bulk.LongestPause)
	}
}
