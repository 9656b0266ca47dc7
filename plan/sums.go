package plan

import (
	"context"
	"errors"
	"fmt"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// Split reports whether s is the status of an authorisation that is captured in
// parts (flexwin.md 5.11), the base. The money is in its sub-transactions.
func Split(s dibs.Status) bool {
	return s == dibs.StatusMulticapOpen || s == dibs.StatusMulticapClosed
}

// Sums are what the parts of a split capture come to, together: the only totals
// that the gateway itself tells (flexwin.md 6.9).
type Sums struct {
	Authorised money.Amount
	Captured   money.Amount // pending captures included
	Refunded   money.Amount // pending refunds included
	Open       bool         // more can be captured
	// Settled reports whether nothing of Captured is under way. It takes two
	// signs: no captures are pending, and what is left is what was not
	// captured. A capture that the acquirer is just looking at may be in no
	// sum, and then it is missing in what is left.
	Settled bool
	// Free reports whether all that is not in Captured is left to be captured. A
	// closed base may have nothing left, whatever was captured: what is missing
	// in both sums then may be a capture that is under way.
	Free bool
}

// ReadSums takes the sums out of the gateway's answer. An error says that they
// cannot be.
func ReadSums(info dibs.SplitPayInfo) (Sums, error) {
	captured, err := info.Captured.Add(info.PendingCaptures)
	if err != nil {
		return Sums{}, fmt.Errorf("captured sums: %w", err)
	}
	refunded, err := info.Refunded.Add(info.PendingRefunds)
	if err != nil {
		return Sums{}, fmt.Errorf("refunded sums: %w", err)
	}
	rest, over := info.Authorised.Sub(captured)
	_, more := captured.Sub(refunded)
	if err := errors.Join(over, more); err != nil {
		return Sums{}, fmt.Errorf("sums of %s authorised, %s captured and %s refunded: %w", info.Authorised, captured, refunded, err)
	}
	free := info.Left == rest
	whole := free || info.State == dibs.SplitClosed && info.Left.Zero()
	return Sums{
		Authorised: info.Authorised, Captured: captured, Refunded: refunded,
		Open: info.State == dibs.SplitOpen, Free: free, Settled: whole && info.PendingCaptures.Zero() && info.State != dibs.SplitClosing,
	}, nil
}

// Evidence is what the gateway said of a transaction at one moment.
type Evidence struct {
	Status dibs.Status
	Sums   *Sums // of a split capture's base; nil of anything else
}

// String returns the status, and the captured sum where there is one.
func (e Evidence) String() string {
	if e.Sums == nil {
		return e.Status.String()
	}
	return fmt.Sprintf("%s with %s captured", e.Status, e.Sums.Captured)
}

// Judge is [Judge] with the sums as well: they prove the captures of a base,
// whose status says nothing of a single one.
func (e Evidence) Judge(t statefile.Transaction, a statefile.Action, windowOver bool) Judgement {
	switch {
	case doubted(a):
		return Undecidable
	case a.Verb != statefile.Capture || !Split(dibs.Status(a.Before)):
		return Judge(t, a, e.Status, windowOver)
	case e.Sums == nil:
		return Undecidable
	case a.State.Undecided():
		return e.Sums.judgeLost(t, a).judge(windowOver)
	case a.State == statefile.ActionAccepted:
		return e.Sums.judgeAccepted(t, a).judge(windowOver)
	}
	return Undecidable
}

// judgeLost judges a capture whose reply was lost by how much the sum rose.
// What is neither the total before nor the one after is somebody else's doing.
// A sum that did not rise proves something only of a capture of all that was
// left: after any other one, however small, the gateway would refuse it. A call
// that it carries out late, long after the window, would otherwise come on top
// of what the next plan captures (hazards R4).
func (s Sums) judgeLost(t statefile.Transaction, a statefile.Action) proof {
	switch {
	case !alone(t, a):
		return never()
	case s.Captured == a.To && s.Settled:
		return always(Settled)
	case s.Captured == a.To:
		return always(Happened)
	case s.Captured == a.From && s.Settled && s.Free && a.To == s.Authorised && a.Class != string(Counted):
		return afterwards(DidNotHappen)
	}
	return never()
}

// judgeAccepted judges a capture that the ledger's total counts.
func (s Sums) judgeAccepted(t statefile.Transaction, a statefile.Action) proof {
	if s.Captured == t.Captured {
		if s.Settled {
			return always(Settled)
		}
		return always(Happened)
	}
	amount, err := a.Amount()
	if err != nil {
		return never()
	}
	without, err := t.Captured.Sub(amount)
	if err == nil && s.Captured == without && s.Settled && s.Free && alone(t, a) {
		return afterwards(Reversed) // at once it may be a sum that lags behind
	}
	return never()
}

// A Part is one capture of a split payment: a transaction of its own, which can
// be declared and refunded like any other.
type Part struct {
	Transact dibs.TransactID
	OrderID  string
	Amount   money.Amount // the zero Amount when it could not be read
}

// maxParts bounds how many parts are read to be shown.
const maxParts = 20

// readSums reads the sums of a base, and its parts when their refund is asked
// for: it is them that can be refunded. The parts are only shown, so that one
// which cannot be read spoils nothing.
func (o *Observation) readSums(ctx context.Context, r Reader, want schema.Transaction) {
	info, err := r.SplitPayInfo(ctx, o.Transact, want.Amount.Currency())
	if err == nil {
		var sums Sums
		if sums, err = ReadSums(info); err == nil {
			o.Sums = &sums
		}
	}
	if refusal, is := errors.AsType[*dibs.LoginError](err); is {
		o.Err = refusal
		return
	}
	if err != nil {
		o.Err = fmt.Errorf("the sums of its captures: %v", err) // whatever it is, it is not about the order
		return
	}
	if !wishes(want.Refunded) {
		return
	}
	for _, p := range info.Parts[:min(len(info.Parts), maxParts)] {
		part := Part{Transact: p.Transact, OrderID: p.OrderID}
		if pay, err := r.PayInfo(ctx, p.Transact); err == nil {
			part.Amount = pay.Amount
		}
		o.Parts = append(o.Parts, part)
	}
}
