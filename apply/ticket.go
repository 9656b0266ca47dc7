package apply

import (
	"context"
	"errors"
	"fmt"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// A TicketGateway charges and deletes stored cards, and tells what became of
// that. TicketAuth and DelTicket answer as the methods of [Gateway] do; an
// [*dibs.AuthDeclinedError] also says that nothing was carried out. TransInfo
// returns a [*dibs.NotFoundError] when the gateway knows no such order.
type TicketGateway interface {
	TicketAuth(context.Context, dibs.TicketAuthRequest) (dibs.Authorisation, error)
	DelTicket(context.Context, dibs.TransactID) (dibs.Receipt, error)
	TransInfo(context.Context, dibs.TransInfoRequest) (dibs.TransInfo, error)
	TransStatus(context.Context, dibs.TransactID) (dibs.Status, error)
}

// errNoTickets: the wiring, and the plan or the ledger, do not fit each other.
var errNoTickets = errors.New("nothing is configured to reach its tickets")

// ticketJob is [newJob] for what is done to a ticket.
func ticketJob(index int, a plan.Action) (job, error) {
	step, err := a.Step()
	if err != nil {
		return job{}, err
	}
	j := job{Action: a, index: index, step: step, id: statefile.ActionID(step, a.Attempt)}
	if a.Attempt < 1 {
		return job{}, fmt.Errorf("attempt %d", a.Attempt)
	}
	if a.Verb == statefile.Delete {
		return j, nil
	}
	switch j.amount, err = step.Amount(); {
	case err != nil:
		return job{}, err
	case j.amount.Zero() || j.OrderID == "":
		return job{}, errors.New("it charges nothing")
	}
	return j, nil
}

// beforeTicket is [batch.before] for what is done to a ticket. The order of a
// charge must not be there yet: what is there, nobody sends again.
func (b *batch) beforeTicket(ctx context.Context, j job) (status dibs.Status, moved string, err error) {
	m := b.Merchants[j.Merchant]
	defer func() {
		// Reading moves nothing: a panic of the client is a failed read.
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	status, err = m.Tickets.TransStatus(ctx, dibs.TransactID(j.Transact))
	switch {
	case err != nil:
		return 0, "", err
	case status != j.Status:
		return status, fmt.Sprintf("the plan saw it as %s, now it is %s", j.Status, status), nil
	}
	known, _ := b.Ledger.State().Transaction(j.step.Key)
	for _, a := range known.Actions {
		if a.State.Undecided() {
			return status, fmt.Sprintf("the outcome of %s is not known", a.ID), nil
		}
	}
	if j.Verb != statefile.Charge {
		return status, "", nil
	}
	if moved := j.elsewhere(b.Ledger.State()); moved != "" {
		return status, moved, nil
	}
	payment, now, err := plan.PaymentOf(ctx, m.Tickets, j.OrderID, j.amount)
	switch {
	case err != nil:
		return 0, "", err
	case payment != "" && !plan.NeverPaid(now):
		return status, fmt.Sprintf("order %q is there already, as payment %s with status %s", j.OrderID, payment, now), nil
	}
	return status, "", nil
}

// elsewhere says which other ticket was charged for j's order, or may have been,
// or "". The ledger itself refuses the intent of such a charge; this says so
// before anything is written.
func (j job) elsewhere(state *statefile.State) string {
	switch other := plan.ChargedElsewhere(state, j.step.Key, j.OrderID); {
	case other == nil:
		return ""
	case other.Unknown == "":
		return fmt.Sprintf("order %q was charged already: %s", j.OrderID, other)
	default:
		return fmt.Sprintf("order %q may have been charged with ticket %s: the outcome of %s is not known; settle that first, or give this charge an order id of its own", j.OrderID, other.Ticket, other.Unknown)
	}
}

// callTicket sends the one request of a ticket's job. The receipt of a charge
// names the payment that it made. A charge always demands that its order be new
// (uniqueoid): that is what makes a repeat harmless.
func callTicket(ctx context.Context, gateway TicketGateway, j job) (dibs.Receipt, error) {
	ticket := dibs.TransactID(j.Transact)
	if j.Verb == statefile.Delete {
		return gateway.DelTicket(ctx, ticket)
	}
	made, err := gateway.TicketAuth(ctx, dibs.TicketAuthRequest{
		Ticket: ticket, OrderID: j.OrderID, Amount: j.amount, CaptureNow: j.Capture, UniqueOID: true,
	})
	if err != nil {
		return dibs.Receipt{}, err
	}
	if len(made.Transacts) != 1 || made.Transacts[0] == "" || made.Transacts[0] == ticket {
		return dibs.Receipt{}, &dibs.UncertainError{
			Service: "ticket_auth.cgi", Transact: ticket, Reply: made.Reply,
			Err: fmt.Errorf("it was accepted as transaction %v, which is no payment of its own: look it up in the DIBS administration", made.Transacts),
		}
	}
	return dibs.Receipt{Result: dibs.ResultAccepted, Transact: made.Transacts[0], Reply: made.Reply}, nil
}

// findTicket is [Runner.find] for what was done to a ticket: a deletion is told
// by the ticket's status, a charge by its order.
func (r *Runner) findTicket(ctx context.Context, m Merchant, q question, f Finding) (found Finding) {
	defer func() {
		if p := recover(); p != nil {
			found = f
			found.Err = fmt.Errorf("panic: %v", p)
			found.Detail = fmt.Sprintf("its status could not be read: %v", found.Err)
		}
	}()
	unread := func(err error) Finding {
		f.Err, f.Detail = err, fmt.Sprintf("its status could not be read: %v", err)
		return f
	}
	if m.Tickets == nil {
		return unread(errNoTickets)
	}
	asked := r.Now() // before the look: a status is no older than the question
	if q.Verb == statefile.Delete {
		status, err := m.Tickets.TransStatus(ctx, dibs.TransactID(q.Transact))
		if err != nil {
			return unread(err)
		}
		passed, _ := elapsed(q.since, asked)
		known, _ := r.Ledger.State().Transaction(q.Key)
		f.Status, f.Judgement = &status, plan.Judge(known, q.Action, status, passed >= q.span.window)
		f.Detail = because(f.Judgement, plan.Evidence{Status: status})
		return f
	}
	payment, status, err := chargedPayment(ctx, m.Tickets, q.Action)
	switch {
	case err != nil:
		return unread(err)
	case payment == "":
		f.Detail = fmt.Sprintf("the gateway knows no order %q of %s, which does not prove that none will come; if it is resolved as not-done, the next plan offers it again, and the gateway refuses that if the order is there by then", q.OrderID, q.To)
		return f
	}
	f.Payment, f.Status, f.Judgement = payment, &status, plan.JudgeCharge(r.Ledger.State(), q.Action, payment, status)
	switch f.Judgement {
	case plan.Settled:
		f.Detail = fmt.Sprintf("its order is there as payment %s with status %s, so it happened", payment, status)
	case plan.Reversed:
		f.Detail = fmt.Sprintf("its payment %s has status %s, so it was declined", payment, status)
	default:
		f.Detail = fmt.Sprintf("the gateway has its order as payment %s with status %s, which proves nothing about it", payment, status)
	}
	return f
}

// chargedPayment asks where the payment of a charge stands. That of a charge
// whose answer named it is asked by its number: its order may be shared with
// tries that were declined.
func chargedPayment(ctx context.Context, gateway TicketGateway, a statefile.Action) (dibs.TransactID, dibs.Status, error) {
	if a.Payment == "" {
		return plan.PaymentOf(ctx, gateway, a.OrderID, a.To)
	}
	id := dibs.TransactID(a.Payment)
	status, err := gateway.TransStatus(ctx, id)
	return id, status, err
}
