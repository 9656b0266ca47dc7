package plan

import (
	"fmt"
	"strings"

	"flexform/schema"
	"flexform/statefile"
)

// addTickets works out what is to be done to the declared tickets: a ruling for
// each charge, and one for the deletion.
func (b *builder) addTickets(in BuildInput) {
	for i := range in.Config.Tickets {
		t := &ticketSubject{ticket: &in.Config.Tickets[i], at: &TicketObservation{}}
		if i < len(in.Tickets) {
			t.at = &in.Tickets[i]
		}
		t.record = recordOf(t.ticket, in.State)
		t.shop = shopOf(in.Config, t.ticket.Merchant)
		for n := range t.ticket.Charges {
			c := &chargeSubject{ticketSubject: t, want: &t.ticket.Charges[n], address: t.ticket.Charges[n].Address, reason: t.ticket.Charges[n].Reason}
			if n < len(t.at.Charges) {
				c.seen = t.at.Charges[n]
			}
			c.other = ChargedElsewhere(in.State, t.record.Key, c.want.OrderID)
			b.take(first(c, (*chargeSubject).known, (*chargeSubject).undecided, (*chargeSubject).otherTicket, (*chargeSubject).afterDeletion, (*chargeSubject).unread,
				(*chargeSubject).elsewhere, (*chargeSubject).taken, (*chargeSubject).called, (*chargeSubject).forbidden, (*chargeSubject).charge), c.seen.Looked)
		}
		b.draft.Counts.Charges += len(t.ticket.Charges)
		if t.ticket.Deleted {
			d := &chargeSubject{ticketSubject: t, address: t.ticket.Address, reason: t.ticket.Reason}
			b.take(first(d, (*chargeSubject).undecided, (*chargeSubject).chargesFirst, (*chargeSubject).deleted, (*chargeSubject).unread, (*chargeSubject).called,
				(*chargeSubject).delete), t.at.Looked)
			b.draft.Counts.Deletions++
		}
	}
	b.draft.Counts.Declared += b.draft.Counts.Charges + b.draft.Counts.Deletions
	b.awaitCharges()
}

// first asks rules in their order; the first that has something to say decides.
func first(c *chargeSubject, rules ...func(*chargeSubject) (ruling, bool)) ruling {
	for _, rule := range rules {
		if r, decided := rule(c); decided {
			return r
		}
	}
	return ruling{}
}

// awaitCharges turns the block of a transaction that the gateway does not know
// yet into one that waits, when this plan makes its payment.
func (b *builder) awaitCharges() {
	made := map[[2]string]string{}
	for _, a := range b.draft.Body.Actions {
		if a.Verb == statefile.Charge {
			made[[2]string{a.Merchant, a.OrderID}] = a.Address
		}
	}
	for i := range b.draft.Body.Blocked {
		blocked := &b.draft.Body.Blocked[i]
		if by := made[[2]string{blocked.Merchant, blocked.OrderID}]; by != "" && blocked.Cause == CauseNotFound {
			blocked.Cause, blocked.Detail = CauseSettling, fmt.Sprintf("Its payment is yet to be made, by %s in this plan. A later plan goes on with it.", by)
			b.draft.Counts.Failed--
			b.draft.Counts.Settling++
		}
	}
}

// A ticketSubject is one declared ticket with all that is known of it.
type ticketSubject struct {
	ticket *schema.Ticket
	at     *TicketObservation
	shop   shop
	record statefile.Transaction // zero but for its Key when the ledger has none
}

// A chargeSubject is one thing that is declared of a ticket: a charge, or, with
// no want, its deletion. The rules read it; none changes it.
type chargeSubject struct {
	*ticketSubject
	want    *schema.Charge
	address string
	reason  string
	seen    ChargeObservation
	other   *OtherTicket // that the order was charged to, or may have been
}

// act offers a step, as the next attempt at it.
func (c *chargeSubject) act(step statefile.Step) (ruling, bool) {
	tries := subject{record: c.record, seen: &Observation{Status: c.at.Status}}
	tried, earlier, done := tries.attempts(step)
	if done != "" {
		return c.block(CauseDrift, "", "The ledger has %s as accepted, so it can never be offered again. Find out what happened in the DIBS administration.", done)
	}
	a := Action{
		Address: c.address, Merchant: step.Merchant, Transact: step.Transact, OrderID: step.OrderID, Verb: step.Verb,
		Currency: step.To.Currency().Code(), AmountMinor: step.To.Minor(), ToMinor: step.To.Minor(),
		Attempt: tried + 1, Class: SelfLimiting, Status: c.at.Status, Reason: c.reason, Earlier: earlier,
	}
	if c.want != nil {
		a.Capture = c.want.Capture
	}
	return ruling{action: &a}, true
}

// adoptCharge and adoptTicket are the commands that record what was done to a
// ticket outside flexform.
func (c *chargeSubject) adoptCharge() string { return adoptEvidence(c.address) }

func (c *chargeSubject) adoptTicket() string { return adoptEvidence(c.ticket.Address) }

func adoptEvidence(address string) string {
	return fmt.Sprintf(`flexform adopt %s --evidence "…"`, shellQuote(address))
}

func (c *chargeSubject) block(cause Cause, command, detail string, args ...any) (ruling, bool) {
	b := Blocked{
		Address: c.address, Merchant: c.record.Merchant, Transact: c.record.Transact,
		Cause: cause, Detail: strings.ToValidUTF8(fmt.Sprintf(detail, args...), "\uFFFD"), Command: command,
	}
	if c.want != nil {
		b.OrderID = c.want.OrderID
	}
	if seen := c.at; seen.Looked && seen.Err == nil {
		status := seen.Status
		b.Status = &status
	}
	return ruling{blocked: &b}, true
}

func (c *chargeSubject) problem(summary string, place schema.Range, detail string, args ...any) (ruling, bool) {
	if !place.Valid() {
		place = c.ticket.Source
	}
	return ruling{problem: &Problem{Address: c.address, Summary: summary, Detail: fmt.Sprintf(detail, args...), Place: place}}, true
}

// Summaries of problems with tickets.
const (
	summaryChargedOnce = "Charged once already"
	summaryDeletedOpen = "Deleted with an open charge"
)
