package policy

import (
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// A wish is what the configuration says of one action on a ticket: a charge, or
// the deletion when charge is nil.
type wish struct {
	ticket *schema.Ticket
	charge *schema.Charge
}

// wishes finds what is declared of tickets by the address that an action has.
func wishes(c *schema.Config) map[string]wish {
	all := map[string]wish{}
	for i := range c.Tickets {
		t := &c.Tickets[i]
		if t.Deleted {
			all[t.Address] = wish{t, nil}
		}
		for n := range t.Charges {
			all[t.Charges[n].Address] = wish{t, &t.Charges[n]}
		}
	}
	return all
}

// askedOfTicket compares an action with the declaration of its ticket.
func askedOfTicket(w wish, a plan.Action) *RefusedError {
	if a.Merchant != w.ticket.Merchant || a.Transact != w.ticket.Ticket {
		return refuseAction(NotDesired, a, "The plan means ticket %s of merchant %s; the configuration means another one. Plan again.", a.Transact, a.Merchant)
	}
	if w.charge == nil {
		if a.Verb != statefile.Delete {
			return refuseAction(NotDesired, a, "The configuration does not ask for a %s. Plan again.", a.Verb)
		}
		return nil
	}
	step, err := a.Step()
	switch {
	case err != nil:
		return refuseAction(NotDesired, a, "The action is not valid: %v.", err)
	case a.Verb != statefile.Charge:
		return refuseAction(NotDesired, a, "The configuration does not ask for a %s. Plan again.", a.Verb)
	case a.OrderID != w.charge.OrderID || step.To != w.charge.Amount || a.Capture != w.charge.Capture:
		return refuseAction(NotDesired, a, "The plan would charge %s for order %q; the configuration means another charge. Plan again.", step.To, a.OrderID)
	}
	return nil
}

// ticketsOf returns the tickets that the plan's actions are about, with what
// the planner must have seen of them: their status, and no order of a charge.
// The other charges of a ticket that is charged are left out: they are in
// another plan's. A ticket that is deleted keeps them, as each must be done.
func ticketsOf(p *plan.Plan, declared map[string]wish) (tickets []schema.Ticket, seen []plan.TicketObservation) {
	place := map[string]int{} // by the ticket's address
	for _, a := range p.Body.Actions {
		w, ok := declared[a.Address]
		if !ok {
			continue
		}
		i, known := place[w.ticket.Address]
		if !known {
			i = len(tickets)
			place[w.ticket.Address] = i
			t := *w.ticket
			if !t.Deleted {
				t.Charges = nil
			}
			tickets = append(tickets, t)
			seen = append(seen, plan.TicketObservation{Looked: true, Status: a.Status})
		}
		if w.charge != nil && !w.ticket.Deleted {
			tickets[i].Charges = append(tickets[i].Charges, *w.charge)
			seen[i].Charges = append(seen[i].Charges, plan.ChargeObservation{Looked: true})
		}
	}
	return tickets, seen
}
