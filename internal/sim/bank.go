package sim

import (
	"fmt"
	"time"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// A bank is the gateway's side. It keeps the money itself and knows whose
// request moved it.
type bank struct {
	h        *history
	accounts []*account
	unborn   map[string]*account // payments that charges would make, by order
	late     []*request          // take effect by and by, whatever was answered
	batch    bool                // captures, refunds and charges wait for the acquirer
	made     int                 // payments by charges
}

// An account is one transaction at the bank, or a stored card.
type account struct {
	merchant, transact, orderID string
	amount, captured, refunded  int64 // in øre
	status                      dibs.Status
	flights                     []*flight     // the oldest first; more than one on the base of a split capture only
	closed                      bool          // a split capture that somebody closed
	old                         bool          // the authorisation has to be approved again; a ticket's card has expired
	card                        *account      // the ticket that paid it; nil of any other
	born                        time.Duration // when it paid; 0 of what was there before the history began

	before, taken int64 // refunded and captured before the history began
	ours          int64 // refunded by requests, those that the acquirer took back not counted
	theirs        bool  // the back-office moved something since the history began
	theirNo       bool  // the acquirer declined a refund of the back-office, which passes for one of ours
	lied          bool  // the gateway told of a request what was true of its repetition
}

// A flight is a movement that the acquirer has not taken yet.
type flight struct {
	verb    statefile.Verb
	minor   int64
	capture bool     // of a charge
	request *request // nil: the back-office's
	sent    bool     // to the acquirer: in no sum of a split capture
}

// A request is one that reached the bank, or will.
type request struct {
	process  *process
	account  *account
	verb     statefile.Verb
	minor    int64
	order    string        // of a charge
	file     string        // that had it as a row
	capture  bool          // of a charge
	made     *account      // by a charge
	due      time.Duration // of a late one
	pending  bool          // still to take effect
	took     bool          // took effect
	reversed bool          // and the acquirer declined it later
}

// A verdict is the bank's answer, with a code of the table that the service
// has: [dibs.Result], or [dibs.Reason] for authorisations.
type verdict struct {
	accepted bool
	code     int
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
		v := b.take(r)
		b.h.tracef("    late %s of %s: %v", r.verb, r.account.transact, v)
		b.h.saw(sawLate)
	}
	b.late = rest
}

// take carries a request out, or says why not.
func (b *bank) take(r *request) verdict {
	r.pending = false
	a := r.account
	flights := len(a.flights)
	v := b.carryOut(r)
	if !v.accepted {
		return v
	}
	r.took = true
	b.h.sawTaken(r)
	if len(a.flights) > flights {
		a.flights[flights].request = r
	}
	if r.verb == statefile.Refund {
		a.ours += r.minor
	}
	b.h.enough(r)
	return v
}

func (b *bank) carryOut(r *request) verdict {
	switch r.verb {
	case statefile.Charge:
		return b.charge(r)
	case statefile.Delete:
		if r.account.status != dibs.StatusTicket {
			return verdict{code: int(dibs.ResultUnstated)}
		}
		r.account.status = dibs.StatusTicketDeleted
		return verdict{accepted: true}
	}
	result := r.account.move(r.verb, r.minor, b.batch)
	if r.verb == statefile.Reauthorise && !result.Accepted() {
		return verdict{code: int(dibs.ReasonParameterError)}
	}
	return verdict{result.Accepted(), int(result)}
}

// move is what a gateway does about its money, whoever asks (flexwin.md 5).
func (a *account) move(verb statefile.Verb, minor int64, batch bool) dibs.Result {
	switch verb {
	case statefile.Capture:
		return a.capture(minor, batch)
	case statefile.Reauthorise:
		switch a.status {
		case dibs.StatusAuthorised, dibs.StatusCaptureDeclined, dibs.StatusCancelled:
			a.status = dibs.StatusAuthorised
		case dibs.StatusMulticapOpen:
		default:
			return dibs.ResultStatusForbids
		}
		a.old = false
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
			a.status = dibs.StatusRefundPending
			a.flights = append(a.flights, &flight{verb: verb, minor: minor})
		}
	}
	return dibs.ResultAccepted
}

