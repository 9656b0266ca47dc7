package plan

import (
	"fmt"

	"flexform/dibs"
	"flexform/statefile"
)

// JudgeCharge says what the gateway's answer about its order proves about a, a
// charge whose outcome is open, unknown or accepted. The payment is the one
// that [PaymentOf] finds, or the one that a's answer named, with its exact
// status; empty when the gateway knows no such order.
//
// A charge is done when its payment is there: authorised, captured, or whatever
// became of it since, which is told of the payment itself. That there is none
// proves nothing, ever: a late commit must not be turned into a failure by
// time. Nor does a declined payment of the same order: it may be that of an
// earlier attempt. Nor does a payment that may be another ticket's, see [rival].
// The gateway refuses a charge of an order that it has (uniqueoid), so to try
// once more cannot charge twice; but that is for a person to decide, who
// resolves it as not done.
//
// JudgeCharge assumes that the order was not there just before a was sent, and
// that nobody else charges it.
func JudgeCharge(records Records, a statefile.Action, payment dibs.TransactID, status dibs.Status) Judgement {
	switch {
	case payment == "" || !a.State.Undecided() && a.State != statefile.ActionAccepted:
		return Undecidable
	case a.Payment != "" && a.Payment != string(payment):
		return Undecidable // the one that it made is not the order's any more
	case a.State.Undecided() && rival(records, a) != "":
		return Undecidable
	case lives(status):
		return Settled
	case refused(status) && a.State == statefile.ActionAccepted && a.Payment != "":
		return Reversed
	}
	return Undecidable
}

// rival returns the id of a charge to another ticket that may have made the
// payment of a's order: a person said that it was not done, and it may have
// come late. Only one of the same amount is found in a's place.
func rival(records Records, a statefile.Action) string {
	for _, t := range records.Tickets(a.Merchant, a.OrderID) {
		for _, other := range t.Actions {
			if t.Key != a.Key && other.Verb == statefile.Charge && other.OrderID == a.OrderID && other.To == a.To && other.State == statefile.ActionNotDone {
				return other.ID
			}
		}
	}
	return ""
}

// lives reports whether a payment with that status was approved.
func lives(s dibs.Status) bool { return phaseOf(s) != phaseUnusable }

// NeverPaid reports whether a payment with that status is none: a charge of its
// order may still be made.
func NeverPaid(s dibs.Status) bool { return refused(s) }

// refused reports whether a payment with that status never was: the acquirer or
// DIBS said no.
func refused(s dibs.Status) bool { return s == dibs.StatusDeclined || s == dibs.StatusDeclinedByDIBS }

// notUnique reports whether a was refused because the gateway had its order. A
// network can deliver a request twice, and then that is the no to the second
// one, which the first one's payment brought about: so it proves nothing of the
// charge itself.
func notUnique(a statefile.Action) bool {
	return a.Code != nil && dibs.Reason(*a.Code) == dibs.ReasonOrderNotUnique && a.Verb == statefile.Charge
}

// CheckChargeOutcome is [CheckOutcome] for a charge: payment and status are
// what the gateway says of its order, as for [JudgeCharge].
func CheckChargeOutcome(records Records, a statefile.Action, payment dibs.TransactID, status dibs.Status, done bool) error {
	switch {
	case payment != "" && lives(status) && !done && rival(records, a) == "":
		return fmt.Errorf("the gateway contradicts that: it has order %q of %s as payment %s, %s, so the charge happened", a.OrderID, a.To, payment, status)
	case payment != "" && refused(status) && done && !notUnique(a):
		return fmt.Errorf("the gateway contradicts that: it has order %q of %s as payment %s, %s, and no other", a.OrderID, a.To, payment, status)
	}
	return nil
}
