package sandbox_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"flexform/dibs/sandbox"
)

// A shop is told of payments; it answers with the code it is made with.
type shop struct {
	*httptest.Server
	told chan string // method, three headers, body
}

func openShop(t *testing.T, code int) shop {
	s := shop{told: make(chan string, 10)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.told <- strings.Join([]string{
			r.Method, r.Header.Get("User-Agent"), r.Header.Get("Accept"), r.Header.Get("Content-Type"), string(body),
		}, "\n")
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(code)
	}))
	t.Cleanup(s.Close)
	return s
}

const told = "POST\nDIBS\n*/*\napplication/x-www-form-urlencoded\n"

func payWithCallback(t *testing.T, s *sandbox.Server, to string) {
	t.Helper()
	form := "merchant=12345678&orderid=o_1&currency=208&amount=2000&cardno=4571100000000000&expmon=06&expyear=24&cvc=684&textreply=yes" +
		"&callbackurl=" + url.QueryEscape(to)
	if reply := call(t, s.URL, "/cgi-ssl/auth.cgi", form); !strings.HasPrefix(reply, "status=ACCEPTED&") {
		t.Fatal(reply)
	}
	s.Gateway.WaitForCallbacks()
}

// TestCallback: the shop hears of an authorisation what callback.cgi says of
// it, in the form of flexwin.md 7, once, whatever it answers.
func TestCallback(t *testing.T) {
	for _, code := range []int{200, 302, 500} {
		shop := openShop(t, code)
		s := sandbox.Start(t, sandbox.Options{Store: filepath.Join(t.TempDir(), "store.db"), FirstTransact: 11111111})
		payWithCallback(t, s, shop.URL+"/told")
		encoded := strings.NewReplacer(":", "%3A", "/", "%2F", ".", "%2E").Replace(shop.URL + "/told")
		body := "orderid=o%5F1&paytype=V%2DDK&cardnomask=XXXXXXXXXXXX0000&cardprefix=457110&acquirer=TEST&cardexpdate=2406" +
			"&amount=2000&callbackurl=" + encoded + "&currency=208&merchant=12345678&textreply=yes" +
			"&approvalcode=123456&statuscode=2&transact=11111111"
		if diff := cmp.Diff(told+body, <-shop.told); diff != "" {
			t.Errorf("callback mismatch (-want +got):\n%s", diff)
		}
		if n := len(shop.told); n != 0 {
			t.Errorf("answered with %d, the shop was told %d times more", code, n)
		}
		want := []sandbox.Callback{{ID: 1, Transact: "11111111", URL: shop.URL + "/told", Body: body, Queued: noon(), Tried: noon(), HTTP: code}}
		if diff := cmp.Diff(want, s.Gateway.Callbacks()); diff != "" {
			t.Errorf("record mismatch (-want +got):\n%s", diff)
		}
		if _, seen := ask(t, "GET", s.URL+"/_sandbox/callbacks"); !strings.Contains(seen, `"callbacks":[{"id":1,"transact":"11111111"`) {
			t.Errorf("the judge says %s", seen)
		}
	}
}

// TestCallbackRefused: without leave a callback goes to this machine only, and
// what did not go is recorded with its reason.
func TestCallbackRefused(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	tests := map[string]struct {
		to      string
		allowed func(netip.AddrPort) bool
		want    string // contained
	}{
		"another machine":    {to: "http://192.0.2.1/", want: "not a loopback address"},
		"a name":             {to: "http://shop.example/", want: "not a loopback address"},
		"no address":         {to: "p1=a", want: "not an address for a callback"},
		"a file":             {to: "file:///etc/passwd", want: "not an address for a callback"},
		"a login":            {to: "http://a:b@127.0.0.1/", want: "not an address for a callback"},
		"nobody there":       {to: closed.URL, want: "connection refused"},
		"not allowed either": {to: closed.URL, allowed: func(netip.AddrPort) bool { return false }, want: "is not allowed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := sandbox.Start(t, sandbox.Options{CallbackTo: tt.allowed})
			payWithCallback(t, s, tt.to)
			got := s.Gateway.Callbacks()
			if len(got) != 1 || got[0].HTTP != 0 || got[0].Tried.IsZero() || !strings.Contains(got[0].Error, tt.want) {
				t.Errorf("%+v, want one callback with an error that has %q", got, tt.want)
			}
		})
	}
}

