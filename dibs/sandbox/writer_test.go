package sandbox

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flexform/money"
)

// TestStoreFails: a commit that fails is answered with an error, shows
// nowhere, and no later change is tried on a store that nobody knows. R10
func TestStoreFails(t *testing.T) {
	g, err := Open(Options{Store: filepath.Join(t.TempDir(), "store.db"), Now: func() time.Time { return time.Unix(1_700_000_000, 0) }})
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
	if err := g.store.exec("DROP TABLE calls"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		w, r := httptest.NewRecorder(), httptest.NewRequest("POST", "/cgi-adm/refund.cgi", strings.NewReader("merchant=1&transact=11111111&orderid=1&amount=500"))
		r.SetBasicAuth("api", "secret")
		g.ServeHTTP(w, r)
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "result") {
			t.Errorf("refund on a broken store: %d %q, want 500 and no result", w.Code, w.Body)
		}
		if err := g.BackOffice(MoveRefund, "11111111", amount); err == nil {
			t.Error("the back-office works on a broken store")
		}
	}
	if got, _ := g.Transaction("11111111"); got.Status != StatusCaptured || !got.Refunded.Zero() || len(got.Moves) != 1 {
		t.Errorf("after failed commits: %+v", got)
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if _, err := g.Settle(); !errors.Is(err, ErrClosed) {
		t.Errorf("Settle after Close = %v, want %v", err, ErrClosed)
	}
}

// TestGroupSees: changes of one group see each other, and a call that is
// declined in it takes nothing of the others away.
func TestGroupSees(t *testing.T) {
	g, err := Open(Options{Now: func() time.Time { return time.Unix(1_700_000_000, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	amount, err := money.Parse("20.00 DKK")
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Seed([]Transaction{{Transact: "11111111", OrderID: "1", Amount: amount, Status: StatusCaptured}}); err != nil {
		t.Fatal(err)
	}
	form := map[string]string{"merchant": "1", "transact": "11111111", "orderid": "1", "amount": "1200"}
	before := g.book.find("11111111")
	var results []string
	refund := func(c *batch) { results = append(results, g.refundCall(c, query{params: form}).result) }
	if err := g.writer.commit([]job{{change: refund}, {change: refund}, {change: refund}}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(results, " "); got != "0 7 7" {
		t.Errorf("results %s, want 0 7 7", got)
	}
	if before.Status != StatusCaptured || len(before.Moves) != 1 {
		t.Errorf("a published record was changed: %+v", before)
	}
	if after := g.book.find("11111111"); after.Refunded.Minor() != 1200 {
		t.Errorf("refunded %s, want 12.00 DKK", after.Refunded)
	}
}

// TestCallLogIsBounded: the oldest calls make room.
func TestCallLogIsBounded(t *testing.T) {
	l := newCallLog()
	for range maxCalls + 3 {
		l.add(Call{Seq: l.number()})
	}
	calls := l.chosen(Filter{})
	if first, last := calls[0].Seq, calls[len(calls)-1].Seq; len(calls) != maxCalls || first != 4 || last != maxCalls+3 {
		t.Errorf("%d calls from %d to %d; want %d from 4 to %d", len(calls), first, last, maxCalls, maxCalls+3)
	}
}
