package sandbox_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/bulk"
	"flexform/dibs/sandbox"
	"flexform/money"
)

// bulkSeed has something for every kind of file.
const bulkSeed = `transact,merchant,orderid,amount,currency,status,paytype
11111111,12345678,order 1,20.00,DKK,captured,VISA
11111112,12345678,"order ""2"", two",20.00,EUR,captured,VISA
11111113,12345678,order 3,20.00,DKK,authorised,VISA
11111114,12345678,order 4,20.00,DKK,authorised,VISA
27000001,12345678,tickets,1.00,DKK,ticket,VISA
`

// bulkDay is the day that the tests' clock shows.
var bulkDay = bulk.DayOf(noon())

func amountOf(t *testing.T, text string) money.Amount {
	t.Helper()
	a, err := money.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// remotes are the ways into a gateway's directory.
var remotes = map[string]func(*testing.T, *sandbox.Server) bulk.Remote{
	"SFTP": func(t *testing.T, s *sandbox.Server) bulk.Remote {
		address, hostKey := s.SFTP(t)
		r, err := bulk.DialSFTP(t.Context(), bulk.SFTPConfig{
			Address: address, User: "shop", Password: bulk.NewSecret("secret"), HostKeys: []string{hostKey},
		})
		return opened(t, r, err)
	},
	"FTPS": func(t *testing.T, s *sandbox.Server) bulk.Remote {
		address, certificate := s.FTP(t)
		roots := x509.NewCertPool()
		roots.AddCert(certificate)
		r, err := bulk.DialFTP(t.Context(), bulk.FTPConfig{
			Address: address, User: "shop", Password: bulk.NewSecret("secret"), RootCAs: roots,
		})
		return opened(t, r, err)
	},
	"FTP": func(t *testing.T, s *sandbox.Server) bulk.Remote {
		address, _ := s.FTP(t)
		r, err := bulk.DialFTP(t.Context(), bulk.FTPConfig{Address: address, User: "shop", Password: bulk.NewSecret("secret"), Plain: true})
		return opened(t, r, err)
	},
}

func opened[T interface {
	bulk.Remote
	io.Closer
}](t *testing.T, r T, err error) bulk.Remote {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return r
}

// deliver puts and releases a file, and returns what the gateway answered.
func deliver(t *testing.T, r bulk.Remote, n bulk.Name, f bulk.File) bulk.Response {
	t.Helper()
	rows, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d := bulk.Drop{Remote: r}
	if err := d.Put(t.Context(), n, rows); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Release(t.Context(), n, rows); err != nil {
		t.Fatal(err)
	}
	return answered(t, d, n, f)
}

func answered(t *testing.T, d bulk.Drop, n bulk.Name, f bulk.File) bulk.Response {
	t.Helper()
	data, err := d.Response(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	response, err := f.ReadResponse(data)
	if err != nil {
		t.Fatalf("%v in the response %q", err, data)
	}
	if len(response.Problems) > 0 {
		t.Errorf("%s: problems %v in the response %q", n, response.Problems, data)
	}
	return response
}

// outcomes returns "accepted 0 declined 7 ..." for the answers, and checks that
// every one says what its row is.
func outcomes(r bulk.Response) string {
	var all []string
	for _, a := range r.Answers {
		all = append(all, fmt.Sprintf("%s %d", a.Outcome, int(a.Result)))
	}
	return strings.Join(all, ", ")
}

// All four kinds, in both forms, over every way in.
func TestBulkFiles(t *testing.T) {
	type test struct {
		kind  bulk.Kind
		rows  []bulk.Row
		want  string // outcomes
		money string // of the transactions afterwards
	}
	tests := map[string]test{
		"refunds": {bulk.Refund, []bulk.Row{
			{Transact: "11111111", OrderID: "order 1", Amount: amountOf(t, "5.00 DKK")},
			{Transact: "11111112", OrderID: `order "2", two`, Amount: amountOf(t, "20.00 EUR")},
			{Transact: "11111113", OrderID: "order 3", Amount: amountOf(t, "5.00 DKK")},
			{Transact: "99999999", OrderID: "order 1", Amount: amountOf(t, "5.00 DKK")},
		}, "accepted 0, accepted 0, declined 6, declined 8", "11111111 8 20.00 5.00\n11111112 11 20.00 20.00\n11111113 2 0.00 0.00"},
		"captures": {bulk.Capture, []bulk.Row{
			{Transact: "11111113", OrderID: "order 3", Amount: amountOf(t, "15.00 DKK")},
			{Transact: "11111114", OrderID: "order 4", Amount: amountOf(t, "20.01 DKK")},
			{Transact: "11111111", OrderID: "order 1", Amount: amountOf(t, "5.00 DKK")},
			{Transact: "11111112", OrderID: "order 1", Amount: amountOf(t, "5.00 EUR")},
		}, "accepted 0, declined 7, declined 6, declined 9", "11111113 5 15.00 0.00\n11111114 2 0.00 0.00\n11111111 5 20.00 0.00"},
		"ticket authorisations": {bulk.TicketAuth, []bulk.Row{
			{Ticket: "27000001", OrderID: "new 1", Amount: amountOf(t, "7.00 DKK")},
			{Ticket: "27000001", OrderID: "new 2", Amount: amountOf(t, "8.00 EUR")},
			{Ticket: "11111111", OrderID: "new 3", Amount: amountOf(t, "7.00 DKK")},
		}, "accepted 0, accepted 0, declined 8", "2800000006 2 0.00 0.00\n2800000007 2 0.00 0.00"},
		"ticket captures": {bulk.TicketCapture, []bulk.Row{
			{Ticket: "27000001", OrderID: "new 1", Amount: amountOf(t, "7.00 DKK")},
			{Ticket: "99999999", OrderID: "new 3", Amount: amountOf(t, "7.00 DKK")},
		}, "accepted 0, declined 8", "2800000006 5 7.00 0.00"},
	}
	for way, dial := range remotes {
		for name, tt := range tests {
			for form, file := range map[string]bulk.File{
				"advanced": bulk.NewFile(tt.kind, tt.rows), "simple": {Kind: tt.kind, Rows: tt.rows},
			} {
				t.Run(way+", "+name+", "+form, func(t *testing.T) {
					s := sandbox.Start(t, withUser(), readSeed(t, bulkSeed)...)
					r := dial(t, s)
					n := bulk.Name{Kind: tt.kind, Day: bulkDay, Number: 1}
					response := deliver(t, r, n, file)
					if got := outcomes(response); got != tt.want {
						t.Errorf("answers %s; want %s", got, tt.want)
					}
					checkMoney(t, name, s.Gateway, tt.money)
					for _, a := range response.Answers {
						if tr, made := s.Gateway.Transaction(string(a.Transact)); a.Transact != "" && (!made || tr.OrderID != a.Row.OrderID) {
							t.Errorf("the response names transaction %s for %s", a.Transact, a.Row.OrderID)
						}
					}
					before := s.Gateway.Transactions()
					twice(t, r, n, file)
					if diff := cmp.Diff(before, s.Gateway.Transactions(), cmp.Comparer(func(x, y money.Amount) bool { return x == y })); diff != "" {
						t.Errorf("the money changed after all was done:\n%s", diff)
					}
				})
			}
		}
	}
}

// twice tries by all means to have a batch carried out a second time.
func twice(t *testing.T, r bulk.Remote, n bulk.Name, f bulk.File) {
	t.Helper()
	rows, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d := bulk.Drop{Remote: r}
	if state, err := d.Release(t.Context(), n, rows); err != nil || state != bulk.Answered {
		t.Errorf("release again: %s, %v", state, err)
	}
	if err := r.Create(t.Context(), n.File(bulk.RunFile), nil); err == nil {
		t.Error("the run file was made again")
	}
}

// A name that was cleared away is not made again.
func TestBulkNamesAreUsedOnce(t *testing.T) {
	s := sandbox.Start(t, withUser(), readSeed(t, bulkSeed)...)
	f := bulk.NewFile(bulk.Refund, []bulk.Row{{Transact: "11111111", OrderID: "order 1", Amount: amountOf(t, "5.00 DKK")}})
	n := bulk.Name{Kind: bulk.Refund, Day: bulkDay, Number: 1}
	r := remotes["SFTP"](t, s)
	deliver(t, r, n, f)
	if err := r.Remove(t.Context(), n.File(bulk.RunFile)); err != nil {
		t.Fatal(err)
	}
	if err := s.Gateway.PutBulkFile(n.File(bulk.RowsFile), []byte("other rows")); err == nil {
		t.Error("the rows of a batch that was carried out were changed")
	}
	for _, part := range []bulk.Part{bulk.RowsFile, bulk.ResponseFile, bulk.ResponseRunFile} {
		if err := r.Remove(t.Context(), n.File(part)); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []bulk.Part{bulk.RowsFile, bulk.RunFile, bulk.ResponseFile} {
		if err := r.Create(t.Context(), n.File(part), []byte("x")); err == nil {
			t.Errorf("%s was made again", n.File(part))
		}
	}
	if files := fileNames(s.Gateway); files != nil {
		t.Errorf("the directory holds %q", files)
	}
	checkMoney(t, "once", s.Gateway, "11111111 8 20.00 5.00")
	if batches := s.Gateway.BulkBatches(); len(batches) != 1 || batches[0].Accepted() != 1 {
		t.Errorf("batches %+v", batches)
	}
}

// A server that clears up leaves nothing to tell by but the response, and yet
// no name comes twice.
func TestBulkClearsUp(t *testing.T) {
	o := withUser()
	o.ClearBulk = true
	s := sandbox.Start(t, o, readSeed(t, bulkSeed)...)
	f := bulk.NewFile(bulk.Refund, []bulk.Row{{Transact: "11111111", OrderID: "order 1", Amount: amountOf(t, "5.00 DKK")}})
	n := bulk.Name{Kind: bulk.Refund, Day: bulkDay, Number: 1}
	r := remotes["SFTP"](t, s)
	deliver(t, r, n, f)
	want := []string{n.File(bulk.ResponseRunFile), n.File(bulk.ResponseFile)}
	if diff := cmp.Diff(want, fileNames(s.Gateway)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	for _, file := range want {
		if err := r.Remove(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	d := bulk.Drop{Remote: r}
	if state, err := d.State(t.Context(), n); state != bulk.Absent || err != nil {
		t.Errorf("state %s, %v", state, err)
	}
	if err := d.Put(t.Context(), n, rows); err == nil {
		t.Error("the name was taken a second time")
	}
	checkMoney(t, "cleared", s.Gateway, "11111111 8 20.00 5.00")
}

// What is released cannot be taken back, and waits for its time.
func TestBulkFilesWait(t *testing.T) {
	now := noon()
	o := withUser()
	o.Bulk, o.Now = sandbox.SettleMode(time.Hour), func() time.Time { return now }
	s := sandbox.Start(t, o, readSeed(t, bulkSeed)...)
	f := bulk.NewFile(bulk.Refund, []bulk.Row{{Transact: "11111111", OrderID: "order 1", Amount: amountOf(t, "5.00 DKK")}})
	n := bulk.Name{Kind: bulk.Refund, Day: bulkDay, Number: 1}
	r := remotes["SFTP"](t, s)
	d := bulk.Drop{Remote: r}
	rows, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	// An upload that was torn is replaced before it is released.
	if err := r.Create(t.Context(), n.File(bulk.RowsFile), rows[:len(rows)/2]); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(t.Context(), n, rows); err != nil {
		t.Fatal(err)
	}
	if state, err := d.Release(t.Context(), n, rows); err != nil || state != bulk.Released {
		t.Fatalf("release: %s, %v", state, err)
	}
	for _, part := range []bulk.Part{bulk.RowsFile, bulk.RunFile} {
		if err := r.Remove(t.Context(), n.File(part)); err == nil {
			t.Errorf("%s was taken back", n.File(part))
		}
	}
	want := []sandbox.BulkBatch{{Name: n.String(), Kind: "refund", Released: now, Rows: []sandbox.BulkRow{}}}
	if diff := cmp.Diff(want, s.Gateway.BulkBatches()); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	now = now.Add(time.Hour - time.Second)
	if err := s.Gateway.PutBulkFile(n.File(bulk.RunFile), nil); err != nil { // a mark that is set a second time
		t.Error(err)
	}
	if done, err := s.Gateway.RunBulkDue(); done != 0 || err != nil {
		t.Errorf("a second too early: %d batches, %v", done, err)
	}
	now = now.Add(time.Second)
	if done, err := s.Gateway.RunBulkDue(); done != 1 || err != nil {
		t.Errorf("an hour after the release: %d batches, %v", done, err)
	}
	if got := outcomes(answered(t, d, n, f)); got != "accepted 0" {
		t.Errorf("answers %s", got)
	}
}

// Two runs at once: the second one looks while the first is at work, and finds
// it done.
func TestBulkRunsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g *sandbox.Gateway
		var second func()
		g, err := sandbox.Open(sandbox.Options{Bulk: sandbox.Manual, Now: func() time.Time {
			if start := second; start != nil {
				second = nil
				start()
			}
			return noon()
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer shut(t, g)
		if err := g.Seed(readSeed(t, captured20)); err != nil {
			t.Fatal(err)
		}
		deliverRaw(t, g, "refund021126_01", "11111111,11223344,500,208\r\n")
		late := make(chan int, 1)
		second = func() { // the first asks what time it is while it carries out
			go func() {
				done, err := g.RunBulk()
				if err != nil {
					t.Error(err)
				}
				late <- done
			}()
			synctest.Wait()
		}
		if done, err := g.RunBulk(); done != 1 || err != nil {
			t.Errorf("the first: %d batches, %v", done, err)
		}
		if done := <-late; done != 0 {
			t.Errorf("the second: %d batches", done)
		}
		checkMoney(t, "both", g, "11111111 8 20.00 5.00")
	})
}

// A row does what the single call does: on twins of one seed, to the last
// status, with the codes of the replies.
func TestBulkRowsAreLikeCalls(t *testing.T) {
	const seed = `transact,merchant,orderid,amount,currency,status,paytype,captured,refunded
11111111,12345678,o,20.00,DKK,captured,VISA,,
11111112,12345678,o,20.00,DKK,captured,VISA,10.00,
11111113,12345678,o,20.00,DKK,partly refunded,VISA,,5.00
11111114,12345678,o,20.00,DKK,refunded,VISA,,
11111115,12345678,o,20.00,DKK,refund declined,VISA,,
11111116,12345678,o,20.00,DKK,authorised,VISA,,
11111117,12345678,o,20.00,DKK,cancelled,VISA,,
11111118,12345678,o,20.00,DKK,declined,VISA,,
11111119,12345678,o,20.00,DKK,capture declined,VISA,,
11111120,12345678,o,20.00,DKK,ticket,VISA,,
11111121,,o,20.00,DKK,captured,VISA,,
11111122,,o,20.00,JPY,captured,VISA,,
`
	for kind, path := range map[string]string{"refund": "/cgi-adm/refund.cgi", "capture": "/cgi-bin/capture.cgi"} {
		for _, settle := range []sandbox.SettleMode{sandbox.Instant, sandbox.Manual} {
			seeds := readSeed(t, strings.ReplaceAll(seed, "20.00,JPY", "2000,JPY"))
			rows := sandbox.Start(t, sandbox.Options{Settle: settle}, seeds...)
			calls := sandbox.Start(t, sandbox.Options{Settle: settle}, seeds...)
			var file, want []string
			for _, tr := range append(slices.Clone(seeds), sandbox.Transaction{Transact: "99999999", Amount: seeds[0].Amount}, sandbox.Transaction{Transact: "x", Amount: seeds[0].Amount}) {
				for _, minor := range []string{"500", "1600", "2001", "0", "-1", "", "1e3", "99999999999"} {
					for _, order := range []string{"o", "p", ""} {
						file = append(file, fmt.Sprintf("%s,%s,%s,%s", tr.Transact, order, minor, tr.Amount.Currency().Number()))
						reply := call(t, calls.URL, path, fmt.Sprintf("merchant=12345678&transact=%s&orderid=%s&amount=%s&currency=%s&textreply=yes",
							tr.Transact, order, minor, tr.Amount.Currency().Number()))
						_, result, _ := strings.Cut(reply, "&result=")
						result, _, _ = strings.Cut(result, "&")
						want = append(want, fmt.Sprintf("%s,%s,%q", quoted(tr.Transact), result, order))
					}
				}
			}
			deliverRaw(t, rows.Gateway, kind+"021126_01", strings.Join(file, "\r\n")+"\r\n")
			if diff := cmp.Diff(want, strings.Split(strings.TrimSuffix(responseOf(t, rows.Gateway, kind+"021126_01"), "\r\n"), "\r\n")); diff != "" {
				t.Errorf("%s, settling %v: results (-calls +rows):\n%s", kind, settle, diff)
			}
			if diff := cmp.Diff(moneyOf(calls.Gateway), moneyOf(rows.Gateway)); diff != "" {
				t.Errorf("%s, settling %v: money (-calls +rows):\n%s", kind, settle, diff)
			}
		}
	}
}

// quoted is how the simple form writes what should be a number.
func quoted(s string) string {
	if strings.Trim(s, "0123456789") == "" {
		return s
	}
	return `"` + s + `"`
}

func moneyOf(g *sandbox.Gateway) []string {
	var all []string
	for _, tr := range g.Transactions() {
		all = append(all, fmt.Sprintf("%s %d %s %s", tr.Transact, tr.Status, tr.Captured, tr.Refunded))
	}
	return all
}

func deliverRaw(t *testing.T, g *sandbox.Gateway, batch, rows string) {
	t.Helper()
	for name, data := range map[string]string{batch + ".txt": rows} {
		if err := g.PutBulkFile(name, []byte(data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := g.PutBulkFile(batch+".run", nil); err != nil {
		t.Fatal(err)
	}
}

func responseOf(t *testing.T, g *sandbox.Gateway, batch string) string {
	t.Helper()
	for _, f := range g.BulkFiles() {
		if f.Name == "response_"+batch+".txt" {
			return string(f.Data)
		}
	}
	t.Fatalf("%s has no response", batch)
	return ""
}

// The judge shows the batch with its rows, and the file as origin of its moves.
func TestJudgeBulk(t *testing.T) {
	o := sandbox.Options{Bulk: sandbox.Manual}
	s := sandbox.Start(t, o, readSeed(t, captured20)...)
	deliverRaw(t, s.Gateway, "refund021126_01", "11111111,11223344,500,208\r\n11111111,4111 1111 1111 1111,500,752\r\n")
	if code, got := ask(t, "POST", s.URL+"/_sandbox/bulk/run"); code != 200 || got != `{"done":1}` {
		t.Errorf("run: %d %s", code, got)
	}
	const at = `"2026-11-02T12:00:00Z"`
	want := `{"batches":[{"name":"refund021126_01","kind":"refund","released_at":` + at + `,"done_at":` + at + `,"rows":[` +
		`{"line":1,"transact":"11111111","orderid":"11223344","amount":"500","currency":"208","result":0,"moved":true},` +
		`{"line":2,"transact":"11111111","orderid":"redacted","amount":"500","currency":"752","result":8,"actioncode":"d08","message":"Error in argument currency","moved":false}]}],` +
		`"files":[{"name":"refund021126_01.run","size":0,"time":` + at + `},{"name":"refund021126_01.txt","size":65,"time":` + at + `},` +
		`{"name":"response_refund021126_01.run","size":0,"time":` + at + `},{"name":"response_refund021126_01.txt","size":57,"time":` + at + `}]}`
	if _, got := ask(t, "GET", s.URL+"/_sandbox/bulk"); got != want {
		t.Errorf("bulk (-want +got):\n%s", cmp.Diff(want, got))
	}
	if _, got := ask(t, "GET", s.URL+"/_sandbox/transactions"); !strings.Contains(got, `"kind":"refund","amount_minor":500,"by":"refund021126_01.txt"}`) {
		t.Errorf("transactions %s lack the origin", got)
	}
}

// Between any two steps the gateway is stopped and opened again, once for each
// mode: a batch is carried out once, whole, and its response stays. R1
func TestBulkSurvivesRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	restart := func(mode sandbox.SettleMode) *sandbox.Gateway {
		o := sandbox.Options{Store: path, Now: noon, Bulk: mode}
		g, err := sandbox.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	g := restart(sandbox.Manual)
	if err := g.Seed(readSeed(t, captured20)); err != nil {
		t.Fatal(err)
	}
	rows := "11111111,11223344,500,208\r\n11111111,11223344,500,208\r\n"
	if err := g.PutBulkFile("refund021126_01.txt", []byte(rows)); err != nil {
		t.Fatal(err)
	}
	shut(t, g)
	g = restart(sandbox.Manual)
	checkMoney(t, "rows alone", g, "11111111 5 20.00 0.00")
	if err := g.PutBulkFile("refund021126_01.run", nil); err != nil {
		t.Fatal(err)
	}
	shut(t, g)
	g = restart(sandbox.Manual)
	checkMoney(t, "released", g, "11111111 5 20.00 0.00")
	if b := g.BulkBatches(); len(b) != 1 || !b[0].Done.IsZero() {
		t.Errorf("batches %+v, want one that waits", b)
	}
	shut(t, g)
	for range 2 {
		g = restart(sandbox.Instant) // which waits for nothing
		checkMoney(t, "carried out", g, "11111111 8 20.00 10.00")
		if got := responseOf(t, g, "refund021126_01"); got != "11111111,0,\"11223344\"\r\n11111111,0,\"11223344\"\r\n" {
			t.Errorf("response %q", got)
		}
		if b := g.BulkBatches(); len(b) != 1 || b[0].Accepted() != 2 || len(b[0].Rows) != 2 {
			t.Errorf("batches %+v", b)
		}
		if done, err := g.RunBulk(); done != 0 || err != nil {
			t.Errorf("carried out again: %d, %v", done, err)
		}
		shut(t, g)
	}
}

// killRounds is how often the gateway is killed.
const killRounds = 5

// TestBulkKill kills the gateway while a client brings one batch after the
// other. Whatever the client heard: of each batch all rows are done, each once,
// or none. R1
func TestBulkKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	g := open(t, path)
	if err := g.Seed(readSeed(t, "transact,orderid,amount,currency,status\n11111111,11223344,20000000.00,DKK,captured\n")); err != nil {
		t.Fatal(err)
	}
	shut(t, g)
	const rows = 400
	line := "11111111,11223344,1,208\r\n"
	released := 0 // batches whose release was answered
	number := 0
	for range killRounds {
		address, hostKey, kill := killableSFTP(t, path)
		r, err := bulk.DialSFTP(t.Context(), bulk.SFTPConfig{
			Address: address, User: "shop", Password: bulk.NewSecret("secret"), HostKeys: []string{hostKey},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		for i := 0; err == nil; i++ {
			number++
			n := bulk.Name{Kind: bulk.Refund, Day: bulkDay, Number: number}
			if i == 3 {
				go kill() // some time during this one
			}
			if err = r.Create(ctx, n.File(bulk.RowsFile), []byte(strings.Repeat(line, rows))); err == nil {
				if err = r.Create(ctx, n.File(bulk.RunFile), nil); err == nil {
					released++
				}
			}
		}
		cancel()
		r.Close()
		kill()
	}
	g = open(t, path)
	defer shut(t, g)
	batches := g.BulkBatches()
	done := 0
	for _, b := range batches {
		if b.Done.IsZero() {
			t.Errorf("%s was released and not carried out at once", b.Name)
			continue
		}
		if done++; b.Accepted() != rows {
			t.Errorf("%s: %d rows accepted of %d", b.Name, b.Accepted(), rows)
		}
		if got := strings.Count(responseOf(t, g, b.Name), ",0,"); got != rows {
			t.Errorf("%s: a response with %d rows", b.Name, got)
		}
	}
	tr, _ := g.Transaction("11111111")
	if got := tr.Refunded.Minor(); got != int64(done*rows) || done < released || done > released+killRounds {
		t.Errorf("refunded %d by %d batches of %d rows; %d releases were answered", got, done, rows, released)
	}
}
