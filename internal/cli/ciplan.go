package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"flexform/internal/durable"
	"flexform/internal/report"
	"flexform/plan"
)

type ciPlanOptions struct {
	ciOptions
	comment string // file for the Markdown; empty for none
	report  string // file for GitLab's counts
	line    bool   // end with Terraform's last line
}

func (a *app) ciPlanCommand() *cobra.Command {
	var o ciPlanOptions
	cmd := &cobra.Command{
		Use:   "plan [FOLDER]",
		Short: "Plan what a pull request would do once it is merged",
		Long: `Plans FOLDER (default ".") as the head has it, against the settings and the ledger
of the base, and says how its approvals stand. No credentials are needed. With
--comment it writes a comment for the pull request, whatever comes of it; the
same goes to the step summary of GitHub Actions.

A change of the settings themselves is shown and never used. One that changes
settings and other files of the folder at once, or the ledger, is refused.`,
		Example: "  flexform ci plan --settings settings/shop.hcl --base refs/remotes/origin/main --comment comment.md --out plan.json refunds",
		Args:    takes(0, 1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.runCIPlan(cmd.Context(), folder(args), o) },
	}
	o.registerChange(cmd)
	cmd.Flags().StringVarP(&o.out, "out", "o", "", "write the plan to this `file`, for those who approve it")
	cmd.Flags().StringVar(&o.html, "html", "", "write the plan to this `file` as one page to review in a browser")
	cmd.Flags().StringVar(&o.csv, "csv", "", "write the plan's actions to this `file`, for a spreadsheet")
	cmd.Flags().StringVar(&o.comment, "comment", "", "write a comment for the pull request, as Markdown, to this `file`")
	cmd.Flags().StringVar(&o.report, "terraform-report", "", "write the number of actions to this `file`, in the form of GitLab's terraform report")
	cmd.Flags().BoolVar(&o.line, "terraform-line", false, "end with a line such as Terraform's, for programs that look for it; every action counts as one to add")
	cmd.Flags().BoolVar(&o.detailed, "detailed-exitcode", false, "exit 2 with changes, 4 with unknown outcomes, 3 with blocked transactions, 5 while settling, 0 with none of them")
	return cmd
}

// runCIPlan plans, and tells the pull request what came of it in any case.
func (a *app) runCIPlan(ctx context.Context, dir string, o ciPlanOptions) error {
	var told report.Comment
	failed := a.planPull(ctx, dir, o, &told)
	if told.Plan == nil && told.Title == "" {
		told.Title = "nothing was planned"
	}
	told.About = dir
	if text := said(ctx, failed); text != nil {
		var b bytes.Buffer
		if err := report.Error(&b, text, report.Style{Width: 100}); err != nil {
			return err
		}
		told.Sections = append(told.Sections, section("What is wrong", "", b.String()))
	}
	if err := a.comment(told, o); err != nil {
		if failed != nil {
			fmt.Fprintln(a.env.Stderr, report.Visible(failed.Error()))
		}
		return err
	}
	return failed
}

func section(heading, info, text string) report.Section {
	return report.Section{Heading: heading, Info: info, Lines: strings.Split(strings.TrimSpace(text), "\n")}
}

// stepSummary is the file that GitHub Actions shows beside a run.
const stepSummary = "GITHUB_STEP_SUMMARY"

// comment writes the comment, and adds it to the step summary.
func (a *app) comment(c report.Comment, o ciPlanOptions) error {
	var b bytes.Buffer
	if err := report.CommentMarkdown(&b, c); err != nil {
		return err
	}
	if o.comment != "" {
		if err := durable.WriteFile(a.env.FS, o.comment, b.Bytes(), 0o644); err != nil {
			return fmt.Errorf("write comment %s: %w", o.comment, err)
		}
	}
	summary := a.env.value(stepSummary)
	if summary == "" {
		return nil
	}
	f, err := os.OpenFile(summary, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("%s: %w", stepSummary, err)
	}
	_, err = f.Write(append(b.Bytes(), '\n'))
	return errors.Join(err, f.Close())
}

// planPull does the work and fills in what there is to tell.
func (a *app) planPull(ctx context.Context, dir string, o ciPlanOptions, told *report.Comment) (err error) {
	c, err := a.readChange(ctx, dir, o.ciOptions)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	for _, file := range []string{o.out, o.html, o.csv, o.comment, o.report} {
		if err := c.writesTo(file); err != nil {
			return err
		}
	}
	var wrong bytes.Buffer
	defer func() {
		if wrong.Len() > 0 {
			told.Sections = append(told.Sections, section("The configuration", "", wrong.String()))
		}
	}()
	g, err := a.guard(ctx, c, &wrong)
	if err != nil {
		return err
	}
	if len(g.touch.settings) > 0 {
		return a.planSettings(ctx, g, o, told, &wrong)
	}
	if err := c.current(ctx, g.config); err != nil {
		return err
	}
	return a.planWishes(ctx, g, o, told, &wrong)
}

