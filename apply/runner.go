package apply

import (
	"context"
	"strings"
	"sync"
	"time"

	"flexform/dibs"
	"flexform/money"
	"flexform/plan/policy"
	"flexform/statefile"
)

// A Gateway moves money. A method sends at most one request. It returns a
// [*dibs.DeclinedError] or a [*dibs.LoginError] only when nothing was carried
// out, and a [*dibs.NotSentError] only when no byte left. Every other error,
// a wrapped one of those included, is taken for "may have happened".
type Gateway interface {
	Capture(context.Context, dibs.CaptureRequest) (dibs.Receipt, error)
	Refund(context.Context, dibs.RefundRequest) (dibs.Receipt, error)
	Cancel(context.Context, dibs.CancelRequest) (dibs.Receipt, error)
	// Reauth returns a [*dibs.AuthDeclinedError] for a no.
	Reauth(context.Context, dibs.TransactID) (dibs.Authorisation, error)
}

// A Reader tells where a transaction stands now. An error tells nothing.
type Reader interface {
	TransStatus(context.Context, dibs.TransactID) (dibs.Status, error)
	PayInfo(context.Context, dibs.TransactID) (dibs.PayInfo, error)
	SplitPayInfo(context.Context, dibs.TransactID, money.Currency) (dibs.SplitPayInfo, error)
}

// A Ledger is the record. What Append took is durable when it returns without
// an error; after an error nobody knows what is, and the Runner stops. Append
// is called concurrently. For an intent that was claimed before, or does not
// follow what the ledger holds, it writes nothing and returns a
// [*statefile.ClaimedError] or [*statefile.ImpossibleError]. State sees every entry that
// Append has returned. Reserve makes sure that n actions will find room.
type Ledger interface {
	Append(context.Context, ...statefile.Payload) ([]statefile.Entry, error)
	State() *statefile.State
	Reserve(n int) error
}

// A Merchant is how one merchant's transactions are reached.
type Merchant struct {
	Gateway     Gateway
	Reader      Reader
	Tickets     TicketGateway // needed for actions on tickets only
	Login       bool          // an API user is there: read payinfo, which tells more than transstatus
	Concurrency int           // transactions under way at once; below 1 counts as 1
	// SettleWindow is how long after it was sent a request may still take effect
	// at the gateway: only then does an unchanged status prove anything. Unknown
	// outcomes are looked at again until it is over. Default 2 minutes
	// (flexwin.md 11.1).
	SettleWindow time.Duration

	Line Line   // for the preflight; nil: none
	Site string // which gateway it is: merchants of the same one share its preflight

	// Drop opens a session with the server of the merchant's bulk files. It
	// tries once. Nil when the merchant has none.
	Drop func(context.Context) (Session, error)
}

// A Runner carries out approved plans. Ledger, Merchants and Now are needed;
// the zero value of the other fields is their default.
type Runner struct {
	Ledger    Ledger
	Merchants map[string]Merchant // by DIBS id
	Now       func() time.Time    // time.Now in production
	Events    func(Event)         // never called twice at once; it holds up the work, so it must be quick

	// Wait returns after d, or earlier with an error when the context ends.
	// The default waits on a timer.
	Wait func(ctx context.Context, d time.Duration) error
	// MaxDeclines actions in a row that were declined, or came to nothing in
	// another way (not sent, status not readable, unknown), stop the run.
	// Default 5; below zero there is no such limit.
	MaxDeclines int
	// PastUnknown starts further actions after the first unknown outcome.
	PastUnknown bool
	// SendBy is the longest time from an intent to the first byte of its
	// request, the wait for the merchant's pace included: a machine that slept
	// in between must not send late. Default 30 seconds, and where the settle
	// window is short one second more than that.
	SendBy time.Duration

	Bulk Bulk // for bulk files

	// For the record.
	Actor                   statefile.Actor
	Version, Commit, Author string
	approvers               string // of the plan that is carried out
	breakGlass, brokenBy    string
}

const defaultMaxDeclines = 5

// wait is the default of Runner.Wait.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// approvedBy notes on r, which is a copy, whose signatures the record names.
func (r *Runner) approvedBy(a policy.Approved) *Runner {
	var names []string
	for _, who := range a.Approvers() {
		names = append(names, who.String())
	}
	r.approvers = strings.Join(names, ", ")
	if broken, ok := a.Broken(); ok {
		r.breakGlass, r.brokenBy = broken.Reason, broken.By.String()
	}
	return r
}

// withDefaults returns a copy of r in which no optional field is zero, and
// whose Events may be called by every worker.
func (r *Runner) withDefaults() *Runner {
	c := *r
	var busy sync.Mutex
	c.Events = func(e Event) {
		if r.Events != nil {
			busy.Lock()
			defer busy.Unlock()
			r.Events(e)
		}
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	if c.MaxDeclines == 0 {
		c.MaxDeclines = defaultMaxDeclines
	}
	c.Bulk = c.Bulk.withDefaults()
	return &c
}
