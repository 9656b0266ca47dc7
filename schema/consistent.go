package schema

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"

	"flexform/money"
)

// consistent checks what the attributes of a transaction say together. It asks
// only what no gateway is needed for.
func (l *loader) consistent(t *Transaction) bool {
	captured, refunded, ok := l.sums(t)
	if !ok {
		return false
	}
	switch {
	case t.Amount.Valid() && t.Amount.Zero():
		l.add(toHCL(t.Places.Amount), "No amount", "%s has an amount of %s, and no payment is authorised for nothing. amount is what was authorised; what should come of it stands in captured, refunded and cancelled.", t.Address, t.Amount)
	case t.Cancelled && !captured.Zero() && captured.Valid():
		l.add(toHCL(t.Places.Cancelled), "Cancelled and captured", "%s is to be cancelled and captured, and it can be only one of them: cancelling releases the money, capturing takes it. Remove one of the two lines; to give captured money back, use refunded.", t.Address)
	case t.Cancelled && (t.Refunded.Full || !refunded.Zero() && refunded.Valid()):
		l.add(toHCL(t.Places.Cancelled), "Cancelled and refunded", "%s is to be cancelled and refunded, and it can be only one of them: cancelling is for payments that were not captured, refunding for those that were. Remove one of the two lines.", t.Address)
	case t.Reauthorise && t.Cancelled:
		l.add(toHCL(t.Places.Reauthorise), "Reauthorised and cancelled", "%s is to be cancelled and authorised again, and it can be only one of them: cancelling releases the money, authorising reserves it. Remove one of the two lines.", t.Address)
	case t.Reauthorise && !t.Captured.Declared:
		l.add(toHCL(t.Places.Reauthorise), "Reauthorised for nothing", "%s is to be authorised again, and nothing of it is to be captured. An authorisation is only approved again for the capture that follows: declare captured, or remove this line.", t.Address)
	case captured.Valid() && less(t.Amount, captured):
		l.add(toHCL(t.Places.Captured), "Captured more than authorised", "%s is to have %s captured, and only %s is authorised%s. Lower captured, or correct amount.", t.Address, captured, t.Amount, also(t.Places.Captured, t.Places.Amount))
	case refunded.Valid() && captured.Valid() && less(captured, refunded):
		l.add(toHCL(t.Places.Refunded), "Refunded more than captured", "%s is to have %s refunded, and only %s is to be captured%s. refunded is the total of all refunds together. Lower it, or raise captured.", t.Address, refunded, captured, also(t.Places.Refunded, t.Places.Captured))
	case refunded.Valid() && less(t.Amount, refunded):
		l.add(toHCL(t.Places.Refunded), "Refunded more than authorised", "%s is to have %s refunded, and only %s was authorised%s. refunded is the total of all refunds together. Lower it, or correct amount.", t.Address, refunded, t.Amount, also(t.Places.Refunded, t.Places.Amount))
	default:
		return true
	}
	return false
}

// sums returns the desired totals as amounts, the zero Amount for one that is
// not declared or, for a full refund of whatever was captured, not known.
func (l *loader) sums(t *Transaction) (captured, refunded money.Amount, ok bool) {
	ok = true
	for _, total := range []struct {
		name  string
		total Total
		place Range
	}{
		{"captured", t.Captured, t.Places.Captured},
		{"refunded", t.Refunded, t.Places.Refunded},
	} {
		if a := total.total.Amount; a.Valid() && a.Currency() != t.Amount.Currency() {
			l.add(toHCL(total.place), "Different currencies", "%s is authorised in %s%s, and %s is given in %s. A payment has one currency from beginning to end. Write both in the same.",
				t.Address, t.Amount.Currency(), also(total.place, t.Places.Amount), total.name, a.Currency())
			ok = false
		}
	}
	captured, refunded = t.Captured.Amount, t.Refunded.Amount
	if t.Captured.Full {
		captured = t.Amount
	}
	return captured, refunded, ok
}

// less reports whether a < b, both in the same currency.
func less(a, b money.Amount) bool { return a.Minor() < b.Minor() }

// also names a second place in a sentence, if it is on another line than the
// first, which the message shows.
func also(shown, other Range) string {
	if !other.Valid() || shown.File == other.File && shown.Start.Line == other.Start.Line {
		return ""
	}
	return " (" + where(toHCL(other)) + ")"
}

// A claim is what names a transaction at the gateway when its transact is not
// given.
type claim struct {
	merchant, orderID string
	amount            money.Amount
}

// once checks that no transaction is declared twice: neither by its transact,
// nor by order id and amount where at least one of the two leaves the transact
// out.
func (l *loader) once(all []Transaction) {
	byTransact := make(map[[2]string]int, len(all))
	byClaim := make(map[claim]int, len(all))
	for i := range all {
		t := &all[i]
		key := [2]string{t.Merchant, t.Transact}
		if first, twice := byTransact[key]; twice && t.Transact != "" {
			l.declaredTwice(t, &all[first], toHCL(t.Places.Transact), all[first].Places.Transact, fmt.Sprintf("both have the transact %s", t.Transact))
			continue
		}
		byTransact[key] = i
		c := claim{t.Merchant, t.OrderID, t.Amount}
		first, twice := byClaim[c]
		switch {
		case !twice:
			byClaim[c] = i
		case t.Transact == "" || all[first].Transact == "":
			l.declaredTwice(t, &all[first], toHCL(t.Places.OrderID), all[first].Places.OrderID, fmt.Sprintf("both have the order id %q and the amount %s, and not both have a transact to tell them apart", t.OrderID, t.Amount))
		}
	}
}

func (l *loader) declaredTwice(t, first *Transaction, place hcl.Range, other Range, why string) {
	l.add(place, "Transaction declared twice", "%s is the same transaction as %s at %s: %s. What it should be must stand in one place. Delete one of the two.", t.Address, first.Address, where(toHCL(other)), why)
}
