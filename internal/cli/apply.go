package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"flexform/apply"
	"flexform/dibs"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"
)

type applyOptions struct {
	planOptions
	autoApprove bool
	bulk        bulkOption
	result      resultOption
	planFile    string // with a PLAN
	merge       *merge // with ci apply: what was reviewed is not a plan file
}

func (a *app) applyCommand() *cobra.Command {
	var o applyOptions
	cmd := &cobra.Command{
		Use:   "apply [FOLDER | PLAN]",
		Short: "Make the calls of a plan, once, and record them",
		Long: `With a FOLDER (default "."): plans, shows the plan, asks, and carries it out.
With a PLAN file: carries out exactly that plan, or refuses it. What earlier
runs left open is settled first. Interrupt once to stop starting new calls;
those under way finish and are recorded.

With --via bulk the refunds of the plan go as one bulk file a merchant, over
SFTP or FTP, and the response is waited for, which at DIBS can take hours.
Interrupt the wait when you like: the file stays where it is, and the next
apply reads the response. Other actions are left for a normal apply.

A --result file is written at the end, whatever that is, and says from the
beginning that the apply has not ended. It replaces an earlier result, and no
other file.`,
		Example: "  flexform apply shop\n  flexform apply plan.json\n  flexform apply --auto-approve --result result.json --result junit.xml plan.json\n  flexform apply --via bulk --wait 0s plan.json   # send the file; a later apply reads the response",
		Args:    takes(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runApply(cmd.Context(), folder(args), o) },
	}
	o.config.register(cmd)
	o.registerRefresh(cmd)
	cmd.Flags().BoolVar(&o.autoApprove, "auto-approve", false, "do not ask")
	cmd.Flags().StringVar(&o.bulk.via, "via", viaCalls, "how to send: `calls`, or \"bulk\" for the refunds as one file")
	cmd.Flags().StringVar(&o.bulk.wait, "wait", "", "with --via bulk: the longest `time` to wait for the response, such as 30m or 0s; without it, until it is there")
	cmd.Flags().BoolVar(&o.json, "json", false, "print what happens as JSON, one line each while it does; needs --auto-approve")
	o.result.register(cmd)
	cmd.Flags().StringVar(&o.dir, "folder", "", "with a PLAN: the configuration's `folder`, when it is not where the plan says")
	return cmd
}

func (a *app) runApply(ctx context.Context, target string, o applyOptions) error {
	if o.json && !o.autoApprove {
		return errors.New("apply --json cannot ask: add --auto-approve")
	}
	if err := o.bulk.check(); err != nil {
		return err
	}
	files, err := o.result.files()
	if err != nil {
		return err
	}
	t := a.tell(o, files)
	return t.conclude(ctx, a.applyTarget(ctx, target, o, t))
}

func (a *app) applyTarget(ctx context.Context, target string, o applyOptions, t *telling) (err error) {
	var saved *plan.Plan
	dir := target
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return fmt.Errorf("apply: there is no folder and no plan file %s: %w", target, unwrapped(err))
	case info.Mode().IsRegular():
		if saved, err = readPlan(target); err != nil {
			return err
		}
		if dir, err = planFolder(target, saved, o.dir, "apply"); err != nil {
			return err
		}
	case o.dir != "":
		return errors.New("--folder says where the configuration of a PLAN is; with a FOLDER it means nothing")
	}
	conn, err := a.connect(ctx, dir, o.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	if err := t.start(conn); err != nil {
		return err
	}
	if saved != nil {
		o.planFile, t.end.Plan = target, saved
		if conn.signed, err = a.signatures(ctx, conn.config, saved, target, o.config); err != nil {
			return err
		}
		// An early answer, before anything is locked, written or called. The
		// one that counts comes after recovery, under the lock.
		if _, err := policy.Check(saved, a.facts(conn, conn.recorded)); !onlyUnrehearsed(err) {
			return err
		}
	}
	return a.applyPlan(ctx, conn, saved, o, t)
}

// planFolder finds the configuration of a saved plan: where the flag says, or
// where it was, seen from the plan file.
func planFolder(file string, saved *plan.Plan, given, command string) (string, error) {
	if given != "" {
		return given, nil
	}
	dir := filepath.Join(filepath.Dir(file), filepath.FromSlash(saved.Envelope.Folder))
	_, err := os.Stat(dir)
	if err == nil {
		if found, _ := fs.Glob(os.DirFS(dir), "*.hcl"); len(found) > 0 {
			return dir, nil
		}
		err = errors.New("no file there ends in .hcl")
	}
	return "", fmt.Errorf("the plan's configuration is not at %s any more: %w. Was the plan file moved? Say where the configuration is:\n\n  flexform %s --folder FOLDER %s", dir, unwrapped(err), command, report.ShellWord(file))
}

