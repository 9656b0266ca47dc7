package cli

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"flexform/internal/report"
	"flexform/schema"
	"flexform/statefile"
)

func (a *app) ciCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ci",
		Short: "Plan a pull request, and apply what was approved once it is merged",
		Long: `Works from git alone, on the commits that --base and --head name, and reads the
files of these commits, never the working tree. What is wanted comes from the
head. Merchants, limits, approvals and the list of those who may sign come from
the base, which is the protected branch, or from a settings file outside the
repository: a pull request cannot loosen its own guard.`,
		Example: "  flexform ci plan --settings settings/shop.hcl --base refs/remotes/origin/main --comment comment.md --out plan.json refunds\n  flexform ci apply --settings settings/shop.hcl --base BEFORE --tip refs/remotes/origin/main refunds",
		Args:    takes(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.ciPlanCommand(), a.ciApplyCommand())
	return cmd
}

func (o *ciOptions) registerChange(cmd *cobra.Command) {
	o.config.register(cmd)
	o.registerRefresh(cmd)
	cmd.Flags().StringVar(&o.base, "base", "", "the protected branch before the change, as a `commit` or refs/remotes/origin/NAME: settings and ledger are read from it")
	cmd.Flags().StringVar(&o.head, "head", "HEAD", "the `commit` that is wanted: of the pull request, or of its merge")
	cmd.Flags().StringVar(&o.approvals, "approvals", "approvals", "the `folder` with the approvals: in the repository, apart from the configuration, or outside of it")
}

// A guarded change is one whose configuration was read, under the settings of
// its base.
type guarded struct {
	*change
	config *schema.Config
	touch  touch
}

// guard reads the configuration of the head under the settings of the base, and
// refuses what no pull request may change. What is wrong with the configuration
// is shown, and written into said.
func (a *app) guard(ctx context.Context, c *change, said *bytes.Buffer) (*guarded, error) {
	options, err := a.loadOptions(c.options.config)
	if err != nil {
		return nil, err
	}
	if c.settings != "" {
		if options.Settings, err = c.unpackSettings(ctx, c.base.commit, "base"); err != nil {
			return nil, err
		}
		options.SettingsName = c.settings
	}
	if err := c.unpackFolder(ctx, c.head.commit, "head"); err != nil {
		return nil, err
	}
	cfg, err := a.loadUnpacked(c, options, said)
	if err != nil {
		return nil, err
	}
	g := &guarded{change: c, config: cfg, touch: c.parts(cfg)}
	switch {
	case len(g.touch.ledger) > 0:
		return nil, refusedChange("the change touches the ledger %s, which records what was done: only apply writes it, on the protected branch. Take that file out of the change:\n\n  git checkout %.12s -- %s", c.ledger(cfg), c.from, report.ShellWord(c.ledger(cfg)))
	case len(g.touch.settings) > 0 && len(g.touch.wishes) > 0:
		return nil, refusedChange("the change touches settings (%s) and what they guard (%s), and both at once cannot be judged. Split it: settings in a pull request of their own first, reviewed by their owners, then the other files in the next one. Nothing was planned", few(g.touch.settings), few(g.touch.wishes))
	}
	return g, nil
}

// loadUnpacked reads the unpacked head as a configuration, which from then on
// is that of the folder in the working tree: there is what is kept on this
// machine, such as the built-in gateway's money.
func (a *app) loadUnpacked(c *change, options schema.LoadOptions, said *bytes.Buffer) (*schema.Config, error) {
	a.folder = c.folder
	cfg, diags := schema.Load(c.unpacked("head"), options)
	if len(diags) > 0 {
		if err := report.Diagnostics(a.env.Stderr, cfg.Sources, diags, a.style(a.env.StderrTerminal)); err != nil {
			return nil, err
		}
		if err := report.Diagnostics(said, cfg.Sources, diags, report.Style{}); err != nil {
			return nil, err
		}
	}
	if diags.HasErrors() {
		return nil, exitWith(exitError)
	}
	cfg.Dir = c.dir()
	a.unpacked = c.unpacked("head")
	return cfg, c.repo.noLinks(strings.TrimPrefix(c.folder+"/.flexform", "./"))
}

// connectChange is [app.connect] for a change.
func (a *app) connectChange(ctx context.Context, g *guarded, recorded *statefile.State) (*connection, error) {
	gateways, err := a.openGateways(ctx, g.config)
	if err != nil {
		return nil, err
	}
	return &connection{config: g.config, recorded: recorded, gateways: gateways, change: g.change}, nil
}

// few names some of the files.
func few(names []string) string {
	const most = 3
	var shown []string
	for _, name := range names[:min(len(names), most)] {
		shown = append(shown, report.Visible(name))
	}
	text := strings.Join(shown, ", ")
	if n := len(names) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// writesTo refuses a file to write in the working tree that a link of the head
// could lead elsewhere.
func (c *change) writesTo(file string) error {
	if file == "" {
		return nil
	}
	rel, ok, err := c.repo.inside(file)
	if err != nil || !ok {
		return err
	}
	return c.repo.noLinks(filepath.ToSlash(rel))
}
