package dibs_test

import (
	"errors"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
)

func notFound(err error) bool {
	_, is := errors.AsType[*dibs.NotFoundError](err)
	return is
}

func loginRefused(err error) bool {
	_, is := errors.AsType[*dibs.LoginError](err)
	return is
}

func krone(t *testing.T) money.Currency {
	t.Helper()
	c, err := money.ParseCurrency("DKK")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestContractLights(t *testing.T) {
	s := openShop(t, nil, seed("11111101", 1), seed("11111102", 2), seed("11111105", 5), seed("11111106", 6), seed("11111111", 11))
	for id, want := range map[dibs.TransactID]dibs.Light{
		"11111101": dibs.LightRed, "11111102": dibs.LightGreen, "11111105": dibs.LightGreen, "11111106": dibs.LightYellow, "11111111": dibs.LightGreen,
		"99999999": dibs.LightRed,
	} {
		r := dibs.DescribeRequest{Transact: id, OrderID: "11223344", Amount: amount("20.00 DKK")}
		if byNumber, err := s.signed.TransStat(t.Context(), r); byNumber != want || err != nil {
			t.Errorf("transstat %s: %s, %v, want %s", id, byNumber, err, want)
		}
		if byColour, err := s.signed.TransImg(t.Context(), r); byColour != want || err != nil {
			t.Errorf("transimg %s: %s, %v, want %s", id, byColour, err, want)
		}
		r.Amount = amount("20.01 DKK")
		if light, err := s.signed.TransStat(t.Context(), r); light != dibs.LightRed || err != nil {
			t.Errorf("transstat %s of another amount: %s, %v", id, light, err)
		}
	}
}

func TestContractConfirmTransactAndCardType(t *testing.T) {
	s := openShop(t, nil, seed("11111111", 2, func(s *sandbox.Transaction) { s.PayType = "VISA(DK)" }))
	r := dibs.ConfirmRequest{Transact: "11111111", OrderID: "11223344", Currency: krone(t)}
	if got, err := s.signed.ConfirmTransact(t.Context(), r); got != amount("20.00 DKK") || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	r.OrderID = "other"
	if got, err := s.signed.ConfirmTransact(t.Context(), r); !notFound(err) {
		t.Errorf("another order: %s, %v", got, err)
	}
	if got, err := s.signed.CardType(t.Context(), "11111111"); got != "VISA(DK)" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := s.signed.CardType(t.Context(), "11111112"); !notFound(err) {
		t.Errorf("another transaction: %q, %v", got, err)
	}
}

func TestContractAcquirerStatus(t *testing.T) {
	s := openShop(t, nil)
	s.gateway.Gateway.SetAcquirer("PBS", false)
	noon := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	for name, up := range map[string]bool{"PBS": false, dibs.AllAcquirers: false, "Euroline": true} {
		got, err := s.signed.AcquirerStatus(t.Context(), name)
		if err != nil || got.Up != up || !got.LastContact.Equal(noon) || got.Acquirer != name {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestContractCallback(t *testing.T) {
	s := openShop(t, nil, seed("11111111", 2))
	made, err := s.signed.Auth(t.Context(), dibs.AuthRequest{
		Order: dibs.Order{OrderID: "A Ticket/7", Amount: amount("20.00 DKK"), CalcFee: true}, Card: card(t, "4571100000000000"),
	})
	if err != nil {
		t.Fatal(err)
	}
	id := made.Transacts[0]
	got, err := s.signed.Callback(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if got.OrderID != "A Ticket/7" || got.Amount != amount("20.00 DKK") || got.Fee != amount("1.50 DKK") || got.PayType != "V-DK" ||
		got.Status != dibs.StatusAuthorised || got.Card.Masked != "XXXXXXXXXXXX0000" || got.ApprovalCode != "123456" {
		t.Errorf("got %+v", got)
	}
	if err := s.signed.VerifyCallback(got, amount("20.00 DKK")); err != nil {
		t.Error(err)
	}
	if info, err := s.signed.PayInfo(t.Context(), id); err != nil || info.Fee != amount("1.50 DKK") {
		t.Errorf("payinfo has the fee %s, %v", info.Fee, err)
	}
	if err := s.signed.VerifyCallback(got, amount("19.00 DKK")); err == nil {
		t.Error("another amount verifies")
	}
	for _, id := range []dibs.TransactID{"11111111", "99999999"} { // a seed has no callback
		if _, err := s.signed.Callback(t.Context(), id); !notFound(err) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := s.wrong.Callback(t.Context(), id); !loginRefused(err) {
		t.Errorf("a wrong password: %v", err)
	}
	ticket, err := s.signed.Auth(t.Context(), dibs.AuthRequest{
		Order: dibs.Order{OrderID: "card-7", Amount: amount("1.00 DKK"), PreAuth: true}, Card: card(t, "4571100000000000"),
	})
	if err != nil {
		t.Fatal(err)
	}
	stored, err := s.signed.Callback(t.Context(), ticket.Transacts[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.signed.VerifyTicketAuthkey(stored.Authkey, ticket.Transacts[0], krone(t)); err != nil {
		t.Error(err)
	}
	if err := s.signed.VerifyCallback(stored, amount("1.00 DKK")); err == nil {
		t.Error("a ticket verifies as a payment")
	}
}

func TestContractSplitPay(t *testing.T) {
	s := openShop(t, func(o *sandbox.Options) { o.Settle = sandbox.Manual }, seed("11111111", 18), seed("11111112", 2))
	part := dibs.CaptureRequest{Transact: "11111111", OrderID: "11223344", Amount: amount("5.00 DKK"), SplitPay: true}
	for range 2 {
		if _, err := s.signed.Capture(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	info := func() dibs.SplitPayInfo {
		got, err := s.signed.SplitPayInfo(t.Context(), "11111111", krone(t))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := info()
	if got.Authorised != amount("20.00 DKK") || got.Left != amount("10.00 DKK") || got.PendingCaptures != amount("10.00 DKK") || !got.Captured.Zero() ||
		got.State != dibs.SplitOpen || len(got.Parts) != 2 {
		t.Errorf("before settling: %+v", got)
	}
	if _, err := s.signed.SplitPayClose(t.Context(), "11111111"); err != nil {
		t.Fatal(err)
	}
	if got := info(); got.State != dibs.SplitClosing {
		t.Errorf("closed while captures are pending: %+v", got)
	}
	for range 3 {
		if _, err := s.gateway.Gateway.Settle(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.signed.Refund(t.Context(), dibs.RefundRequest{Transact: got.Parts[0].Transact, OrderID: got.Parts[0].OrderID, Amount: amount("2.00 DKK")}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := s.gateway.Gateway.Settle(); err != nil {
			t.Fatal(err)
		}
	}
	got = info()
	if got.Captured != amount("10.00 DKK") || got.Refunded != amount("2.00 DKK") || got.Settled != amount("8.00 DKK") || got.State != dibs.SplitClosed {
		t.Errorf("settled: %+v", got)
	}
	_, err := s.signed.SplitPayClose(t.Context(), "11111111")
	if declined, is := errors.AsType[*dibs.DeclinedError](err); !is || declined.Result != dibs.ResultStatusForbids {
		t.Errorf("closing it again: %v", err)
	}
	if _, err := s.signed.SplitPayReopen(t.Context(), "11111111"); err != nil || info().State != dibs.SplitOpen {
		t.Errorf("opening it again: %v", err)
	}
	_, err = s.signed.SplitPayInfo(t.Context(), "11111112", krone(t))
	if declined, is := errors.AsType[*dibs.DeclinedError](err); !is || declined.Result != dibs.ResultStatusForbids {
		t.Errorf("no split payment: %v", err)
	}
	if _, err := s.signed.SplitPayInfo(t.Context(), "99999999", krone(t)); !notFound(err) {
		t.Errorf("an unknown transaction: %v", err)
	}
	if _, err := s.wrong.SplitPayInfo(t.Context(), "11111111", krone(t)); !loginRefused(err) {
		t.Errorf("a wrong password: %v", err)
	}
	if _, err := s.wrong.SplitPayClose(t.Context(), "11111111"); !loginRefused(err) {
		t.Errorf("closing with a wrong password: %v", err)
	}
}

// The six services that came first, against the same gateway.
func TestContractFirstServices(t *testing.T) {
	s := openShop(t, nil, seed("11111111", 5))
	info, err := s.signed.TransInfo(t.Context(), dibs.TransInfoRequest{OrderID: "11223344", Amount: amount("20.00 DKK")})
	if err != nil || info.Transacts[0] != "11111111" || info.Status != dibs.CoarseCaptured {
		t.Errorf("transinfo: %+v, %v", info, err)
	}
	if _, err := s.signed.TransInfo(t.Context(), dibs.TransInfoRequest{OrderID: "11223344", Amount: amount("20.01 DKK")}); !notFound(err) {
		t.Errorf("transinfo of another amount: %v", err)
	}
	pay, err := s.signed.PayInfo(t.Context(), "11111111")
	if err != nil || pay.Status != dibs.StatusCaptured || pay.OrderID != "11223344" || pay.Amount != amount("20.00 DKK") {
		t.Errorf("payinfo: %+v, %v", pay, err)
	}
	if _, err := s.signed.PayInfo(t.Context(), "99999999"); !notFound(err) {
		t.Errorf("payinfo of none: %v", err)
	}
	if _, err := s.wrong.PayInfo(t.Context(), "11111111"); !loginRefused(err) {
		t.Errorf("payinfo with a wrong password: %v", err)
	}
	if _, err := s.signed.TransStatus(t.Context(), "99999999"); !notFound(err) {
		t.Errorf("transstatus of none: %v", err)
	}
}
