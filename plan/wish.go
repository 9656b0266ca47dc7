package plan

import (
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// contradictsItself finds what no transaction can ever be. Loading the
// configuration finds most of it first; the planner does not rely on that.
func (s *subject) contradictsItself() (ruling, bool) {
	w := s.want
	for _, t := range []struct {
		total schema.Total
		place schema.Range
	}{{w.Captured, w.Places.Captured}, {w.Refunded, w.Places.Refunded}} {
		if t.total.Declared && !t.total.Full && t.total.Amount.Currency() != w.Amount.Currency() || !w.Amount.Valid() {
			return s.impossible(summaryContradiction, t.place,
				"%s is authorised for %s and declares a total of %s. All amounts of a transaction are in one currency: correct the one that is wrong.",
				w.Address, w.Amount, t.total.Amount)
		}
	}
	if w.Cancelled && (wishes(w.Captured) || wishes(w.Refunded)) {
		return s.impossible(summaryContradiction, w.Places.Cancelled,
			"%s is declared as cancelled and as captured or refunded. A cancelled authorisation has no money to move: declare one of the two.", w.Address)
	}
	if w.Captured.Declared && !w.Captured.Full && compare(w.Captured.Amount, w.Amount) > 0 {
		return s.impossible(summaryCaptureLimit, w.Places.Captured,
			"%s declares %s as captured, but only %s is authorised. Lower captured to at most that.", w.Address, w.Captured.Amount, w.Amount)
	}
	return ruling{}, false
}

// wishes reports whether t asks for any money to move.
func wishes(t schema.Total) bool { return t.Declared && (t.Full || !t.Amount.Zero()) }

// goal returns the amount that t stands for when all there is is full.
func goal(t schema.Total, full money.Amount) money.Amount {
	if t.Full {
		return full
	}
	return t.Amount
}

// declaredTwice reports two blocks that turn out to mean one transaction,
// which only the gateway could tell when one of them leaves transact out.
func declaredTwice(want, twin *schema.Transaction, key statefile.Key) Problem {
	return problem(want, summaryTwice, want.Source,
		"%s and %s (%s:%d) are both transaction %s. Remove one of them, so that there is one place that says what it should be.",
		want.Address, twin.Address, twin.Source.File, twin.Source.Start.Line, key)
}
