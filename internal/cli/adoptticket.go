package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"flexform/dibs"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// findTicket returns the ticket with that address, or the one with a charge
// that has it.
func findTicket(cfg *schema.Config, address string) (*schema.Ticket, *schema.Charge) {
	for i := range cfg.Tickets {
		t := &cfg.Tickets[i]
		if t.Address == address {
			return t, nil
		}
		for n := range t.Charges {
			if t.Charges[n].Address == address {
				return t, &t.Charges[n]
			}
		}
	}
	return nil, nil
}

// concernsTicket is [concerns] for a ticket: its number, its address, that or
// the order id of a charge.
func concernsTicket(about string, t schema.Ticket) bool {
	name := "ticket." + strings.TrimPrefix(about, "ticket.")
	return about == t.Ticket || name == t.Address || strings.HasPrefix(t.Address, name+"[") ||
		slices.ContainsFunc(t.Charges, func(c schema.Charge) bool { return about == c.OrderID || about == c.Address })
}

// ticketAdoption makes the ledger entry for a ticket: what the gateway says of
// it now, or, with a charge, which payment that made. The gateway has the
// facts; the person says that they are the ones that are meant.
func (a *app) ticketAdoption(ctx context.Context, conn *connection, state *statefile.State, t *schema.Ticket, c *schema.Charge, o adoptOptions) (statefile.Adopted, error) {
	none := statefile.Adopted{}
	if o.captured != "" || o.refunded != "" || o.cancelled {
		return none, errors.New("a ticket has no totals: leave out --captured, --refunded and --cancelled")
	}
	key := statefile.Key{Merchant: t.Merchant, Transact: t.Ticket}
	recorded, _ := state.Transaction(key)
	for _, action := range recorded.Actions {
		if action.State.Undecided() {
			return none, &codeError{code: exitBlocked, err: fmt.Errorf("%s has an action whose outcome is unknown; settle that first. How is shown by\n\n  flexform status %s", t.Address, report.ShellWord(conn.config.Dir))}
		}
	}
	client := conn.gateways.clients[t.Merchant]
	status, err := client.TransStatus(ctx, dibs.TransactID(t.Ticket))
	if err != nil {
		return none, err
	}
	if status != dibs.StatusTicket && status != dibs.StatusTicketDeleted {
		return none, &codeError{code: exitBlocked, err: fmt.Errorf("%s: number %s is not a stored card, its status is %s; nothing was recorded", t.Address, t.Ticket, status)}
	}
	adopted := statefile.Adopted{
		Merchant: t.Merchant, Transact: t.Ticket, Status: int(status), Evidence: o.evidence, Actor: a.env.Actor,
	}
	if c == nil {
		adopted.Address, adopted.Deleted = t.Address, status == dibs.StatusTicketDeleted
		return adopted, nil
	}
	if other := plan.ChargedElsewhere(state, key, c.OrderID); other != nil {
		return none, &codeError{code: exitBlocked, err: chargedElsewhere(c, other)}
	}
	payment, now, err := plan.PaymentOf(ctx, client, c.OrderID, c.Amount)
	switch {
	case err != nil:
		return none, err
	case payment == "":
		return none, &codeError{code: exitBlocked, err: fmt.Errorf("%s: the gateway knows no order %q of %s, so there is no payment to adopt; nothing was recorded", c.Address, c.OrderID, c.Amount)}
	case plan.NeverPaid(now):
		return none, &codeError{code: exitBlocked, err: fmt.Errorf("%s: payment %s of order %q has status %s, so nothing was charged; nothing was recorded", c.Address, payment, c.OrderID, now)}
	}
	adopted.Address, adopted.OrderID, adopted.Payment = c.Address, c.OrderID, string(payment)
	adopted.Currency, adopted.AmountMinor = c.Amount.Currency().Code(), c.Amount.Minor()
	return adopted, nil
}

// chargedElsewhere refuses to take the payment of another ticket's charge for
// the one of c: it would prove both.
func chargedElsewhere(c *schema.Charge, other *plan.OtherTicket) error {
	if other.Unknown == "" {
		return fmt.Errorf("%s: order %q was charged already, %s, and an order is charged once; nothing was recorded", c.Address, c.OrderID, other)
	}
	return fmt.Errorf("%s: order %q may have been charged already, with %s: the outcome of %s is unknown. Settle that first, how is shown by\n\n  flexform status\n\nNothing was recorded", c.Address, c.OrderID, other, other.Unknown)
}

// resolveCharge asks the gateway about the order of a charge whose outcome is
// unknown, and makes the entry that says how a person settles it.
func (a *app) resolveCharge(ctx context.Context, conn *connection, state *statefile.State, action statefile.Action, resolved statefile.Resolved) (statefile.Resolved, error) {
	client, ok := conn.gateways.clients[action.Merchant]
	if !ok {
		return resolved, fmt.Errorf("action %s belongs to merchant %s, which the configuration does not name", action.ID, action.Merchant)
	}
	payment, status, err := plan.PaymentOf(ctx, client, action.OrderID, action.To)
	if err != nil {
		fmt.Fprintf(a.env.Stderr, "Note: the gateway could not be asked (%v); the ledger will hold your word alone.\n", err)
		return resolved, nil
	}
	if err := plan.CheckChargeOutcome(state, action, payment, status, resolved.Done); err != nil {
		return resolved, &codeError{code: exitBlocked, err: fmt.Errorf("%w; nothing was recorded. The next apply records what the gateway proves", err)}
	}
	if resolved.Done && payment != "" {
		code := int(status)
		resolved.Payment, resolved.Status = string(payment), &code
	}
	return resolved, nil
}