func (a *account) capture(minor int64, batch bool) dibs.Result {
	split := plan.Split(a.status)
	switch {
	case a.status == dibs.StatusCapturePending:
		return dibs.ResultPendingBatch
	case a.status != dibs.StatusAuthorised && a.status != dibs.StatusCaptureDeclined && a.status != dibs.StatusMulticapOpen:
		return dibs.ResultStatusForbids
	case minor > a.amount, split && a.captured+minor > a.amount:
		return dibs.ResultAmountTooHigh
	case a.old:
		return dibs.ResultAuthorisationTooOld
	}
	a.captured += minor
	a.status = dibs.StatusCaptured
	if split {
		a.status = a.base()
	}
	if batch {
		if !split {
			a.status = dibs.StatusCapturePending
		}
		a.flights = append(a.flights, &flight{verb: statefile.Capture, minor: minor})
	}
	return dibs.ResultAccepted
}

// base is the status of the base of a split capture.
func (a *account) base() dibs.Status {
	if a.closed || a.captured == a.amount {
		return dibs.StatusMulticapClosed
	}
	return dibs.StatusMulticapOpen
}

// rest is the status of a captured transaction of which nothing is under way.
func (a *account) rest() dibs.Status {
	switch {
	case plan.Split(a.status):
		return a.base()
	case a.refunded == a.captured:
		return dibs.StatusRefunded
	case a.refunded > 0:
		return dibs.StatusPartlyRefunded
	}
	return dibs.StatusCaptured
}

// settle takes the oldest flight one step on: to the acquirer, or to its end.
func (b *bank) settle(a *account, further, decline bool) {
	if len(a.flights) == 0 {
		return
	}
	f := a.flights[0]
	if further && !f.sent {
		f.sent = true
		switch a.status {
		case dibs.StatusRefundPending:
			a.status = dibs.StatusRefundSent
		case dibs.StatusCapturePending:
			a.status = dibs.StatusCaptureSent
		}
		return
	}
	a.flights = a.flights[1:]
	if !decline {
		if f.verb == statefile.Charge {
			a.authorise(f.capture)
		} else {
			a.status = a.rest()
		}
		b.h.tracef("    the acquirer takes the %s of %s", f.verb, a.transact)
		return
	}
	b.decline(a, f)
}

// decline is what the acquirer's no to a flight leaves.
func (b *bank) decline(a *account, f *flight) {
	b.h.saw(sawReversed)
	b.h.tracef("    the acquirer declines the %s of %s", f.verb, a.transact)
	switch {
	case f.verb == statefile.Charge:
		a.status = dibs.StatusDeclined
		b.renew(a)
	case f.verb == statefile.Refund:
		a.refunded -= f.minor
		a.status = dibs.StatusRefundDeclined
	case plan.Split(a.status):
		a.captured -= f.minor
		a.status = a.base()
	default:
		a.captured, a.status = 0, dibs.StatusCaptureDeclined
	}
	if f.request == nil && f.verb == statefile.Refund {
		a.theirNo = true
	}
	if r := f.request; r != nil {
		r.reversed = true
		if f.verb == statefile.Refund {
			a.ours -= f.minor
		}
	}
	b.h.story.movement(a, f.verb, -f.minor)
}

// backOffice moves money behind flexform's back.
func (b *bank) backOffice(a *account) {
	random := b.h.random
	verb := [...]statefile.Verb{statefile.Refund, statefile.Refund, statefile.Capture, statefile.Cancel}[random.IntN(4)]
	minor := 500 * (1 + random.Int64N(8))
	switch {
	case a.status == dibs.StatusTicket:
		b.atTheCounter(a)
		return
	case plan.Split(a.status) && verb == statefile.Cancel:
		a.closed, a.status, minor = true, dibs.StatusMulticapClosed, 0 // splitpay_changestatus.cgi
	case !a.move(verb, minor, b.batch).Accepted():
		return
	}
	a.theirs = true
	b.h.saw(sawBackOffice)
	b.h.tracef("    back-office: %s of %d on %s", verb, minor, a.transact)
	if minor > 0 {
		b.h.story.movement(a, verb, minor)
	}
}

func (a *account) String() string {
	return fmt.Sprintf("%s: captured %d, refunded %d (%d by requests) of %d, %s", a.transact, a.captured, a.refunded, a.ours, a.amount, a.status)
}
