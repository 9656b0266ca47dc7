package sandbox_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
)

// payment is an authorisation whose card must be found nowhere afterwards: not
// under its own name, not in another field, not spelt with spaces.
const payment = "merchant=12345678&orderid=11223344&currency=208&amount=2000&cardno=4711100000000000&expmon=06&expyear=24&cvc=7391&cvv=7391" +
	"&ordertext=Card+4711+1000+0000+0000&ordline0-1=4111111111111111&delivery1.Name=%C6r%F8&textreply=yes&fullreply=yes"

// TestNoCardIsKept: the number and the CVC are in no reply, no log, no store;
// first six and last four digits are. R74
func TestNoCardIsKept(t *testing.T) {
	dir := t.TempDir()
	s := sandbox.Start(t, sandbox.Options{Store: filepath.Join(dir, "store.db"), FirstTransact: 11111111})
	texts := map[string]string{"reply": call(t, s.URL, "/cgi-ssl/auth.cgi", payment)}
	texts["refund reply"] = call(t, s.URL, "/cgi-adm/refund.cgi", "merchant=12345678&transact=11111111&orderid=11223344&amount=1&"+payment)
	_, texts["calls"] = ask(t, "GET", s.URL+"/_sandbox/calls")
	_, texts["transactions"] = ask(t, "GET", s.URL+"/_sandbox/transactions")
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no store: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(file)] = string(data)
	}
	for name, text := range texts {
		for _, secret := range []string{"4711100000000000", "4711 1000", "4711%201000", "7391", "4111111111111111"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s holds %q", name, secret)
			}
		}
	}
	tr, found := s.Gateway.Transaction("11111111")
	if !found {
		t.Fatalf("not authorised: %s", texts["reply"])
	}
	if d := tr.Details; d.CardPrefix != "471110" || d.CardMask != "XXXXXXXXXXXX0000" || d.CardExpiry != "2406" || d.Form.Get("delivery1.name") != "Ærø" {
		t.Errorf("details %+v lack the prefix, the mask, the expiry or the order information", d)
	}
}

// TestDetailsSurvive: details are as durable as the money, and numbers of
// transactions are counted on.
func TestDetailsSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	var before []sandbox.Transaction
	t.Run("first", func(t *testing.T) {
		s := sandbox.Start(t, sandbox.Options{Store: path, FirstTransact: 11111111})
		call(t, s.URL, "/cgi-ssl/auth.cgi", payment+"&calcfee=yes&account=a&callbackurl=")
		call(t, s.URL, "/cgi-ssl/auth.cgi", strings.Replace(payment, "&amount=2000", "&split=2&amount1=1&amount2=2", 1))
		call(t, s.URL, "/cgi-bin/capture.cgi", "merchant=12345678&account=a&transact=11111111&orderid=11223344&amount=500&splitpay=yes")
		call(t, s.URL, "/cgi-bin/capture.cgi", "merchant=12345678&account=a&transact=11111111&orderid=11223344&amount=600&splitpay=yes")
		before = s.Gateway.Transactions()
	})
	if len(before) != 5 || len(before[0].Details.Parts) != 2 || before[0].Details.Fee.Minor() != 150 {
		t.Fatalf("not what was to be kept: %+v", before)
	}
	s := sandbox.Start(t, sandbox.Options{Store: path, FirstTransact: 11111111})
	if diff := cmp.Diff(before, s.Gateway.Transactions(), amounts); diff != "" {
		t.Errorf("transactions mismatch (-before +after):\n%s", diff)
	}
	reply := call(t, s.URL, "/cgi-bin/capture.cgi", "merchant=12345678&account=a&transact=11111111&orderid=11223344&amount=1050&splitpay=yes")
	if want := "status=ACCEPTED&result=0&transact=11111111&cardtype=VISA&stransact=11111116&sorderid=11223344-3"; reply != want {
		t.Errorf("the last part: %s, want %s", reply, want)
	}
	checkMoney(t, "afterwards", s.Gateway, "11111111 19 0.00 0.00\n11111116 5 10.50 0.00")
}

// layout1 is a store as version 1 made it.
const layout1 = `
CREATE TABLE transactions (
	ordinal INTEGER PRIMARY KEY, transact TEXT NOT NULL UNIQUE, merchant TEXT NOT NULL, orderid TEXT NOT NULL,
	amount INTEGER NOT NULL, currency TEXT NOT NULL, authorised_at INTEGER NOT NULL, paytype TEXT NOT NULL,
	status INTEGER NOT NULL, captured INTEGER NOT NULL, refunded INTEGER NOT NULL, batch INTEGER NOT NULL,
	changed_at INTEGER NOT NULL
) STRICT;
CREATE TABLE moves (
	id INTEGER PRIMARY KEY, ordinal INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL,
	amount INTEGER NOT NULL, by TEXT NOT NULL, call INTEGER NOT NULL
) STRICT;
CREATE TABLE calls (
	seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, service TEXT NOT NULL, transact TEXT NOT NULL,
	params TEXT NOT NULL, http INTEGER NOT NULL, result TEXT NOT NULL, message TEXT NOT NULL, moved INTEGER NOT NULL
) STRICT;
INSERT INTO transactions VALUES (1, '11111111', '', '11223344', 2000, 'DKK', 0, 'VISA', 5, 2000, 0, 0, 0);
INSERT INTO moves VALUES (1, 1, 0, 'capture', 2000, 'seed', 0);
PRAGMA application_id = 1145651795; PRAGMA user_version = 1;`

// TestOldStore: a store of version 1 is taken to the newest layout, once, and
// its money goes on.
func TestOldStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	execSQL(t, path, layout1)
	for round, want := range []string{"11111111 8 20.00 5.00", "11111111 8 20.00 10.00"} {
		t.Run("open", func(t *testing.T) {
			s := sandbox.Start(t, sandbox.Options{Store: path})
			call(t, s.URL, "/cgi-adm/refund.cgi", refundForm(500))
			call(t, s.URL, "/cgi-ssl/auth.cgi", payment)
			checkMoney(t, "refunded", s.Gateway, want)
			if n := len(s.Gateway.Transactions()); n != round+2 {
				t.Errorf("%d transactions, want %d", n, round+2)
			}
		})
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var version int
	if err := db.QueryRowContext(t.Context(), "PRAGMA user_version").Scan(&version); err != nil || version != 4 {
		t.Errorf("version %d, error %v; want 4", version, err)
	}
}
