package cli

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"syscall"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"flexform/internal/report"
)

// An app is what all commands of one run share.
type app struct {
	env      Env
	log      hclog.Logger
	logLevel string
	noColor  bool
	folder   string // of the configuration, once a command has read one
	unpacked string // where a configuration's files are, when they are not in its folder
}

// Run carries out one command line and returns the process's exit code. When
// ctx ends, no new action starts and those under way finish.
func Run(ctx context.Context, env Env, args []string) int {
	a := &app{env: env, log: hclog.NewNullLogger()}
	root := a.rootCommand()
	root.SetArgs(doubleDashes(args, flagNames(root)))
	err := noCommand(root.ExecuteContext(ctx))
	if text := said(ctx, err); text != nil {
		// A stderr that cannot be written leaves the exit code to speak.
		_ = report.Error(env.Stderr, text, a.style(env.StderrTerminal))
	}
	return int(codeOf(err))
}

// said returns what a person is told of err; nil when all is said already, or
// when the reader of our output went away and wants no more.
func said(ctx context.Context, err error) error {
	var (
		coded   *codeError
		unshown *unshownError
	)
	switch {
	case err == nil, errors.As(err, &coded) && coded.err == nil:
		return nil
	case errors.As(err, &unshown):
		return err
	case errors.Is(err, syscall.EPIPE):
		return nil
	case ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))):
		// Once a call has moved money, what became of it is told by a result
		// and not by an error.
		return errors.New("interrupted: no money was moved, and nothing is left to clean up")
	}
	return untrusted(err)
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "flexform",
		Short: "Terraform for card payments on DIBS FlexWin",
		Long: `flexform brings card payments on the DIBS FlexWin gateway into the state that
a folder of HCL files describes. "plan" shows the fewest calls that get there,
people review that, and "apply" makes exactly those calls, once, and records
them in a ledger that nobody can quietly change.`,
		Example:           "  flexform init shop\n  flexform plan shop\n  flexform apply shop",
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.startLog() },
	}
	root.SetIn(a.env.Stdin)
	root.SetOut(a.env.Stdout)
	root.SetErr(a.env.Stderr)
	root.PersistentFlags().StringVar(&a.logLevel, "log-level", "", "log to stderr from this `level` on: trace, debug, info, warn or error (also FLEXFORM_LOG)")
	root.PersistentFlags().BoolVar(&a.noColor, "no-color", false, "print without colour (also NO_COLOR)")
	root.AddCommand(a.initCommand(), a.validateCommand(), a.planCommand(), a.showCommand(), a.approveCommand(), a.rehearseCommand(), a.applyCommand(), a.ciCommand(),
		a.statusCommand(), a.historyCommand(), a.resolveCommand(), a.adoptCommand(), a.callCommand(), a.auditCommand(), a.lockCommand(), a.ledgerCommand(), a.sandboxCommand(), a.versionCommand())
	root.Version = Version // for --version, which people try first
	root.SetVersionTemplate("flexform {{.Version}}\n")
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Short = "Print the completion script for a shell"
			cmd.Example = "  source <(flexform completion bash)"
			cmd.Args = nil
			cmd.RunE = func(cmd *cobra.Command, args []string) error { return unknownShell(cmd, args) }
		}
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmtUsage(cmd, err)
	})
	return root
}

// singleDash is Terraform's spelling of a long flag: -out, -detailed-exitcode.
var singleDash = regexp.MustCompile(`^-([a-z][a-z-]+)(=.*)?$`)

// doubleDashes turns Terraform's single-dash long flags into cobra's, where
// they are names of flags: a value such as "-see-note" stays what it is.
func doubleDashes(args []string, names map[string]bool) []string {
	out := make([]string, 0, len(args))
	for i, arg := range args {
		if arg == "--" {
			return append(out, args[i:]...)
		}
		if m := singleDash.FindStringSubmatch(arg); m != nil && names[m[1]] {
			arg = "-" + arg
		}
		out = append(out, arg)
	}
	return out
}

// flagNames returns the long names of all flags of a command and those below.
func flagNames(cmd *cobra.Command) map[string]bool {
	names := map[string]bool{"help": true, "version": true}
	note := func(f *pflag.Flag) { names[f.Name] = true }
	cmd.PersistentFlags().VisitAll(note)
	cmd.Flags().VisitAll(note)
	for _, below := range cmd.Commands() {
		maps.Copy(names, flagNames(below))
	}
	return names
}

// startLog makes the logger that --log-level or FLEXFORM_LOG asks for.
func (a *app) startLog() error {
	name := a.logLevel
	if name == "" {
		name = a.env.value("FLEXFORM_LOG")
	}
	if name == "" {
		return nil
	}
	level := hclog.LevelFromString(name)
	if level == hclog.NoLevel {
		return errors.New(`log level "` + name + `" is not one of trace, debug, info, warn, error, off`)
	}
	a.log = hclog.New(&hclog.LoggerOptions{Name: "flexform", Level: level, Output: a.env.Stderr})
	return nil
}

func (a *app) style(terminal bool) report.Style {
	return report.Style{Color: a.env.color(terminal) && !a.noColor, Width: a.env.Width, Folder: a.folder}
}
