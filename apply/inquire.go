package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// A question is an action of which the ledger does not know the end.
type question struct {
	statefile.Action
	since time.Time // when its request was sent at the latest
	span  span
}

// waitsThere reports whether the call may be waiting at the gateway, for as long
// as it likes: a row of a bulk file. Until it is known to be accepted, a status
// that has not moved says nothing about it, ever.
func (q question) waitsThere() bool { return q.Batch != "" && q.State.Undecided() }

const (
	firstWait   = time.Second      // between the first look at an unknown outcome and the next
	longestWait = 30 * time.Second // the waits double up to this
	batchSize   = 512              // entries in one append
)

// inquire looks at the transaction of each question once, side by side within
// each merchant's concurrency, and records what that proves. The findings are
// in the order of the questions.
func (r *Runner) inquire(ctx context.Context, questions []question) ([]Finding, error) {
	findings := make([]Finding, len(questions))
	byMerchant := map[string][]int{}
	for i, q := range questions {
		byMerchant[q.Merchant] = append(byMerchant[q.Merchant], i)
	}
	var workers sync.WaitGroup
	var counting sync.Mutex
	left := len(questions)
	for merchant, list := range byMerchant {
		queue := make(chan int, len(list))
		for _, i := range list {
			queue <- i
		}
		close(queue)
		for range min(len(list), max(1, r.Merchants[merchant].Concurrency)) {
			workers.Go(func() {
				for i := range queue {
					findings[i] = r.find(ctx, questions[i])
					counting.Lock()
					left--
					r.Events(Event{Kind: EventLooked, Total: len(questions), Left: left})
					counting.Unlock()
				}
			})
		}
	}
	workers.Wait()
	return findings, r.recordFindings(ctx, findings)
}

// find looks at one transaction and judges one action by it.
func (r *Runner) find(ctx context.Context, q question) Finding {
	f := Finding{Action: q.Action, Judgement: plan.Undecidable}
	m, ok := r.Merchants[q.Merchant]
	if !ok {
		f.Err = fmt.Errorf("merchant %s: %w", q.Merchant, errNoMerchant)
		f.Detail = f.Err.Error()
		return f
	}
	if q.Verb.OfTicket() {
		return r.findTicket(ctx, m, q, f)
	}
	asked := r.Now() // before the look: a status is no older than the question
	seen, err := m.look(ctx, dibs.TransactID(q.Transact), q.To.Currency())
	if err != nil {
		f.Err, f.Detail = err, fmt.Sprintf("its status could not be read: %v", err)
		return f
	}
	f.Status = &seen.status
	passed, _ := elapsed(q.since, asked)
	known, _ := r.Ledger.State().Transaction(q.Key)
	f.Judgement = seen.evidence().Judge(known, q.Action, passed >= q.span.window && !q.waitsThere())
	f.Detail = because(f.Judgement, seen.evidence())
	if f.Judgement == plan.Undecidable && !q.waitsThere() && seen.evidence().Judge(known, q.Action, true) != plan.Undecidable {
		f.Detail += " before " + q.since.Add(q.span.window).UTC().Format("2006-01-02 15:04:05 UTC") + ", when its settle window is over"
	}
	return f
}

// recordFindings appends the verdicts, many at a time, and then tells of them.
func (r *Runner) recordFindings(ctx context.Context, findings []Finding) error {
	for batch := range slices.Chunk(findings, batchSize) {
		var entries []statefile.Payload
		for _, f := range batch {
			for _, v := range f.verdicts() {
				entries = append(entries, statefile.Observed{
					Merchant: f.Action.Merchant, Transact: f.Action.Transact, Status: int(*f.Status),
					Action: f.Action.ID, Verdict: v, Payment: string(f.Payment),
				})
			}
		}
		if err := r.record(ctx, entries); err != nil {
			return err
		}
		for _, f := range batch {
			if f.Decided() {
				r.Events(Event{Kind: EventSettled, Finding: f})
			}
		}
	}
	return nil
}

// record appends entries in batches, whether or not ctx has ended: they say
// what has happened.
func (r *Runner) record(ctx context.Context, entries []statefile.Payload) error {
	for batch := range slices.Chunk(entries, batchSize) {
		if _, err := r.Ledger.Append(context.WithoutCancel(ctx), batch...); err != nil {
			return err
		}
	}
	return nil
}

// pursue inquires again and again, ever more slowly, until every question is
// decided or nothing more can be learned by waiting: the window of each is
// over. It also ends when ctx does. The findings are the last ones, in the
// order of the questions.
func (r *Runner) pursue(ctx context.Context, questions []question) ([]Finding, error) {
	findings := make([]Finding, len(questions))
	open := make([]int, len(questions))
	for i := range questions {
		open[i] = i
	}
	pause, waited := firstWait, time.Duration(0)
	for len(open) > 0 {
		asked := r.Now()
		latest, err := r.inquire(ctx, pick(questions, open))
		if err != nil {
			return findings, err
		}
		var undecided []int
		left, longest := time.Duration(0), time.Duration(0)
		for n, i := range open {
			findings[i] = latest[n]
			if latest[n].Decided() {
				continue
			}
			if latest[n].hopeless() || questions[i].waitsThere() {
				continue
			}
			undecided = append(undecided, i)
			passed, _ := elapsed(questions[i].since, asked)
			left, longest = max(left, questions[i].span.window-passed), max(longest, questions[i].span.all())
		}
		open = undecided
		// A clock that was set back would make left grow: nobody waits for
		// longer than the window of what was sent just now.
		left = min(left, longest-waited)
		if len(open) == 0 || left <= 0 {
			break
		}
		pause = min(pause, left)
		r.Events(Event{Kind: EventWaiting, Wait: pause, Left: len(open)})
		if err := r.Wait(ctx, pause); err != nil {
			break // interrupted: they stay unknown, and the next run asks again
		}
		waited += pause
		pause = min(2*pause, longestWait)
	}
	return findings, nil
}

func pick(questions []question, which []int) []question {
	picked := make([]question, len(which))
	for n, i := range which {
		picked[n] = questions[i]
	}
	return picked
}
