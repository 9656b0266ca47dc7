package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"flexform/internal/report"
	"flexform/statefile"
)

type statusOptions struct {
	planOptions
	json  bool
	about string
}

func (a *app) statusCommand() *cobra.Command {
	var o statusOptions
	cmd := &cobra.Command{
		Use:   "status [FOLDER]",
		Short: "Show how each declared transaction stands",
		Long: `Shows every declared transaction: what is desired, what the gateway says, what the
ledger records, and where each number comes from. Unknown outcomes come first,
with the command that settles them. Nothing is changed.

With --about only that transaction is looked up, always at the gateway, and what
the gateway knows of the payment is shown too: the kind of card and, to an API
user, acquirer, masked card number and country.`,
		Example: "  flexform status shop\n  flexform status --about order_1001 shop\n  flexform status --refresh=all --json shop",
		Args:    takes(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runStatus(cmd.Context(), folder(args), o) },
	}
	o.config.register(cmd)
	o.registerRefresh(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print as JSON")
	cmd.Flags().StringVar(&o.about, "about", "", "only this `one`, in detail: an address, a block, a transact or an order id")
	return cmd
}

// runStatus exits 4 while the outcome of some action is unknown, and 1 when
// something is declared that can never be.
func (a *app) runStatus(ctx context.Context, dir string, o statusOptions) (err error) {
	conn, err := a.connect(ctx, dir, o.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if o.about != "" {
		if conn.config, err = only(conn.config, o.about, dir); err != nil {
			return err
		}
		o.refresh = "all"
	}
	a.noteTorn(conn.recorded)
	look, err := a.look(ctx, conn, conn.recorded, o.planOptions)
	if err != nil {
		return a.stillUnknown(conn.recorded, o, err)
	}
	status := report.NewStatus(report.StatusInput{Config: conn.config, State: conn.recorded, Observations: look.observations, Tickets: look.tickets, Draft: look.draft, Problems: look.problems, Files: conn.fileStates(ctx, conn.recorded)})
	if err := report.Problems(a.env.Stderr, conn.config.Sources, look.problems, a.style(a.env.StderrTerminal)); err != nil {
		return err
	}
	if o.about != "" {
		status.Tickets = chargesOf(o.about, status.Tickets)
		status.Undecided = undecidedOf(status)
		if err := a.addFacts(ctx, conn, &status); err != nil {
			return err
		}
	} else {
		status.Calls = undeclaredCalls(conn.recorded, status)
	}
	if o.json {
		err = report.StatusJSON(a.env.Stdout, status)
	} else {
		err = report.StatusText(a.env.Stdout, status, a.style(a.env.StdoutTerminal))
	}
	if err != nil {
		return err
	}
	for _, line := range glassLines(conn.recorded, a.env.Now()) {
		fmt.Fprintf(a.env.Stderr, "Note: break-glass: %s.\n", report.Visible(line))
	}
	if len(status.Undecided) > 0 || o.about == "" && unknownCalls(conn.recorded) {
		return exitWith(exitUnknown)
	}
	if len(look.problems) > 0 {
		return exitWith(exitError)
	}
	return nil
}

// stillUnknown shows what the ledger holds undecided when the gateway could not
// be looked at, for the reason err: the less is known, the more that matters.
func (a *app) stillUnknown(state *statefile.State, o statusOptions, err error) error {
	undecided := state.Undecided()
	if len(undecided) == 0 {
		return err
	}
	if !o.json {
		if failed := report.Undecided(a.env.Stdout, undecided, a.style(a.env.StdoutTerminal)); failed != nil {
			return failed
		}
	}
	return &codeError{code: exitUnknown, err: err}
}
