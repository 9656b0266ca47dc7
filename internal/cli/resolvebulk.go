package cli

import (
	"context"
	"fmt"
	"slices"

	"flexform/apply"
	"flexform/dibs/bulk"
	"flexform/internal/report"
	"flexform/statefile"
)

// resolveFile records a person's word about all rows of a bulk file that have
// no certain end.
func (a *app) resolveFile(ctx context.Context, conn *connection, ledger ledger, name string, o resolveOptions) error {
	done := o.outcome == "done"
	if err := a.checkFile(ctx, conn, ledger, name, done); err != nil {
		return err
	}
	actions, _ := ledger.State().BatchActions(name)
	var entries []statefile.Payload
	for _, action := range actions {
		if !action.State.Undecided() {
			continue
		}
		status, err := a.checkEvidence(ctx, conn, ledger.State(), action, done)
		if err != nil {
			return err
		}
		resolved := statefile.Resolved{Action: action.ID, Done: done, Evidence: o.evidence, Actor: a.env.Actor}
		if status != nil {
			code := int(*status)
			resolved.Status = &code
		}
		entries = append(entries, resolved)
	}
	if len(entries) == 0 {
		return fmt.Errorf("every row of bulk file %s is decided already", name)
	}
	for chunk := range slices.Chunk(entries, 512) {
		if _, err := ledger.Append(ctx, chunk...); err != nil {
			return err
		}
	}
	return report.ResolvedFile(a.env.Stdout, name, len(entries), done, a.style(a.env.StdoutTerminal))
}

// checkFile refuses a word about rows of a bulk file that the server itself
// will still have. As long as it may carry the file out, that its rows did not
// happen would let a new plan pay them a second time; that they did would have
// nobody read the response, and what that declines would count as paid.
func (a *app) checkFile(ctx context.Context, conn *connection, ledger ledger, name string, done bool) error {
	use, _ := ledger.State().Batch(name)
	refuse := func(format string, args ...any) error {
		return &codeError{code: exitBlocked, err: fmt.Errorf("bulk file %s: %w; nothing was recorded", name, fmt.Errorf(format, args...))}
	}
	if !use.Exposed() {
		return refuse("it was never released, so its rows are not sent; the next apply records that")
	}
	open := conn.gateways.drops[use.Merchant]
	if open == nil {
		fmt.Fprintf(a.env.Stderr, "Note: no server for bulk files is configured, so nobody looked whether %s is still there; the ledger will hold your word alone.\n", name)
		return nil
	}
	shown, err := fileState(ctx, open, name)
	switch {
	case err != nil:
		return refuse("its server could not be asked whether it still waits there: %w", err)
	case shown == bulk.Released.String() && done:
		return refuse("its server shows it as released and not answered, so nobody can say yet what became of each row. Wait for the response, which each apply looks for; or have DIBS take the file away")
	case shown == bulk.Released.String():
		return refuse("its server shows it as released and not answered, so it may still be carried out. Wait for the response, which each apply looks for; or have DIBS take the file away")
	case shown == bulk.Answered.String():
		runner := &apply.Runner{Ledger: ledger, Merchants: conn.gateways.movers()}
		why, err := runner.Distrust(ctx, name)
		switch {
		case err != nil:
			return refuse("its response could not be read: %w", err)
		case why == "":
			return refuse("its response is there. The next apply reads it")
		}
		fmt.Fprintf(a.env.Stderr, "Note: the response of %s says nothing of its rows (%s); the ledger will hold your word alone.\n", name, why)
	case shown == bulk.Uploaded.String() && !done:
		return refuse("its rows are still on the server, where they could be released. Delete %s.txt there first", name)
	}
	return nil
}

// checkRow is checkFile for one row, which has an end of its own once the
// response was read.
func (a *app) checkRow(ctx context.Context, conn *connection, ledger ledger, action statefile.Action, done bool) error {
	if action.Batch == "" || action.State != statefile.ActionOpen {
		return nil
	}
	return a.checkFile(ctx, conn, ledger, action.Batch, done)
}
