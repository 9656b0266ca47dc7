package cli

import (
	"flexform/money"
	"flexform/schema"
	"flexform/statefile"
)

// lowered returns the calls that the gateway accepted, whose settle window is
// not over, and which reach more than is to be adopted. What the gateway shows
// of them now may be what it showed before: believed, the next plan would send
// the same once more, on top of it (hazards R4).
func (a *app) lowered(conn *connection, state *statefile.State, t schema.Transaction, o adoptOptions) (early []statefile.Action) {
	captured, refunded, err := o.totals(t.Amount)
	if err != nil || !t.Amount.Valid() { // which is refused, or about a ticket
		return nil
	}
	for of := range state.Transactions() {
		if of.Merchant != t.Merchant || of.Transact != t.Transact && (t.Transact != "" || of.OrderID != t.OrderID) {
			continue
		}
		for _, action := range of.Actions {
			if action.State == statefile.ActionAccepted && action.Batch == "" && reachesMore(action, captured, refunded, o.cancelled) && !a.windowOver(conn, action) {
				early = append(early, action)
			}
		}
	}
	return early
}

func reachesMore(action statefile.Action, captured, refunded money.Amount, cancelled bool) bool {
	switch action.Verb {
	case statefile.Capture:
		return less(captured, action.To)
	case statefile.Refund:
		return less(refunded, action.To)
	case statefile.Cancel:
		return !cancelled
	}
	return false
}

func less(a, b money.Amount) bool {
	c, err := a.Cmp(b)
	return err == nil && c < 0
}
