package schema

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// A Ledger says where the record is kept: in a file, or in a database.
type Ledger struct {
	Path     string   // of the file, relative to the folder; "flexform.ledger" when not written; empty with a database
	Postgres Postgres // the zero Postgres: a file
	Anchor   string   // where its head is kept after each command that wrote: [AnchorGit], or "" for nowhere
	Source   Range    // the block; zero when there is none
}

// AnchorGit keeps heads of the ledger as tags of the folder's git repository.
const AnchorGit = "git"

// A Postgres says which ledger of a PostgreSQL database is meant. How the
// database is reached is no part of a configuration.
type Postgres struct {
	Name     string // of the ledger
	Database string // that the connection must be to; empty for any
	Schema   string // of the tables
}

// Valid reports whether the ledger is in a database.
func (p Postgres) Valid() bool { return p.Name != "" }

const (
	defaultLedger = "flexform.ledger"
	defaultSchema = "flexform"
	ledgerKinds   = "Write one of:\n\n    ledger \"file\" {\n    ledger \"postgres\" {"
)

// readLedger says where the record is kept.
func (l *loader) readLedger(blocks []*hclsyntax.Block) Ledger {
	ledger := Ledger{Path: defaultLedger}
	b := l.single(blocks)
	if b == nil {
		return ledger
	}
	ledger.Source = fromHCL(b.DefRange())
	switch {
	case len(b.Labels) == 0:
		l.add(b.TypeRange, "Missing name", "The kind of ledger is missing. %s", ledgerKinds)
	case len(b.Labels) > 1:
		l.add(b.LabelRanges[1], "Too many names", "A ledger block names its kind and nothing else. %s", ledgerKinds)
	case b.Labels[0] == "postgres":
		attributes := l.attributes(b, "name", "database", "schema", "anchor")
		ledger.Path, ledger.Postgres = "", l.readPostgres(b, attributes)
		ledger.Anchor = l.readAnchor(attributes["anchor"])
		return ledger
	case b.Labels[0] != "file":
		l.add(b.LabelRanges[0], "Unknown kind of ledger", "A ledger is kept in a file or in a PostgreSQL database. %s", ledgerKinds)
	}
	attributes := l.attributes(b, "path", "anchor")
	if attr := attributes["path"]; attr != nil {
		if path, ok := l.text(attr, l.settingsScope()); ok && l.localPath(attr, path, defaultLedger) {
			ledger.Path = filepath.Clean(path)
		}
	}
	ledger.Anchor = l.readAnchor(attributes["anchor"])
	return ledger
}

// readAnchor says where heads of the ledger are kept.
func (l *loader) readAnchor(attr *hclsyntax.Attribute) string {
	if attr == nil {
		return ""
	}
	text, ok := l.text(attr, l.settingsScope())
	if ok && text != AnchorGit {
		l.add(attr.Expr.Range(), "Unknown anchor", "The head of a ledger is anchored in \"git\", as a tag of the folder's repository. Leave the attribute out to anchor nothing.")
		return ""
	}
	return text
}

// databaseName is what PostgreSQL takes for a name without cutting it off, less
// what would be hard to read or to type.
var databaseName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$`)

// readPostgres evaluates a ledger block of a database.
func (l *loader) readPostgres(b *hclsyntax.Block, attributes map[string]*hclsyntax.Attribute) Postgres {
	p := Postgres{Schema: defaultSchema}
	if attributes["name"] == nil {
		l.add(b.DefRange(), "Missing attribute", "A database can hold many ledgers. Say which one it is:\n\n    name = \"shop\"")
	}
	for name, into := range map[string]*string{"name": &p.Name, "database": &p.Database, "schema": &p.Schema} {
		attr := attributes[name]
		if attr == nil {
			continue
		}
		text, ok := l.text(attr, l.settingsScope())
		if !ok {
			continue
		}
		if !databaseName.MatchString(text) {
			if strings.Contains(text, ":") || strings.Contains(text, "=") { // a whole connection, perhaps
				l.hidden = append(l.hidden, attr.Expr.Range())
			}
			l.add(attr.Expr.Range(), "Invalid name", "%s must be a name of at most 63 letters, digits, dots, dashes and underscores, and nothing else. How the database is reached is no part of the configuration.", name)
			continue
		}
		*into = text
	}
	return p
}

// connectionName reports whether name is one under which people try to write
// how a database is reached.
func connectionName(name string) bool {
	_, secret := secretEnding(name)
	return secret || slices.Contains([]string{
		"host", "hostname", "hostaddr", "port", "dsn", "url", "uri", "address", "server", "socket", "service", "passfile",
		"connection", "connection_string", "conninfo", "conn_str", "sslmode", "sslcert", "sslkey", "sslrootcert",
	}, strings.ToLower(name))
}

// connectionInConfig says where a connection belongs instead.
func (m *mistakes) connectionInConfig(attr *hclsyntax.Attribute) {
	m.hidden = append(m.hidden, attr.Expr.Range())
	m.add(attr.NameRange, "Connection in the configuration",
		"How the ledger's database is reached must not stand in a configuration: a change to it could lead to another server, one that knows of nothing that was paid. "+
			"Delete this line and set the connection where flexform runs, in the environment or in the file that FLEXFORM_CREDENTIALS names:\n\n    FLEXFORM_LEDGER_DSN=postgres://USER@HOST/DATABASE?sslmode=verify-full\n\n"+
			"The password goes in the file that PGPASSFILE names. If one was committed to git, have it changed.")
}
