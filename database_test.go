//go:build unix

package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"flexform/statefile"
	"flexform/statefile/postgres"
	"flexform/statefile/postgres/pgtest"
)

var (
	databasePairs = flag.Int("database.pairs", 3, "how many pairs of applies TestPairsOnDatabase starts")
	backends      = flag.Int("database.kills", 8, "how often TestKilledBackend ends the session of an apply")
)

const (
	databaseKills = 48 // so many a shop, each with a server of its own
	backendKills  = 4  // so many a stage
)

// A postgresLedger is the ledger of a shop on a server of its own.
type postgresLedger struct {
	*pgtest.Server
	admin *pgx.Conn
}

// newDatabaseShop keeps its ledger in PostgreSQL.
func newDatabaseShop(t *testing.T) (*shop, *postgresLedger) {
	t.Helper()
	l := &postgresLedger{Server: pgtest.Start(t)}
	t.Cleanup(func() { l.hangUp() })
	l.run(t, postgres.Tables(postgres.DefaultSchema))
	s := newShop(t)
	s.database = l
	return s, l
}

func (l *postgresLedger) block() string { return "\nledger \"postgres\" {\n  name = \"shop\"\n}\n" }
func (l *postgresLedger) dsn() string   { return l.DSN("postgres") }

// ask has the server answer; false when it does not, as while it is down.
func (l *postgresLedger) ask(into any, sql string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if l.admin == nil || l.admin.IsClosed() {
		var err error
		if l.admin, err = pgx.Connect(ctx, l.dsn()); err != nil {
			l.admin = nil
			return false
		}
	}
	if err := l.admin.QueryRow(ctx, sql).Scan(into); err != nil {
		if err != pgx.ErrNoRows {
			l.hangUp()
		}
		return false
	}
	return true
}

func (l *postgresLedger) hangUp() {
	if l.admin != nil {
		l.admin.Close(context.Background())
		l.admin = nil
	}
}

func (l *postgresLedger) run(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), l.dsn())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.PgConn().Exec(t.Context(), sql).ReadAll(); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (l *postgresLedger) size() (n int64) {
	l.ask(&n, "SELECT coalesce(sum(length(line) + 1), 0)::bigint FROM flexform.entries")
	return n
}

// session is the server's process that has the ledger's lock; 0 for none.
func (l *postgresLedger) session() (backend int) {
	l.ask(&backend, "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")
	return backend
}

// awake waits until the server answers: after a SIGKILL it recovers first.
func (l *postgresLedger) awake(t *testing.T) {
	t.Helper()
	var one int
	for deadline := time.Now().Add(time.Minute); !l.ask(&one, "SELECT 1"); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the server does not answer within a minute:\n%s", l.Log())
		}
	}
}

