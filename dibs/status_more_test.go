package dibs

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"flexform/money"
)

// What the newer status calls send, each of them signed by nothing.
func TestStatusRequests(t *testing.T) {
	for service, want := range map[string]string{
		"transstat":       "/cgi-bin/transstat.cgi merchant=12345678&transact=11111111&account=web&amount=2000&orderid=11223344&currency=208",
		"transimg":        "/cgi-bin/transimg.cgi merchant=12345678&transact=11111111&account=web&amount=2000&orderid=11223344&currency=208",
		"confirmtransact": "/cgi-bin/confirmtransact.cgi merchant=12345678&transact=11111111&account=web&orderid=11223344&currency=208",
		"cardtype":        "/cardtype.pml merchant=12345678&transact=11111111&account=web",
		"status":          "/status.pml acquirer=PBS&replytype=num",
		"callback":        "/cgi-adm/callback.cgi merchant=12345678&transact=11111111",
		"splitpay_info":   "/cgi-adm/splitpay_info.cgi merchant=12345678&transact=11111111",
	} {
		gateway := play(t, say(ok("?")))
		err := statusCalls(t)[service](on(t, gateway.url, withKeys, func(c *Config) { c.Account = "web" }))
		got := gateway.seen()
		if err == nil || len(got) != 1 {
			t.Fatalf("%s: %d requests, %v", service, len(got), err)
		}
		if diff := cmp.Diff(want, strings.Fields(got[0].head)[1]+" "+got[0].body); diff != "" {
			t.Errorf("%s mismatch (-want +got):\n%s", service, diff)
		}
		if strings.Contains(got[0].head, "Authorization") != withLogin[service] {
			t.Errorf("%s: the login goes along wrongly", service)
		}
	}
}

func TestConfirmTransactAndCardTypeReplies(t *testing.T) {
	currency := dkk(t, 1).Currency()
	gateway := play(t, nil)
	c := on(t, gateway.url)
	tests := map[string]struct{ amount, cardType string }{ // "" an error, "-" not found
		ok("2000"):                              {"20.00 DKK", ""},
		ok("0"):                                 {"-", "-"},
		ok(""):                                  {"-", "-"},
		ok("Unknown transaction id (11111111)"): {"-", "-"},
		ok("-5"):                                {"", ""},
		ok("20.00"):                             {"", ""},
		ok("99999999999"):                       {"", ""},
		ok("VISA"):                              {"", "VISA"},
		ok("VISA(DK)\n"):                        {"", "VISA(DK)"},
		ok("S/T"):                               {"", "S/T"},
		ok("JEM_FIX"):                           {"", "JEM_FIX"},
		ok("V-DK & more"):                       {"", ""},
		ok("Error: something is wrong with it"): {"", ""},
		ok("<html>VISA</html>"):                 {"", ""},
		"HTTP/1.0 200 OK\r\n\r\nVISA":           {"", ""}, // may be a part of VISA(DK)
		"HTTP/1.0 200 OK\r\n\r\n20":             {"", ""}, // may be a part of 2000
	}
	for reply, want := range tests {
		gateway.will(say(reply))
		amount, err := c.ConfirmTransact(t.Context(), ConfirmRequest{"11111111", "11223344", currency})
		if got := said(amount.String(), err); got != want.amount {
			t.Errorf("confirmtransact %q: %s, %v, want %q", reply, amount, err, want.amount)
		}
		cardType, err := c.CardType(t.Context(), "11111111")
		if got := said(cardType, err); got != want.cardType {
			t.Errorf("cardtype %q: %s, %v, want %q", reply, cardType, err, want.cardType)
		}
	}
}

// said is what a status call returned: its text, "-" for not found, "" else.
func said(text string, err error) string {
	if _, notFound := errors.AsType[*NotFoundError](err); notFound {
		return "-"
	} else if err != nil {
		return ""
	}
	return text
}

