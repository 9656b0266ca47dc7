package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"flexform/internal/durable"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"
)

// planLifetime is how long a plan may wait for its apply.
const planLifetime = 72 * time.Hour

type planOptions struct {
	config   configFlags
	out      string
	json     bool
	markdown bool
	html     string // file for the page; empty for none
	csv      string // file for the rows
	compare  string // file of an earlier plan; empty for none
	earlier  *plan.Plan
	detailed bool
	rows     int      // most rows of a list; 0 shows all
	rivals   []string // warnings of other plans, see [app.rivals]
	dir      string
	refresh  string
}

func (a *app) planCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan [FOLDER]",
		Short: "Show which calls would bring the transactions into the desired state",
		Long: `Reads the configuration in FOLDER (default "."), asks the gateway for the state
of every transaction that is still open, and shows the fewest calls that close
the difference. Nothing is changed. No credentials are needed.`,
		Example: "  flexform plan shop\n  flexform plan --out plan.json shop\n  flexform plan --detailed-exitcode shop   # 2 when there is something to do",
		Args:    takes(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runPlan(cmd.Context(), folder(args), o) },
	}
	o.config.register(cmd)
	o.registerRefresh(cmd)
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "write the plan to this `file`, for review and for apply")
	o.registerForms(cmd)
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit 2 with changes, 4 with unknown outcomes, 3 with blocked transactions, 5 while settling, 0 with none of them")
	return cmd
}

func (o *planOptions) registerForms(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.json, "json", false, "print the plan as JSON")
	cmd.Flags().BoolVar(&o.markdown, "markdown", false, "print the plan as Markdown, for a pull request comment")
	cmd.Flags().StringVar(&o.html, "html", "", "write the plan to this `file` as one page to review in a browser")
	cmd.Flags().StringVar(&o.compare, "compare", "", "say what changed since the plan in this `file`, such as the one that was approved last")
	cmd.Flags().StringVar(&o.csv, "csv", "", "write the plan's actions to this `file`, for a spreadsheet")
}

// oneForm refuses two forms at once, and reads the plan to compare with: that
// may be the file which is written.
func (o *planOptions) oneForm() error {
	if o.json && o.markdown {
		return errors.New("--json and --markdown: one of them")
	}
	if o.compare == "" {
		return nil
	}
	if o.json && o.html == "" {
		return errors.New("--compare: --json prints the plan file, which holds no comparison; leave --json out, or add --html FILE")
	}
	var err error
	o.earlier, err = readPlan(o.compare)
	return err
}

func (o *planOptions) registerRefresh(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.refresh, "refresh", "open", "which transactions to look up: `open` ones, or \"all\" with those that are final")
}

func (o *planOptions) refreshAll() (bool, error) {
	switch o.refresh {
	case "", "open":
		return false, nil
	case "all":
		return true, nil
	}
	return false, fmt.Errorf(`--refresh=%s: write "open" or "all"`, o.refresh)
}

func (a *app) runPlan(ctx context.Context, dir string, o planOptions) (err error) {
	if err := o.oneForm(); err != nil {
		return err
	}
	conn, err := a.connect(ctx, dir, o.config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	a.noteTorn(conn.recorded)
	p, err := a.makePlan(ctx, conn, conn.recorded, o)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := writePlan(a.env.FS, o.out, p); err != nil {
			return err
		}
	}
	if conn.signed, err = a.signatures(ctx, conn.config, p, o.out, o.config); err != nil {
		return err
	}
	facts := a.facts(conn, conn.recorded)
	o.rivals = a.rivals(p, facts, o.out)
	if err := a.printPlan(p, &facts, o); err != nil {
		return err
	}
	switch {
	case o.out == "" || o.json:
	case p.Empty():
		fmt.Fprintf(a.env.Stderr, "\nWrote the plan to %s. It has no action, so there is nothing to apply.\n", o.out)
	case conn.config.Approvals.Required():
		fmt.Fprintf(a.env.Stderr, "\nWrote the plan to %s. Others approve it, and then it can be applied:\n\n  %s\n  flexform apply %s\n", o.out, conn.signed.Command, report.ShellWord(o.out))
	default:
		fmt.Fprintf(a.env.Stderr, "\nWrote the plan to %s. To carry out exactly these calls:\n\n  flexform apply %s\n", o.out, report.ShellWord(o.out))
	}
	if !o.detailed {
		return nil
	}
	return exitWith(answerTo(p, facts))
}

