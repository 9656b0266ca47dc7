package plan

import (
	"errors"
	"strings"

	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

// A doneCharge is one that the ledger has as made.
type doneCharge struct {
	amount  money.Amount
	payment string // empty when its number is not known
	final   bool   // nothing more is to come of it, as the ledger has it
}

// charged returns the charge of an order that the ledger has as done.
func charged(record statefile.Transaction, order string) (doneCharge, bool) {
	for _, a := range record.Actions {
		if a.Verb == statefile.Charge && a.OrderID == order && counts(a) {
			return doneCharge{a.To, a.Payment, a.State == statefile.ActionDone}, true
		}
	}
	for _, p := range record.Payments {
		if p.OrderID == order {
			return doneCharge{p.Amount, p.Transact, true}, true
		}
	}
	return doneCharge{}, false
}

// known ends the rules for a charge that the ledger has as done. Looked at all
// the same, the gateway must have it too.
func (c *chargeSubject) known() (ruling, bool) {
	done, ok := charged(c.record, c.want.OrderID)
	switch {
	case !ok:
		return ruling{}, false
	case done.amount != c.want.Amount:
		return c.problem(summaryChargedOnce, c.want.Places.Amount,
			"%s declares %s, but order %q was charged already, with %s. An order is charged once. Declare amount = %q, or add a charge with an order id of its own.",
			c.address, c.want.Amount, c.want.OrderID, done.amount, done.amount)
	case uncaptured(c.record, *c.want) && (!c.seen.Looked || c.seen.Err != nil):
		return c.unread()
	case !c.seen.Looked || c.seen.Err != nil:
		return ruling{}, true
	case c.seen.Payment == "":
		return c.block(CauseDrift, "", "The ledger has order %q as charged with %s, and the gateway knows no such order. Nothing is planned for it. Find out what happened in the DIBS administration.",
			c.want.OrderID, done.amount)
	case done.payment != "" && done.payment != string(c.seen.Payment):
		return c.block(CauseDrift, "", "The ledger has order %q as charged by payment %s, and the gateway names payment %s. Nothing is planned for it. Find out what happened in the DIBS administration.",
			c.want.OrderID, done.payment, c.seen.Payment)
	case c.want.Capture && onlyAuthorised(c.seen.Status):
		return c.short()
	case done.final && refused(c.seen.Status):
		return c.block(CauseDrift, "", "The ledger has order %q as charged with %s, and the gateway has its payment %s as %s. Nothing is planned for it. Find out what happened in the DIBS administration; if nothing was paid, give this charge an order id of its own.",
			c.want.OrderID, done.amount, c.seen.Payment, c.seen.Status)
	}
	return ruling{}, true
}

// undecided blocks everything on a ticket while the outcome of a call on it is
// not known.
func (c *chargeSubject) undecided() (ruling, bool) {
	for _, a := range c.record.Actions {
		if !a.State.Undecided() {
			continue
		}
		why := a.Message
		if why == "" {
			why = "no outcome was recorded"
		}
		detail := "Nobody knows yet whether %s happened: %s. Until then nothing is planned for this ticket. The next apply looks at the gateway again; " +
			"what the gateway cannot prove, a person settles with the evidence they have, as done or as not-done."
		if a.Verb == statefile.Charge {
			detail += " If it is resolved as not-done and happened after all, nothing is charged twice: every charge is sent so that the gateway refuses an order it has."
		}
		return c.block(CauseUnknown, resolveCommand(a.ID), detail, a.ID, strings.TrimSuffix(why, "."))
	}
	return ruling{}, false
}

func (c *chargeSubject) unread() (ruling, bool) {
	var missing *dibs.NotFoundError
	switch seen := c.at; {
	case !seen.Looked, c.want != nil && seen.Err == nil && !c.seen.Looked:
		return c.block(CauseUnread, "", "The gateway was not asked about this ticket. Plan again.")
	case errors.As(seen.Err, &missing):
		return c.block(CauseNotFound, "", "Merchant %s has no ticket %s. Correct the number, or remove the ticket.", c.record.Merchant, c.record.Transact)
	case seen.Err != nil:
		return c.block(CauseUnread, "", "The gateway could not be read: %v. Plan again.", seen.Err)
	case c.want != nil && c.seen.Err != nil:
		return c.block(CauseUnread, "", "Whether order %q exists already could not be read: %v. Plan again.", c.want.OrderID, c.seen.Err)
	}
	return ruling{}, false
}

// called blocks a ticket that somebody called a service about by hand.
func (c *chargeSubject) called() (ruling, bool) {
	if len(c.record.Calls) == 0 {
		return ruling{}, false
	}
	call := c.record.Calls[len(c.record.Calls)-1]
	return c.block(CauseDrift, c.adoptTicket(),
		"Somebody called %s on this ticket by hand (entry %d of the ledger). What that did is recorded nowhere, so nothing is planned for it. "+
			"Find out what happened in the DIBS administration. Record payments that are declared here as charges by the charge's own address, and the ticket as it is now:",
		call.Service, call.Seq)
}
