package sandbox

import (
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestVoucherLimits: a call makes at most 1,000 vouchers, and all calls together
// no more than 100,000.
func TestVoucherLimits(t *testing.T) {
	const no = "status=DECLINED&reason=8&message=Error%20in%20argument%20quantity"
	tests := map[string]struct {
		made, quantity int // before; asked for
		want           string
	}{
		"as many as a call makes":      {0, 1000, "status=ACCEPTED&vouchers=V0000001DA2%2CV00000020B8%2C"},
		"one more than a call makes":   {0, 1001, no},
		"none":                         {0, 0, no},
		"fewer than none":              {0, -1, no},
		"the last that there can be":   {99_998, 2, "status=ACCEPTED&vouchers=V009999900E%2CV0100000EFF"},
		"one more than there can be":   {99_999, 2, no},
		"when there can be no more":    {100_000, 1, no},
		"more than a number can count": {0, 1 << 62, no},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g, err := Open(Options{Now: time.Now})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { g.Close() })
			g.book.vouchers = make([]Voucher, tt.made)
			r := httptest.NewRequest("POST", "/cgi-adm/generatevouchers.cgi",
				strings.NewReader("merchant=1&type=M&value=500&currency=208&quantity="+strconv.Itoa(tt.quantity)))
			r.SetBasicAuth("anyone", "any")
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			if got := w.Body.String(); !strings.HasPrefix(got, tt.want) {
				t.Errorf("%d after %d are answered with %.100q, want %q", tt.quantity, tt.made, got, tt.want)
			}
			wanted := tt.made
			if tt.want != no {
				wanted += tt.quantity
			}
			if n := len(g.Vouchers()); n != wanted {
				t.Errorf("there are %d vouchers, want %d", n, wanted)
			}
		})
	}
}