// unwrapped leaves out the path, where the text around it names it.
func unwrapped(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// applyPlan does the work. A ledger that is there is opened, and what it holds
// open is settled, before anything is planned. One that is not is made when the
// plan has been accepted: until then there is nothing to record.
func (a *app) applyPlan(ctx context.Context, conn *connection, saved *plan.Plan, o applyOptions, t *telling) (err error) {
	progress, stop := a.progress()
	defer stop()
	runner, err := a.runner(ctx, conn, o)
	if err != nil {
		return err
	}
	runner.Events = func(e apply.Event) {
		t.event(e)
		progress.Event(e)
	}
	_, entries := conn.recorded.Head()
	var r review
	if entries == 0 {
		if r, err = a.review(ctx, conn, runner, conn.recorded, saved, o, t); err != nil || r.plan == nil {
			return err
		}
	}
	ledger, err := a.openLedger(ctx, conn.config, "apply")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ledger.Close()) }()
	defer func() { t.end.Ledger.Hash, t.end.Ledger.Seq = ledger.State().Head() }()
	if o.merge != nil {
		if err := o.merge.newest(ledger.State()); err != nil {
			return err
		}
	}
	runner.Ledger = ledger
	settled, err := runner.Settle(ctx)
	progress.Close()
	if err != nil {
		return a.explainLogin(conn, err)
	}
	t.recovered(settled)
	if err := report.Settled(a.env.Stderr, settled, a.style(a.env.StderrTerminal)); err != nil {
		return err
	}
	if err := interruptedWaiting(ctx, settled); err != nil {
		return err
	}
	if entries > 0 {
		if r, err = a.review(ctx, conn, runner, ledger.State(), saved, o, t); err != nil || r.plan == nil {
			return err
		}
	}
	// The check that counts: under the lock, with what the ledger says now, and
	// with what stands beside the plan now: somebody may have cancelled it.
	switch {
	case saved != nil:
		conn.signed, err = a.signatures(ctx, conn.config, saved, o.planFile, o.config)
	case o.merge != nil:
		conn.signed, err = o.merge.signed(ctx, r.plan)
	}
	if err != nil {
		return err
	}
	approved, err := policy.Check(r.plan, a.facts(conn, ledger.State()))
	if err != nil {
		return err
	}
	if broken, ok := approved.Broken(); ok {
		fmt.Fprintf(a.env.Stderr, "\nBREAK-GLASS: the plan goes past its approvals, by %s: %s. The ledger keeps that, and later plans show it.\n", report.Visible(broken.By.String()), report.Visible(broken.Reason))
	}
	if err := t.ready(ctx); err != nil {
		return err
	}
	heard := context.AfterFunc(ctx, func() {
		progress.Note(o.bulk.interrupted())
	})
	run := runner.Run
	if o.bulk.via == viaBulk {
		run = runner.RunBulk
	}
	result, failed := run(ctx, approved)
	result.Outages = r.outages
	heard()
	progress.Close()
	t.end.Result = result
	// A failed ledger ends the run early; what it reached is shown all the same.
	if err := a.finish(conn, r.plan, result, len(ledger.State().Undecided()) > 0, o); failed == nil {
		return err
	}
	if len(result.Unknown) > 0 {
		return &codeError{code: exitUnknown, err: failed}
	}
	return failed
}

// runner makes what carries a plan out, without its ledger.
func (a *app) runner(ctx context.Context, conn *connection, o applyOptions) (r *apply.Runner, err error) {
	rev := a.revision(ctx, conn)
	r = &apply.Runner{
		Merchants: conn.gateways.movers(), Now: a.env.Now,
		Actor: a.env.Actor, Version: Version, Commit: rev.commit, Author: rev.author,
	}
	r.Bulk, err = o.bulk.setting(conn.config.Merchants[0].Mode)
	return r, err
}

// finish reports what apply did and answers with its exit code.
func (a *app) finish(conn *connection, p *plan.Plan, result apply.Result, unknown bool, o applyOptions) error {
	var err error
	if !o.json {
		err = report.ResultText(a.env.Stdout, p, result, a.style(a.env.StdoutTerminal))
	}
	code := resultCode(p, result, unknown)
	if err != nil {
		return &codeError{code: max(code, exitError), err: &unshownError{err, true}}
	}
	if result.Rule == apply.StopLogin {
		return a.explainLogin(conn, refusedLogin(result))
	}
	if advice := a.adviseMD5(conn.config, result.Declined); advice != nil {
		return &codeError{code: code, err: advice}
	}
	return exitWith(code)
}

// refusedLogin returns the refusal that stopped a run.
func refusedLogin(r apply.Result) error {
	for _, list := range [][]apply.ActionResult{r.Declined, r.NotStarted, r.NotSent} {
		for _, action := range list {
			var login *dibs.LoginError
			if errors.As(action.Err, &login) {
				return login
			}
		}
	}
	return errors.New(r.Stopped)
}

// resultCode orders what can be wrong after an apply: not knowing comes
// before failing, failing before being held back. Unknown says whether the
// ledger now holds any action of unknown outcome, of this plan or not.
func resultCode(p *plan.Plan, r apply.Result, unknown bool) exitCode {
	switch {
	case len(r.Unknown) > 0 || unknown:
		return exitUnknown
	case len(r.Declined)+len(r.NotSent) > 0:
		return exitError
	case len(r.Moved) > 0 || held(p):
		return exitBlocked
	case len(r.NotStarted) > leftForCalls(r):
		return exitError
	case len(r.NotStarted) > 0:
		return exitBlocked
	}
	return exitDone
}

// restCode is the code of an apply that has nothing to do.
func restCode(p *plan.Plan) exitCode {
	switch {
	case p.Unknown():
		return exitUnknown
	case held(p):
		return exitBlocked
	}
	return exitDone
}

// held reports whether the plan leaves transactions out that need a person.
// What only waits for its settlement does not.
func held(p *plan.Plan) bool { return len(p.Body.Blocked) > p.Envelope.Counts.Settling }

func (a *app) facts(conn *connection, state *statefile.State) policy.Facts {
	return policy.Facts{Now: a.env.Now(), Version: Version, Config: conn.config, State: state, GatewayTime: conn.gateways.date(), Signatures: conn.signed, Rehearsed: conn.rehearsed}
}
