package plan

import (
	"fmt"

	"flexform/money"
	"flexform/statefile"
)

// An OtherTicket is one that an order was charged to, or may have been. The
// order is then charged to no other: the gateway would let only one of the two
// pass, and its payment would prove both.
type OtherTicket struct {
	Ticket  string
	Amount  money.Amount
	Payment string // empty when its number is not known
	Unknown string // id of the charge of which nobody knows whether it happened; empty when it did
}

// String says it as half a sentence, "49.00 DKK to ticket 270000544, as payment
// 28000001".
func (o *OtherTicket) String() string {
	said := fmt.Sprintf("%s to ticket %s", o.Amount, o.Ticket)
	if o.Payment != "" {
		said += ", as payment " + o.Payment
	}
	return said
}

// ChargedElsewhere returns the other ticket that the ledger has an order of
// ticket's merchant as charged to, or as perhaps charged to; nil when there is
// none.
func ChargedElsewhere(records Records, ticket statefile.Key, order string) *OtherTicket {
	for _, t := range records.Tickets(ticket.Merchant, order) {
		if t.Key == ticket {
			continue
		}
		if done, ok := charged(t, order); ok {
			return &OtherTicket{Ticket: t.Transact, Amount: done.amount, Payment: done.payment}
		}
		for _, a := range t.Actions {
			if a.State.Undecided() && a.Verb == statefile.Charge && a.OrderID == order {
				return &OtherTicket{Ticket: t.Transact, Amount: a.To, Unknown: a.ID}
			}
		}
	}
	return nil
}

// otherTicket blocks a charge whose order was charged to another ticket, or may
// have been: an order is charged once, with whichever card and whatever amount.
func (c *chargeSubject) otherTicket() (ruling, bool) {
	switch other := c.other; {
	case other == nil:
		return ruling{}, false
	case other.Unknown == "":
		return c.block(CauseMismatch, "",
			"Order %q was charged already: %s. An order is charged once. Declare the charge in that ticket's block, or give this one an order id of its own.",
			c.want.OrderID, other)
	default:
		return c.block(CauseUnknown, resolveCommand(other.Unknown),
			"Order %q may have been charged already, with %s: nobody knows yet whether %s happened. Until that is settled the order is charged to no other ticket. "+
				"The next apply looks at the gateway again; what the gateway cannot prove, a person settles with the evidence they have, as done or as not-done. Or give this charge an order id of its own.",
			c.want.OrderID, other, other.Unknown)
	}
}
