package sim

import (
	"fmt"
	"time"

	"flexform/dibs"
	"flexform/statefile"
)

// A bank is the gateway's side. It keeps the money itself and knows whose
// request moved it.
type bank struct {
	h        *history
	accounts []*account
	late     []*request // take effect by and by, whatever was answered
	batch    bool       // captures and refunds wait for the acquirer
}

// An account is one transaction at the bank.
type account struct {
	merchant, transact, orderID string
	amount, captured, refunded  int64 // in øre
	status                      dibs.Status
	flight                      *flight

	before int64 // refunded before the history began
	ours   int64 // refunded by requests, those that the acquirer took back not counted
	theirs bool  // the back-office moved something since the history began
}

// A flight is a movement that the acquirer has not taken yet.
type flight struct {
	verb    statefile.Verb
	minor   int64
	request *request // nil: the back-office's
}

// A request is one that reached the bank, or will.
type request struct {
	process  *process
	account  *account
	verb     statefile.Verb
	minor    int64
	due      time.Duration // of a late one
	pending  bool          // still to take effect
	took     bool          // took effect
	reversed bool          // and the acquirer declined it later
}

func (b *bank) account(transact string) *account {
	for _, a := range b.accounts {
		if a.transact == transact {
			return a
		}
	}
	return nil
}

// catchUp lets the late requests take effect that are due.
func (b *bank) catchUp() {
	var rest []*request
	for _, r := range b.late {
		if r.due > b.h.clock.since() {
			rest = append(rest, r)
			continue
		}
		result := b.take(r)
		b.h.tracef("    late %s of %s: %s", r.verb, r.account.transact, result)
		b.h.saw(sawLate)
	}
	b.late = rest
}

// take carries a request out, or says why not.
func (b *bank) take(r *request) dibs.Result {
	r.pending = false
	result := r.account.move(r.verb, r.minor, b.batch)
	if !result.Accepted() {
		return result
	}
	r.took = true
	a := r.account
	if a.flight != nil {
		a.flight.request = r
	}
	if r.verb == statefile.Refund {
		a.ours += r.minor
	}
	b.h.enough(a)
	return result
}

// move is what a gateway does about its money, whoever asks (flexwin.md 5).
func (a *account) move(verb statefile.Verb, minor int64, batch bool) dibs.Result {
	switch verb {
	case statefile.Capture:
		switch {
		case a.status == dibs.StatusCapturePending:
			return dibs.ResultPendingBatch
		case a.status != dibs.StatusAuthorised && a.status != dibs.StatusCaptureDeclined:
			return dibs.ResultStatusForbids
		case minor > a.amount:
			return dibs.ResultAmountTooHigh
		}
		a.captured, a.status = minor, dibs.StatusCaptured
		if batch {
			a.status, a.flight = dibs.StatusCapturePending, &flight{verb: verb, minor: minor}
		}
	case statefile.Cancel:
		if a.status != dibs.StatusAuthorised && a.status != dibs.StatusCaptureDeclined {
			return dibs.ResultStatusForbids
		}
		a.status = dibs.StatusCancelled
	case statefile.Refund:
		switch a.status {
		case dibs.StatusCaptured, dibs.StatusBalanced, dibs.StatusPartlyRefunded, dibs.StatusRefundDeclined:
		default:
			return dibs.ResultStatusForbids
		}
		if a.refunded+minor > a.captured {
			return dibs.ResultAmountTooHigh
		}
		a.refunded += minor
		a.status = a.rest()
		if batch {
			a.status, a.flight = dibs.StatusRefundPending, &flight{verb: verb, minor: minor}
		}
	}
	return dibs.ResultAccepted
}

// rest is the status of a captured transaction of which nothing is under way.
func (a *account) rest() dibs.Status {
	switch {
	case a.refunded == a.captured:
		return dibs.StatusRefunded
	case a.refunded > 0:
		return dibs.StatusPartlyRefunded
	}
	return dibs.StatusCaptured
}

// settle takes the flight one step on: to the acquirer, and to its end.
func (b *bank) settle(a *account, further, decline bool) {
	f := a.flight
	switch {
	case f == nil:
		return
	case further && a.status == dibs.StatusRefundPending:
		a.status = dibs.StatusRefundSent
		return
	case further && a.status == dibs.StatusCapturePending:
		a.status = dibs.StatusCaptureSent
		return
	}
	a.flight = nil
	if !decline {
		a.status = a.rest()
		b.h.tracef("    the acquirer takes the %s of %s", f.verb, a.transact)
		return
	}
	b.h.saw(sawReversed)
	b.h.tracef("    the acquirer declines the %s of %s", f.verb, a.transact)
	if f.verb == statefile.Capture {
		a.captured, a.status = 0, dibs.StatusCaptureDeclined
	} else {
		a.refunded -= f.minor
		a.status = dibs.StatusRefundDeclined
	}
	if f.request != nil {
		f.request.reversed = true
		if f.verb == statefile.Refund {
			a.ours -= f.minor
		}
	}
	b.h.story.movement(a, f.verb, -f.minor)
}

// backOffice moves money behind flexform's back.
func (b *bank) backOffice(a *account, verb statefile.Verb, minor int64) {
	if minor <= 0 || !a.move(verb, minor, b.batch).Accepted() {
		return
	}
	a.theirs = true
	b.h.saw(sawBackOffice)
	b.h.tracef("    back-office: %s of %d on %s", verb, minor, a.transact)
	b.h.story.movement(a, verb, minor)
}

func (a *account) String() string {
	return fmt.Sprintf("%s: captured %d, refunded %d (%d by requests) of %d, %s", a.transact, a.captured, a.refunded, a.ours, a.amount, a.status)
}
