package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"flexform/dibs/sandbox"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/schema"
	"flexform/statefile"
)

type rehearseOptions struct {
	config configFlags
	dir    string
	seed   uint64
	runs   int
	json   bool
}

const (
	usualMishaps = 6 // each kind once
	mostMishaps  = 1000
)

func (a *app) rehearseCommand() *cobra.Command {
	var o rehearseOptions
	cmd := &cobra.Command{
		Use:   "rehearse PLAN",
		Short: "Carry a saved plan out where nothing happens, with and without mishaps",
		Long: `Makes the calls of a plan to a gateway in memory, which has the plan's
transactions as the plan saw them: once with nothing going wrong, and then with
a mishap in each run. Says what would be accepted, declined or unknown, what
the next apply finds out by itself, and what is left to a person.

It is the code of apply that plays. The real gateway and the credentials are
not used, and nothing is written: the ledger is a copy in memory. Approvals are
not asked for. The same plan and --seed give the same mishaps.`,
		Example: "  flexform rehearse plan.json\n  flexform rehearse --mishaps 100 --seed 7 plan.json",
		Args:    takes(1, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runRehearse(cmd.Context(), args[0], o) },
	}
	o.config.register(cmd)
	cmd.Flags().StringVar(&o.dir, "folder", "", "the configuration's `folder`, when it is not where the plan says")
	cmd.Flags().Uint64Var(&o.seed, "seed", 1, "`number` that mishaps are drawn by")
	cmd.Flags().IntVar(&o.runs, "mishaps", usualMishaps, "how many runs have a mishap, besides the one that has none: a `number` from 0 on")
	cmd.Flags().BoolVar(&o.json, "json", false, "print the report as JSON")
	return cmd
}

func (a *app) runRehearse(ctx context.Context, file string, o rehearseOptions) error {
	if o.runs < 0 || o.runs > mostMishaps {
		return fmt.Errorf("--mishaps=%d: write a number from 0 to %d", o.runs, mostMishaps)
	}
	p, err := readPlan(file)
	if err != nil {
		return err
	}
	dir, err := planFolder(file, p, o.dir, "rehearse")
	if err != nil {
		return err
	}
	cfg, err := a.load(dir, o.config)
	if err != nil {
		return err
	}
	state, err := a.readLedger(ctx, cfg) // says what is wrong with it, and with its mode
	if err != nil {
		return err
	}
	a.noteTorn(state)
	r := report.Rehearsal{Plan: p, Seed: o.seed}
	progress, stop := a.progress()
	defer stop()
	all := append([]*stagedMishap{nil}, pointers(drawMishaps(p, o.seed, o.runs))...)
	for i, m := range all {
		progress.Reading(i, len(all))
		run, err := a.rehearse(ctx, cfg, p, m)
		if err != nil {
			return err
		}
		r.Runs = append(r.Runs, run)
	}
	progress.Close()
	if o.json {
		err = report.RehearsalJSON(a.env.Stdout, r)
	} else {
		err = report.RehearsalText(a.env.Stdout, r, a.style(a.env.StdoutTerminal))
	}
	if err == nil && !r.Passed() {
		return exitWith(exitError)
	}
	return err
}

func pointers(list []stagedMishap) []*stagedMishap {
	all := make([]*stagedMishap, len(list))
	for i := range list {
		all[i] = &list[i]
	}
	return all
}

// freely is how many transactions a rehearsal without mishaps has under way at
// once: their order does not matter then.
const freely = 8

// rehearse carries a plan out on a stage of its own; a nil mishap is none. The
// error is that of a plan that apply would refuse, approvals aside, or of the
// stage.
func (a *app) rehearse(ctx context.Context, cfg *schema.Config, p *plan.Plan, m *stagedMishap) (run report.RehearsalRun, err error) {
	run.Title = "nothing goes wrong"
	concurrency := freely
	if m != nil {
		run.Title, run.Fault, concurrency = m.Title, m.Fault.String(), 1
	}
	s, err := a.setStage(ctx, cfg, p, concurrency)
	if err != nil {
		return run, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if m != nil {
		if err := s.gateway.AddFaults(m.Fault); err != nil {
			return run, fmt.Errorf("rehearsal: %w", err)
		}
	}
	// Nobody approves a rehearsal: what comes of this lives on the stage alone.
	unapproved := *cfg
	unapproved.Approvals = schema.Approvals{}
	approved, err := policy.Check(p, policy.Facts{Now: s.clock.Now(), Version: Version, Config: &unapproved, State: s.ledger.State()})
	if err != nil {
		return run, err
	}
	if run.Result, err = s.runner.Run(ctx, approved); err != nil {
		return run, fmt.Errorf("rehearsal: %w", err)
	}
	if ctx.Err() != nil {
		return run, errors.New("the rehearsal was interrupted; nothing was sent but to its own gateway")
	}
	run.ExitCode = int(resultCode(p, run.Result, false))
	s.gateway.Release() // what is late comes now, before anybody looks again
	s.gateway.ClearFaults()
	if _, err := s.runner.Settle(ctx); err != nil {
		return run, fmt.Errorf("rehearsal: %w", err)
	}
	s.conclude(&run)
	return run, nil
}

// conclude says what became of each action in the end, as the ledger has it
// after the next apply has looked, and holds it against the gateway's own
// books.
func (s *stage) conclude(run *report.RehearsalRun) {
	for r := range run.Result.All() {
		state := statefile.ActionState(0)
		if action, known := s.ledger.State().Action(r.ID); known {
			state = action.State
		}
		run.End = append(run.End, report.RehearsalEnd{Before: r, State: state})
		if why := s.contradiction(r.Action, state); why != "" {
			run.Wrong = append(run.Wrong, r.Action.Address+": "+why)
		}
	}
}

// contradiction compares the ledger's word for an action with what the gateway
// did. It cannot for what moves in transactions of its own.
func (s *stage) contradiction(a plan.Action, state statefile.ActionState) string {
	kind, comparable := map[statefile.Verb]sandbox.MoveKind{
		statefile.Capture: sandbox.MoveCapture, statefile.Refund: sandbox.MoveRefund, statefile.Cancel: sandbox.MoveCancel,
	}[a.Verb]
	t, found := s.gateway.Transaction(a.Transact)
	if !comparable || !found || plan.Split(a.Status) {
		return ""
	}
	moved := 0
	for _, m := range t.Moves {
		if m.Kind == kind && m.By == sandbox.ByCall {
			moved++
		}
	}
	switch happened := state == statefile.ActionAccepted || state == statefile.ActionDone || state == statefile.ActionReversed; {
	case moved > 1:
		return fmt.Sprintf("the gateway carried it out %d times", moved)
	case happened && moved == 0:
		return "the ledger has it as done, and the gateway did not do it"
	case !happened && !state.Undecided() && moved == 1:
		return "the ledger has it as not done, and the gateway did it"
	}
	return ""
}
