package plan

import (
	"flexform/dibs"
	"flexform/statefile"
)

// afterDeletion finds that a ticket is to be deleted while a charge of it is
// not done: after the deletion it never could be, and with the charge in the
// same plan a decline would leave neither in place.
func (c *chargeSubject) afterDeletion() (ruling, bool) {
	if !c.ticket.Deleted {
		return ruling{}, false
	}
	return c.problem(summaryDeletedOpen, c.ticket.Places.Deleted,
		"%s declares deleted = true, and %s is not done (the ledger says so). A deleted ticket cannot be charged. Charge it first and declare deleted once that is applied, or remove the charge. If it was charged outside flexform, record that first:\n\n    %s",
		c.ticket.Address, c.address, c.adoptCharge())
}

// elsewhere blocks a charge whose order the gateway has already: somebody made
// the payment, and the ledger does not know. A payment that was declined is
// none.
func (c *chargeSubject) elsewhere() (ruling, bool) {
	if c.seen.Payment == "" || refused(c.seen.Status) {
		return ruling{}, false
	}
	return c.block(CauseDrift, c.adoptCharge(),
		"The gateway has order %q of %s already, as payment %s with status %s, and the ledger knows of no such charge. Nothing is charged a second time. "+
			"If that is the payment which is meant, record it; if not, give this charge an order id of its own.",
		c.want.OrderID, c.want.Amount, c.seen.Payment, c.seen.Status)
}

// taken blocks a charge of an order that the gateway has refused because it has
// it, and has no payment of that amount to show for: to try again would be
// refused again.
func (c *chargeSubject) taken() (ruling, bool) {
	for _, a := range c.record.Actions {
		if a.OrderID == c.want.OrderID && notUnique(a) {
			return c.block(CauseDrift, "",
				"The gateway refused to charge order %q (%s) because it has an order with that id, and it shows no payment of %s for it. The order may be there with another amount. "+
					"A further try would be refused as well. Look it up in the DIBS administration, and give this charge an order id of its own.",
				c.want.OrderID, a.ID, c.want.Amount)
		}
	}
	return ruling{}, false
}

// forbidden blocks a charge of what is no ticket, or not any more.
func (c *chargeSubject) forbidden() (ruling, bool) {
	switch status := c.at.Status; {
	case status == dibs.StatusTicketDeleted:
		return c.block(CauseStatus, "", "The ticket is deleted, so it cannot be charged. Ask the customer for a new card, or remove the charge.")
	case status != dibs.StatusTicket:
		return c.notATicket(status)
	case c.record.Deleted:
		return c.awaitDeletion()
	}
	return ruling{}, false
}

func (c *chargeSubject) notATicket(status dibs.Status) (ruling, bool) {
	return c.block(CauseStatus, "", "Number %s is not a stored card: its status is %s. Correct the number; a payment is declared in a transaction block.", c.record.Transact, status)
}

func (c *chargeSubject) charge() (ruling, bool) {
	zero, err := c.want.Amount.Sub(c.want.Amount)
	if err != nil {
		panic("plan: charge without a currency: " + err.Error())
	}
	return c.act(statefile.Step{Key: c.record.Key, Verb: statefile.Charge, OrderID: c.want.OrderID, From: zero, To: c.want.Amount})
}

// chargesFirst blocks the deletion of a ticket while a charge of it is not
// done, see afterDeletion.
func (c *chargeSubject) chargesFirst() (ruling, bool) {
	for _, open := range c.ticket.Charges {
		if _, done := charged(c.record, open.OrderID); !done {
			return c.block(CauseStatus, "", "%s is not done, and a deleted ticket cannot be charged. Charge it first, or remove the charge.", open.Address)
		}
	}
	return ruling{}, false
}

// deleted ends the rules for a ticket that is deleted.
func (c *chargeSubject) deleted() (ruling, bool) {
	seen := c.at
	gone := seen.Looked && seen.Err == nil && seen.Status == dibs.StatusTicketDeleted
	return ruling{}, gone || c.record.Deleted && (!seen.Looked || seen.Err != nil)
}

func (c *chargeSubject) delete() (ruling, bool) {
	switch status := c.at.Status; {
	case status != dibs.StatusTicket:
		return c.notATicket(status)
	case c.record.Deleted:
		return c.awaitDeletion()
	}
	return c.act(statefile.Step{Key: c.record.Key, Verb: statefile.Delete})
}

// awaitDeletion blocks a ticket that the ledger has as deleted and the gateway
// does not.
func (c *chargeSubject) awaitDeletion() (ruling, bool) {
	adopt := c.adoptTicket()
	for _, a := range c.record.Actions {
		if a.Verb == statefile.Delete && a.State == statefile.ActionAccepted {
			return c.block(CauseSettling, "", "Waiting for %s. The gateway accepted it, but still has the ticket. A later plan shows what became of it. If it stays like this, find out what happened and record the ticket as it is:\n\n    %s", a.ID, adopt)
		}
	}
	return c.block(CauseDrift, adopt, "The ledger has the ticket as deleted, and the gateway still has it. Find out what happened, and record the ticket as it is now.")
}
