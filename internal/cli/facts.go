package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"flexform/dibs"
	"flexform/internal/report"
	"flexform/schema"
	"flexform/statefile"
)

// maxFacts bounds for how many transactions facts are looked up.
const maxFacts = 20

// only cuts a configuration down to the transactions that a word is about.
func only(cfg *schema.Config, about, dir string) (*schema.Config, error) {
	c := *cfg
	c.Transactions = nil
	for _, t := range cfg.Transactions {
		if concerns(about, t) {
			c.Transactions = append(c.Transactions, t)
		}
	}
	c.Tickets = nil
	for _, t := range cfg.Tickets {
		if concernsTicket(about, t) {
			c.Tickets = append(c.Tickets, t)
		}
	}
	if c.Transactions == nil && c.Tickets == nil {
		return nil, fmt.Errorf("the configuration has no transaction %q. Give an address, the name of a block, a transact or an order id; all of them are shown by\n\n  flexform status %s", about, report.ShellWord(dir))
	}
	return &c, nil
}

// concerns reports whether a word names a transaction: by its address, its
// block, its transact or its order id.
func concerns(about string, t schema.Transaction) bool {
	name := "transaction." + strings.TrimPrefix(about, "transaction.")
	return about == t.Transact || about == t.OrderID || name == t.Address || strings.HasPrefix(t.Address, name+"[")
}

// chargesOf keeps the rows of the charges that a word names; all rows, when it
// names whole tickets.
func chargesOf(about string, rows []report.TicketRow) []report.TicketRow {
	named := func(r report.TicketRow) bool {
		return r.Charge != nil && (about == r.Charge.OrderID || about == r.Charge.Address)
	}
	if !slices.ContainsFunc(rows, named) {
		return rows
	}
	return slices.DeleteFunc(rows, func(r report.TicketRow) bool { return !named(r) })
}

// addFacts looks up what the gateway tells of the payments behind the rows, of
// the first [maxFacts] of them.
func (a *app) addFacts(ctx context.Context, conn *connection, status *report.Status) error {
	for i := range status.Rows[:min(len(status.Rows), maxFacts)] {
		row := &status.Rows[i]
		if row.Transact == "" {
			continue // not found: there is nothing to ask about
		}
		client, ok := conn.gateways.clients[row.Declared.Merchant]
		if !ok {
			continue
		}
		m, _ := conn.config.Merchant(row.Declared.Merchant)
		facts, err := readFacts(ctx, client, m, dibs.TransactID(row.Transact))
		if err != nil {
			return a.explainLogin(conn, err)
		}
		row.Facts = facts
	}
	if n := len(status.Rows); n > maxFacts {
		fmt.Fprintf(a.env.Stderr, "Note: facts are shown of %d of %d transactions. Ask about fewer to see theirs.\n", maxFacts, n)
	}
	return nil
}

// readFacts asks about one payment. What is not told is a note; only a refused
// login is an error, as each further try counts towards the lock-out.
func readFacts(ctx context.Context, client *dibs.Client, m schema.Merchant, id dibs.TransactID) (*report.Facts, error) {
	f := &report.Facts{}
	var err error
	if f.PayType, err = client.CardType(ctx, id); err != nil {
		f.Notes = append(f.Notes, fmt.Sprintf("the kind of card: %v", err))
	}
	if !client.HasLogin() {
		f.Notes = append(f.Notes, fmt.Sprintf("acquirer and card: that is told only to an API user, so set %s and %s", variable(m.Name, "USER"), variable(m.Name, "PASSWORD")))
		return f, nil
	}
	told, err := client.Callback(ctx, id)
	var refused *dibs.LoginError
	var missing *dibs.NotFoundError
	switch {
	case errors.As(err, &refused):
		return nil, refused
	case errors.As(err, &missing):
		f.Notes = append(f.Notes, "acquirer and card: the gateway keeps no callback of this payment")
	case err != nil:
		f.Notes = append(f.Notes, fmt.Sprintf("acquirer and card: %v", err))
	default:
		f.Callback = &told
	}
	return f, nil
}

// undecidedOf keeps the actions that are about the rows: by their addresses,
// too, as nobody knows the number of a transaction that is not found now.
func undecidedOf(status report.Status) []statefile.Action {
	keys, addresses := map[statefile.Key]bool{}, map[string]bool{}
	for _, r := range status.Rows {
		keys[statefile.Key{Merchant: r.Declared.Merchant, Transact: r.Transact}] = true
		addresses[r.Declared.Address] = true
	}
	for _, r := range status.Tickets {
		keys[statefile.Key{Merchant: r.Ticket.Merchant, Transact: r.Ticket.Ticket}] = true
		addresses[r.Address] = true
	}
	return slices.DeleteFunc(status.Undecided, func(a statefile.Action) bool { return !keys[a.Key] && !addresses[a.Address] })
}