// planWishes plans a change that leaves the settings as they are.
func (a *app) planWishes(ctx context.Context, g *guarded, o ciPlanOptions, told *report.Comment, wrong *bytes.Buffer) (err error) {
	recorded, err := g.ledgerAt(ctx, g.base.commit, g.config)
	if err != nil {
		return err
	}
	conn, err := a.connectChange(ctx, g, recorded)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	p, err := a.planLoudly(ctx, conn, o.planOptions, wrong)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := writePlan(a.env.FS, o.out, p); err != nil {
			return err
		}
	}
	if conn.signed, err = g.signatures(ctx, g.config, p, g.head.commit, g.base.commit); err != nil {
		return err
	}
	facts := a.facts(conn, recorded)
	if err := a.printPlan(p, &facts, o.planOptions); err != nil {
		return err
	}
	told.Plan = p
	told.Options = report.PlanOptions{Merchants: g.config.Merchants}
	judged(&told.Options, p, facts)
	told.Sections = append(told.Sections, g.next(p))
	if err := a.countActions(p, o); err != nil || !o.detailed {
		return err
	}
	return exitWith(answerTo(p, facts))
}

// planLoudly makes the plan and keeps what is said about mistakes for the
// comment.
func (a *app) planLoudly(ctx context.Context, conn *connection, o planOptions, wrong *bytes.Buffer) (*plan.Plan, error) {
	var heard bytes.Buffer
	stderr := a.env.Stderr
	if !a.env.StderrTerminal {
		a.env.Stderr = io.MultiWriter(stderr, &heard)
		defer func() { a.env.Stderr = stderr }()
	}
	p, err := a.makePlan(ctx, conn, conn.recorded, o)
	if coded, ok := errors.AsType[*codeError](err); ok && coded.err == nil {
		wrong.Write(heard.Bytes())
	}
	return p, err
}

// next says what this plan is of, and what is done with it.
func (g *guarded) next(p *plan.Plan) report.Section {
	lines := []string{
		fmt.Sprintf("head %s, settings and ledger of base %s", g.head.commit, g.base.commit),
	}
	switch {
	case p.Empty():
		lines = append(lines, "There is nothing to apply.")
	case g.config.Approvals.Required():
		lines = append(lines, "Who approves, on a checkout of the head with the plan file of this run put there:",
			"  flexform approve --settings "+report.ShellWord(g.settingsFile())+" "+report.ShellWord(g.approvalsFolder()+"/"+report.ShortDigest(p.Digest)+".json"),
			"and commits the two files that it writes. After the merge ci apply plans again, and goes on only with this digest.")
	default:
		lines = append(lines, "After the merge ci apply plans again, and goes on only with this digest:", "  --digest "+p.Digest)
	}
	return report.Section{Heading: "What happens next", Lines: lines}
}

func (c *change) settingsFile() string {
	if c.settings == "" {
		return "FILE"
	}
	return c.settings
}

func (c *change) approvalsFolder() string {
	if c.approvals == "" {
		return c.elsewhere
	}
	return c.approvals
}

// countActions writes the forms that programs made for Terraform read. Each
// action is one call that is made once: nothing that is there is changed or
// destroyed as Terraform means it, so all of them are to add.
func (a *app) countActions(p *plan.Plan, o ciPlanOptions) error {
	n := len(p.Body.Actions)
	if o.report != "" {
		data, err := json.Marshal(map[string]int{"create": n, "update": 0, "delete": 0})
		if err != nil {
			return err
		}
		if err := durable.WriteFile(a.env.FS, o.report, append(data, '\n'), 0o644); err != nil {
			return fmt.Errorf("write report %s: %w", o.report, err)
		}
	}
	if o.line {
		if _, err := fmt.Fprintf(a.env.Stdout, "\nPlan: %d to add, 0 to change, 0 to destroy.\n", n); err != nil {
			return err
		}
	}
	return nil
}

// planSettings shows a change of the settings. None of it is used: it counts
// from the next pull request on, when it stands on the protected branch.
func (a *app) planSettings(ctx context.Context, g *guarded, o ciPlanOptions, told *report.Comment, wrong *bytes.Buffer) error {
	told.Title = "the SETTINGS change; no transaction does, and nothing is planned"
	options, err := a.loadOptions(o.config)
	if err != nil {
		return err
	}
	if options.Settings, err = g.unpackSettings(ctx, g.head.commit, "settings"); err != nil {
		return err
	}
	options.SettingsName = g.settings
	after, err := a.loadUnpacked(g.change, options, wrong)
	if err != nil {
		return err
	}
	diff, err := g.repo.text(ctx, append([]string{"diff-tree", "-p", "--text", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", g.from, g.head.commit, "--"}, g.touch.settings...)...)
	if err != nil {
		return fmt.Errorf("compare the settings%s", gitSays(err))
	}
	lines := []string{
		"These files say who may move how much money. The change is of them alone, so no money moves by it,",
		"and what it says is used by no plan before it is merged. flexform has no vote on it: let its owners",
		"review it (CODEOWNERS, or the rules of the protected branch). Open plans and approvals end with it.",
		"",
		"settings before  " + g.config.SettingsDigest,
		"settings after   " + after.SettingsDigest,
	}
	told.Sections = append(told.Sections, report.Section{Heading: "Settings decide what every later pull request may do", Lines: lines},
		section("What changes", "diff", diff))
	fmt.Fprintf(a.env.Stdout, "The settings change: %s. No transaction does, and nothing is planned.\n\n%s\n", few(g.touch.settings), strings.Join(lines, "\n"))
	fmt.Fprintf(a.env.Stdout, "\n%s\n", report.Lines(diff))
	if !o.detailed {
		return nil
	}
	return exitWith(exitChanges)
}