// answerTo is the answer of --detailed-exitcode: that of the policy, or of the
// plan.
func answerTo(p *plan.Plan, facts policy.Facts) exitCode {
	if len(policy.Limits(p, facts)) > 0 || slices.ContainsFunc(policy.Checks(p, facts.Config), policy.Failure.Blocks) {
		return exitBlocked
	}
	return detailedCode(p)
}

// detailedCode is what the plan alone answers.
func detailedCode(p *plan.Plan) exitCode {
	counts := p.Envelope.Counts
	switch {
	case len(p.Body.Actions) > 0:
		return exitChanges
	case p.Unknown():
		return exitUnknown
	case len(p.Body.Blocked) > counts.Settling:
		return exitBlocked
	case counts.Settling > 0:
		return exitSettling
	}
	return exitDone
}

// A look is what the gateway and the ledger say of a configuration.
type look struct {
	observations []plan.Observation
	tickets      []plan.TicketObservation
	draft        plan.Draft
	problems     []plan.Problem
}

// answered reports whether the gateway gave any answer.
func (l look) answered() bool {
	return slices.ContainsFunc(l.observations, plan.Observation.Answered) || slices.ContainsFunc(l.tickets, plan.TicketObservation.Answered)
}

func isUnread(err error) bool {
	_, unread := errors.AsType[*plan.UnreadError](err)
	return unread
}

// look reads the gateway and works out what there is to do.
func (a *app) look(ctx context.Context, conn *connection, state *statefile.State, o planOptions) (look, error) {
	all, err := o.refreshAll()
	if err != nil {
		return look{}, err
	}
	progress, stop := a.progress()
	defer stop()
	var l look
	input := plan.ObserveInput{Config: conn.config, State: state, Gateways: conn.gateways.readers(), RefreshAll: all, Progress: progress.Reading}
	l.observations, err = plan.Observe(ctx, input)
	if (err == nil || isUnread(err)) && len(conn.config.Tickets) > 0 {
		input.Progress = progress.ReadingTickets
		unread := err
		if l.tickets, err = plan.ObserveTickets(ctx, input); unread != nil && (err == nil || isUnread(err)) {
			err = unread
		}
	}
	if isUnread(err) && l.answered() {
		err = nil // what cannot be read is blocked, and hides nothing else
	}
	progress.Close()
	if err != nil {
		return look{}, a.explainLogin(conn, err)
	}
	l.draft, l.problems = plan.Build(plan.BuildInput{Config: conn.config, State: state, Observations: l.observations, Tickets: l.tickets})
	return l, nil
}

// makePlan looks at the gateway and builds the plan. What can never be is
// shown as diagnostics and ends the command.
func (a *app) makePlan(ctx context.Context, conn *connection, state *statefile.State, o planOptions) (*plan.Plan, error) {
	revisions := make(chan revision, 1)
	go func() { revisions <- a.revision(ctx, conn) }()
	l, err := a.look(ctx, conn, state, o)
	if err != nil {
		return nil, err
	}
	if len(l.problems) > 0 {
		if err := report.Problems(a.env.Stderr, conn.config.Sources, l.problems, a.style(a.env.StderrTerminal)); err != nil {
			return nil, err
		}
		return nil, exitWith(exitError)
	}
	draft := l.draft
	rel, err := relativeFolder(conn.config.Dir, conn.planFile(o.out))
	if err != nil {
		return nil, err
	}
	var makers []string
	if conn.config.Approvals.Required() {
		makers = makerNames(ctx, a.env, conn.repository())
	}
	hash, seq := state.Head()
	now := a.env.Now().UTC().Truncate(time.Second)
	return plan.Seal(draft, plan.Envelope{
		CreatedAt: now, ExpiresAt: now.Add(planLifetime),
		Version:      Version,
		ConfigDigest: conn.config.Digest,
		Folder:       rel,
		Commit:       (<-revisions).commit,
		Makers:       makers,
		Ledger:       plan.Head{Hash: hash, Seq: seq},
		Counts:       draft.Counts,
		Held:         plan.HeldBy(state.Undecided()),
		Positions:    draft.Positions,
	})
}

