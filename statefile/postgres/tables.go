package postgres

import (
	_ "embed"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DefaultSchema is where the tables are unless the ledger block says otherwise.
const DefaultSchema = "flexform"

//go:embed tables.sql
var tables string

// Tables returns the SQL that makes the tables in a schema. It is for the
// database's owner: the role that writes ledgers needs no right to make or
// change any.
func Tables(schema string) string {
	if schema == DefaultSchema {
		return tables
	}
	return strings.ReplaceAll(strings.ReplaceAll(tables, "EXISTS flexform;", "EXISTS "+quote(schema)+";"), "flexform.", quote(schema)+".")
}

// quote makes a name an identifier in SQL.
func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
