//go:build unix

package postgres

import (
	"context"
	"fmt"
	"iter"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"flexform/internal/need"
	"flexform/statefile"
	"flexform/statefile/ledgertest"
	"flexform/statefile/postgres/pgtest"
)

// shared is the server of all tests that do not hurt it.
var shared struct {
	once    sync.Once
	server  *pgtest.Server
	cleanup []func()
	schemas atomic.Int64
}

// A keeper has a server live as long as the package's tests.
type keeper struct{ *testing.T }

func (keeper) Cleanup(f func()) { shared.cleanup = append(shared.cleanup, f) }

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range shared.cleanup {
		f()
	}
	os.Exit(code)
}

func server(t *testing.T) *pgtest.Server {
	t.Helper()
	need.Postgres(t)
	shared.once.Do(func() { shared.server = pgtest.Start(keeper{t}) })
	if shared.server == nil {
		t.Fatal("there is no server")
	}
	return shared.server
}

// newPlace returns a ledger's place in tables of its own.
func newPlace(t *testing.T) *Place {
	t.Helper()
	return placeAt(t, server(t))
}

func placeAt(t *testing.T, s *pgtest.Server) *Place {
	t.Helper()
	schema := fmt.Sprintf("Schema %d", shared.schemas.Add(1))
	if schema == "Schema 1" {
		schema = DefaultSchema
	}
	run(t, s.DSN("postgres"), Tables(schema))
	return at(t, s, schema)
}

func at(t *testing.T, s *pgtest.Server, schema string) *Place {
	t.Helper()
	p, err := At(Where{DSN: s.DSN("postgres"), Schema: schema, Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// run has the server carry out statements as its superuser.
func run(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// change changes the tables of a place, past the triggers and keys that are
// against it.
func (p *Place) change(t *testing.T, sql string) {
	t.Helper()
	conn, err := p.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.PgConn().Exec(t.Context(), p.sql("SET session_replication_role = replica; "+sql)).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func open(t *testing.T, p *Place) *statefile.Writer {
	t.Helper()
	w, err := p.Open(t.Context(), ledgertest.Options("anna"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// behind opens the ledger past the lock, as a process does that has lost it and
// does not know.
func behind(t *testing.T, p *Place) *statefile.Writer {
	t.Helper()
	me, err := ledgertest.Options("bo").Holder()
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.begin(t.Context(), me)
	if err != nil {
		t.Fatal(err)
	}
	w, err := s.writer(t.Context(), ledgertest.Options("bo"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func appended(t *testing.T, w *statefile.Writer, payloads ...statefile.Payload) []statefile.Entry {
	t.Helper()
	entries, err := w.Append(t.Context(), payloads...)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// entries reads the ledger, which has to verify.
func entries(t *testing.T, p *Place) (list []statefile.Entry) {
	t.Helper()
	for e, err := range p.Entries(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, e)
	}
	return list
}

// A ledger in a database keeps what one in a file does.
func TestSuite(t *testing.T) {
	ledgertest.Run(t, func(t *testing.T) ledgertest.Place {
		p := newPlace(t)
		return ledgertest.Place{
			Open: func(ctx context.Context, o statefile.Options) (ledgertest.Ledger, error) {
				w, err := p.Open(ctx, o)
				if err != nil {
					return nil, err
				}
				return w, nil
			},
			Read:    p.Read,
			Entries: func(ctx context.Context) iter.Seq2[statefile.Entry, error] { return p.Entries(ctx) },
		}
	})
}
