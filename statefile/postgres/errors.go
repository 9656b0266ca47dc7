package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// A ConfigError reports connection settings that cannot be used. It quotes no
// part of them that may be secret.
type ConfigError struct{ Why string }

func (e *ConfigError) Error() string {
	return "the connection to the ledger's database (FLEXFORM_LEDGER_DSN, or the PG variables): " + e.Why
}

// A ServerError reports a database that a ledger cannot be kept in as it is.
type ServerError struct {
	Ledger string
	Why    string
}

func (e *ServerError) Error() string { return fmt.Sprintf("ledger %s: %s", e.Ledger, e.Why) }

// An AccessError reports that the database could not be used: it could not be
// reached, or refused.
type AccessError struct {
	Ledger string
	Op     string // opConnect, "read"
	Err    error
	text   string // of Err, in one line and without the password
}

func (e *AccessError) Error() string {
	if e.Op == opConnect {
		return fmt.Sprintf("ledger %s: its database does not let flexform in: %s. How it is reached is said by FLEXFORM_LEDGER_DSN, or by the PG variables and files", e.Ledger, e.text)
	}
	return fmt.Sprintf("%s ledger %s: %s", e.Op, e.Ledger, e.text)
}

// Unwrap returns the cause.
func (e *AccessError) Unwrap() error { return e.Err }

const opConnect = "connect"

// The codes of PostgreSQL that are told apart.
const (
	noSuchSchema = "3F000"
	noSuchTable  = "42P01"
	noSuchColumn = "42703"
	noRight      = "42501"
	taken        = "23505" // unique_violation
	noSuchRow    = "23503" // foreign_key_violation
)

// failed makes the error of a failed operation out of pgx's.
func (p *Place) failed(op string, err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s ledger %s: %w", op, p, context.Canceled)
	}
	switch codeOf(err) {
	case noSuchSchema, noSuchTable, noSuchColumn:
		return &ServerError{p.String(), fmt.Sprintf("the database has no tables for it in schema %s. If it is the right database, have its owner make them, once:\n\n  flexform ledger tables FOLDER | psql DATABASE", p.schema)}
	case noRight:
		return &ServerError{p.String(), fmt.Sprintf("the database refuses role %s: %s. It needs USAGE of schema %s and SELECT on its tables; to write, INSERT too", p.config.User, p.text(err), p.schema)}
	}
	return &AccessError{p.String(), op, err, p.text(err)}
}

// text returns an error in one line and without the password.
func (p *Place) text(err error) string {
	if failed, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		err = failed.Unwrap() // without user and database, which are named elsewhere
	}
	var parts []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			parts = append(parts, line)
		}
	}
	text := strings.Join(parts, "; ")
	if p.config.Password != "" {
		text = strings.ReplaceAll(text, p.config.Password, "redacted")
	}
	return text
}

// codeOf returns the code that the server gave, "" when it gave none.
func codeOf(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// lost reports whether an error leaves open what became of a transaction, or
// says that a later try may go through: the session broke, the server is going
// down, coming up or not the one that writes yet.
func lost(err error) bool {
	if err == nil {
		return false
	}
	switch code := codeOf(err); code {
	case "": // not the server's word
		return true
	case "25006", "53300", "55P03", "57014", "40001", "40P01": // read only, too many sessions, lock not had in time, cancelled, serialisation, deadlock
		return true
	default:
		return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "57P")
	}
}
