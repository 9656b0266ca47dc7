//go:build unix

package postgres

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"flexform/statefile"
)

// blocks are the statements of docs/postgres.md.
func blocks(t *testing.T) []string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "postgres.md"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, m := range regexp.MustCompile("(?s)```sql\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		list = append(list, m[1])
	}
	return list
}

// block is the one that begins so.
func block(t *testing.T, begin string) string {
	t.Helper()
	for _, b := range blocks(t) {
		if strings.HasPrefix(b, begin) {
			return b
		}
	}
	t.Fatalf("the page has no statement that begins with %q", begin)
	return ""
}

// The page shows the tables as they are.
func TestPageHasTables(t *testing.T) {
	if got := block(t, "CREATE SCHEMA"); got != Tables(DefaultSchema) {
		t.Errorf("the page has other tables than flexform ledger tables prints:\n%s", got)
	}
}

// The page's statement to verify a ledger finds nothing in a sound one, and the
// first bad entry of one that was changed; that to load a file loads it.
func TestPageStatements(t *testing.T) {
	p := newPlace(t)
	conn, err := p.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	mine := func(sql string) string { return strings.ReplaceAll(sql, "flexform.", quote(p.schema)+".") }

	path := filepath.Join("..", "testdata", "every-kind.ledger")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	create, rest, _ := strings.Cut(block(t, "CREATE TEMP"), "\n")
	_, load, ok := strings.Cut(rest, "\n") // behind \copy, which is psql's
	if !ok || !strings.HasPrefix(rest, `\copy`) {
		t.Fatalf("the page loads a file by %q", rest)
	}
	if _, err := conn.Exec(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		if _, err := conn.Exec(t.Context(), "INSERT INTO lines VALUES ($1)", strings.TrimSuffix(line, "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := conn.PgConn().Exec(t.Context(), mine(load)).ReadAll(); err != nil {
		t.Fatal(err)
	}
	want, err := statefile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	head, seq := want.Head()
	if h, n := got.Head(); h != head || n != seq {
		t.Errorf("loaded is a ledger with head %s at %d, the file has %s at %d", h, n, head, seq)
	}

	verify := func() (bad int64) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), mine(block(t, "SELECT seq FROM"))).Scan(&bad); err != nil && err != pgx.ErrNoRows {
			t.Fatal(err)
		}
		return bad
	}
	if bad := verify(); bad != 0 {
		t.Errorf("entry %d of a sound ledger is bad", bad)
	}
	appended(t, open(t, p), statefile.Observed{Merchant: "12345678", Transact: "22222222", Status: 2}) // it can be gone on with
	p.change(t, "UPDATE {entries} SET line = replace(line, '5000', '9000') WHERE seq = 6")
	if bad := verify(); bad != 6 {
		t.Errorf("entry 6 was changed, and bad is %d", bad)
	}
}
