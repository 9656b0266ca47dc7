package sandbox_test

import (
	"net/url"
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

// bringBulk has clients bring bulk files of every state: carried out, refused,
// and released under a gateway that waits.
func bringBulk(t *testing.T, g *sandbox.Gateway) {
	t.Helper()
	deliverRaw(t, g, "refund021126_01", strings.ReplaceAll(`CsvHeader: true
NumberOfCsvRecords: 5
ReturnReason: true

"transact","orderid","amount","currency"
2800000103,W-2026-1003,50,392
2800000108,"""><script>alert(1)</script><b x='{{.}}",250,208
2800000101,W-2026-1001,20000,208
99999999,none,100,208
2800000104,W-2026-1004,1.5,KWD
`, "\n", "\r\n"))
	deliverRaw(t, g, "capture021126_01", "2800000101,W-2026-1001\r\n")
	deliverRaw(t, g, "ticket_auth021126_01", "2800000101,W-2026-1001,500,208\r\n")
	if _, err := g.RunBulk(); err != nil {
		t.Fatal(err)
	}
	deliverRaw(t, g, "refund021126_02", "2800000109,x,100,208\r\n")
	if err := g.PutBulkFile("<b>notes<b>.txt", []byte("<script>alert(1)</script>")); err != nil {
		t.Fatal(err)
	}
}

// The button carries out what waits, and nothing that was done before.
func TestPageCarriesOutBulkFiles(t *testing.T) {
	s := sandbox.Start(t, sandbox.Options{Bulk: sandbox.Manual}, readSeed(t, captured20)...)
	deliverRaw(t, s.Gateway, "refund021126_01", "11111111,11223344,500,208\r\n")
	says := func(path, want string) {
		t.Helper()
		if _, body := get(t, s.URL+path); !strings.Contains(strings.Join(lines(body), "\n"), want) {
			t.Errorf("%s lacks %q:\n%s", path, want, strings.Join(lines(body), "\n"))
		}
	}
	says("/bulk", "Released, not carried out yet: 1.")
	says("/bulk/batches/refund021126_01", "Nothing can be taken back.")
	for range 2 {
		if code, to := press(t, s.URL, "/bulk/run", url.Values{}); code != 303 {
			t.Errorf("POST /bulk/run = %d %s", code, to)
		}
		says("/bulk?done=run", "Carried out: nothing waits any more.")
		checkMoney(t, "pressed", s.Gateway, "11111111 8 20.00 5.00")
	}
	says("/bulk/batches/refund021126_01", "11111111| 11223344| accepted| 5.00| DKK|")
	says("/transactions/11111111", "Refunded 5.00 DKK by refund021126_01.txt")
	w := pressed(s.Gateway, "/bulk/run", "", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
	if w.Code != 403 {
		t.Errorf("another web site pressed: %d", w.Code)
	}
	for _, path := range []string{"/bulk/batches/refund021126_02", "/bulk/files/none.txt"} {
		if code, _ := get(t, s.URL+path); code != 404 {
			t.Errorf("GET %s = %d, want 404", path, code)
		}
	}
}
