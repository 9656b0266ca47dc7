package apply

import (
	"context"
	"errors"
	"fmt"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// ResultOf says what is known of a call that may have changed something, by the
// error that came of it; nil is an acceptance. It looks at the error itself and
// never at what that wraps: an UncertainError may carry a refused dial as its
// cause and is uncertain nevertheless. What is not one of the known answers
// proves nothing.
func ResultOf(err error) statefile.Result {
	declined := false
	switch e := err.(type) {
	case nil:
		return statefile.Accepted
	case *dibs.NotSentError:
		return statefile.NotSent
	case *dibs.LoginError:
		declined = true
	case *dibs.DeclinedError:
		// A no without a code is all that is documented of a deletion
		// (flexwin.md 5.9).
		declined = e.Result.Declined() || e.Result == dibs.ResultUnstated
	case *dibs.AuthDeclinedError:
		// That the order is there already may be the doing of this very call,
		// when it was delivered twice and the second no is what was heard.
		declined = e.Reason.Declined() && e.Reason != dibs.ReasonOrderNotUnique
	}
	if declined {
		return statefile.Declined
	}
	return statefile.Unknown
}

// doubt turns a no into an unknown outcome when the call may have been carried
// out all the same, see [plan.Doubt]: it looks once more, before anything is
// recorded. Without an answer nothing is certain.
func (b *batch) doubt(ctx context.Context, j job, o *statefile.Outcome, err error) {
	no, refused := err.(*dibs.DeclinedError)
	if o.Result != statefile.Declined || !refused || j.Verb != statefile.Delete && !plan.RepeatRefused(no.Result) {
		return
	}
	why, unread := b.secondLook(ctx, j, no.Result)
	if unread != nil {
		why = fmt.Sprintf("the status could not be read after it: %v", unread)
	}
	if why != "" {
		o.Result = statefile.Unknown
		o.Message += "; " + why + ", so it may have been carried out: a request that is delivered twice is refused the second time"
	}
}

// secondLook says why a no is not certain, or "".
func (b *batch) secondLook(ctx context.Context, j job, no dibs.Result) (why string, err error) {
	if j.Verb == statefile.Delete {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		status, err := b.Merchants[j.Merchant].Tickets.TransStatus(ctx, dibs.TransactID(j.Transact))
		if err != nil || status == dibs.StatusTicket {
			return "", err
		}
		return fmt.Sprintf("the ticket is %s now", status), nil
	}
	a, known := b.Ledger.State().Action(j.id)
	if !known {
		return "", errors.New("its intent is not in the ledger")
	}
	seen, err := b.Merchants[j.Merchant].look(ctx, dibs.TransactID(j.Transact), j.amount.Currency())
	if err != nil {
		return "", err
	}
	t, _ := b.Ledger.State().Transaction(a.Key)
	return plan.Doubt(t, a, no, seen.evidence()), nil
}
