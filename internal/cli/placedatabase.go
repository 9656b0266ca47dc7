package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"flexform/schema"
	"flexform/statefile"
	"flexform/statefile/postgres"
)

// ledgerVariable holds the connection to the database of a ledger, which may
// have a password in it.
const ledgerVariable = "FLEXFORM_LEDGER_DSN"

// A databasePlace is a ledger in PostgreSQL.
type databasePlace struct{ *postgres.Place }

// databasePlaceOf finds the database. The configuration says which ledger it
// is, the environment alone how it is reached: a pull request must not be able
// to lead a run to a ledger that knows of nothing.
func (a *app) databasePlaceOf(cfg *schema.Config) (place, error) {
	lookup, err := secretLookup(a.env)
	if err != nil {
		return nil, err
	}
	authorities, err := readAuthorities(a.env)
	if err != nil {
		return nil, err
	}
	l := cfg.Ledger.Postgres
	at, err := postgres.At(postgres.Where{
		DSN: lookup(ledgerVariable), Database: l.Database, Schema: l.Schema, Name: l.Name, Authorities: authorities,
	})
	if err != nil {
		return nil, err
	}
	return databasePlace{at}, nil
}

func (p databasePlace) Open(ctx context.Context, o statefile.Options) (ledger, error) {
	w, err := p.Place.Open(ctx, o)
	if err != nil {
		return nil, err // and not an interface that holds a nil writer
	}
	return w, nil
}

func (a *app) ledgerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "ledger",
		Short:   "Print the tables of a ledger in PostgreSQL",
		Long:    "A ledger is a file, or rows in a PostgreSQL database (docs/postgres.md). The tables for\nthem are made once, by the owner of the database.",
		Example: "  flexform ledger tables shop | psql payments",
		Args:    takes(0, 0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.ledgerTablesCommand())
	return cmd
}

func (a *app) ledgerTablesCommand() *cobra.Command {
	var config configFlags
	cmd := &cobra.Command{
		Use:   "tables [FOLDER]",
		Short: "Print the SQL that makes the tables of the configuration's ledger",
		Long: `Prints the SQL that makes the tables of a ledger "postgres", in the schema that its
block names. Its owner runs it, once. Connects to nothing.`,
		Example: "  flexform ledger tables shop | psql payments",
		Args:    takes(0, 1),
		RunE: func(_ *cobra.Command, args []string) error {
			cfg, err := a.load(folder(args), config)
			if err != nil {
				return err
			}
			if !cfg.Ledger.Postgres.Valid() {
				return fmt.Errorf("the ledger of this configuration is the file %s, which needs no tables. For one in a database write:\n\n  ledger \"postgres\" { name = \"shop\" }", cfg.Ledger.Path)
			}
			_, err = fmt.Fprint(a.env.Stdout, postgres.Tables(cfg.Ledger.Postgres.Schema))
			return err
		},
	}
	config.register(cmd)
	return cmd
}
