package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"flexform/dibs"
	"flexform/internal/report"
	"flexform/money"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

type adoptOptions struct {
	config                       configFlags
	captured, refunded, evidence string
	cancelled                    bool
}

func (a *app) adoptCommand() *cobra.Command {
	var o adoptOptions
	cmd := &cobra.Command{
		Use:   "adopt ADDRESS [FOLDER]",
		Short: "Record what happened to a transaction outside flexform",
		Long: `Records, under your name, the totals that a transaction has now, for what was done
in the back-office or before flexform. The gateway is asked first: totals that
its own status contradicts are refused. Less than a call of a moment ago was to reach
is recorded only when its settle window is over; until then it waits. No money moves.

The ADDRESS of a ticket's charge records the payment that the gateway has for its
order; that of a ticket records whether it is deleted. They take no totals.`,
		Example: `  flexform adopt transaction.order_1001 --captured "200.00 DKK" --refunded "50.00 DKK" --evidence "back-office, A. Jensen, 2026-11-19"
  flexform adopt 'ticket.gold_4711.charge["2026-11"]' --evidence "charged by the old system"`,
		Args: takes(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runAdopt(cmd.Context(), args, o) },
	}
	o.config.register(cmd)
	cmd.Flags().StringVar(&o.captured, "captured", "", "captured `total`, as \"200.00 DKK\"")
	cmd.Flags().StringVar(&o.refunded, "refunded", "", "refunded `total`, as \"50.00 DKK\"")
	cmd.Flags().BoolVar(&o.cancelled, "cancelled", false, "the authorisation was cancelled")
	cmd.Flags().StringVar(&o.evidence, "evidence", "", "what proves it, as a `text` that goes into the ledger")
	return cmd
}

