package statefile

import (
	"fmt"

	"flexform/money"
)

var results = map[Result]ActionState{
	Accepted: ActionAccepted, Declined: ActionDeclined, NotSent: ActionNotSent, Unknown: ActionUnknown,
}

func (l *layer) applyOutcome(e *Entry, o *Outcome) string {
	to, ok := results[o.Result]
	if !ok {
		return fmt.Sprintf("%s is no result", printable(string(o.Result)))
	}
	switch a := l.action(o.Action); {
	case a == nil:
		return fmt.Sprintf("no intent has claimed %s", printable(o.Action))
	case a.State != ActionOpen:
		return fmt.Sprintf("%s has an outcome already: it is %s", a.ID, a.State)
	case o.Payment != "" && o.Result != Accepted:
		return fmt.Sprintf("an outcome that is %s names no payment", o.Result)
	case checkPayment(o.Payment, a) != "":
		return checkPayment(o.Payment, a)
	default:
		if why := l.checkOutcome(a, o); why != "" {
			return why
		}
	}
	r, a := l.decide(o.Action, to, e.Seq)
	a.Code, a.Message, a.Payment, r.Seq = o.Code, o.Message, o.Payment, e.Seq
	return ""
}

// verdicts says what a verdict makes of an action, and from what.
var verdicts = map[Verdict]struct {
	undecided bool // the action may or may not have happened; otherwise it was accepted
	to        ActionState
}{
	VerdictDone:     {true, ActionAccepted}, // it happened; that it is final is another question
	VerdictNotDone:  {true, ActionNotDone},
	VerdictSettled:  {false, ActionDone},
	VerdictReversed: {false, ActionReversed},
}

func (l *layer) applyObserved(e *Entry, o *Observed) string {
	key := Key{o.Merchant, o.Transact}
	verdict, ok := verdicts[o.Verdict]
	a := l.action(o.Action)
	switch {
	case !identifier(o.Merchant) || !identifier(o.Transact):
		return "merchant and transact must be letters and digits"
	case o.Action != "" && a == nil:
		return fmt.Sprintf("no intent has claimed %s", printable(o.Action))
	case a != nil && a.Key != key:
		return fmt.Sprintf("%s is not an action of transaction %s", a.ID, key)
	case checkPayment(o.Payment, a) != "":
		return checkPayment(o.Payment, a)
	case o.Verdict == "":
	case !ok:
		return fmt.Sprintf("%s is no verdict", printable(string(o.Verdict)))
	case a == nil:
		return "a verdict must name its action"
	case verdict.undecided && !a.State.Undecided(), !verdict.undecided && a.State != ActionAccepted:
		return fmt.Sprintf("%s is %s, and cannot be found %s", a.ID, a.State, o.Verdict)
	default:
		if why := l.checkVerdict(a, o.Verdict); why != "" {
			return why
		}
		l.decide(o.Action, verdict.to, e.Seq)
	}
	r := l.change(key)
	r.Seq = e.Seq
	if o.Payment == "" {
		r.see(o.Status, e.Seq)
		return ""
	}
	l.made(o.Action, o.Payment, &o.Status)
	return ""
}

// made records the payment that a charge made, with its status when it is
// known.
func (l *layer) made(id, payment string, status *int) {
	p, _ := l.place(id)
	a := &l.change(p.key).Actions[p.index]
	a.Payment, a.PaymentStatus = payment, status
}

func (l *layer) applyAdopted(e *Entry, a *Adopted) string {
	if a.ofTicket() {
		return l.adoptTicket(e, a)
	}
	amount, captured, refunded, err := a.amounts()
	if err != nil {
		return err.Error()
	}
	r := l.find(Key{a.Merchant, a.Transact})
	switch {
	case !identifier(a.Merchant) || !identifier(a.Transact):
		return "merchant and transact must be letters and digits"
	case a.Evidence == "":
		return "a person's statement needs its evidence"
	case a.RefundedMinor > a.CapturedMinor || a.CapturedMinor > a.AmountMinor:
		return fmt.Sprintf("refunded %s, captured %s, authorised %s: each must be at most the next", refunded, captured, amount)
	case a.Deleted:
		return "only a ticket can be deleted"
	case r != nil && r.isTicket():
		return fmt.Sprintf("transaction %s is a ticket, not a payment", r.Key)
	case a.Cancelled && a.CapturedMinor > 0:
		return "a cancelled transaction has nothing captured"
	case r != nil && r.open >= 0:
		return fmt.Sprintf("%s is %s: resolve it first", r.Actions[r.open].ID, r.Actions[r.open].State)
	case r != nil && r.Amount.Valid() && r.Amount.Currency() != amount.Currency():
		return fmt.Sprintf("transaction %s is in %s, not in %s", r.Key, r.Amount.Currency(), amount.Currency())
	}
	r = l.change(Key{a.Merchant, a.Transact})
	r.OrderID, r.Amount, r.Captured, r.Refunded, r.Cancelled = a.OrderID, amount, captured, refunded, a.Cancelled
	r.Adopted, r.AdoptedStatus, r.adoptedAt, r.Seq = true, a.Status, e.Seq, e.Seq
	r.takeBack(a.Evidence, e.Seq)
	r.Calls = nil // the statement covers what they did
	r.see(a.Status, e.Seq)
	return ""
}

// takeBack ends accepted actions that the adopted totals leave no room for: a
// person says that they came to nothing. Left as accepted, they would be taken
// for settled as soon as a later action is, and their step could never be
// offered again.
func (r *record) takeBack(evidence string, seq uint64) {
	for i := range r.Actions {
		a := &r.Actions[i]
		over := map[Verb]bool{
			Capture: a.To.Minor() > r.Captured.Minor(), Refund: a.To.Minor() > r.Refunded.Minor(), Cancel: !r.Cancelled,
		}
		if a.State == ActionAccepted && over[a.Verb] {
			a.State, a.Message, a.LastSeq = ActionReversed, evidence, seq
		}
	}
}

func (v *Adopted) amounts() (amount, captured, refunded money.Amount, err error) {
	c, err := money.ParseCurrency(v.Currency)
	if err == nil && c.Code() != v.Currency {
		err = fmt.Errorf("currency %q is not written as %q", v.Currency, c)
	}
	if err != nil {
		return amount, captured, refunded, err
	}
	for _, x := range []struct {
		to    *money.Amount
		minor int64
	}{{&amount, v.AmountMinor}, {&captured, v.CapturedMinor}, {&refunded, v.RefundedMinor}} {
		if *x.to, err = money.New(x.minor, c); err != nil {
			return amount, captured, refunded, err
		}
	}
	return amount, captured, refunded, nil
}

func (l *layer) applyResolved(e *Entry, d *Resolved) string {
	switch a := l.action(d.Action); {
	case a == nil:
		return fmt.Sprintf("no intent has claimed %s", printable(d.Action))
	case !a.State.Undecided():
		return fmt.Sprintf("%s is %s: there is nothing to resolve", a.ID, a.State)
	case d.Evidence == "":
		return "a person's decision needs its evidence"
	case d.Payment != "" && !d.Done:
		return "what was not done made no payment"
	case checkPayment(d.Payment, a) != "":
		return checkPayment(d.Payment, a)
	}
	to := ActionNotDone
	if d.Done {
		to = ActionDone
	}
	r, a := l.decide(d.Action, to, e.Seq)
	a.Message, r.Seq = d.Evidence, e.Seq
	if d.Payment != "" {
		l.made(d.Action, d.Payment, d.Status)
	} else if d.Status != nil {
		r.see(*d.Status, e.Seq)
	}
	return ""
}
