package dibs_test

import (
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/dibs"
	"flexform/dibs/sandbox"
)

// TestClientConformance runs the client through every case of every service
// that the table of conformance wants, against the sandbox. The table says why
// when there is no test; package sandbox knows which cases there must be.
func TestClientConformance(t *testing.T) {
	cases := map[string]cells{
		"auth.cgi": authCells(), "3dsecure.cgi": threeDSecureCells(), "reauth.cgi": reauthCells(), "ticket_auth.cgi": ticketAuthCells(),
		"delticket.cgi": delTicketCells(), "capture.cgi": captureCells(), "refund.cgi": refundCells(), "cancel.cgi": cancelCells(),
		"changestatus.cgi": changeStatusCells(), "suppl_auth.cgi": supplAuthCells(),
		"transinfo.cgi": transInfoCells(), "transstatus.pml": transStatusCells(), "payinfo.cgi": payInfoCells(),
		"transstat.cgi": lightCells("transstat.cgi", (*dibs.Client).TransStat), "transimg.cgi": lightCells("transimg.cgi", (*dibs.Client).TransImg),
		"callback.cgi": callbackCells(), "cardtype.pml": cardTypeCells(), "cardtype.cgi": {}, "confirmtransact.cgi": confirmTransactCells(),
		"status.pml": acquirerStatusCells(), "splitpay_info.cgi": splitPayInfoCells(), "splitpay_changestatus.cgi": splitPayChangeCells(),
		"danskenet.cgi": bankCells((*dibs.Client).DanskeNet), "solo_payment.cgi": bankCells((*dibs.Client).SoloPayment),
		"generatevouchers.cgi": voucherCells(), "FlexWin": flexWinCells(),
	}
	cases["danskenet.cgi"]["wrong timeout"] = func(t *testing.T, s shop) {
		r := bankRequest()
		r.Timeout = 180e9
		stays(t, s, "danskenet.cgi", second(s.signed.DanskeNet(r)))
	}
	delete(cases["danskenet.cgi"], "wrong MD5") // it has none
	table := clientColumn(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(table)), slices.Sorted(maps.Keys(cases))); diff != "" {
		t.Errorf("services mismatch (-table +tests):\n%s", diff)
	}
	for service, run := range cases {
		var wanted []string
		for name, why := range table[service] {
			if why == "test" {
				wanted = append(wanted, name)
			} else if len(strings.Fields(why)) < 3 {
				t.Errorf("%s: %q is no reason why there is no test of %q", service, why, name)
			}
		}
		slices.Sort(wanted)
		if diff := cmp.Diff(wanted, slices.Sorted(maps.Keys(run))); diff != "" {
			t.Errorf("cases of %s mismatch (-table +tests):\n%s", service, diff)
		}
		for name, f := range run {
			t.Run(service+"/"+name, func(t *testing.T) { f(t, openConformanceShop(t)) })
		}
	}
}

// cells are the tests of one service by case.
type cells map[string]func(*testing.T, shop)

// clientColumn reads the last column of the table: service, case, what it says.
func clientColumn(t *testing.T) map[string]map[string]string {
	t.Helper()
	text, err := os.ReadFile("sandbox/testdata/conformance.txt")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]map[string]string{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		columns := strings.Split(line, " | ")
		if len(columns) != 4 {
			t.Fatalf("not a line of the table: %q", line)
		}
		if table[columns[0]] == nil {
			table[columns[0]] = map[string]string{}
		}
		for name := range strings.SplitSeq(columns[1], ", ") {
			table[columns[0]][name] = columns[3]
		}
	}
	return table
}

// openConformanceShop has a transaction in each status, 111111 and the status,
// and 22222222 of another merchant. All are over 20.00 DKK, their order ids the
// transaction's number.
func openConformanceShop(t *testing.T) shop {
	t.Helper()
	seeds := []sandbox.Transaction{seed("22222222", sandbox.StatusCaptured, func(s *sandbox.Transaction) { s.Merchant = "87654321" })}
	for n := range 27 {
		if n >= 20 && n < 26 { // never used (flexwin.md 4.1)
			continue
		}
		id := string(inStatus(dibs.Status(n)))
		seeds = append(seeds, seed(id, sandbox.Status(n), func(s *sandbox.Transaction) {
			s.OrderID, s.Merchant = id, "12345678"
			if n == 8 || n == 9 || n == 15 {
				s.Captured, s.Refunded = amount("20.00 DKK"), amount("5.00 DKK")
			}
		}))
	}
	return openShop(t, nil, seeds...)
}

// inStatus names the shop's transaction in a status.
func inStatus(status dibs.Status) dibs.TransactID {
	return dibs.TransactID(strconv.Itoa(11111100 + int(status)))
}

const unknownID = dibs.TransactID("98765432")

// unknownMerchant is a client of a merchant that the gateway does not know.
func (s shop) unknownMerchant(t *testing.T) *dibs.Client {
	t.Helper()
	return client(t, s.gateway.URL, func(cfg *dibs.Config) { cfg.Merchant = "99999999" })
}

// wrongKeys is a client that signs with the two keys exchanged.
func (s shop) wrongKeys(t *testing.T) *dibs.Client {
	t.Helper()
	return client(t, s.gateway.URL, func(cfg *dibs.Config) { cfg.Key1, cfg.Key2 = dibs.NewSecret(key2), dibs.NewSecret(key1) })
}

// stays fails the test unless the client refused by itself: with an error that
// claims no answer, and without a call.
func stays(t *testing.T, s shop, service string, err error) {
	t.Helper()
	if err == nil || notFound(err) || loginRefused(err) || isDeclined(err) || isUncertain(err) {
		t.Errorf("got %v, want a refusal by the client", err)
	}
	if calls := s.gateway.Gateway.Calls(sandbox.Filter{Service: service}); len(calls) > 0 {
		t.Errorf("%s was called: %+v", service, calls)
	}
}

func second[T any](_ T, err error) error { return err }

// mirrors returns a client of a gateway that answers a service with one body,
// without carrying it out.
func mirrors(t *testing.T, service, body string) *dibs.Client {
	t.Helper()
	s := openShop(t, func(o *sandbox.Options) {
		o.Hook = func(called string, _ sandbox.Params, next func() sandbox.Reply) sandbox.Reply {
			if called != service {
				return next()
			}
			return sandbox.Reply{Code: 200, Body: body}
		}
	})
	return s.signed
}
