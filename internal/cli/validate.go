package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"flexform/internal/report"
	"flexform/schema"
)

func (a *app) validateCommand() *cobra.Command {
	var (
		config configFlags
		asJSON bool
	)
	cmd := &cobra.Command{
		Use:     "validate [FOLDER]",
		Short:   "Check a configuration without asking the gateway",
		Long:    "Reports every mistake in the configuration and its CSV data. Reads no gateway and no ledger.",
		Example: "  flexform validate shop\n  flexform validate --json shop",
		Args:    takes(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			if asJSON {
				return a.validateJSON(folder(args), config)
			}
			cfg, err := a.load(folder(args), config)
			if err != nil {
				return err
			}
			what := report.Count(len(cfg.Transactions), "transaction")
			if n := len(cfg.Tickets); n > 0 {
				what += ", " + report.Count(n, "ticket")
			}
			_, err = fmt.Fprintf(a.env.Stdout, "The configuration is valid: %s.\n", what)
			return err
		},
	}
	config.register(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the mistakes as JSON")
	return cmd
}

func (a *app) validateJSON(dir string, f configFlags) error {
	options, err := a.loadOptions(f)
	if err != nil {
		return err
	}
	cfg, diags := schema.Load(dir, options)
	if err := report.DiagnosticsJSON(a.env.Stdout, len(cfg.Transactions), len(cfg.Tickets), diags); err != nil {
		return err
	}
	if diags.HasErrors() {
		return exitWith(exitError)
	}
	return nil
}
