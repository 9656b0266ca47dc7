package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// act carries out one action. The order of its steps is what makes every
// crash recoverable (design section 8) and must not change: look, record the
// intent, send once, record the outcome.
func (b *batch) act(ctx context.Context, j job, result *ActionResult) {
	if result.Err = b.gate.open(ctx); result.Err != nil {
		return
	}
	status, moved, err := b.before(ctx, j)
	if err != nil {
		if result.Err = b.gate.open(ctx); result.Err == nil { // not just interrupted
			b.gate.unread(err)
			result.Err = fmt.Errorf("its status could not be read: %w", err)
		}
		return
	}
	result.Status = &status
	if moved != "" {
		result.Fate, result.Detail = FateMoved, moved
		return
	}
	if result.Err = b.gate.admit(ctx, j.Action); result.Err != nil {
		return
	}

	// From here on an interruption changes nothing: what is started is finished
	// and recorded.
	ctx = context.WithoutCancel(ctx)
	begun := b.Now()
	entries, err := b.Ledger.Append(ctx, j.intent(b.plan.Digest, int(status)))
	if err != nil {
		b.unclaimed(err, result)
		return
	}
	b.Events(Event{Kind: EventIntent, Result: *result, Seq: entries[0].Seq})
	outcome, err := b.send(ctx, j, begun)
	b.jobs[j.index].ended = b.Now()
	b.doubt(ctx, j, &outcome, err)
	b.gate.note(outcome, err) // before the sync: the others need not wait for it to know
	result.Err, result.Code, result.Detail = err, outcome.Code, outcome.Message
	if _, err := b.Ledger.Append(ctx, outcome); err != nil {
		b.gate.broken(err)
		result.Fate, result.Err, result.Behind = FateUnknown, err, true // as the ledger has it
		result.Detail = fmt.Sprintf("it ended as %s, but that could not be recorded: %v", outcome.Result, err)
		return
	}
	result.Fate, result.Payment = fates[outcome.Result], outcome.Payment
}

// before reads where the job's transaction stands, just before it is sent, and
// says why that is not where the plan saw it, or "".
func (b *batch) before(ctx context.Context, j job) (status dibs.Status, moved string, err error) {
	if j.Verb.OfTicket() {
		return b.beforeTicket(ctx, j)
	}
	seen, err := b.Merchants[j.Merchant].look(ctx, dibs.TransactID(j.Transact), j.amount.Currency())
	if err != nil {
		return 0, "", err
	}
	return seen.status, j.moved(seen, b.Ledger.State()), nil
}

// unclaimed says what a refused intent means: nothing was sent.
func (b *batch) unclaimed(err error, result *ActionResult) {
	result.Err = err
	_, claimed := errors.AsType[*statefile.ClaimedError](err)
	_, impossible := errors.AsType[*statefile.ImpossibleError](err)
	if claimed || impossible { // somebody else was here between our look and now
		result.Fate = FateMoved
		return
	}
	b.gate.broken(err)
	result.Detail = fmt.Sprintf("its intent could not be recorded: %v", err)
}

// send sends the job's one request and says what came of it. Nothing here, or
// called from here, sends twice.
func (b *batch) send(ctx context.Context, j job, begun time.Time) (outcome statefile.Outcome, err error) {
	outcome = statefile.Outcome{Action: j.id}
	if err := b.gate.closed(); err != nil {
		outcome.Result, outcome.Message = statefile.NotSent, "stopped before it was sent: "+err.Error()
		return outcome, err
	}
	defer func() {
		// A panic of the client leaves the request wherever it was.
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
			outcome = statefile.Outcome{Action: j.id, Result: statefile.Unknown, Message: err.Error()}
		}
	}()
	b.Events(Event{Kind: EventCall, Result: ActionResult{Action: j.Action, ID: j.id}})
	receipt, err := b.call(dibs.WithSendBy(ctx, func() error { return b.inTime(j.Merchant, begun) }), j)
	outcome = classify(j.id, receipt, err)
	if j.Verb == statefile.Charge && outcome.Result == statefile.Accepted {
		outcome.Payment = string(receipt.Transact)
	}
	return outcome, err
}

// inTime refuses to send long after the intent: whoever waited for this
// process may have given it up (hazards R21).
func (r *Runner) inTime(merchant string, begun time.Time) error {
	sendBy := r.span(merchant).sendBy
	if _, passed := elapsed(begun, r.Now()); passed > sendBy {
		return fmt.Errorf("it is %v since the intent, and only %v are allowed", passed.Round(time.Second), sendBy)
	}
	return nil
}

func (b *batch) call(ctx context.Context, j job) (dibs.Receipt, error) {
	gateway, id := b.Merchants[j.Merchant].Gateway, dibs.TransactID(j.Transact)
	switch j.Verb {
	case statefile.Capture:
		return gateway.Capture(ctx, dibs.CaptureRequest{
			Transact: id, OrderID: j.OrderID, Amount: j.amount, SplitPay: plan.Split(j.Status),
		})
	case statefile.Refund:
		return gateway.Refund(ctx, dibs.RefundRequest{Transact: id, OrderID: j.OrderID, Amount: j.amount})
	case statefile.Cancel:
		return gateway.Cancel(ctx, dibs.CancelRequest{Transact: id, OrderID: j.OrderID})
	case statefile.Reauthorise:
		return reauthorise(ctx, gateway, id)
	case statefile.Charge, statefile.Delete:
		return callTicket(ctx, b.Merchants[j.Merchant].Tickets, j)
	}
	panic("apply: unknown action " + string(j.Verb)) // newJob lets only these through
}

// classify says what an answer proves, see [ResultOf].
func classify(id string, receipt dibs.Receipt, err error) statefile.Outcome {
	o := statefile.Outcome{Action: id, Result: statefile.Unknown}
	switch e := err.(type) {
	case nil:
		o.Code, o.Reply = code(receipt.Result), receipt.Reply
		if receipt.Result.Accepted() {
			o.Result = statefile.Accepted
		} else {
			o.Message = fmt.Sprintf("the receipt says %s", receipt.Result)
		}
		return o
	case *dibs.DeclinedError:
		o.Reply = e.Reply
		if e.Result != dibs.ResultUnstated { // which is no code of the gateway's
			o.Code = code(e.Result)
		}
	case *dibs.AuthDeclinedError:
		o.Code, o.Reply = code(dibs.Result(e.Reason)), e.Reply // in the code table of its own verb
	case *dibs.UncertainError:
		o.Reply = e.Reply
	}
	o.Result, o.Message = ResultOf(err), err.Error()
	return o
}

func code(r dibs.Result) *int {
	n := int(r)
	return &n
}

// fates says how an action stands right after its outcome.
var fates = map[statefile.Result]Fate{
	statefile.Accepted: FateSettling, statefile.Declined: FateDeclined,
	statefile.NotSent: FateNotSent, statefile.Unknown: FateUnknown,
}
