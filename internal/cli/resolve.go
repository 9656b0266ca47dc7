package cli

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"flexform/dibs"
	"flexform/internal/report"
	"flexform/money"
	"flexform/plan"
	"flexform/statefile"
)

type resolveOptions struct {
	config   configFlags
	outcome  string
	evidence string
	waited   map[string]bool // actions whose settle window was waited for
}

func (a *app) resolveCommand() *cobra.Command {
	var o resolveOptions
	cmd := &cobra.Command{
		Use:   "resolve ACTION... [FOLDER]",
		Short: "Settle an unknown outcome by evidence that you have",
		Long: `Records, under your name, whether an action whose outcome is unknown was carried
out. The gateway is asked first: what its own status contradicts is refused, and "done"
as long as the end of the settle window could still contradict it. "not-done"
is recorded only when the settle window of the call is over; until then it waits.
"flexform status" lists the unknown actions. Several can be named when the same evidence
settles them; each is recorded, or refused, by itself. The name of a bulk file stands for
all of its rows that have no answer.`,
		Example: `  flexform resolve '12345678/11111111/refund/5000-8000/DKK#1' --outcome done --evidence "settlement report 2026-11-20, line 17"
  flexform resolve refund271126_01 --outcome not-done --evidence "DIBS support, ticket 4411: file lost and deleted"`,
		Args: takes(1, math.MaxInt),
		RunE: func(cmd *cobra.Command, args []string) error { return a.runResolve(cmd, args, o) },
	}
	o.config.register(cmd)
	cmd.Flags().StringVar(&o.outcome, "outcome", "", "`done` or not-done")
	cmd.Flags().StringVar(&o.evidence, "evidence", "", "what proves it, as a `text` that goes into the ledger")
	return cmd
}

func (a *app) runResolve(cmd *cobra.Command, args []string, o resolveOptions) (err error) {
	ctx := cmd.Context()
	names, rest := resolveArgs(args)
	if err := checkNames(names); err != nil {
		return fmtUsage(cmd, err)
	}
	if o.outcome != "done" && o.outcome != "not-done" {
		return errors.New(`--outcome: write "done" or "not-done"`)
	}
	if err := checkReason(o.evidence); err != nil {
		return err
	}
	conn, err := a.connect(ctx, folder(rest), o.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if _, entries := conn.recorded.Head(); entries == 0 { // what is refused makes no ledger
		return noAction(names[0])
	}
	o.waited = map[string]bool{}
	for _, name := range names {
		action, ok := conn.recorded.Action(name)
		if !ok || o.outcome != "not-done" || !action.State.Undecided() {
			continue
		}
		if err := a.awaitWindow(ctx, conn, action); err != nil {
			return err
		}
		o.waited[name] = true
	}
	ledger, err := a.openLedger(ctx, conn.config, "resolve")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()

	if len(names) > 1 {
		return a.resolveEach(ctx, conn, ledger, names, o)
	}
	if _, ok := ledger.State().Batch(names[0]); ok {
		return a.resolveFile(ctx, conn, ledger, names[0], o)
	}
	resolved, err := a.resolveOne(ctx, conn, ledger, names[0], o)
	if err != nil {
		return err
	}
	return report.Resolved(a.env.Stdout, resolved, a.style(a.env.StdoutTerminal))
}

func noAction(name string) error {
	return fmt.Errorf("the ledger has no action %q; \"flexform status\" lists the unknown ones", name)
}

// resolveOne records a person's word about one action, unless the gateway
// contradicts it. After an error nothing is recorded.
func (a *app) resolveOne(ctx context.Context, conn *connection, ledger ledger, name string, o resolveOptions) (resolved statefile.Resolved, err error) {
	action, ok := ledger.State().Action(name)
	if !ok {
		return resolved, noAction(name)
	}
	if !action.State.Undecided() {
		return resolved, fmt.Errorf("action %s is decided already; only one whose outcome is unknown can be resolved", action.ID)
	}
	done := o.outcome == "done"
	if !done && !o.waited[name] && !a.windowOver(conn, action) && action.Batch == "" {
		return resolved, sentMeanwhile(action)
	}
	if err := a.checkRow(ctx, conn, ledger, action, done); err != nil {
		return resolved, err
	}
	resolved = statefile.Resolved{Action: action.ID, Done: done, Evidence: o.evidence, Actor: a.env.Actor}
	if action.Verb == statefile.Charge {
		resolved, err = a.resolveCharge(ctx, conn, ledger.State(), action, resolved)
	} else {
		resolved.Status, err = a.checkEvidence(ctx, conn, ledger.State(), action, done)
	}
	if err == nil {
		_, err = ledger.Append(ctx, resolved)
	}
	return resolved, err
}

// checkEvidence asks the gateway and refuses an outcome that its status
// contradicts. A status that cannot be read, or proves nothing, leaves the
// decision to the person; nil means that it could not be read.
func (a *app) checkEvidence(ctx context.Context, conn *connection, state *statefile.State, action statefile.Action, done bool) (*int, error) {
	client, ok := conn.gateways.clients[action.Merchant]
	if !ok {
		return nil, fmt.Errorf("action %s belongs to merchant %s, which the configuration does not name", action.ID, action.Merchant)
	}
	over := a.windowOver(conn, action) // before the look: a status is no older
	var now plan.Evidence
	var err error
	if action.Verb.OfTicket() {
		now.Status, err = client.TransStatus(ctx, dibs.TransactID(action.Transact))
	} else {
		now, err = readEvidence(ctx, client, dibs.TransactID(action.Transact), action.To.Currency())
	}
	if err != nil {
		var login *dibs.LoginError
		if errors.As(err, &login) {
			return nil, a.explainLogin(conn, err)
		}
		fmt.Fprintf(a.env.Stderr, "Note: the gateway could not be asked (%v); the ledger will hold your word alone.\n", err)
		return nil, nil
	}
	t, _ := state.Transaction(action.Key)
	if err := plan.CheckOutcome(t, action, now, over, done); err != nil {
		return nil, &codeError{code: exitBlocked, err: fmt.Errorf("%w; nothing was recorded. The next apply records what the gateway proves", err)}
	}
	if done && !over && action.Batch == "" && plan.CheckOutcome(t, action, now, true, done) != nil {
		return nil, &codeError{code: exitBlocked, err: tooEarly(conn, action, now)}
	}
	status := int(now.Status)
	return &status, nil
}

// readEvidence asks for a transaction's exact status, of payinfo.cgi when there
// is an API user, and then for the sums of a split capture too.
func readEvidence(ctx context.Context, client *dibs.Client, transact dibs.TransactID, currency money.Currency) (plan.Evidence, error) {
	if !client.HasLogin() {
		status, err := client.TransStatus(ctx, transact)
		return plan.Evidence{Status: status}, err
	}
	pay, err := client.PayInfo(ctx, transact)
	if err != nil || !plan.Split(pay.Status) {
		return plan.Evidence{Status: pay.Status}, err
	}
	info, err := client.SplitPayInfo(ctx, transact, currency)
	if err != nil {
		return plan.Evidence{}, err
	}
	sums, err := plan.ReadSums(info)
	return plan.Evidence{Status: pay.Status, Sums: &sums}, err
}
