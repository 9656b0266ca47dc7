package sandbox_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
)

// killedStore names the store of the process that gets killed.
const killedStore = "FLEXFORM_TEST_KILLED_STORE"

func TestMain(m *testing.M) {
	if path := os.Getenv(killedStore); path != "" {
		fmt.Fprintln(os.Stderr, serveUntilKilled(path))
		os.Exit(1)
	}
	if path := os.Getenv(killedBulkStore); path != "" {
		fmt.Fprintln(os.Stderr, serveSFTPUntilKilled(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// serveUntilKilled is the other process of TestKill.
func serveUntilKilled(path string) error {
	g, err := sandbox.Open(sandbox.Options{Store: path, Now: noon})
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + ln.Addr().String())
	return sandbox.Serve(context.Background(), ln, g)
}

func noon() time.Time { return time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC) }

func open(t *testing.T, path string) *sandbox.Gateway {
	t.Helper()
	g, err := sandbox.Open(sandbox.Options{Store: path, Now: noon, Settle: sandbox.Manual})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func shut(t *testing.T, g *sandbox.Gateway) {
	t.Helper()
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestKill: what was answered survives SIGKILL; what was not answered happened
// at most once. R1
func TestKill(t *testing.T) {
	const clients, answers = 8, 60 // answers before each kill
	path := filepath.Join(t.TempDir(), "store.db")
	g := open(t, path)
	if err := g.Seed(readSeed(t, "transact,orderid,amount,currency,status\n11111111,11223344,9999.00,DKK,captured\n")); err != nil {
		t.Fatal(err)
	}
	shut(t, g)

	var accepted, unanswered int64
	for round := range 3 {
		a, u := refundUntilKilled(t, path, clients, answers)
		accepted, unanswered = accepted+a, unanswered+u
		g := open(t, path)
		tr, _ := g.Transaction("11111111")
		if got := tr.Refunded.Minor(); got < accepted || got > accepted+unanswered {
			t.Errorf("round %d: refunded %d, want %d answered ones and at most %d more", round, got, accepted, unanswered)
		}
		calls := g.Calls(sandbox.Filter{Money: true})
		if int64(len(calls)) != tr.Refunded.Minor() {
			t.Errorf("round %d: %d calls in the log for a refunded total of %d", round, len(calls), tr.Refunded.Minor())
		}
		shut(t, g)
	}
}

// refundUntilKilled serves path in another process, has clients refund one øre
// a call, and kills the process amid the calls. It returns how many refunds
// were accepted and how many got no answer.
func refundUntilKilled(t *testing.T, path string, clients int, answers int64) (accepted, unanswered int64) {
	t.Helper()
	server := exec.CommandContext(t.Context(), os.Args[0])
	server.Env = append(os.Environ(), killedStore+"="+path)
	server.Stderr = os.Stderr
	out, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	base, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	kill := func() { // SIGKILL, by the id of the process started above
		if err := server.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
	}
	var yes, none atomic.Int64
	var work sync.WaitGroup
	for range clients {
		work.Go(func() {
			for {
				reply, err := tryRefund(strings.TrimSpace(base), refundForm(1))
				if err != nil {
					none.Add(1)
					return
				}
				if !strings.HasPrefix(reply, "status=ACCEPTED&result=0&") {
					t.Errorf("reply %q, want an acceptance", reply)
					kill()
					return
				}
				if yes.Add(1) == answers {
					kill()
				}
			}
		})
	}
	work.Wait()
	if err := server.Wait(); err == nil || server.ProcessState.Success() {
		t.Errorf("the server was not killed: %v", err)
	}
	return yes.Load(), none.Load()
}

// TestCopyWhileRunning takes the files as they lie on the disk between two
// calls, which is what a power cut leaves.
func TestCopyWhileRunning(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	s := sandbox.Start(t, sandbox.Options{Store: filepath.Join(dir, "store.db"), Settle: sandbox.Manual}, readSeed(t,
		"transact,merchant,orderid,amount,currency,status,captured,refunded,authorised_at,paytype\n"+
			"11111111,12345678,11223344,20.00,DKK,8,20.00,1.00,2026-11-01T09:30:00.5Z,V-DK\n22222222,,ø,500,JPY,authorised,,,,\n")...)
	call(t, s.URL, "/cgi-adm/refund.cgi", refundForm(500)+"&md5key=x")
	call(t, s.URL, "/cgi-adm/refund.cgi", refundForm(0))
	call(t, s.URL, "/cgi-bin/capture.cgi", "merchant=1&transact=22222222&orderid=%F8&amount=400")
	if _, err := s.Gateway.Settle(); err != nil {
		t.Fatal(err)
	}
	if err := s.Gateway.Decline("11111111"); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "store.db*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("files %v, error %v; want the database and its log", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(other, filepath.Base(file)), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	g := open(t, filepath.Join(other, "store.db"))
	defer shut(t, g)
	if diff := cmp.Diff(s.Gateway.Transactions(), g.Transactions(), amounts); diff != "" {
		t.Errorf("transactions mismatch (-running +copy):\n%s", diff)
	}
	if diff := cmp.Diff(s.Gateway.Calls(sandbox.Filter{Money: true}), g.Calls(sandbox.Filter{})); diff != "" {
		t.Errorf("calls mismatch (-running +copy):\n%s", diff)
	}
	if diff := cmp.Diff(s.Gateway.Requests(), g.Requests()); diff != "" {
		t.Errorf("requests mismatch (-running +copy):\n%s", diff)
	}
	checkMoney(t, "copy", g, "11111111 10 20.00 1.00\n22222222 3 400 0")
}

func TestRestartCountsOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a store #1?.db")
	for want := range 3 {
		t.Run(fmt.Sprint("start ", want+1), func(t *testing.T) {
			s := sandbox.Start(t, sandbox.Options{Store: path, Settle: sandbox.Manual},
				readSeed(t, fmt.Sprintf("transact,orderid,amount,currency,status\n1111111%d,1,20.00,DKK,authorised\n", want))...)
			call(t, s.URL, "/cgi-bin/capture.cgi", fmt.Sprintf("merchant=1&transact=1111111%d&orderid=1&amount=2000", want))
			if _, err := s.Gateway.Settle(); err != nil {
				t.Fatal(err)
			}
			calls := s.Gateway.Calls(sandbox.Filter{})
			if last := calls[len(calls)-1]; len(calls) != want+1 || last.Seq != uint64(want+1) || last.Result != "0" {
				t.Errorf("%d calls, the last one number %d with result %q; want %d, %d, 0", len(calls), last.Seq, last.Result, want+1, want+1)
			}
			all := s.Gateway.Transactions()
			if last := all[len(all)-1]; len(all) != want+1 || last.Batch != int64(want+1) {
				t.Errorf("%d transactions, the last one in batch %d; want %d and %d", len(all), last.Batch, want+1, want+1)
			}
		})
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	const layout = "CREATE TABLE t (x)"
	tests := map[string]struct {
		prepare func(t *testing.T, path string)
		want    string
	}{
		"a file that is no database": {
			func(t *testing.T, path string) {
				if err := os.WriteFile(path, []byte(strings.Repeat("not a database. ", 100)), 0o600); err != nil {
					t.Fatal(err)
				}
			}, "file is not a database",
		},
		"a database of something else": {
			func(t *testing.T, path string) { execSQL(t, path, layout) }, "it is an SQLite file of something else",
		},
		"a newer layout": {
			func(t *testing.T, path string) {
				shut(t, open(t, path))
				execSQL(t, path, "PRAGMA user_version = 5")
			}, "its layout is version 5; this program knows version 4",
		},
		"totals that the moves do not add up to": {
			func(t *testing.T, path string) { tamper(t, path, "UPDATE transactions SET refunded = 1") },
			"moves add up to [2000 0] captured and refunded, totals say [2000 1]",
		},
		"moves that cannot be": {
			func(t *testing.T, path string) { tamper(t, path, "UPDATE moves SET amount = 2001") }, "capture of 20.01 DKK",
		},
		"a move of nobody": {
			func(t *testing.T, path string) { tamper(t, path, "UPDATE moves SET ordinal = 7") }, "transaction number 7, which is not there",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			tt.prepare(t, path)
			_, err := sandbox.Open(sandbox.Options{Store: path, Now: noon})
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("Open = %v, want an error with %q and the path", err, tt.want)
			}
		})
	}
}

func TestOpenInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	g := open(t, path)
	if _, err := sandbox.Open(sandbox.Options{Store: path, Now: noon}); !errors.Is(err, sandbox.ErrInUse) {
		t.Errorf("second Open = %v, want %v", err, sandbox.ErrInUse)
	}
	shut(t, g)
	shut(t, open(t, path))
}

func tamper(t *testing.T, path, text string) {
	t.Helper()
	g := open(t, path)
	if err := g.Seed(readSeed(t, captured20)); err != nil {
		t.Fatal(err)
	}
	shut(t, g)
	execSQL(t, path, text)
}

func execSQL(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
