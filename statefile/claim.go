package statefile

import (
	"fmt"
	"time"

	"flexform/money"
)

// Step returns the identity of what is intended. An error means that the
// amounts or the currency are not valid.
func (v Intent) Step() (Step, error) {
	if v.Verb == Delete {
		return v.deletion()
	}
	c, err := money.ParseCurrency(v.Currency)
	if err == nil && c.Code() != v.Currency {
		err = fmt.Errorf("currency %q is not written as %q", v.Currency, c)
	}
	if err != nil {
		return Step{}, err
	}
	from, err := money.New(v.FromMinor, c)
	if err != nil {
		return Step{}, err
	}
	to, err := money.New(v.ToMinor, c)
	if err != nil {
		return Step{}, err
	}
	s := Step{Key: Key{v.Merchant, v.Transact}, Verb: v.Verb, From: from, To: to}
	if v.Verb == Charge {
		s.OrderID = v.OrderID
	}
	return s, nil
}

func (l *layer) applyIntent(e *Entry, i *Intent) (why string, err error) {
	step, err := i.Step()
	if err != nil {
		return err.Error(), nil
	}
	var amount money.Amount // none of a ticket: a charge's is that of its order
	if !i.Verb.OfTicket() {
		if amount, err = money.New(i.AmountMinor, step.To.Currency()); err != nil {
			return err.Error(), nil
		}
	}
	if why := i.check(step); why != "" {
		return why, nil
	}
	if a := l.action(i.Action); a != nil {
		return "", &ClaimedError{i.Action, a.Seq, a.State}
	}
	window, why := i.window()
	if why != "" {
		return why, nil
	}
	use := l.plan(i.Plan)
	switch {
	case i.Plan == "" || i.Plan != l.running:
		return fmt.Sprintf("plan %s is not being applied", printable(i.Plan)), nil
	case use.Started >= use.Actions:
		return fmt.Sprintf("plan %s has %d actions, and this would be one more", printable(i.Plan), use.Actions), nil
	}
	if why := l.checkAttempt(step, i.Attempt); why != "" {
		return why, nil
	}
	if why := l.find(step.Key).checkStep(step); why != "" {
		return why, nil
	}
	if i.Verb == Charge {
		if why := l.checkOrder(i.OrderID, step.Key); why != "" {
			return why, nil
		}
	}
	if why := l.checkRow(i); why != "" {
		return why, nil
	}
	use.Started++
	l.plans[i.Plan] = use
	l.claim(Action{
		ID: i.Action, Step: step, Attempt: i.Attempt, State: ActionOpen, Class: i.Class, Address: i.Address, Plan: i.Plan,
		Before: i.Status, Reason: i.Reason, Batch: i.Batch, Capture: i.Capture, SettleWindow: window, Seq: e.Seq, LastSeq: e.Seq, At: e.Time,
	})
	l.addRow(i)
	r := l.change(step.Key)
	if r.Seq = e.Seq; !i.Verb.OfTicket() {
		r.OrderID, r.Amount = i.OrderID, amount
	}
	r.see(i.Status, e.Seq)
	return "", nil
}

// window reads the settle window, zero where none is recorded.
func (v *Intent) window() (window time.Duration, why string) {
	if v.SettleWindow == "" {
		return 0, ""
	}
	window, err := time.ParseDuration(v.SettleWindow)
	if err != nil || window <= 0 || window.String() != v.SettleWindow {
		return 0, fmt.Sprintf("%s is no settle window", printable(v.SettleWindow))
	}
	return window, ""
}

