package dibs

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs/sandbox"
)

// R40: a request that the network cuts arrives in part, and a gateway may take
// that for the whole. Whatever it takes, it either does what was asked for, of
// the same transaction and by the same amount, or nothing: each form is cut
// after every byte, and a gateway that does not look at the length acts on it.
// Beside each transaction and ticket stands another one whose number is the
// first one's beginning.
func TestFormCutAtEveryByte(t *testing.T) {
	calls := map[string]func(*Client) error{
		"capture in parts": func(c *Client) error {
			_, err := c.Capture(t.Context(), CaptureRequest{Transact: "33333333", OrderID: "11223344", Amount: dkk(t, 1234), SplitPay: true})
			return err
		},
		"capture by force": func(c *Client) error {
			_, err := c.Capture(t.Context(), CaptureRequest{Transact: "11111111", OrderID: "11223344", Amount: dkk(t, 1234), Force: true})
			return err
		},
		"cancel without its order": func(c *Client) error {
			_, err := c.Cancel(t.Context(), CancelRequest{Transact: "11111111"})
			return err
		},
		"authorise": func(c *Client) error {
			card, err := NewCard("4711100000000000", time.June, 2024, "684")
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Auth(t.Context(), AuthRequest{Order: Order{OrderID: "new-1", Amount: dkk(t, 1234), CaptureNow: true, UniqueOID: true}, Card: card})
			return err
		},
		"authorise again": func(c *Client) error { _, err := c.Reauth(t.Context(), "55555555"); return err },
		"by hand": func(c *Client) error {
			_, err := c.Call(t.Context(), "cancel.cgi", map[string]string{"transact": "11111111"})
			return err
		},
		"delete a ticket": func(c *Client) error { _, err := c.DelTicket(t.Context(), "44444444"); return err },
		"charge a ticket": func(c *Client) error {
			_, err := c.TicketAuth(t.Context(), TicketAuthRequest{Ticket: "44444444", OrderID: "renewal-1", Amount: dkk(t, 1234), CaptureNow: true, UniqueOID: true})
			return err
		},
		"close a split capture": func(c *Client) error { _, err := c.SplitPayClose(t.Context(), "33333333"); return err },
	}
	for verb, call := range moneyCalls(t) {
		calls[verb] = func(c *Client) error { _, err := call(c); return err }
	}
	calls["refund"] = func(c *Client) error {
		_, err := c.Refund(t.Context(), RefundRequest{"22222222", "11223344", dkk(t, 1234)})
		return err
	}
	cuts := 0
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		t.Run(name, func(t *testing.T) {
			recorder := play(t, say(ok("")))
			calls[name](on(t, recorder.url))
			if len(recorder.seen()) != 1 {
				t.Fatalf("%d requests", len(recorder.seen()))
			}
			r := recorder.seen()[0]
			path := strings.Fields(r.head)[1]
			before, whole := cutGateway(t, path, ""), cutGateway(t, path, r.body)
			for n := range len(r.body) {
				cuts++
				after := cutGateway(t, path, r.body[:n])
				if after != before && after != whole {
					t.Errorf("cut to %q: the whole comes to\n%s\nand this to\n%s", r.body[:n], cmp.Diff(before, whole), cmp.Diff(before, after))
				}
			}
		})
	}
	if whole := cutGateway(t, "/cgi-adm/cancel.cgi", "merchant=12345678&transact=1111111"); whole == cutGateway(t, "/cgi-adm/cancel.cgi", "") {
		t.Error("nothing stands beside what the calls are about: this test could not fail")
	}
	t.Logf("%d forms, cut %d times", len(calls), cuts)
}

// cutGateway tells what a fresh gateway's books say after it was sent that form.
func cutGateway(t *testing.T, path, body string) string {
	t.Helper()
	seed := func(transact, order string, status sandbox.Status) sandbox.Transaction {
		return sandbox.Transaction{Transact: transact, Merchant: "12345678", OrderID: order, Amount: dkk(t, 2000), Status: status}
	}
	var seeds []sandbox.Transaction
	for digit, status := range map[string]sandbox.Status{
		"1": sandbox.StatusAuthorised, "2": sandbox.StatusCaptured, "3": sandbox.StatusSplitOpen, "4": sandbox.StatusTicket, "5": sandbox.StatusCancelled,
	} {
		seeds = append(seeds, seed(strings.Repeat(digit, 8), "11223344", status), seed(strings.Repeat(digit, 7), "1122334", status))
	}
	server := sandbox.Start(t, sandbox.Options{}, seeds...)
	request, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth("api", "secret")
	request.Close = true
	reply, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, reply.Body)
	reply.Body.Close()
	var books []string
	for _, x := range server.Gateway.Transactions() {
		books = append(books, fmt.Sprintf("%s %s %s %s captured %s refunded %s", x.Transact, x.OrderID, x.Amount, x.Status, x.Captured, x.Refunded))
	}
	slices.Sort(books)
	return strings.Join(books, "\n")
}