func (l *postgresLedger) state(t *testing.T) *statefile.State {
	t.Helper()
	l.awake(t)
	at, err := postgres.At(postgres.Where{DSN: l.dsn(), Schema: postgres.DefaultSchema, Name: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	state, err := at.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// R20: two applies start at once with one ledger in a database, and one of them
// may be killed. They are told apart as with a file.
func TestPairsOnDatabase(t *testing.T) {
	t.Parallel()
	n := *databasePairs
	if testing.Short() {
		n = min(n, 2)
	}
	inShops(t, (n+shopPairs-1)/shopPairs, n, func(t *testing.T, _, n int, r *rand.Rand) {
		s, _ := newDatabaseShop(t)
		pairsInShop(t, s, n, r)
	})
}

// R22: the session that an apply has with the database is ended at random
// moments, by the server's own means and by SIGKILL, after which the server
// throws everybody out and recovers. The apply goes on. Nothing is sent twice
// or without an intent, and everything is done in the end.
func TestKilledBackend(t *testing.T) {
	t.Parallel()
	n := *backends
	if testing.Short() {
		n = min(n, 4)
	}
	inShops(t, (n+databaseKills-1)/databaseKills, n, func(t *testing.T, _, n int, r *rand.Rand) {
		s, l := newDatabaseShop(t)
		s.want(t, 1)
		s.finish(t)
		s.interval = "10ms"
		count, resolved := map[string]int{}, 0
		for stage := 2; n > 0 && !t.Failed(); stage++ {
			if stage > stages {
				t.Fatalf("%d kills are left after all stages: %v", n, count)
			}
			s.want(t, stage)
			p := s.startApply(t)
			for range min(n, backendKills) {
				how := l.endSession(t, s, p, r)
				if count[how]++; how == tooLate {
					break
				}
				n--
			}
			switch code := p.exit(t); code {
			case 0:
			case 1: // its first look at the ledger broke off, or a request would have come too late
				count["not all done"]++
			default:
				t.Errorf("apply: exit code %d\n%s", code, p.out.String())
			}
			s.safe(t)
			resolved += s.finish(t)
		}
		t.Logf("%v, %d actions resolved by a person, %d bytes of ledger", count, resolved, l.size())
	})
}

// endSession waits until the apply has written some more, ends its session and
// says how.
func (l *postgresLedger) endSession(t *testing.T, s *shop, p *process, r *rand.Rand) (how string) {
	t.Helper()
	l.awake(t)
	grown := l.size() + r.Int64N(4000)
	backend := 0
	p.await(t, "a session and a longer ledger", func() bool {
		backend = l.session()
		return backend != 0 && l.size() >= grown
	})
	pause, begun := time.Duration(r.IntN(3000))*time.Microsecond, time.Now()
	p.await(t, "a moment", func() bool { return time.Since(begun) > pause })
	select {
	case <-p.ended:
		return tooLate
	default:
	}
	if r.IntN(4) > 0 {
		var ended bool
		l.ask(&ended, fmt.Sprintf("SELECT pg_terminate_backend(%d)", backend))
		return "terminated"
	}
	syscall.Kill(backend, syscall.SIGKILL) // a process of a server of ours
	return "SIGKILL"
}

// R9: the server is stopped in the middle of an apply, and stays away. The apply
// ends, having sent nothing without an intent in the ledger, and another finds
// out what is missing when the server is back.
func TestDatabaseGone(t *testing.T) {
	t.Parallel()
	s, l := newDatabaseShop(t)
	s.want(t, 1)
	s.finish(t)
	s.interval = "100ms" // so that it is not done before the server is gone
	s.want(t, 3)
	p := s.startApply(t)
	grown := l.size() + 3000
	p.await(t, "a longer ledger", func() bool { return l.size() >= grown })
	l.hangUp()
	l.Stop(t)
	// What was intended before is sent; then nothing is.
	if code := p.exit(t); code != 1 && code != 4 || !strings.Contains(p.out.String(), "Ledger cannot be written") {
		t.Errorf("apply without its database: exit code %d\n%s", code, p.out.String())
	}
	before := s.calls(t)
	p = s.startApply(t)
	if code := p.exit(t); code != 1 || !strings.Contains(p.out.String(), "does not let flexform in") {
		t.Errorf("another apply without the database: exit code %d\n%s", code, p.out.String())
	}
	if after := s.calls(t); !maps.Equal(before, after) {
		t.Errorf("it sent something:\nbefore %v\nafter  %v", before, after)
	}
	l.Run(t)
	s.safe(t)
	s.interval = "0s"
	s.want(t, 3)
	s.finish(t)
}

// A story with a ledger in a database: every command works as with a file, what
// is missing is said, and no output has the password.
func TestLedgerInDatabase(t *testing.T) {
	t.Parallel()
	l := &postgresLedger{Server: pgtest.Start(t)}
	dir := filepath.Join(t.TempDir(), "shop")
	flexform := func(code int, want string, args ...string) string {
		t.Helper()
		cmd := exec.Command("flexform", args...)
		cmd.Env = append(os.Environ(), "FLEXFORM_LEDGER_DSN="+l.dsn())
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != code || !strings.Contains(string(out), want) {
			t.Errorf("flexform %s: exit code %d, want %d and %q:\n%s", strings.Join(args, " "), got, code, want, out)
		}
		if strings.Contains(string(out), l.Password()) {
			t.Errorf("flexform %s shows the password:\n%s", strings.Join(args, " "), out)
		}
		return string(out)
	}
	flexform(0, "", "init", dir)
	write := func(name string, change func(string) string) {
		t.Helper()
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte(change(string(text))), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	flexform(1, "is the file flexform.ledger", "ledger", "tables", dir)
	write("main.hcl", func(s string) string { return s + l.block() })
	flexform(0, "is valid", "validate", dir)
	flexform(1, "flexform ledger tables", "plan", dir)
	l.run(t, flexform(0, "CREATE TABLE", "ledger", "tables", dir))
	flexform(0, "There is no ledger at shop in database postgres yet", "history", dir)
	saved := filepath.Join(t.TempDir(), "plan.json")
	flexform(0, "3 actions", "plan", "--log-level", "trace", "--out", saved, dir)
	flexform(0, "3 of 3 actions done", "apply", "--auto-approve", saved)
	flexform(3, "applied already", "apply", "--auto-approve", saved)
	flexform(0, "No changes", "plan", "--detailed-exitcode", dir)
	flexform(0, "settled", "status", dir)
	flexform(0, "refund 0.00 -> 50.00 DKK", "history", dir)
	flexform(0, "No lock stands on ledger shop in database postgres", "lock", "list", dir)
	flexform(0, "No lock stands", "lock", "break", "--reason", "it is there for nothing", dir)
	flexform(1, "Recorded as entry 13 of the ledger", "call", "cancel.cgi", "transact=11111113", "orderid=11223346", "--i-know-this-bypasses-the-plan", "--folder", dir)
	flexform(0, "called", "history", dir)
	flexform(1, "the ledger has no action", "resolve", "12345678/1/refund/0-1/DKK#1", dir, "--outcome", "done", "--evidence", "the books say so")

	// A ledger records one kind of money.
	const toy, test = "gateway = \"sandbox\"", "mode = \"test\" # not "
	write("main.hcl", func(s string) string { return strings.Replace(s, toy, test+toy, 1) })
	flexform(3, `ledger "postgres" { name = "shop-test" }`, "plan", dir)
	write("main.hcl", func(s string) string { return strings.Replace(s, test, "", 1) })

	// The rows are a ledger in a file, as docs/postgres.md has it exported.
	var lines string
	if !l.ask(&lines, "SELECT string_agg(line || E'\\n', '' ORDER BY seq) FROM flexform.entries WHERE ledger = 'shop'") {
		t.Fatal("no lines")
	}
	l.hangUp()
	history := flexform(0, "", "history", dir)
	write("main.hcl", func(s string) string { return strings.Replace(s, l.block(), "", 1) })
	if err := os.WriteFile(filepath.Join(dir, "flexform.ledger"), []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	if again := flexform(0, "", "history", dir); again != history {
		t.Errorf("the history of the table:\n%s\nthat of the file:\n%s", history, again)
	}
	flexform(3, "applied already", "apply", "--auto-approve", saved)
}
