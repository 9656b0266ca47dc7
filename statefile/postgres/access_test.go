//go:build unix

package postgres

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"flexform/statefile/ledgertest"
	"flexform/statefile/postgres/pgtest"
)

// The rights that docs/postgres.md has a database's owner give are enough to
// write, and to read.
func TestRights(t *testing.T) {
	p, s := newPlace(t), server(t)
	schema := quote(p.schema)
	writer, reader := fmt.Sprintf("writer%p", p), fmt.Sprintf("reader%p", p)
	for _, role := range []string{writer, reader} {
		run(t, s.DSN("postgres"), fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA %s TO %[1]s; GRANT SELECT ON ALL TABLES IN SCHEMA %[2]s TO %[1]s", role, schema))
	}
	run(t, s.DSN("postgres"), fmt.Sprintf("GRANT INSERT ON ALL TABLES IN SCHEMA %s TO %s", schema, writer))
	as := func(role string) *Place {
		p, err := At(Where{DSN: s.DSNAs(role, "pw", "postgres"), Schema: p.schema, Name: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	w := open(t, as(writer))
	appended(t, w, ledgertest.Begin(2), ledgertest.Intent(1))
	as(writer).terminate2(t, p)
	appended(t, w, ledgertest.Intent(2))
	if list := entries(t, as(reader)); len(list) != 4 {
		t.Errorf("%d entries, want 4", len(list))
	}
	info, err := as(reader).Lock(t.Context(), ledgertest.Options("bo"))
	if err != nil || info == nil || info.Holder.User != "anna" {
		t.Errorf("a reader sees the lock %+v, %v", info, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := as(reader).Open(t.Context(), ledgertest.Options("bo")); !serverError(err, "refuses role "+reader) {
		t.Errorf("a reader opens it: %v", err)
	}
	run(t, s.DSN("postgres"), fmt.Sprintf("REVOKE USAGE ON SCHEMA %s FROM %s", schema, reader))
	if _, err := as(reader).Read(t.Context()); !serverError(err, "refuses role "+reader) {
		t.Errorf("somebody without rights reads it: %v", err)
	}
}

// terminate2 ends the session of p's role that has the lock of q.
func (p *Place) terminate2(t *testing.T, q *Place) {
	t.Helper()
	backend := q.holding(t)
	conn, err := p.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), "SELECT pg_terminate_backend($1)", backend); err != nil {
		t.Fatal(err)
	}
}

func serverError(err error, text string) bool {
	_, ok := errors.AsType[*ServerError](err)
	return ok && strings.Contains(err.Error(), text)
}

// A database that cannot keep what it is told is refused before anything is
// written; so is one that knows of no ledgers, which may be the wrong one.
func TestUnfit(t *testing.T) {
	s := pgtest.Start(t)
	tests := map[string]struct{ before, after, want string }{
		"no tables":          {"", "DROP SCHEMA flexform CASCADE", "has no tables"},
		"no table of claims": {"", "DROP TABLE flexform.claims", "has no tables"},
		"unlogged":           {"", "ALTER TABLE flexform.entries DROP CONSTRAINT entries_ledger_prev_fkey; ALTER TABLE flexform.entries SET UNLOGGED", "unlogged"},
		"no key of entries":  {"", "ALTER TABLE flexform.entries DROP CONSTRAINT entries_pkey CASCADE", "lack the keys"},
		"no key of claims":   {"", "ALTER TABLE flexform.claims DROP CONSTRAINT claims_pkey", "lack the keys"},
		"a key at the end":   {"", "ALTER TABLE flexform.claims DROP CONSTRAINT claims_pkey, ADD UNIQUE (ledger, key) DEFERRABLE INITIALLY DEFERRED", "lack the keys"},
		"another key":        {"", "ALTER TABLE flexform.claims DROP CONSTRAINT claims_pkey, ADD PRIMARY KEY (ledger, key, seq)", "lack the keys"},
		"encoding":           {"ENCODING 'SQL_ASCII' TEMPLATE template0", "", "encoding SQL_ASCII"},
		"fsync":              {"", "ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf()", "fsync = off"},
	}
	n := 0
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n++
			database := fmt.Sprint("d", n)
			run(t, s.DSN("postgres"), fmt.Sprintf("CREATE DATABASE %s %s", database, tt.before))
			run(t, s.DSN(database), Tables(DefaultSchema))
			if tt.after != "" {
				for sql := range strings.SplitSeq(tt.after, "; ") { // ALTER SYSTEM stands alone
					run(t, s.DSN(database), sql)
				}
			}
			p, err := At(Where{DSN: s.DSN(database), Schema: DefaultSchema, Name: "shop"})
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Open(t.Context(), ledgertest.Options("anna"))
			for i := 0; i < 100 && name == "fsync" && err == nil; i++ { // until every process of the server has heard of it
				_, err = p.Open(t.Context(), ledgertest.Options("anna"))
			}
			if !serverError(err, tt.want) {
				t.Errorf("Open: %v, want %q", err, tt.want)
			}
			if strings.HasPrefix(tt.want, "has no") {
				if _, err := p.Read(t.Context()); !serverError(err, tt.want) {
					t.Errorf("Read: %v, want %q", err, tt.want)
				}
			}
			if name == "fsync" {
				run(t, s.DSN("postgres"), "ALTER SYSTEM RESET fsync")
				run(t, s.DSN("postgres"), "SELECT pg_reload_conf()")
			}
		})
	}
}

// R47 for the ledger: a connection has to end at a server that is known, and no
// message has the password.
func TestConnections(t *testing.T) {
	for _, name := range os.Environ() {
		if name, _, _ := strings.Cut(name, "="); strings.HasPrefix(name, "PG") {
			t.Setenv(name, "") // put back when the test is over
		}
	}
	tests := map[string]struct {
		where Where
		env   map[string]string
		want  string // of the error; "" for none
	}{
		"a socket":                   {where: Where{DSN: "postgres:///pay?host=/run/pg"}},
		"this machine":               {where: Where{DSN: "postgres://u:s3cret@127.0.0.1/pay"}},
		"this machine by name":       {where: Where{DSN: "postgres://u:s3cret@localhost/pay"}},
		"elsewhere, verified":        {where: Where{DSN: "postgres://u:s3cret@db.example.com/pay?sslmode=verify-full"}},
		"elsewhere, by variables":    {where: Where{}, env: map[string]string{"PGHOST": "db.example.com", "PGSSLMODE": "verify-full", "PGPASSWORD": "s3cret"}},
		"elsewhere":                  {where: Where{DSN: "postgres://u:s3cret@db.example.com/pay"}, want: "goes to db.example.com without a look"},
		"elsewhere, by a variable":   {where: Where{DSN: "postgres://u:s3cret@/pay"}, env: map[string]string{"PGHOST": "db.example.com"}, want: "goes to db.example.com without a look"},
		"elsewhere, in the clear":    {where: Where{DSN: "postgres://u:s3cret@db.example.com/pay?sslmode=disable"}, want: "without a look"},
		"elsewhere, encrypted only":  {where: Where{DSN: "postgres://u:s3cret@db.example.com/pay?sslmode=require"}, want: "without a look"},
		"elsewhere, any name":        {where: Where{DSN: "postgres://u:s3cret@db.example.com/pay?sslmode=verify-ca"}, want: "without a look"},
		"elsewhere, as the second":   {where: Where{DSN: "postgres://u:s3cret@127.0.0.1,db.example.com/pay?sslmode=prefer"}, want: "goes to db.example.com"},
		"another database":           {where: Where{DSN: "postgres://u:s3cret@127.0.0.1/pay", Database: "payments"}, want: `is to database "pay", and the ledger block names database "payments"`},
		"the database of the block":  {where: Where{DSN: "postgres://u:s3cret@127.0.0.1/", Database: "payments"}},
		"the same database":          {where: Where{DSN: "postgres://u:s3cret@127.0.0.1/payments", Database: "payments"}},
		"no connection":              {where: Where{DSN: "postgres://u:s3cret@[127.0.0.1/pay"}, want: "no connection that can be read"},
		"a port that is none":        {where: Where{DSN: "host=127.0.0.1 port=s3cret"}, want: "no connection that can be read"},
		"a password with a percent":  {where: Where{DSN: "postgres://u:s3cret%@127.0.0.1/pay"}, want: "no connection that can be read"},
		"a password with a slash":    {where: Where{DSN: "postgres://u:s3cret/x@127.0.0.1/pay"}, want: "connection"},
		"keywords without quotes":    {where: Where{DSN: "host=127.0.0.1 password=s3cret x dbname=pay"}, want: "no connection that can be read"},
		"a certificate that is gone": {where: Where{DSN: "postgres://u:s3cret@h/pay?sslmode=verify-full&sslrootcert=/nowhere"}, want: "files that it names must be there"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for k, v := range tt.env {
				t.Setenv(k, v)
			}
			tt.where.Schema, tt.where.Name = DefaultSchema, "shop"
			_, err := At(tt.where)
			switch {
			case (err == nil) != (tt.want == ""):
				t.Errorf("At: %v, want %q", err, tt.want)
			case err != nil && (!strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "s3cret")):
				t.Errorf("At: %v, want %q and no password", err, tt.want)
			}
		})
	}
}