// maxPlanFile bounds what is read of a plan file; [plan.Decode] has the same
// bound and the better message, so one byte more is let through to it.
const maxPlanFile = 256<<20 + 1

// relativeFolder says where the configuration is, seen from the plan file, so
// that both can be moved together.
func relativeFolder(dir, planFile string) (string, error) {
	from, err := filepath.Abs(filepath.Dir(planFile))
	if err != nil {
		return "", err
	}
	to, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(from, to)
	return filepath.ToSlash(rel), err
}

func writePlan(fsys durable.FS, path string, p *plan.Plan) error {
	return writeForm(fsys, path, planBegin, "plan", func(w io.Writer) error {
		data, err := plan.Encode(p)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
}

// replaceable refuses to write a plan over anything but a plan: a slip of the
// hand must not cost a ledger or a configuration. Begin is how the file begins
// that may be replaced, and what is a word for it.
func replaceable(path, begin, what string) error {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is there already and not a file", path)
	}
	head, err := readHead(path, len(begin))
	if err == nil && len(head) > 0 && string(head) != begin {
		err = fmt.Errorf("%s is there already and is no %s: name another file, or remove it first", path, what)
	}
	return err
}

// readHead returns the first n bytes of a file, or all of a shorter one.
func readHead(path string, n int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	return io.ReadAll(io.LimitReader(f, int64(n)))
}

// readPlan reads a plan file whole and verifies it.
func readPlan(path string) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("read plan: %s is a folder, and a plan is a file that plan --out wrote", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxPlanFile))
	if err != nil {
		return nil, fmt.Errorf("read plan %s: %w", path, err)
	}
	p, err := plan.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// printPlan shows a plan. The facts are nil when its configuration is not at
// hand.
func (a *app) printPlan(p *plan.Plan, facts *policy.Facts, o planOptions) error {
	shown := report.PlanOptions{Style: a.style(a.env.StdoutTerminal)}
	shown.Style.Rows, shown.Compared = o.rows, o.earlier
	if facts != nil {
		shown.Merchants = facts.Config.Merchants
		judged(&shown, p, *facts)
		shown.Warnings = append(shown.Warnings, o.rivals...)
	}
	if err := a.writeForms(planForms(p, shown, o)...); err != nil {
		return err
	}
	switch {
	case o.json: // the file, in which nobody judges the plan
		a.warn(shown.Warnings)
		data, err := plan.Encode(p)
		if err != nil {
			return err
		}
		_, err = a.env.Stdout.Write(data)
		return err
	case o.markdown:
		shown.Style.Folder = "" // it is another one for who reads the comment
		return report.PlanMarkdown(a.env.Stdout, p, shown)
	}
	return report.PlanText(a.env.Stdout, p, shown)
}

func (a *app) showCommand() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "show PLAN",
		Short: "Show a saved plan",
		Long: `Verifies a plan file that plan --out wrote and shows it. Asks no gateway. Where
its configuration is at hand, it says what limits, checks and approvals make of
it now.`,
		Example: "  flexform show plan.json\n  flexform show --markdown plan.json",
		Args:    takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.oneForm(); err != nil {
				return err
			}
			p, err := readPlan(args[0])
			if err != nil {
				return err
			}
			facts, err := a.shownFacts(cmd.Context(), p, args[0], o)
			if err != nil {
				return err
			}
			return a.printPlan(p, facts, o)
		},
	}
	o.config.register(cmd)
	cmd.Flags().StringVar(&o.dir, "folder", "", "the configuration's `folder`, when it is not where the plan says")
	o.registerForms(cmd)
	return cmd
}
