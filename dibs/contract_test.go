package dibs_test

import (
	"errors"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
)

// The sandbox shares no code with the client: where the two agree, both have
// read the protocol alike.

const (
	key1 = "abcdefghijklmnopqrstuvwxyz012345"
	key2 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ678901"
)

// A shop is one gateway, and the clients of a merchant who signs, of one who
// does not, and of one whose password is wrong.
type shop struct {
	gateway              *sandbox.Server
	signed, plain, wrong *dibs.Client
}

func openShop(t *testing.T, change func(*sandbox.Options), seeds ...sandbox.Transaction) shop {
	t.Helper()
	o := sandbox.Options{
		Merchants: []sandbox.Merchant{{ID: "12345678", Key1: key1, Key2: key2, RequireMD5: true}, {ID: "87654321", NullAuth: true}},
		Users:     []sandbox.User{{Name: "api", Password: "s3cret"}},
	}
	if change != nil {
		change(&o)
	}
	g := sandbox.Start(t, o, seeds...)
	signing := func(cfg *dibs.Config) { cfg.Key1, cfg.Key2 = dibs.NewSecret(key1), dibs.NewSecret(key2) }
	return shop{
		g, client(t, g.URL, signing), client(t, g.URL, func(cfg *dibs.Config) { cfg.Merchant = "87654321" }),
		client(t, g.URL, signing, func(cfg *dibs.Config) { cfg.Password = dibs.NewSecret("wrong") }),
	}
}