func TestAcquirerStatus(t *testing.T) {
	const sentence = "Last contact to the acquirer was established at 02/11-2026 at 11.58"
	at := time.Date(2026, 11, 2, 11, 58, 0, 0, time.UTC)
	tests := map[string]struct {
		num, text string
		want      AcquirerStatus // zero: an error
	}{
		"up":                              {"1", sentence, AcquirerStatus{"PBS", true, at, sentence}},
		"down":                            {"0\n", sentence, AcquirerStatus{"PBS", false, at, sentence}},
		"other words":                     {"1", "All is well", AcquirerStatus{"PBS", true, time.Time{}, "All is well"}},
		"a day that is none":              {"1", strings.Replace(sentence, "02/11", "31/02", 1), AcquirerStatus{"PBS", true, time.Time{}, strings.Replace(sentence, "02/11", "31/02", 1)}},
		"a time with seconds or the like": {"1", sentence + "3", AcquirerStatus{"PBS", true, time.Time{}, sentence + "3"}},
		"neither up nor down":             {"2", sentence, AcquirerStatus{}},
		"words for a number":              {"up", sentence, AcquirerStatus{}},
		"no words":                        {"1", "", AcquirerStatus{}},
		"a page":                          {"1", "<html>x</html>", AcquirerStatus{}},
	}
	for name, tt := range tests {
		gateway := play(t, nil)
		gateway.will(func(conn net.Conn, r request) bool {
			body := tt.text
			if r.form["replytype"] == "num" {
				body = tt.num
			}
			return say(ok(body))(conn, r)
		})
		got, err := on(t, gateway.url).AcquirerStatus(t.Context(), "PBS")
		if (err != nil) != (tt.want == AcquirerStatus{}) {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s mismatch (-want +got):\n%s", name, diff)
		}
	}
}

func TestSplitPayInfo(t *testing.T) {
	const example = "transact=11111111&authamount=5000&amountleft=1000&spcaps=2&settled=3500&captured=4000&refunded=500&status=1&stransact_01=11111112&sorderid_01=11223344-1&stransact_02=11111113&sorderid_02=11223344-2"
	want := SplitPayInfo{
		Transact: "11111111", State: SplitOpen, Authorised: dkk(t, 5000), Left: dkk(t, 1000), Captured: dkk(t, 4000), Refunded: dkk(t, 500),
		Settled: dkk(t, 3500), PendingCaptures: dkk(t, 0), PendingRefunds: dkk(t, 0),
		Parts: []SplitPart{{"11111112", "11223344-1"}, {"11111113", "11223344-2"}},
	}
	pending := want
	pending.PendingCaptures, pending.PendingRefunds, pending.State = dkk(t, 300), dkk(t, 20), SplitClosing
	twelve := "transact=11111111&authamount=1&amountleft=0&spcaps=12&settled=1&captured=1&refunded=0&status=2"
	for _, n := range []string{"01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"} {
		twelve += "&stransact_" + n + "=1234567" + n
	}
	tests := map[string]struct {
		body string
		want string // "" as want, "pending", "twelve", "not found", "declined", else a part of the error
	}{
		"the documented example":      {example, ""},
		"with what is pending":        {strings.Replace(example, "status=1", "status=3&pending_captures=300&pending_refunds=20", 1), "pending"},
		"twelve captures":             {twelve, "twelve"},
		"no split payment":            {"status=DECLINED&reason=6&message=Not%20a%20split%20payment", "declined"},
		"an unknown transaction":      {"status=DECLINED&reason=8&message=Unknown%20transaction%20id%20%2811111111%29", "not found"},
		"an unknown one, in words":    {"Unknown transaction id (11111111)", "not found"},
		"nothing":                     {"", "not found"},
		"another transaction":         {strings.Replace(example, "11111111", "11111119", 1), "another transaction"},
		"no sum of what was captured": {strings.Replace(example, "captured=4000&", "", 1), "captured"},
		"a sum that is none":          {strings.Replace(example, "refunded=500", "refunded=-5", 1), "refunded"},
		"two sums":                    {example + "&refunded=0", "two different values"},
		"fewer captures than it says": {strings.Replace(example, "spcaps=2", "spcaps=3", 1), "2 captures of 3"},
		"more captures than it says":  {strings.Replace(example, "spcaps=2", "spcaps=1", 1), "2 captures of 1"},
		"a capture that is none":      {strings.Replace(example, "stransact_02=11111113", "stransact_02=x", 1), "names no transaction"},
		"a status that is none":       {strings.Replace(example, "status=1", "status=4", 1), "status"},
		"a decline without a reason":  {"status=DECLINED", "status"},
		"a page":                      {"<html>" + example, "HTML"},
		"a login page, status 200":    {"<html>Login problems?", "login"},
	}
	for name, tt := range tests {
		gateway := play(t, say(ok(tt.body)))
		got, err := on(t, gateway.url).SplitPayInfo(t.Context(), "11111111", want.Left.Currency())
		_, notFound := errors.AsType[*NotFoundError](err)
		declined, isDeclined := errors.AsType[*DeclinedError](err)
		_, refused := errors.AsType[*LoginError](err)
		switch {
		case tt.want == "" && cmp.Diff(want, got) == "" && err == nil,
			tt.want == "pending" && cmp.Diff(pending, got) == "" && err == nil,
			tt.want == "twelve" && len(got.Parts) == 12 && got.Parts[11].Transact == "123456712" && err == nil,
			tt.want == "not found" && notFound,
			tt.want == "declined" && isDeclined && declined.Result == ResultStatusForbids && declined.Message == "Not a split payment",
			tt.want == "login" && refused,
			tt.want != "" && !isDeclined && !notFound && err != nil && strings.Contains(err.Error(), tt.want):
		default:
			t.Errorf("%s: %+v, %v, want %q", name, got, err, tt.want)
		}
	}
	gateway := play(t, say("HTTP/1.0 200 OK\r\n\r\n"+example)) // what is pending may have been cut off
	if got, err := on(t, gateway.url).SplitPayInfo(t.Context(), "11111111", want.Left.Currency()); !errors.Is(err, errCut) {
		t.Errorf("a reply without an end: %+v, %v", got, err)
	}
}

