package statefile

import (
	"fmt"
	"slices"
)

// An orderKey is an order of a merchant. It is charged once, forever, with
// whichever ticket.
type orderKey struct{ merchant, id string }

// tickets returns the tickets that an order was charged to, or was to be: the
// one that was recorded first first. The list is not to be changed.
func (l *layer) tickets(o orderKey) []Key {
	for ; l != nil; l = l.under {
		if list, ok := l.orders[o]; ok {
			return list
		}
	}
	return nil
}

// addTicket records that the ledger has a charge of an order to a ticket.
func (l *layer) addTicket(order string, ticket Key) {
	o := orderKey{ticket.Merchant, order}
	if list := l.tickets(o); !slices.Contains(list, ticket) {
		l.orders[o] = append(slices.Clip(list), ticket) // never in place: what is below is being read
	}
}

// checkOrder says why an order cannot be charged to a ticket, or stated to have
// been: another ticket was charged for it, or may have been. Its one payment
// would prove both.
func (l *layer) checkOrder(order string, ticket Key) string {
	for _, key := range l.tickets(orderKey{ticket.Merchant, order}) {
		r := l.find(key)
		if key == ticket {
			continue
		}
		if r.charged(order) {
			return fmt.Sprintf("order %s was charged to ticket %s already", printable(order), key)
		}
		if r.open >= 0 && r.Actions[r.open].isChargeOf(order) {
			return fmt.Sprintf("%s is %s, and blocks its order until that is settled", r.Actions[r.open].ID, r.Actions[r.open].State)
		}
	}
	return ""
}

func (a Action) isChargeOf(order string) bool { return a.Verb == Charge && a.OrderID == order }

// Tickets returns the tickets that an order of a merchant was charged to, as
// the ledger knows it, whether by flexform or by a person's statement, and
// whatever became of it: the one that was recorded first first.
func (s *State) Tickets(merchant, order string) []Transaction {
	l, done := s.read()
	defer done()
	var list []Transaction
	for _, key := range l.tickets(orderKey{merchant, order}) {
		t, _ := l.transaction(key)
		list = append(list, t)
	}
	return list
}
