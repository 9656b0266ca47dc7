package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"flexform/dibs"
	"flexform/dibs/bulk"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/schema"
	"flexform/statefile"
)

// A Bulk says how bulk files are sent and waited for. The zero value of each
// field is its default.
type Bulk struct {
	// Zone is where the day begins that names of files carry; UTC when nil.
	Zone *time.Location
	// Patience is how long a response is waited for; 0 looks once, below zero
	// there is no end but that of the context.
	Patience time.Duration
	// FirstPause is the time between the first look for a response and the
	// next, 10 s; the pauses double up to LongestPause, 5 min.
	FirstPause, LongestPause time.Duration
}

func (b Bulk) withDefaults() Bulk {
	if b.Zone == nil {
		b.Zone = time.UTC
	}
	if b.FirstPause == 0 {
		b.FirstPause = firstPause
	}
	if b.LongestPause == 0 {
		b.LongestPause = longestPause
	}
	return b
}

// RunBulk carries out the refunds of an approved plan as one bulk file a
// merchant, and says what became of each action; those that are no refund are
// left for a normal apply, with [ErrNotInFile].
//
// The order is what makes every crash recoverable: look at each transaction,
// claim the file's name and record the intents of its rows, upload the rows and
// compare, record that the file is about to be released, release it, record
// that it is, and wait for the response. Up to the entry before the release
// nothing can happen; after it nothing is sent again that shows as released.
//
// When ctx ends, a file that is not about to be released is taken back, and
// one that is stays as it is: its rows are unknown until [Runner.Settle], in
// this process or a later one, has read the response.
//
// Result and error are as [Runner.Run] returns them.
func (r *Runner) RunBulk(ctx context.Context, approved policy.Approved) (Result, error) {
	p := approved.Plan()
	if p == nil {
		return Result{}, errors.New("no plan was approved")
	}
	return r.withDefaults().approvedBy(approved).runBulk(ctx, p)
}

func (r *Runner) runBulk(ctx context.Context, p *plan.Plan) (Result, error) {
	s := &shipment{}
	return r.carryOut(ctx, p,
		func(b *batch) (err error) {
			s.batch = b
			if s.order, s.in, err = r.parcels(b.jobs, p.Body.Mode); err != nil {
				return err
			}
			return r.reach(ctx, s.order)
		},
		s.work)
}