// check looks at an intent by itself.
func (v *Intent) check(step Step) string {
	var id [128]byte
	switch {
	case !identifier(v.Merchant) || !identifier(v.Transact):
		return "merchant and transact must be letters and digits"
	case !v.Verb.Valid():
		return fmt.Sprintf("%s is no action", printable(string(v.Verb)))
	case v.Attempt < 1:
		return fmt.Sprintf("attempts count from 1, not from %d", v.Attempt)
	case string(appendActionID(id[:0], step, v.Attempt)) != v.Action:
		return fmt.Sprintf("it claims %s, and is %s", printable(v.Action), ActionID(step, v.Attempt))
	case v.Capture && v.Verb != Charge:
		return "only a charge says whether to capture at once"
	case v.Verb.OfTicket():
		return v.checkTicket()
	case v.FromMinor >= v.ToMinor:
		return fmt.Sprintf("%s to %s is no rise", step.From, step.To)
	case v.ToMinor > v.AmountMinor:
		return fmt.Sprintf("%s is more than the authorised %d minor units", step.To, v.AmountMinor)
	case v.Verb == Cancel && (v.FromMinor != 0 || v.ToMinor != v.AmountMinor):
		return "a cancel releases the whole authorised amount"
	case v.Verb == Reauthorise && (v.FromMinor != 0 || v.ToMinor != v.AmountMinor):
		return "a reauthorise is about the whole authorised amount"
	case v.Class != "self-limiting" && v.Class != "counted" && v.Class != "moneyless":
		return fmt.Sprintf("%s is no class", printable(v.Class))
	case (v.Verb == Reauthorise) != (v.Class == "moneyless"):
		return fmt.Sprintf("a %s is not %s", v.Verb, v.Class)
	}
	return ""
}

// checkAttempt sees to it that an attempt follows one that certainly failed,
// or one of a reauthorise that is over: an authorisation grows old again.
func (l *layer) checkAttempt(step Step, attempt int) string {
	if attempt == 1 {
		return ""
	}
	switch before := l.action(ActionID(step, attempt-1)); {
	case before == nil:
		return fmt.Sprintf("there was no attempt %d of %s", attempt-1, step)
	case step.Verb == Reauthorise && !before.State.Undecided():
	case !before.State.Failed():
		return fmt.Sprintf("attempt %d of %s is %s, and only after a certain failure may there be another", attempt-1, step, before.State)
	}
	return ""
}

// checkStep sees to it that a step continues what the ledger knows of its
// transaction. The record may be nil: the ledger knows nothing yet.
func (r *record) checkStep(s Step) string {
	if r == nil {
		return ""
	}
	currency := s.To.Currency()
	total := r.Captured
	switch s.Verb {
	case Refund:
		total = r.Refunded
	case Reauthorise:
		total = s.From // it begins at no total
	}
	switch {
	case r.open >= 0:
		a := r.Actions[r.open]
		return fmt.Sprintf("%s is %s, and blocks its transaction until that is settled", a.ID, a.State)
	case len(r.Calls) > 0:
		return fmt.Sprintf("entry %d called %s by hand, which blocks transaction %s until its totals are adopted", r.Calls[0].Seq, printable(r.Calls[0].Service), r.Key)
	case s.Verb.OfTicket():
		return r.checkTicketStep(s)
	case r.isTicket():
		return fmt.Sprintf("transaction %s is a ticket, not a payment", r.Key)
	case r.Cancelled:
		return fmt.Sprintf("transaction %s is cancelled", r.Key)
	case r.Amount.Valid() && r.Amount.Currency() != currency:
		return fmt.Sprintf("transaction %s is in %s, not in %s", r.Key, r.Amount.Currency(), currency)
	case s.Verb == Cancel && !(r.Captured.Zero() && r.Refunded.Zero()):
		return fmt.Sprintf("transaction %s is captured, and cannot be cancelled", r.Key)
	case total.Valid() && total != s.From:
		return fmt.Sprintf("the ledger's total is %s, and the step begins at %s", total, s.From)
	case s.Verb == Refund && r.Captured.Valid() && s.To.Minor() > r.Captured.Minor():
		return fmt.Sprintf("%s is more than the captured %s", s.To, r.Captured)
	}
	return ""
}
