package statefile

import (
	"fmt"
	"slices"

	"flexform/money"
)

// OfTicket reports whether v is done to a ticket, a stored card, and not to a
// payment. The key of such an action is the ticket's.
func (v Verb) OfTicket() bool { return v == Charge || v == Delete }

// A Payment is what a charge made, as a person adopted it.
type Payment struct {
	OrderID  string
	Amount   money.Amount
	Transact string // the gateway's number of it
}

// deletion returns the step of a delete, which has no money in it.
func (v Intent) deletion() (Step, error) {
	if v.Currency != "" || v.AmountMinor != 0 || v.FromMinor != 0 || v.ToMinor != 0 {
		return Step{}, fmt.Errorf("a %s moves no money, so it has neither amount nor currency", v.Verb)
	}
	return Step{Key: Key{v.Merchant, v.Transact}, Verb: v.Verb}, nil
}

// checkTicket looks at a ticket's intent by itself, as far as it differs from a
// payment's.
func (v *Intent) checkTicket() string {
	switch {
	case v.Verb == Charge && v.OrderID == "":
		return "a charge needs an order id"
	case v.Verb == Charge && (v.FromMinor != 0 || v.ToMinor <= 0 || v.ToMinor != v.AmountMinor):
		return "a charge takes its whole amount, which is more than nothing"
	case v.Verb == Delete && v.OrderID != "":
		return "a delete is of no order"
	case v.Class != "self-limiting":
		return fmt.Sprintf("a %s is self-limiting, not %s", v.Verb, printable(v.Class))
	}
	return ""
}

// isTicket reports whether the ledger knows r as a ticket.
func (r *record) isTicket() bool {
	return r.Deleted || len(r.Payments) > 0 || len(r.Actions) > 0 && r.Actions[0].Verb.OfTicket()
}

// checkTicketStep sees to it that an action may be done to a ticket, as far as
// the ledger knows it. The record may be nil.
func (r *record) checkTicketStep(s Step) string {
	switch {
	case r == nil:
		return ""
	case r.Amount.Valid():
		return fmt.Sprintf("transaction %s is a payment, not a ticket", r.Key)
	case r.Deleted:
		return fmt.Sprintf("ticket %s is deleted", r.Key)
	case s.Verb == Charge && r.charged(s.OrderID):
		return fmt.Sprintf("order %s was charged to ticket %s already", printable(s.OrderID), r.Key)
	}
	return ""
}

// charged reports whether the ledger has a charge of that order which happened.
func (r *record) charged(order string) bool {
	return slices.ContainsFunc(r.Payments, func(p Payment) bool { return p.OrderID == order }) ||
		slices.ContainsFunc(r.Actions, func(a Action) bool {
			return a.Verb == Charge && a.OrderID == order && (a.State == ActionAccepted || a.State == ActionDone)
		})
}

// checkPayment says why an entry may not name the payment that an action made.
func checkPayment(payment string, a *Action) string {
	switch {
	case payment == "":
		return ""
	case a == nil || a.Verb != Charge:
		return "only a charge makes a payment"
	case !identifier(payment):
		return "a payment's number must be letters and digits"
	}
	return ""
}

// ofTicket reports whether a person states something of a ticket: that it was
// charged for an order, or, without an order, whether it is deleted.
func (v *Adopted) ofTicket() bool { return v.Payment != "" || v.Currency == "" }

func (l *layer) adoptTicket(e *Entry, a *Adopted) string {
	r := l.find(Key{a.Merchant, a.Transact})
	charge := a.Payment != ""
	var amount money.Amount
	if charge {
		var err error
		if amount, _, _, err = a.amounts(); err != nil {
			return err.Error()
		}
	}
	switch {
	case !identifier(a.Merchant) || !identifier(a.Transact) || charge && !identifier(a.Payment):
		return "merchant, transact and payment must be letters and digits"
	case a.Evidence == "":
		return "a person's statement needs its evidence"
	case a.CapturedMinor != 0 || a.RefundedMinor != 0 || a.Cancelled:
		return "a ticket has no totals"
	case charge && (a.OrderID == "" || amount.Zero()):
		return "a charge has an order id and an amount"
	case charge && a.Deleted:
		return "it states a charge and a deletion, and can state one of them"
	case !charge && (a.OrderID != "" || a.AmountMinor != 0):
		return "a charge is stated with its payment"
	case r != nil && r.open >= 0:
		return fmt.Sprintf("%s is %s: resolve it first", r.Actions[r.open].ID, r.Actions[r.open].State)
	case r != nil && r.Amount.Valid():
		return fmt.Sprintf("transaction %s is a payment, not a ticket", r.Key)
	case charge && r != nil && r.charged(a.OrderID):
		return fmt.Sprintf("order %s was charged to ticket %s already", printable(a.OrderID), r.Key)
	}
	if charge {
		if why := l.checkOrder(a.OrderID, Key{a.Merchant, a.Transact}); why != "" {
			return why
		}
	}
	r = l.change(Key{a.Merchant, a.Transact})
	if charge {
		r.Payments = append(r.Payments, Payment{a.OrderID, amount, a.Payment})
		l.addTicket(a.OrderID, r.Key)
	} else {
		r.stateDeletion(a.Deleted, a.Evidence, e.Seq)
	}
	r.Calls = nil // whoever states this has looked
	r.Seq = e.Seq
	r.see(a.Status, e.Seq)
	return ""
}

// stateDeletion takes a person's word on whether the ticket is deleted. An
// accepted delete of a ticket that is not came to nothing.
func (r *record) stateDeletion(deleted bool, evidence string, seq uint64) {
	r.Deleted = deleted
	for i := range r.Actions {
		if a := &r.Actions[i]; a.Verb == Delete && a.State == ActionAccepted && !deleted {
			a.State, a.Message, a.LastSeq = ActionReversed, evidence, seq
		}
	}
}