func TestSplitPayChange(t *testing.T) {
	const start = "/cgi-adm/splitpay_changestatus.cgi transact=11111111&action="
	gateway := play(t, nil)
	for body, want := range map[string]string{
		"result=ACCEPTED": "accepted",
		"result=DECLINED&reason=6&message=Status%20doesn%27t%20allow%20close": "declined",
		"result=DECLINED&reason=8&message=Authentication%20error":             "declined",
		"result=DECLINED&reason=12&message=Unknown%20error":                   "uncertain",
		"result=0":                          "uncertain",
		"status=ACCEPTED":                   "uncertain",
		"result=ACCEPTED&status=DECLINED":   "uncertain",
		"result=DECLINED&message=no reason": "declined",
		"Unknown transaction id (11111111)": "uncertain",
		"result=ACCEPTED&result=DECLINED":   "uncertain",
	} {
		gateway.will(say(ok(body)))
		before := len(gateway.seen())
		_, closing := on(t, gateway.url, withKeys).SplitPayClose(t.Context(), "11111111")
		_, opening := on(t, gateway.url, withKeys).SplitPayReopen(t.Context(), "11111111")
		if outcome(closing) != want || outcome(opening) != want {
			t.Errorf("%q: %v, %v, want %s", body, closing, opening, want)
		}
		for i, action := range []string{"close", "open"} {
			r := gateway.seen()[before+i]
			if got := strings.Fields(r.head)[1] + " " + r.body; got != start+action+"&merchant=12345678" {
				t.Errorf("sent %q, want %q and the merchant", got, start+action)
			}
		}
	}
	if _, err := on(t, gateway.url).SplitPayClose(t.Context(), "x"); outcome(err) != "not sent" {
		t.Errorf("a transact that is none: %v", err)
	}
}