func client(t *testing.T, url string, change ...func(*dibs.Config)) *dibs.Client {
	t.Helper()
	cfg := dibs.Config{Gateway: url, Merchant: "12345678", User: "api", Password: dibs.NewSecret("s3cret")}
	for _, f := range change {
		f(&cfg)
	}
	c, err := dibs.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// seed is a transaction of merchant 12345678 over 20.00 DKK, order 11223344.
func seed(transact string, status sandbox.Status, change ...func(*sandbox.Transaction)) sandbox.Transaction {
	s := sandbox.Transaction{Transact: transact, OrderID: "11223344", Amount: amount("20.00 DKK"), Status: status}
	for _, f := range change {
		f(&s)
	}
	return s
}

// A verdict is what a call that changes something must come to.
type verdict struct {
	result dibs.Result // of an acceptance or a decline
	login  bool
	status dibs.Status // afterwards
}

func (s shop) check(t *testing.T, id dibs.TransactID, receipt dibs.Receipt, err error, want verdict) {
	t.Helper()
	declined, isDeclined := errors.AsType[*dibs.DeclinedError](err)
	_, isLogin := errors.AsType[*dibs.LoginError](err)
	switch {
	case want.login:
		if !isLogin {
			t.Errorf("got %v, want a refused login", err)
		}
	case isLogin || err != nil && !isDeclined:
		t.Errorf("got %v", err)
	case isDeclined && declined.Result != want.result, !isDeclined && receipt.Result != want.result:
		t.Errorf("got %v, %v, want %s", receipt.Result, err, want.result)
	}
	if status, err := s.signed.TransStatus(t.Context(), id); status != want.status || err != nil {
		t.Errorf("status afterwards %s, %v, want %s", status, err, want.status)
	}
}

func TestContractHandling(t *testing.T) {
	const id = "11111111"
	capture := dibs.CaptureRequest{Transact: id, OrderID: "11223344", Amount: amount("20.00 DKK")}
	refund := dibs.RefundRequest{Transact: id, OrderID: "11223344", Amount: amount("5.00 DKK")}
	cancel := dibs.CancelRequest{Transact: id, OrderID: "11223344"}
	old := func(s *sandbox.Transaction) { s.AuthorisedAt = time.Date(2026, 10, 2, 12, 0, 0, 0, time.UTC) } // the gateway has 2 November
	forced, part := capture, capture
	forced.Force, part.SplitPay, part.Amount = true, true, amount("5.00 DKK")
	change := func(action dibs.StatusAction, force bool) dibs.ChangeStatusRequest {
		return dibs.ChangeStatusRequest{Transact: id, Amount: amount("20.00 DKK"), Action: action, Force: force}
	}
	suppl := dibs.SupplAuthRequest{Transact: id, OrderID: "11223344", Amount: amount("20.00 DKK")}

	tests := map[string]struct {
		seed sandbox.Transaction
		call func(shop) (dibs.Receipt, error)
		want verdict
	}{
		"a capture": {seed(id, 2), func(s shop) (dibs.Receipt, error) { return s.signed.Capture(t.Context(), capture) },
			verdict{result: dibs.ResultAccepted, status: dibs.StatusCaptured}},
		"a capture without the keys that the merchant requires": {seed(id, 2), func(s shop) (dibs.Receipt, error) {
			return client(t, s.gateway.URL).Capture(t.Context(), capture)
		}, verdict{result: dibs.ResultParameterError, status: dibs.StatusAuthorised}},
		"a capture of an old authorisation": {seed(id, 2, old), func(s shop) (dibs.Receipt, error) { return s.signed.Capture(t.Context(), capture) },
			verdict{result: dibs.ResultAuthorisationTooOld, status: dibs.StatusAuthorised}},
		"a forced capture of an old authorisation": {seed(id, 2, old), func(s shop) (dibs.Receipt, error) { return s.signed.Capture(t.Context(), forced) },
			verdict{result: dibs.ResultAccepted, status: dibs.StatusCaptured}},
		"a forced capture of an old Dankort": {seed(id, 2, old, func(s *sandbox.Transaction) { s.PayType = "DK" }),
			func(s shop) (dibs.Receipt, error) { return s.signed.Capture(t.Context(), forced) },
			verdict{result: dibs.ResultReauthRejected, status: dibs.StatusAuthorised}},
		"a capture of a part": {seed(id, 18), func(s shop) (dibs.Receipt, error) { return s.signed.Capture(t.Context(), part) },
			verdict{result: dibs.ResultAccepted, status: dibs.StatusMulticapOpen}},
		"a refund": {seed(id, 5), func(s shop) (dibs.Receipt, error) { return s.signed.Refund(t.Context(), refund) },
			verdict{result: dibs.ResultAccepted, status: dibs.StatusPartlyRefunded}},
		"a refund of what was not captured": {seed(id, 2), func(s shop) (dibs.Receipt, error) { return s.signed.Refund(t.Context(), refund) },
			verdict{result: dibs.ResultStatusForbids, status: dibs.StatusAuthorised}},
		"a refund with a wrong password": {seed(id, 5), func(s shop) (dibs.Receipt, error) { return s.wrong.Refund(t.Context(), refund) },
			verdict{login: true, status: dibs.StatusCaptured}},
		"a cancel": {seed(id, 2), func(s shop) (dibs.Receipt, error) { return s.signed.Cancel(t.Context(), cancel) },
			verdict{result: dibs.ResultAccepted, status: dibs.StatusCancelled}},
		"a cancel of what was captured": {seed(id, 5), func(s shop) (dibs.Receipt, error) { return s.signed.Cancel(t.Context(), cancel) },
			verdict{result: dibs.ResultStatusForbids, status: dibs.StatusCaptured}},
		"captured becomes matched": {seed(id, 5), func(s shop) (dibs.Receipt, error) {
			return s.signed.ChangeStatus(t.Context(), change(dibs.ActionMatched, false))
		}, verdict{result: dibs.ResultAccepted, status: dibs.StatusBalanced}},
		"captured never becomes new": {seed(id, 5), func(s shop) (dibs.Receipt, error) {
			return s.signed.ChangeStatus(t.Context(), change(dibs.ActionNew, true))
		}, verdict{result: dibs.ResultStatusForbids, status: dibs.StatusCaptured}},
		"declined becomes new by force": {seed(id, 1), func(s shop) (dibs.Receipt, error) {
			return s.signed.ChangeStatus(t.Context(), change(dibs.ActionNew, true))
		}, verdict{result: dibs.ResultAccepted, status: dibs.StatusAuthorised}},
		"authorised becomes cancelled by force": {seed(id, 2), func(s shop) (dibs.Receipt, error) {
			return s.signed.ChangeStatus(t.Context(), change(dibs.ActionCancelled, true))
		}, verdict{result: dibs.ResultAccepted, status: dibs.StatusCancelled}},
		"authorised becomes captured by force": {seed(id, 2), func(s shop) (dibs.Receipt, error) {
			return s.signed.ChangeStatus(t.Context(), change(dibs.ActionCaptured, true))
		}, verdict{result: dibs.ResultAccepted, status: dibs.StatusCaptured}},
		"and nothing without it": {seed(id, 2), func(s shop) (dibs.Receipt, error) {
			return s.signed.ChangeStatus(t.Context(), change(dibs.ActionCaptured, false))
		}, verdict{result: dibs.ResultStatusForbids, status: dibs.StatusAuthorised}},
		"a suppl_auth of what is no null authorisation": {seed(id, 2), func(s shop) (dibs.Receipt, error) { return s.signed.SupplAuth(t.Context(), suppl) },
			verdict{result: dibs.ResultStatusForbids, status: dibs.StatusAuthorised}},
		"a suppl_auth with a wrong password": {seed(id, 2), func(s shop) (dibs.Receipt, error) { return s.wrong.SupplAuth(t.Context(), suppl) },
			verdict{login: true, status: dibs.StatusAuthorised}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, nil, tt.seed)
			receipt, err := tt.call(s)
			s.check(t, id, receipt, err, tt.want)
		})
	}
}