// TestCallbackAfterRestart: a callback that was queued and not tried is sent
// when the store is opened again; one that was tried is not.
func TestCallbackAfterRestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	shop := openShop(t, 200)
	var before []sandbox.Callback
	t.Run("first", func(t *testing.T) {
		s := sandbox.Start(t, sandbox.Options{Store: path})
		payWithCallback(t, s, shop.URL+"/1")
		payWithCallback(t, s, shop.URL+"/2")
		before = s.Gateway.Callbacks()
	})
	<-shop.told
	<-shop.told
	execSQL(t, path, "UPDATE callbacks SET tried = 0, http = 0 WHERE id = 2")
	s := sandbox.Start(t, sandbox.Options{Store: path})
	s.Gateway.WaitForCallbacks()
	if got := <-shop.told; !strings.Contains(got, "%2F2&") || len(shop.told) != 0 {
		t.Errorf("told again: %s, and %d more; want the second one alone", got, len(shop.told))
	}
	if diff := cmp.Diff(before, s.Gateway.Callbacks(), cmpopts.EquateApproxTime(time.Second)); diff != "" {
		t.Errorf("callbacks mismatch (-before +after):\n%s", diff)
	}
	payWithCallback(t, s, shop.URL+"/3")
	if got := s.Gateway.Callbacks(); len(got) != 3 || got[2].ID != 3 {
		t.Errorf("callbacks %+v, want a third one", got)
	}
}

// TestNoCallback: a payment that was declined, or that waits for its customer,
// tells nobody; one that the customer accepts does. The netbank's is a capture.
func TestNoCallback(t *testing.T) {
	shop := openShop(t, 200)
	s := sandbox.Start(t, sandbox.Options{FirstTransact: 11111111})
	form := "merchant=1&orderid=o&currency=208&amount=2000&accepturl=http://shop/&declineurl=http://shop/&cancelurl=http://shop/&callbackurl=" +
		url.QueryEscape(shop.URL)
	call(t, s.URL, "/cgi-ssl/auth.cgi", form+"&cardno=4711100000000004&expmon=06&expyear=24")
	call(t, s.URL, "/cgi-bin/danskenet.cgi", form)
	if got := s.Gateway.Callbacks(); len(got) != 0 {
		t.Errorf("callbacks %+v, want none", got)
	}
	call(t, s.URL, "/_bank/answer", "transact=11111112&answer=accept")
	s.Gateway.WaitForCallbacks()
	if got := <-shop.told; !strings.HasPrefix(got, told+"orderid=o&paytype=DNB&acquirer=TEST&accepturl=") ||
		!strings.HasSuffix(got, "&approvalcode=123456&statuscode=5&transact=11111112") {
		t.Errorf("told %s", got)
	}
}

// TestVouchersSurvive: vouchers are durable, and counted on.
func TestVouchersSurvive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	for round := range 2 {
		t.Run("open", func(t *testing.T) {
			s := sandbox.Start(t, sandbox.Options{Store: path})
			call(t, s.URL, "/cgi-adm/generatevouchers.cgi", "merchant=1&quantity=2&type=M&value=500&currency=208&expire=24122026")
			all := s.Gateway.Vouchers()
			if len(all) != 2*round+2 {
				t.Fatalf("%d vouchers, want %d", len(all), 2*round+2)
			}
			last := all[len(all)-1]
			if last.Code[:8] != "V000000"+string(rune('2'+2*round)) || last.Value != "500" || last.Expire != "24122026" {
				t.Errorf("the last voucher is %+v", last)
			}
		})
	}
}
