package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flexform/internal/report"
	"flexform/plan/policy"
	"flexform/schema"
	"flexform/statefile"
)

// configFlags are the flags of every command that reads a configuration.
type configFlags struct {
	vars     []string
	settings string
}

// settingsVariable names the settings file where no flag does.
const settingsVariable = "FLEXFORM_SETTINGS"

func (f *configFlags) register(cmd *cobra.Command) { f.add(cmd.Flags()) }

func (f *configFlags) add(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.vars, "var", nil, "value of a variable, as `name=value` (may be repeated)")
	flags.StringVar(&f.settings, "settings", "", "`FILE` outside the folder that alone says which merchants, limits, checks, approvals and ledger there are; "+settingsVariable+" names it as well")
}

// loadOptions says how to read a configuration.
func (a *app) loadOptions(f configFlags) (schema.LoadOptions, error) {
	values, err := f.values()
	if err != nil {
		return schema.LoadOptions{}, err
	}
	return schema.LoadOptions{Variables: values, Version: Version, Settings: a.settingsOf(f)}, nil
}

// settingsOf is the path of the settings file; empty when none is named.
func (a *app) settingsOf(f configFlags) string {
	if f.settings != "" {
		return f.settings
	}
	settings, _ := a.env.Lookup(settingsVariable) // none is none
	return settings
}

// values returns the variables that --var gives, by name.
func (f configFlags) values() (map[string]string, error) {
	values := map[string]string{}
	for _, v := range f.vars {
		name, value, ok := strings.Cut(v, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--var %q is not name=value", v)
		}
		values[name] = value
	}
	return values, nil
}