// reach makes sure that the merchants' servers can be used, before hundreds of
// transactions are read for them.
func (r *Runner) reach(ctx context.Context, merchants []string) error {
	for _, merchant := range merchants {
		err := r.within(ctx, merchant, func(d bulk.Drop) error {
			_, err := d.Remote.List(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// A shipment is a batch of a plan that goes with bulk files.
type shipment struct {
	*batch
	order []string         // merchants
	in    map[string][]job // what goes with each merchant's file
	sent  []string         // names of the files that may be released
}

// work sends the files, then waits for all of them.
func (s *shipment) work(ctx context.Context) {
	s.results = make([]ActionResult, len(s.jobs))
	for i, j := range s.jobs {
		s.results[i] = ActionResult{Action: j.Action, ID: j.id, Fate: FateNotStarted, Err: ErrNotInFile}
	}
	for _, merchant := range s.order {
		for _, j := range s.in[merchant] {
			s.results[j.index].Err = nil
		}
	}
	for _, merchant := range s.order {
		s.ship(ctx, merchant, s.survey(ctx, merchant))
	}
	for _, name := range s.sent {
		s.conclude(s.last(ctx, name))
	}
	for i := range s.results {
		result := &s.results[i]
		if result.Fate == FateNotStarted && result.Err == nil {
			result.Err = s.gate.open(ctx)
		}
		if result.Err != nil && result.Detail == "" {
			result.Detail = result.Err.Error()
		}
		s.Events(Event{Kind: EventOutcome, Result: *result})
	}
}

// survey looks at the transactions of a merchant's file, side by side, and
// returns the jobs that stand where the plan saw them. The others have their
// result.
func (s *shipment) survey(ctx context.Context, merchant string) (ready []job) {
	jobs := s.in[merchant]
	if len(jobs) > 0 {
		s.Events(Event{Kind: EventBulk, Batch: BatchFinding{Merchant: merchant, Open: len(jobs)}})
	}
	admitted := make([]bool, len(jobs))
	s.sideBySide(merchant, len(jobs), func(i int) {
		j, result := jobs[i], &s.results[jobs[i].index]
		if result.Err = s.gate.open(ctx); result.Err != nil {
			return
		}
		seen, err := s.Merchants[merchant].look(ctx, dibs.TransactID(j.Transact), j.amount.Currency())
		if err != nil {
			if result.Err = s.gate.open(ctx); result.Err == nil { // not just interrupted
				s.gate.unread(err)
				result.Err = fmt.Errorf("its status could not be read: %w", err)
			}
			return
		}
		result.Status = &seen.status
		if why := j.moved(seen, s.Ledger.State()); why != "" {
			result.Fate, result.Detail = FateMoved, why
			return
		}
		admitted[i] = true
	})
	for i, j := range jobs {
		if admitted[i] {
			if err := s.gate.admit(ctx, j.Action); err != nil {
				s.results[j.index].Err = err
				continue
			}
			ready = append(ready, j)
		}
	}
	return ready
}

// sideBySide does n pieces of work within a merchant's concurrency.
func (r *Runner) sideBySide(merchant string, n int, work func(i int)) {
	queue := make(chan int, n)
	for i := range n {
		queue <- i
	}
	close(queue)
	var workers sync.WaitGroup
	for range min(n, max(1, r.Merchants[merchant].Concurrency)) {
		workers.Go(func() {
			for i := range queue {
				work(i)
			}
		})
	}
	workers.Wait()
}

// A stand is where a transaction stands, or why nobody knows.
type stand struct {
	status dibs.Status
	err    error
}

// stand looks at the transactions of actions.
func (r *Runner) stand(ctx context.Context, merchant string, actions []statefile.Action) []stand {
	seen := make([]stand, len(actions))
	r.sideBySide(merchant, len(actions), func(i int) {
		s, err := r.Merchants[merchant].look(ctx, dibs.TransactID(actions[i].Transact), actions[i].To.Currency())
		seen[i] = stand{s.status, err}
	})
	return seen
}

// ship brings one merchant's file to its server and releases it. Whatever goes
// wrong before the release is followed up at once.
func (s *shipment) ship(ctx context.Context, merchant string, jobs []job) {
	if len(jobs) == 0 || s.gate.open(ctx) != nil {
		return
	}
	name := ""
	err := s.within(ctx, merchant, func(d bulk.Drop) error {
		p, err := s.pack(ctx, d, merchant, jobs)
		if err != nil {
			return err
		}
		name = p.name.String()
		s.Events(Event{Kind: EventBulk, Batch: BatchFinding{Name: name, Merchant: merchant, Open: len(jobs)}})
		if err := s.claim(ctx, p, jobs); err != nil {
			return err
		}
		return s.send(ctx, d, p)
	})
	if broken := unrecorded(err); broken != nil {
		s.gate.broken(broken)
	}
	for _, j := range jobs {
		if _, claimed := s.Ledger.State().Action(j.id); !claimed {
			s.results[j.index].Err = err
		}
	}
	use, claimed := s.Ledger.State().Batch(name)
	switch {
	case !claimed: // so nothing was tried
	case s.gate.ledger != nil:
		s.conclude(s.last(ctx, name))
	case use.Exposed():
		s.sent = append(s.sent, name)
		if err != nil {
			s.retrace(ctx, name, err)
		}
	default:
		f, broken := s.follow(context.WithoutCancel(ctx), name, false)
		if broken != nil {
			s.gate.broken(broken)
		}
		f.Detail = fmt.Sprintf("%v; %s", err, f.Detail)
		s.conclude(f)
		if s.gate.open(ctx) == nil {
			s.gate.unread(err)
		}
	}
}

// last waits for the response of a file. Without a ledger nothing more can be
// learned.
func (s *shipment) last(ctx context.Context, name string) BatchFinding {
	if s.gate.ledger == nil {
		f, err := s.await(ctx, name)
		if err == nil {
			return f
		}
		s.gate.broken(err)
	}
	use, _ := s.Ledger.State().Batch(name)
	return s.count(BatchFinding{Name: name, Merchant: use.Merchant, Stage: StageUnclear, Detail: s.gate.why})
}

// retrace finds out whether a file is released after all. As long as that is
// not known no further file starts.
func (s *shipment) retrace(ctx context.Context, name string, cause error) {
	f, err := s.follow(context.WithoutCancel(ctx), name, ctx.Err() == nil)
	switch {
	case err != nil:
		s.gate.broken(err)
	case f.Stage != StageWaiting && f.Stage != StageAnswered:
		s.gate.note(statefile.Outcome{Action: name, Result: statefile.Unknown, Message: cause.Error()}, cause)
	}
}

// pack names the file and makes it.
func (s *shipment) pack(ctx context.Context, d bulk.Drop, merchant string, jobs []job) (parcel, error) {
	files, err := d.Remote.List(ctx)
	if err != nil {
		return parcel{}, &DropError{merchant, err}
	}
	var used []bulk.Name
	for _, b := range s.Ledger.State().Batches() {
		if n, err := bulk.ParseName(b.Name); err == nil {
			used = append(used, n)
		}
	}
	name, err := bulk.Next(bulk.Refund, bulk.DayOf(s.Now().In(s.Bulk.Zone)), files, used...)
	if err != nil {
		return parcel{}, err
	}
	rows := make([]aRow, len(jobs))
	for i, j := range jobs {
		rows[i] = j.row()
	}
	return newParcel(name, merchant, schema.Mode(s.Ledger.State().Mode()), rows)
}

// claim records the name and the intents of all rows.
func (s *shipment) claim(ctx context.Context, p parcel, jobs []job) error {
	entries := []statefile.Payload{statefile.Batch{
		Name: p.name.String(), Plan: s.plan.Digest, Merchant: p.merchant, Rows: len(jobs), Digest: p.digest(),
	}}
	for _, j := range jobs {
		intent := j.intent(s.plan.Digest, int(j.Status))
		intent.Batch = p.name.String()
		entries = append(entries, intent)
	}
	rows := jobs // whose intents are not in the ledger yet
	for chunk := range slices.Chunk(entries, batchSize) {
		if err := s.gate.open(ctx); err != nil {
			return err
		}
		appended, err := s.Ledger.Append(context.WithoutCancel(ctx), chunk...)
		if err != nil {
			return &unrecordedError{err}
		}
		for _, e := range appended {
			if e.Intent == nil {
				continue
			}
			s.Events(Event{Kind: EventIntent, Result: ActionResult{Action: rows[0].Action, ID: rows[0].id, Batch: p.name.String()}, Seq: e.Seq})
			rows = rows[1:]
		}
	}
	return nil
}

// send uploads the rows and releases them.
func (s *shipment) send(ctx context.Context, d bulk.Drop, p parcel) error {
	switch state, err := d.State(ctx, p.name); {
	case err != nil:
		return err
	case state != bulk.Absent: // not ours: what is uploaded under our name is not replaced
		return fmt.Errorf("bulk file %s is there already: somebody else sends files to this server", p.name)
	}
	if err := d.Put(ctx, p.name, p.data); err != nil {
		return err
	}
	if err := s.gate.open(ctx); err != nil {
		return err
	}
	if err := s.release(ctx, d, p); err != nil {
		return err
	}
	if err := s.record(ctx, []statefile.Payload{statefile.Released{Batch: p.name.String()}}); err != nil {
		return &unrecordedError{err}
	}
	return nil
}

// conclude gives the rows of a file the result that the ledger has.
func (s *shipment) conclude(f BatchFinding) {
	s.files = append(s.files, f)
	now := s.Now()
	for i := range s.results {
		a, ok := s.Ledger.State().Action(s.results[i].ID)
		if !ok || a.Batch != f.Name {
			continue
		}
		result := &s.results[i]
		s.jobs[i].ended = now
		result.Batch, result.Fate, result.Code = f.Name, fateOf(a.State), a.Code
		switch {
		case a.State == statefile.ActionOpen:
			result.Detail, result.Waiting = fmt.Sprintf("in bulk file %s: %s", f.Name, f.Detail), true
		case a.State != statefile.ActionAccepted:
			result.Detail = a.Message
		}
		result.Behind = s.gate.ledger != nil && a.State == statefile.ActionOpen
	}
}