func TestGenerateVouchers(t *testing.T) {
	const start = "/cgi-adm/generatevouchers.cgi quantity=2&"
	krone := dkk(t, 1).Currency()
	gateway := play(t, say(ok("status=ACCEPTED&vouchers=V0000001A%2CV0000002B")))
	zone := time.FixedZone("west", -8*3600)
	tests := map[string]struct {
		r    VoucherRequest
		want string
	}{
		"worth an amount": {VoucherRequest{Quantity: 2, Worth: dkk(t, 5000)}, "type=M&value=5000&currency=208"},
		"worth a share":   {VoucherRequest{Quantity: 2, Percent: 10, Currency: krone}, "type=P&value=10&currency=208"},
		"with all the rest": {VoucherRequest{
			Quantity: 2, Worth: dkk(t, 5000), Currency: krone, Group: "XM1", Start: time.Date(2026, 12, 1, 23, 0, 0, 0, zone), Expire: time.Date(2026, 12, 24, 0, 0, 0, 0, zone),
			Least: dkk(t, 10000), MaxUses: 3,
		}, "type=M&value=5000&currency=208&group=XM1&start=01122026&expire=24122026&min=100.00&maxuses=3"},
	}
	for name, tt := range tests {
		got, err := on(t, gateway.url, withKeys).GenerateVouchers(t.Context(), tt.r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]string{"V0000001A", "V0000002B"}, got.Codes); diff != "" {
			t.Errorf("%s: codes mismatch (-want +got):\n%s", name, diff)
		}
		seen := gateway.seen()
		last := seen[len(seen)-1]
		if diff := cmp.Diff(start+tt.want+"&merchant=12345678", strings.Fields(last.head)[1]+" "+last.body); diff != "" {
			t.Errorf("%s: request mismatch (-want +got):\n%s", name, diff)
		}
	}
	for body, want := range map[string]string{
		ok("status=ACCEPTED"):                                                   "accepted",
		ok("status=ACCEPTED&vouchers=V1"):                                       "uncertain",
		"HTTP/1.0 200 OK\r\n\r\nstatus=ACCEPTED&vouchers=V1%2CV2":               "uncertain",
		ok("status=DECLINED&reason=8&message=Error%20in%20argument%20quantity"): "declined",
		ok("V1,V2"):             "uncertain",
		httpReply("401 No", ""): "login refused",
	} {
		gateway.will(say(body))
		if _, err := on(t, gateway.url).GenerateVouchers(t.Context(), VoucherRequest{Quantity: 2, Worth: dkk(t, 5000)}); outcome(err) != want {
			t.Errorf("%q: %v, want %s", body, err, want)
		}
	}
	before := len(gateway.seen())
	for name, r := range map[string]VoucherRequest{
		"none":                       {Worth: dkk(t, 1)},
		"too many":                   {Quantity: 1001, Worth: dkk(t, 1)},
		"worth nothing":              {Quantity: 1, Currency: krone},
		"worth two things":           {Quantity: 1, Worth: dkk(t, 1), Percent: 1},
		"worth no minor unit":        {Quantity: 1, Worth: dkk(t, 0)},
		"worth more than all":        {Quantity: 1, Percent: 101, Currency: krone},
		"worth less than nothing":    {Quantity: 1, Percent: -1, Currency: krone},
		"a share without a currency": {Quantity: 1, Percent: 1},
		"an order in another":        {Quantity: 1, Worth: dkk(t, 1), Least: must(money.Parse("1.00 SEK"))},
		"a group of five":            {Quantity: 1, Worth: dkk(t, 1), Group: "ABCDE"},
		"a group with a dash":        {Quantity: 1, Worth: dkk(t, 1), Group: "A-B"},
		"a group with an accent":     {Quantity: 1, Worth: dkk(t, 1), Group: "é"},
		"fewer uses than none":       {Quantity: 1, Worth: dkk(t, 1), MaxUses: -1},
		"over before it begins":      {Quantity: 1, Worth: dkk(t, 1), Start: time.Date(2026, 12, 2, 0, 0, 0, 0, zone), Expire: time.Date(2026, 12, 1, 0, 0, 0, 0, zone)},
	} {
		if _, err := on(t, gateway.url).GenerateVouchers(t.Context(), r); outcome(err) != "not sent" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(gateway.seen()) - before; n != 0 {
		t.Errorf("%d requests arrived that must not be sent", n)
	}
}

func TestStatusCallsThatMustNotBeSent(t *testing.T) {
	gateway := play(t, say(ok("1")))
	c := on(t, gateway.url)
	krone := dkk(t, 1).Currency()
	for name, err := range map[string]error{
		"transstat without an amount":        second(c.TransStat(t.Context(), DescribeRequest{Transact: "11111111", OrderID: "1"})),
		"transimg without an order":          second(c.TransImg(t.Context(), DescribeRequest{Transact: "11111111", Amount: dkk(t, 1)})),
		"confirmtransact without a currency": second(c.ConfirmTransact(t.Context(), ConfirmRequest{Transact: "11111111", OrderID: "1"})),
		"confirmtransact without a transact": second(c.ConfirmTransact(t.Context(), ConfirmRequest{OrderID: "1", Currency: krone})),
		"cardtype of a word":                 second(c.CardType(t.Context(), "eleven")),
		"callback of a word":                 second(c.Callback(t.Context(), "eleven")),
		"sums without a currency":            second(c.SplitPayInfo(t.Context(), "11111111", money.Currency{})),
		"sums of a word":                     second(c.SplitPayInfo(t.Context(), "eleven", krone)),
		"no acquirer":                        second(c.AcquirerStatus(t.Context(), "")),
		"an acquirer with a line end":        second(c.AcquirerStatus(t.Context(), "PBS\n")),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if n := len(gateway.seen()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
}
