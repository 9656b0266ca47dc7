package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/money"
)

// TestSettleUntil: what was accepted settles by itself, on the gateway's own
// clock, while it serves.
func TestSettleUntil(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, err := Open(Options{Settle: SettleMode(time.Minute), Now: time.Now}) // the bubble's clock
		if err != nil {
			t.Fatal(err)
		}
		amount, err := money.Parse("20.00 DKK")
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Seed([]Transaction{{Transact: "11111111", OrderID: "1", Amount: amount, Status: StatusCaptured}}); err != nil {
			t.Fatal(err)
		}
		if err := g.BackOffice(MoveRefund, "11111111", amount); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- g.settleUntil(ctx) }()
		var got []Status
		for range 4 {
			tr, _ := g.Transaction("11111111")
			got = append(got, tr.Status)
			time.Sleep(time.Minute + 2*time.Second)
		}
		if diff := cmp.Diff([]Status{StatusRefundPending, StatusRefundSent, StatusRefunded, StatusRefunded}, got); diff != "" {
			t.Errorf("minute by minute mismatch (-want +got):\n%s", diff)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestReplyHeaders(t *testing.T) {
	g, err := Open(Options{Now: func() time.Time { return time.Date(2026, 11, 2, 13, 0, 0, 0, time.FixedZone("CET", 3600)) }})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest("POST", "/cgi-adm/payinfo.cgi", strings.NewReader("transact=11111111")))
	want := http.Header{
		"Content-Type": {"text/html; charset=iso-8859-1"}, "Cache-Control": {"Private, no-cache"}, "Pragma": {"no-cache"}, "Expires": {"-1"},
		"Mime-Version": {"1.0"}, "Date": {"Mon, 02 Nov 2026 12:00:00 GMT"}, "Www-Authenticate": {`Basic realm="DIBS"`},
		"Content-Length": {fmt.Sprint(w.Body.Len())},
	}
	if diff := cmp.Diff(want, w.Result().Header); diff != "" {
		t.Errorf("challenge mismatch (-want +got):\n%s", diff)
	}
	if w.Body.Len() <= 100 {
		t.Errorf("the login page has %d characters; clients look for more than 100", w.Body.Len())
	}
}

func TestLockoutCanBeSwitchedOff(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	tests := map[string]struct {
		lockout time.Duration
		after   time.Duration
		want    bool
	}{
		"half an hour, before": {0, 29 * time.Minute, false},
		"half an hour, after":  {0, 30 * time.Minute, true},
		"a minute, before":     {time.Minute, 59 * time.Second, false},
		"a minute, after":      {time.Minute, time.Minute, true},
		"none":                 {NoLockout, 0, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDoorkeeper([]User{{"api", "secret"}}, tt.lockout)
			for range 5 {
				if d.admits(query{hasLogin: true, user: "api", password: "wrong"}, now) {
					t.Fatal("a wrong password is admitted")
				}
			}
			if got := d.admits(query{hasLogin: true, user: "api", password: "secret"}, now.Add(tt.after)); got != tt.want {
				t.Errorf("admits after %s = %t, want %t", tt.after, got, tt.want)
			}
		})
	}
}

// TestStoreIsSynced: SQLite takes a misspelt pragma without a word.
func TestStoreIsSynced(t *testing.T) {
	s, err := openStore(filepath.Join(t.TempDir(), "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "locking_mode": "exclusive"} {
		var got string
		if err := s.conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s = %q, error %v; want %q", pragma, got, err, want)
		}
	}
	if err := s.close(); err != nil {
		t.Error(err)
	}
}

func TestOpenNeeds(t *testing.T) {
	now := func() time.Time { return time.Unix(1_700_000_000, 0) }
	tests := map[string]struct {
		options Options
		want    string
	}{
		"a clock":            {Options{}, "open gateway: Options.Now is not set"},
		"both keys":          {Options{Now: now, Merchants: []Merchant{{ID: "1", Key1: "k"}}}, "open gateway: merchant 1 needs both MD5 keys or none"},
		"keys to require":    {Options{Now: now, Merchants: []Merchant{{ID: "1", RequireMD5: true}}}, "open gateway: merchant 1 needs both MD5 keys or none"},
		"a merchant number":  {Options{Now: now, Merchants: []Merchant{{ID: "shop"}}}, `open gateway: "shop" is not a merchant number`},
		"a folder to put it": {Options{Now: now, Store: "/nonexistent/store.db"}, "open store /nonexistent/store.db: unable to open database file (14)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := Open(tt.options); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("Open = %v, want %s", err, tt.want)
			}
		})
	}
}

// A recorder is a test that may fail.
type recorder struct {
	testing.TB
	cleanups []func()
	errors   []string
}

func (r *recorder) Cleanup(f func()) { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// TestStartFailsOnStrangers: a call nobody expected fails the test.
func TestStartFailsOnStrangers(t *testing.T) {
	r := &recorder{TB: t}
	s := Start(r, Options{})
	reply, err := http.Get(s.URL + "/cgi-bin/refund.cgi")
	if err != nil {
		t.Fatal(err)
	}
	if err := reply.Body.Close(); err != nil || reply.StatusCode != http.StatusNotFound {
		t.Errorf("a strange path is answered with %d, error %v; want 404", reply.StatusCode, err)
	}
	for _, f := range r.cleanups {
		f()
	}
	want := []string{"sandbox: request for /cgi-bin/refund.cgi, which is no FlexWin service"}
	if diff := cmp.Diff(want, r.errors); diff != "" {
		t.Errorf("errors mismatch (-want +got):\n%s", diff)
	}
}
