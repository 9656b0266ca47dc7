package dibs_test

import (
	"errors"
	"testing"

	"flexform/dibs"
	"flexform/dibs/sandbox"
)

// A call by hand ends as the service's own method does.
func TestContractCall(t *testing.T) {
	s := openShop(t, nil, seed("11111111", sandbox.StatusCaptured), seed("11111112", sandbox.StatusAuthorised))
	refund := map[string]string{"transact": "11111111", "orderid": "11223344", "amount": "2000", "currency": "DKK"}

	raw, err := s.signed.Call(t.Context(), "payinfo.cgi", map[string]string{"transact": "11111111"})
	if err != nil || raw.HTTP != 200 || !has(raw, "status", "5") || !has(raw, "orderid", "11223344") {
		t.Errorf("payinfo.cgi: %+v, %v, want status 5", raw, err)
	}
	raw, err = s.signed.Call(t.Context(), "transstatus.pml", map[string]string{"transact": "11111112"})
	if err != nil || raw.Text != "2" || raw.Fields != nil {
		t.Errorf("transstatus.pml: %+v, %v, want a bare 2", raw, err)
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

func has(raw dibs.RawReply, name, value string) bool {
	for _, f := range raw.Fields {
		if f.Name == name {
			return f.Value == value
		}
	}
	return false
}
