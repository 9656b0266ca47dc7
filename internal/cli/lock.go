package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"flexform/internal/report"
	"flexform/schema"
	"flexform/statefile"
)

type lockOptions struct {
	config      configFlags
	json        bool
	reason      string
	autoApprove bool
}

func (a *app) lockCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lock",
		Short: "Show who has the ledger locked, and break a lock that was left behind",
		Long: `While a command writes to the ledger it has a lock, which names it. The lock of a
process of this machine that died is taken over by itself. One of another host is
not, because nobody can see from here whether its process is alive.`,
		Example: "  flexform lock list shop\n  flexform lock break --reason \"build7 was switched off\" shop",
		Args:    takes(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.lockListCommand(), a.lockBreakCommand())
	return cmd
}

func (a *app) lockListCommand() *cobra.Command {
	var o lockOptions
	cmd := &cobra.Command{
		Use:   "list [FOLDER]",
		Short: "Show who has the ledger locked, since when, and whether that process lives",
		Long: `Shows the lock of the ledger: whose it is, since when, what that process is doing, and
whether it lives, as far as that can be seen from this host. Changes nothing.`,
		Example: "  flexform lock list shop\n  flexform lock list --json shop",
		Args:    takes(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runLockList(cmd.Context(), folder(args), o) },
	}
	o.config.register(cmd)
	cmd.Flags().BoolVar(&o.json, "json", false, "print the lock as JSON")
	return cmd
}

func (a *app) runLockList(ctx context.Context, dir string, o lockOptions) error {
	_, place, lock, err := a.readLock(ctx, dir, o.config)
	if err != nil {
		return err
	}
	if o.json {
		return report.LockJSON(a.env.Stdout, place.String(), lock)
	}
	return report.LockText(a.env.Stdout, place.String(), lock, a.style(a.env.StdoutTerminal))
}

// readLock looks at the lock of a configuration's ledger; nil when there is
// none.
func (a *app) readLock(ctx context.Context, dir string, f configFlags) (*schema.Config, place, *statefile.LockInfo, error) {
	cfg, place, err := a.loadPlace(dir, f)
	if err != nil {
		return nil, nil, nil, err
	}
	lock, err := place.Lock(ctx, a.ledgerOptions("lock list"))
	return cfg, place, lock, err
}

func (a *app) lockBreakCommand() *cobra.Command {
	var o lockOptions
	cmd := &cobra.Command{
		Use:   "break [FOLDER]",
		Short: "Remove a lock whose process is dead, and record who did and why",
		Long: `Removes the lock of the ledger when its process does not live any more: it ran on
another host, or the lock file does not tell. A process that lives on this machine
keeps its lock. Your name and the reason go into the ledger. Make certain that the
process is dead: one that lives all the same is stopped by that entry before its next
call, but a call that it has on its way is not.`,
		Example: "  flexform lock break --reason \"build7 was switched off\" shop",
		Args:    takes(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runLockBreak(cmd.Context(), folder(args), o) },
	}
	o.config.register(cmd)
	cmd.Flags().StringVar(&o.reason, "reason", "", "how you know that its process is dead, as a `text` that goes into the ledger")
	cmd.Flags().BoolVar(&o.autoApprove, "auto-approve", false, "do not ask")
	return cmd
}

func (a *app) runLockBreak(ctx context.Context, dir string, o lockOptions) error {
	if !says(o.reason) {
		return errors.New("--reason is empty: say how you know that the lock's process is dead, it goes into the ledger")
	}
	cfg, place, lock, err := a.readLock(ctx, dir, o.config)
	if err != nil {
		return err
	}
	if _, err := a.readLedger(ctx, cfg); err != nil { // what cannot be recorded is not done
		return err
	}
	style := a.style(a.env.StdoutTerminal)
	if lock == nil {
		return report.LockText(a.env.Stdout, place.String(), nil, style)
	}
	if lock.State == statefile.HolderAlive {
		return &statefile.LockedError{Path: lock.Path, Holder: lock.Holder, Age: lock.Age}
	}
	if err := report.LockToBreak(a.env.Stderr, place.String(), *lock); err != nil {
		return err
	}
	if !o.autoApprove {
		fmt.Fprint(a.env.Stderr, "\nTwo that write at once could do things twice. Only \"yes\" breaks the lock above.\n\n  Break it? ")
		if err := a.answerYes(ctx); err != nil {
			return fmt.Errorf("lock break cancelled: %w; the lock stands", err)
		}
	}
	entry, err := place.Break(ctx, a.ledgerOptions("lock break"), *lock, o.reason)
	if errors.Is(err, statefile.ErrLockChanged) {
		return &codeError{code: exitBlocked, err: err}
	}
	if err != nil {
		return err
	}
	return report.Unlocked(a.env.Stdout, entry, style)
}