// folder returns the configuration's folder: the first argument, or ".".
func folder(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// load reads a configuration. Its mistakes are shown on stderr, all of them,
// and end the command.
func (a *app) load(dir string, f configFlags) (*schema.Config, error) {
	options, err := a.loadOptions(f)
	if err != nil {
		return nil, err
	}
	a.folder = dir
	cfg, diags := schema.Load(dir, options)
	if len(diags) > 0 {
		if err := report.Diagnostics(a.env.Stderr, cfg.Sources, diags, a.style(a.env.StderrTerminal)); err != nil {
			return nil, err
		}
	}
	if diags.HasErrors() {
		return nil, exitWith(exitError)
	}
	a.log.Debug("configuration read", "folder", dir, "transactions", len(cfg.Transactions), "digest", cfg.Digest)
	return cfg, nil
}

// loadPlace is load for commands that are about the ledger itself, in whatever
// state it is.
func (a *app) loadPlace(dir string, f configFlags) (*schema.Config, place, error) {
	cfg, err := a.load(dir, f)
	if err != nil {
		return nil, nil, err
	}
	where, err := a.place(cfg)
	return cfg, where, err
}

// readLedger reads the ledger without locking it.
func (a *app) readLedger(ctx context.Context, cfg *schema.Config) (*statefile.State, error) {
	place, err := a.place(cfg)
	if err != nil {
		return nil, err
	}
	state, err := place.Read(ctx)
	if err != nil {
		return nil, err
	}
	if err := oneMode(cfg, state, place); err != nil {
		return nil, err
	}
	if err := a.checkAnchors(ctx, cfg, place, state); err != nil {
		return nil, err
	}
	_, seq := state.Head()
	a.log.Debug("ledger read", "ledger", place.String(), "entries", seq)
	return state, nil
}

// noteTorn tells people what commands that only read leave out of the ledger.
func (a *app) noteTorn(state *statefile.State) {
	if torn := state.Torn(); torn > 0 {
		_, seq := state.Head()
		fmt.Fprintf(a.env.Stderr, "Note: the last %d bytes of the ledger are an entry that was cut off, or is being written right now; entry %d is the last that counts. The next command that writes removes what is left of it.\n", torn, seq)
	}
}

// noteUnknown reminds of actions whose outcome is not known, at the end of what
// shows them among all others.
func (a *app) noteUnknown(n int) {
	if n == 0 {
		return
	}
	has := "has"
	if n > 1 {
		has = "have"
	}
	fmt.Fprintf(a.env.Stderr, "Note: %s %s an unknown outcome: money may have moved. What to do is shown by\n\n  flexform status %s\n", report.Count(n, "action"), has, report.ShellWord(a.folder))
}

// openLedger opens the ledger for writing; it is locked until closed.
func (a *app) openLedger(ctx context.Context, cfg *schema.Config, command string) (ledger, error) {
	place, err := a.place(cfg)
	if err != nil {
		return nil, err
	}
	ledger, err := place.Open(ctx, a.ledgerOptions(command))
	if err != nil {
		return nil, err
	}
	if err := oneMode(cfg, ledger.State(), place); err != nil {
		return nil, errors.Join(err, ledger.Close())
	}
	// Again, as it may have been replaced since it was read: nobody else writes to
	// it from here on.
	if err := a.checkAnchors(ctx, cfg, place, ledger.State()); err != nil {
		return nil, errors.Join(err, ledger.Close())
	}
	return a.anchoring(ctx, cfg, place, ledger), nil
}

func (a *app) ledgerOptions(command string) statefile.Options {
	return statefile.Options{
		Now: a.env.Now, Actor: a.env.Actor, Command: command, FS: a.env.FS,
		Notify: func(text string) { fmt.Fprintln(a.env.Stderr, "Note: "+text) },
	}
}

// oneMode refuses a ledger of another kind of money: what a sandbox did says
// nothing about a live transaction with the same number.
func oneMode(cfg *schema.Config, state *statefile.State, where place) error {
	recorded := schema.Mode(state.Mode())
	for _, m := range cfg.Merchants {
		if recorded != "" && recorded != m.Mode {
			return &codeError{code: exitBlocked, err: fmt.Errorf("the ledger %s records %s money, and merchant %q is in mode %s. What happened to the one says nothing about the other, so each needs a ledger of its own; nothing was read or sent. Name another in the configuration:\n\n  %s", where, recorded, m.Name, m.Mode, anotherLedger(cfg.Ledger, m.Mode))}
		}
	}
	return nil
}

// anotherLedger is a block that names a ledger of a mode's own.
func anotherLedger(l schema.Ledger, mode schema.Mode) string {
	if l.Postgres.Valid() {
		return fmt.Sprintf("ledger \"postgres\" { name = \"%s-%s\" }", l.Postgres.Name, mode)
	}
	return fmt.Sprintf("ledger \"file\" { path = \"%s.ledger\" }", mode)
}

// connection bundles what a command needs to talk about live transactions.
type connection struct {
	config   *schema.Config
	recorded *statefile.State // what the ledger said when the command began
	gateways *gateways
	signed   policy.Signatures // of the plan at hand; zero where plans need none
	change   *change           // that the configuration is of, with the ci commands; nil asks git
	// rehearsed is the digest of the plan of which a rehearsal went well.
	rehearsed string
}

// revision is the commit that the configuration is of. Of a pull request it is
// the newest that changes something: who approves looks up its author.
func (a *app) revision(ctx context.Context, conn *connection) revision {
	if c := conn.change; c != nil {
		if commits, err := c.counted(ctx); err == nil && len(commits) > 0 && !c.merged {
			return revision{commit: commits[0]}
		}
		return c.head
	}
	return readRevision(ctx, a.env, conn.config.Dir)
}

// planFile is where the plan is read again: where it is written, and the plan of
// a change, which is handed on from one machine to another, beside its approvals.
func (c *connection) planFile(out string) string {
	if c.change != nil && c.change.approvals != "" {
		return filepath.Join(c.change.repo.top, filepath.FromSlash(c.change.approvals), "plan.json")
	}
	return out
}

// repository is a folder of the repository that the configuration is in, if it
// is in one.
func (c *connection) repository() string {
	if c.change != nil {
		return c.change.repo.top
	}
	return c.config.Dir
}

// connect loads the configuration, reads its ledger and prepares its gateways,
// in this order: the built-in gateway writes a file, and nothing is written
// when there is a mistake or the ledger cannot be used. Close the connection
// when done.
func (a *app) connect(ctx context.Context, dir string, f configFlags) (*connection, error) {
	cfg, err := a.load(dir, f)
	if err != nil {
		return nil, err
	}
	state, err := a.readLedger(ctx, cfg)
	if err != nil {
		return nil, err
	}
	g, err := a.openGateways(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return &connection{config: cfg, recorded: state, gateways: g}, nil
}

func (c *connection) Close() error { return c.gateways.Close() }