func (a *app) runAdopt(ctx context.Context, args []string, o adoptOptions) (err error) {
	if err := checkReason(o.evidence); err != nil {
		return err
	}
	conn, err := a.connect(ctx, folder(args[1:]), o.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	t, ok := findTransaction(conn.config, args[0])
	ticket, charge := findTicket(conn.config, args[0])
	if !ok && ticket == nil {
		return fmt.Errorf("the configuration has no transaction, ticket or charge with the address %q; nothing was recorded. All addresses are shown by\n\n  flexform status %s", args[0], report.ShellWord(conn.config.Dir))
	}
	check := func(state *statefile.State) (statefile.Adopted, error) {
		if ticket != nil {
			return a.ticketAdoption(ctx, conn, state, ticket, charge, o)
		}
		return a.adoption(ctx, conn, state, t, o)
	}
	if _, entries := conn.recorded.Head(); entries == 0 { // what is refused makes no ledger
		if _, err := check(conn.recorded); err != nil {
			return err
		}
	}
	early := a.lowered(conn, conn.recorded, t, o)
	if len(early) > 0 { // nobody waits for what is refused anyway
		if _, err := check(conn.recorded); err != nil {
			return err
		}
	}
	for _, action := range early {
		if err := a.awaitWindow(ctx, conn, action); err != nil {
			return err
		}
	}
	ledger, err := a.openLedger(ctx, conn.config, "adopt")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	adopted, err := check(ledger.State())
	if err != nil {
		return err
	}
	for _, action := range a.lowered(conn, ledger.State(), t, o) {
		if !slices.ContainsFunc(early, func(e statefile.Action) bool { return e.ID == action.ID }) {
			return sentMeanwhile(action)
		}
	}
	if _, err := ledger.Append(ctx, adopted); err != nil {
		return err
	}
	return report.Adopted(a.env.Stdout, adopted, a.style(a.env.StdoutTerminal))
}

func findTransaction(cfg *schema.Config, address string) (schema.Transaction, bool) {
	for _, t := range cfg.Transactions {
		if t.Address == address {
			return t, true
		}
	}
	return schema.Transaction{}, false
}

// adoption turns the flags into a ledger entry, checked against what is
// declared, what the ledger holds open, and what the gateway says.
func (a *app) adoption(ctx context.Context, conn *connection, state *statefile.State, t schema.Transaction, o adoptOptions) (statefile.Adopted, error) {
	captured, refunded, err := o.totals(t.Amount)
	if err != nil {
		return statefile.Adopted{}, err
	}
	transact, now, err := a.lookUp(ctx, conn, t)
	if err != nil {
		return statefile.Adopted{}, err
	}
	key := statefile.Key{Merchant: t.Merchant, Transact: string(transact)}
	recorded, _ := state.Transaction(key)
	for _, action := range recorded.Actions {
		if action.State.Undecided() {
			return statefile.Adopted{}, &codeError{code: exitBlocked, err: fmt.Errorf("%s has an action whose outcome is unknown; settle that first. How is shown by\n\n  flexform status %s", t.Address, report.ShellWord(conn.config.Dir))}
		}
	}
	totals := plan.Totals{Authorised: t.Amount, Captured: captured, Refunded: refunded, Cancelled: o.cancelled}
	if err := plan.CheckHistory(totals, recorded, now); err != nil {
		return statefile.Adopted{}, &codeError{code: exitBlocked, err: fmt.Errorf("%w; nothing was recorded", err)}
	}
	if err := plan.CheckTotals(totals, now); err != nil {
		return statefile.Adopted{}, &codeError{code: exitBlocked, err: fmt.Errorf("%w. Give all totals, as they are now; nothing was recorded", err)}
	}
	return statefile.Adopted{
		Address: t.Address, Merchant: t.Merchant, Transact: string(transact), OrderID: t.OrderID,
		Currency: t.Amount.Currency().Code(), AmountMinor: t.Amount.Minor(),
		CapturedMinor: captured.Minor(), RefundedMinor: refunded.Minor(), Cancelled: o.cancelled,
		Status: int(now.Status), Evidence: o.evidence, Actor: a.env.Actor,
	}, nil
}

// totals reads the two sums; what is not given is nothing.
func (o adoptOptions) totals(authorised money.Amount) (captured, refunded money.Amount, err error) {
	none, err := money.New(0, authorised.Currency())
	if err != nil {
		return none, none, err
	}
	if captured, err = parseTotal(o.captured, none); err != nil {
		return none, none, fmt.Errorf("--captured: %w", err)
	}
	if refunded, err = parseTotal(o.refunded, none); err != nil {
		return none, none, fmt.Errorf("--refunded: %w", err)
	}
	return captured, refunded, nil
}

func parseTotal(text string, none money.Amount) (money.Amount, error) {
	if text == "" {
		return none, nil
	}
	total, err := money.Parse(text)
	if err == nil && total.Currency() != none.Currency() {
		err = fmt.Errorf("%s is not in %s, the transaction's currency", total, none.Currency())
	}
	return total, err
}

// lookUp finds a declared transaction at the gateway, with all that says where
// it stands.
func (a *app) lookUp(ctx context.Context, conn *connection, t schema.Transaction) (dibs.TransactID, plan.Evidence, error) {
	client := conn.gateways.clients[t.Merchant]
	info, err := client.TransInfo(ctx, dibs.TransInfoRequest{OrderID: t.OrderID, Amount: t.Amount})
	if err != nil {
		return "", plan.Evidence{}, fmt.Errorf("%s: %w; nothing was recorded", t.Address, err)
	}
	found := dibs.TransactID(t.Transact)
	switch {
	case t.Transact == "" && len(info.Transacts) == 1:
		found = info.Transacts[0]
	case len(info.Transacts) != 1 || info.Transacts[0] != found:
		if err := a.proveNamed(ctx, conn, client, t, info.Transacts); err != nil {
			return "", plan.Evidence{}, err
		}
	}
	now, err := readEvidence(ctx, client, found, t.Amount.Currency())
	if err != nil {
		return "", plan.Evidence{}, a.explainLogin(conn, err)
	}
	return found, now, nil
}

// proveNamed returns nil when an API user can prove that the named transact of t
// is of its order, although the order alone leads to others.
func (a *app) proveNamed(ctx context.Context, conn *connection, client *dibs.Client, t schema.Transaction, found []dibs.TransactID) error {
	missing := ""
	switch {
	case t.Transact == "":
		missing = "the configuration has to name the one that is meant"
	case !client.HasLogin():
		missing = fmt.Sprintf("the configuration names %s, and of several payments of one order only an API user can prove an older one", t.Transact)
	default:
		_, why, err := plan.ProveNamed(ctx, client, t)
		if err != nil {
			return a.explainLogin(conn, err)
		}
		if why == "" {
			return nil
		}
		missing = fmt.Sprintf("the configuration names %s. %s", t.Transact, strings.TrimSuffix(why, "."))
	}
	var names []string
	for _, id := range found {
		names = append(names, string(id))
	}
	return fmt.Errorf("%s: the gateway knows order %q of %s as transaction %s; %s; nothing was recorded", t.Address, t.OrderID, t.Amount, strings.Join(names, " and "), missing)
}
