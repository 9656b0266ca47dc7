package dibs_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
)

// A call by hand ends as the service's own method does.
func TestContractCall(t *testing.T) {
	s := openShop(t, nil, seed("11111111", sandbox.StatusCaptured), seed("11111112", sandbox.StatusAuthorised), seed("11111113", sandbox.StatusTicket))
	refund := map[string]string{"transact": "11111111", "orderid": "11223344", "amount": "2000", "currency": "DKK"}

	raw, err := s.signed.Call(t.Context(), "payinfo.cgi", map[string]string{"transact": "11111111"})
	if err != nil || raw.HTTP != 200 || !has(raw, "status", "5") || !has(raw, "orderid", "11223344") {
		t.Errorf("payinfo.cgi: %+v, %v, want status 5", raw, err)
	}
	raw, err = s.signed.Call(t.Context(), "transstatus.pml", map[string]string{"transact": "11111112"})
	if err != nil || raw.Text != "2" || raw.Fields != nil {
		t.Errorf("transstatus.pml: %+v, %v, want a bare 2", raw, err)
	}
	// A reply's authkey covers the currency as it was sent (flexwin.md 3).
	raw, err = s.signed.Call(t.Context(), "ticket_auth.cgi", map[string]string{
		"ticket": "11111113", "orderid": "new", "amount": "2000", "currency": "DKK", "fullreply": "yes",
	})
	if err != nil || !has(raw, "status", "ACCEPTED") || !has(raw, "currency", "208") {
		t.Errorf("ticket_auth.cgi in DKK: %+v, %v, want it accepted, in 208", raw, err)
	}
	if raw, err = s.signed.Call(t.Context(), "refund.cgi", refund); err != nil || !has(raw, "result", "0") {
		t.Errorf("refund.cgi: %+v, %v, want it accepted", raw, err)
	}
	raw, err = s.signed.Call(t.Context(), "refund.cgi", refund)
	if declined, ok := errors.AsType[*dibs.DeclinedError](err); !ok || declined.Result != dibs.ResultStatusForbids || raw.HTTP != 200 {
		t.Errorf("refund.cgi again: %+v, %v, want result 6", raw, err)
	}
	raw, err = s.wrong.Call(t.Context(), "cancel.cgi", map[string]string{"transact": "11111112", "orderid": "11223344"})
	if _, ok := errors.AsType[*dibs.LoginError](err); !ok || raw.HTTP != 401 {
		t.Errorf("cancel.cgi with a wrong password: %+v, %v, want a refused login", raw, err)
	}
	if _, err = s.signed.Call(t.Context(), "cancel.cgi", map[string]string{"transact": "11111112", "orderid": "11223344"}); err != nil {
		t.Errorf("cancel.cgi: %v", err)
	}
	raw, err = s.signed.Call(t.Context(), "reauth.cgi", map[string]string{"transact": "11111111"})
	if _, ok := errors.AsType[*dibs.AuthDeclinedError](err); !ok {
		t.Errorf("reauth.cgi of a refunded transaction: %+v, %v, want a decline", raw, err)
	}
}

// Every service that may be called by hand is understood by the sandbox, with
// all of its parameters.
func TestContractCallEveryService(t *testing.T) {
	s := openShop(t, nil,
		seed("11111101", sandbox.StatusAuthorised), seed("11111102", sandbox.StatusAuthorised), seed("11111103", sandbox.StatusCancelled),
		seed("11111104", sandbox.StatusSplitOpen), seed("11111105", sandbox.StatusCaptured), seed("11111106", sandbox.StatusBalanced),
		seed("11111113", sandbox.StatusTicket), seed("11111114", sandbox.StatusTicket))
	bare, err := dibs.NewCard("5019100000000000", time.June, 2024, "")
	if err != nil {
		t.Fatal(err)
	}
	null, err := s.plain.Auth(t.Context(), dibs.AuthRequest{Order: dibs.Order{OrderID: "null", Amount: amount("20.00 DKK")}, Card: bare})
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]struct{ parameters, want string }{
		"transstatus.pml":           {"transact=11111105", "5"},
		"payinfo.cgi":               {"transact=11111105", "status=5"},
		"transinfo.cgi":             {"orderid=11223344 amount=2000 currency=DKK", "status="},
		"transstat.cgi":             {"transact=11111105 orderid=11223344 amount=2000 currency=208", "2"},
		"confirmtransact.cgi":       {"transact=11111105 orderid=11223344 currency=208", "2000"},
		"callback.cgi":              {"transact=11111105", "callback element"},
		"cardtype.pml":              {"transact=11111105", "VISA"},
		"splitpay_info.cgi":         {"transact=11111104", "authamount=2000"},
		"status.pml":                {"acquirer=all replytype=num", "1"},
		"capture.cgi":               {"transact=11111101 orderid=11223344 amount=2000 force=yes fullreply=yes", "&force=yes"},
		"refund.cgi":                {"transact=11111105 orderid=11223344 amount=500 currency=208 fullreply=yes", "&currency=208"},
		"cancel.cgi":                {"transact=11111102 orderid=11223344", "result=0"},
		"reauth.cgi":                {"transact=11111103 fullreply=yes", "&merchant=12345678"},
		"changestatus.cgi":          {"transact=11111106 amount=2000 action=captured force=yes fullreply=yes", "&action=captured"},
		"suppl_auth.cgi":            {"transact=" + string(null.Transacts[0]) + " orderid=null amount=2000", "result=0"},
		"ticket_auth.cgi":           {"ticket=11111113 orderid=new amount=2000 currency=208 capturenow=yes uniqueoid=yes calcfee=yes test=yes fullreply=yes", "fee=150"},
		"delticket.cgi":             {"ticket=11111114 fullreply=yes", "&ticket=11111114"},
		"splitpay_changestatus.cgi": {"transact=11111104 action=close", "result=ACCEPTED"},
		"generatevouchers.cgi":      {"quantity=2 type=M value=5000 currency=DKK group=V start=01122026 expire=24122026 min=100.00 maxuses=1", "vouchers=V"},
	}
	for _, service := range dibs.Services() {
		call, listed := calls[service.Name]
		if listed == (service.Withheld != "") {
			t.Errorf("%s: withheld %q, and called %t", service.Name, service.Withheld, listed)
		}
		if !listed {
			continue
		}
		parameters := map[string]string{}
		for pair := range strings.FieldsSeq(call.parameters) {
			name, value, _ := strings.Cut(pair, "=")
			parameters[name] = value
		}
		c := s.signed
		if service.Name == "suppl_auth.cgi" { // only that shop null-authorises
			c = s.plain
		}
		if raw, err := c.Call(t.Context(), service.Name, parameters); err != nil || !strings.Contains(raw.Text, call.want) {
			t.Errorf("%s %s: %q, %v, want %q in it", service.Name, call.parameters, raw.Text, err, call.want)
		}
	}
}

func has(raw dibs.RawReply, name, value string) bool {
	for _, f := range raw.Fields {
		if f.Name == name {
			return f.Value == value
		}
	}
	return false
}