// What the server says against a login is told without the password.
func TestRefusedLogin(t *testing.T) {
	s := server(t)
	p, err := At(Where{DSN: s.DSNAs("flexform_test", "wr0ng", "postgres"), Schema: DefaultSchema, Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Read(t.Context())
	if access, ok := errors.AsType[*AccessError](err); !ok || strings.Contains(err.Error(), "wr0ng") || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("Read with a wrong password: %v (%v)", err, access)
	}
	if _, err := p.Open(t.Context(), ledgertest.Options("anna")); err == nil || strings.Contains(err.Error(), "wr0ng") {
		t.Errorf("Open with a wrong password: %v", err)
	}
}

// R12: every entry is on the server's disk when its append returns, whatever the
// role or the connection has set.
func TestEveryCommitIsSynchronous(t *testing.T) {
	p, s := newPlace(t), server(t)
	schema := quote(p.schema)
	run(t, s.DSN("postgres"), fmt.Sprintf(`CREATE TABLE %[1]s.seen (setting text);
		CREATE FUNCTION %[1]s.see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO %[1]s.seen VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
		CREATE TRIGGER see AFTER INSERT ON %[1]s.entries FOR EACH STATEMENT EXECUTE FUNCTION %[1]s.see()`, schema))
	lazy, err := At(Where{DSN: s.DSN("postgres") + "&options=-csynchronous_commit%3Doff", Schema: p.schema, Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	w := open(t, lazy)
	appended(t, w, ledgertest.Begin(2))
	lazy.terminate(t)
	appended(t, w, ledgertest.Intent(1))
	conn, err := lazy.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var own, seen string
	var n int
	if err := conn.QueryRow(t.Context(), fmt.Sprintf("SELECT current_setting('synchronous_commit'), min(setting), count(*) FROM %s.seen WHERE setting = 'on'", schema)).Scan(&own, &seen, &n); err != nil {
		t.Fatal(err)
	}
	if own != "off" || n != 3 {
		t.Errorf("the connection has synchronous_commit %s, and %d of 3 transactions had it on", own, n)
	}
}
