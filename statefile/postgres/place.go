package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Where says which ledger is meant and how its server is reached.
type Where struct {
	// DSN is a connection URL or keyword text, as libpq takes them. What it
	// leaves out comes from the variables and files that libpq reads: PGHOST,
	// PGPASSFILE and so on. It may hold a password.
	DSN         string
	Database    string         // that it has to be; empty: whatever the connection says
	Schema      string         // of the tables
	Name        string         // of the ledger
	Authorities *x509.CertPool // for the server's certificate, where the DSN names none; nil: the system's
}

// A Place is one ledger of a database.
type Place struct {
	config       *pgx.ConnConfig
	schema, name string
	patience     time.Duration // for a server that does not answer while something has to be written
}

const (
	// longestWait is how long an append waits for a server that is gone: long
	// enough for a restart.
	longestWait = 20 * time.Second
	// longestTry bounds one dialogue with the server.
	longestTry     = 10 * time.Second
	longestConnect = 10 * time.Second
)

// At returns the place of a ledger. It talks to nobody.
func At(w Where) (*Place, error) {
	config, err := pgx.ParseConfig(w.DSN)
	if err != nil {
		// The error's own text can hold a part of the password.
		return nil, &ConfigError{"it is no connection that can be read. Write it as a URL, postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full, " +
			"with the password in the file that PGPASSFILE names (or behind USER, with its special characters escaped); files that it names must be there"}
	}
	switch {
	case config.Database == "":
		config.Database = w.Database
	case w.Database != "" && w.Database != config.Database:
		return nil, &ConfigError{fmt.Sprintf("it is to database %q, and the ledger block names database %q. Give the one that the block names", config.Database, w.Database)}
	}
	if err := trustworthy(config, w.Authorities); err != nil {
		return nil, err
	}
	config.ConnectTimeout = min(cmp.Or(config.ConnectTimeout, longestConnect), longestConnect)
	// A statement goes as it is: nothing is kept for later in a session that a
	// pooler may give to somebody else.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.RuntimeParams["application_name"] = "flexform"
	return &Place{config: config, schema: w.Schema, name: w.Name, patience: longestWait}, nil
}

// trustworthy refuses a connection that may end at somebody else's server: a
// ledger that is not the right one, and knows of nothing, would have everything
// paid again. Every host of the list counts.
func trustworthy(config *pgx.ConnConfig, authorities *x509.CertPool) error {
	check := func(host string, verified bool) error {
		if verified || local(host) {
			return nil
		}
		return &ConfigError{fmt.Sprintf("it goes to %s without a look at that server's certificate, so it could end anywhere. Add sslmode=verify-full (PGSSLMODE), "+
			"and sslrootcert=FILE (PGSSLROOTCERT) when its authority is none of the system's. Only a server on this machine may do without", host)}
	}
	if c := config.TLSConfig; c != nil && c.RootCAs == nil {
		c.RootCAs = authorities
	}
	if err := check(config.Host, config.TLSConfig != nil && !config.TLSConfig.InsecureSkipVerify); err != nil {
		return err
	}
	for _, f := range config.Fallbacks {
		if f.TLSConfig != nil && f.TLSConfig.RootCAs == nil {
			f.TLSConfig.RootCAs = authorities
		}
		if err := check(f.Host, f.TLSConfig != nil && !f.TLSConfig.InsecureSkipVerify); err != nil {
			return err
		}
	}
	return nil
}

// local reports whether a host is this machine: a folder with a socket, or
// loopback.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// String names the ledger for people.
func (p *Place) String() string {
	database := cmp.Or(p.config.Database, p.config.User)
	if p.schema == DefaultSchema {
		return fmt.Sprintf("%s in database %s", p.name, database)
	}
	return fmt.Sprintf("%s in schema %s of database %s", p.name, p.schema, database)
}

// GoString is String: the connection may hold a password.
func (p *Place) GoString() string { return p.String() }

// connect opens a session.
func (p *Place) connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, p.config)
	if err != nil {
		return nil, p.failed(opConnect, err)
	}
	return conn, nil
}

// table returns the name of a table as SQL has it.
func (p *Place) table(name string) string { return quote(p.schema) + "." + quote(name) }

// sql puts the tables' names into a statement.
func (p *Place) sql(text string) string {
	return strings.NewReplacer("{entries}", p.table("entries"), "{claims}", p.table("claims"), "{holders}", p.table("holders")).Replace(text)
}

// lockKey is the number of the ledger's advisory lock.
func (p *Place) lockKey() int64 {
	s := sha256.Sum256([]byte("flexform ledger\x00" + p.schema + "\x00" + p.name))
	return int64(binary.BigEndian.Uint64(s[:]))
}
