package dibs_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
)

// found fails the test unless a status call answered with want.
func found[T comparable](t *testing.T, want, got T, err error) {
	t.Helper()
	if err != nil || got != want {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func missed(t *testing.T, err error) {
	t.Helper()
	if !notFound(err) {
		t.Errorf("got %v, want nothing found", err)
	}
}

func transInfoCells() cells {
	ask := func(t *testing.T, c *dibs.Client, orderID string, a money.Amount) (dibs.TransInfo, error) {
		return c.TransInfo(t.Context(), dibs.TransInfoRequest{OrderID: orderID, Amount: a})
	}
	c := cells{
		"missing amount": func(t *testing.T, s shop) {
			stays(t, s, "transinfo.cgi", second(ask(t, s.signed, "11111102", money.Amount{})))
		},
		"missing orderid": func(t *testing.T, s shop) {
			stays(t, s, "transinfo.cgi", second(ask(t, s.signed, "", amount("20.00 DKK"))))
		},
		"unknown merchant": func(t *testing.T, s shop) {
			missed(t, second(ask(t, s.unknownMerchant(t), "11111102", amount("20.00 DKK"))))
		},
		"not found": func(t *testing.T, s shop) {
			missed(t, second(ask(t, s.signed, "another", amount("20.00 DKK"))))
			missed(t, second(ask(t, s.signed, "11111102", amount("20.01 DKK"))))
			missed(t, second(ask(t, s.signed, "11111102", amount("20.00 SEK"))))
		},
	}
	for coarse, exact := range map[dibs.CoarseStatus]dibs.Status{
		dibs.CoarseRejected: dibs.StatusDeclined, dibs.CoarseAuthorised: dibs.StatusAuthorised, dibs.CoarseCaptured: dibs.StatusRefunded, dibs.CoarseInserted: dibs.StatusInserted,
	} {
		c[fmt.Sprint("status ", int(coarse))] = func(t *testing.T, s shop) {
			got, err := ask(t, s.signed, string(inStatus(exact)), amount("20.00 DKK"))
			found(t, coarse, got.Status, err)
			if approved := coarse == dibs.CoarseAuthorised || coarse == dibs.CoarseCaptured; len(got.Transacts) != 1 || got.Transacts[0] != inStatus(exact) ||
				(got.ApprovalCode != "") != approved || (got.ActionCode != "") != (coarse == dibs.CoarseRejected) {
				t.Errorf("got %+v", got)
			}
		}
	}
	c["success"] = c["status 1"]
	return c
}

// statusCells are those of a service that tells the exact status.
func statusCells(service string, ask func(context.Context, *dibs.Client, dibs.TransactID) (dibs.Status, error)) cells {
	c := cells{
		"missing transact":    func(t *testing.T, s shop) { stays(t, s, service, second(ask(t.Context(), s.signed, ""))) },
		"unknown transaction": func(t *testing.T, s shop) { missed(t, second(ask(t.Context(), s.signed, unknownID))) },
	}
	for n := range 27 {
		if status := dibs.Status(n); status.Known() {
			c[fmt.Sprint("status ", n)] = func(t *testing.T, s shop) {
				got, err := ask(t.Context(), s.signed, inStatus(status))
				found(t, status, got, err)
			}
		}
	}
	c["success"] = c["status 5"]
	return c
}

func transStatusCells() cells {
	c := statusCells("transstatus.pml", func(ctx context.Context, c *dibs.Client, id dibs.TransactID) (dibs.Status, error) {
		return c.TransStatus(ctx, id)
	})
	c["unknown merchant"] = func(t *testing.T, s shop) {
		missed(t, second(s.unknownMerchant(t).TransStatus(t.Context(), inStatus(2))))
	}
	c["another merchant's"] = func(t *testing.T, s shop) { missed(t, second(s.signed.TransStatus(t.Context(), "22222222"))) }
	return c
}

func payInfoCells() cells {
	c := statusCells("payinfo.cgi", func(ctx context.Context, c *dibs.Client, id dibs.TransactID) (dibs.Status, error) {
		info, err := c.PayInfo(ctx, id)
		if err == nil && (info.Transact != id || info.OrderID != string(id) || info.Amount != amount("20.00 DKK")) {
			err = fmt.Errorf("%+v is another transaction", info)
		}
		return info.Status, err
	})
	c["bad login"] = func(t *testing.T, s shop) { badLogin(t, second(s.wrong.PayInfo(t.Context(), inStatus(2)))) }
	return c
}

func badLogin(t *testing.T, err error) {
	t.Helper()
	if !loginRefused(err) {
		t.Errorf("got %v, want a refused login", err)
	}
}

func lightCells(service string, ask func(*dibs.Client, context.Context, dibs.DescribeRequest) (dibs.Light, error)) cells {
	of := func(status dibs.Status) dibs.DescribeRequest {
		return dibs.DescribeRequest{Transact: inStatus(status), OrderID: string(inStatus(status)), Amount: amount("20.00 DKK")}
	}
	shows := func(want dibs.Light, r dibs.DescribeRequest) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			got, err := ask(s.signed, t.Context(), r)
			found(t, want, got, err)
		}
	}
	without := func(change func(*dibs.DescribeRequest)) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			r := of(dibs.StatusCaptured)
			change(&r)
			stays(t, s, service, second(ask(s.signed, t.Context(), r)))
		}
	}
	unknown := of(dibs.StatusCaptured)
	unknown.Transact = unknownID
	return cells{
		"success": shows(dibs.LightGreen, of(dibs.StatusCaptured)), "yellow": shows(dibs.LightYellow, of(dibs.StatusCancelled)),
		"red": shows(dibs.LightRed, of(dibs.StatusDeclined)), "unknown transaction": shows(dibs.LightRed, unknown),
		"unknown merchant": func(t *testing.T, s shop) {
			got, err := ask(s.unknownMerchant(t), t.Context(), of(dibs.StatusCaptured))
			found(t, dibs.LightRed, got, err)
		},
		"missing transact": without(func(r *dibs.DescribeRequest) { r.Transact = "" }),
		"missing orderid":  without(func(r *dibs.DescribeRequest) { r.OrderID = "" }),
		"missing amount":   without(func(r *dibs.DescribeRequest) { r.Amount = money.Amount{} }),
	}
}

func callbackCells() cells {
	return cells{
		"success": func(t *testing.T, s shop) {
			made, err := s.signed.Auth(t.Context(), authRequest(t, "4711100000000000"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.signed.Callback(t.Context(), made.Transacts[0])
			found(t, "11223344", got.OrderID, err)
		},
		"missing transact":    func(t *testing.T, s shop) { stays(t, s, "callback.cgi", second(s.signed.Callback(t.Context(), ""))) },
		"bad login":           func(t *testing.T, s shop) { badLogin(t, second(s.wrong.Callback(t.Context(), inStatus(2)))) },
		"unknown merchant":    func(t *testing.T, s shop) { missed(t, second(s.unknownMerchant(t).Callback(t.Context(), inStatus(2)))) },
		"unknown transaction": func(t *testing.T, s shop) { missed(t, second(s.signed.Callback(t.Context(), unknownID))) },
		"another merchant's":  func(t *testing.T, s shop) { missed(t, second(s.signed.Callback(t.Context(), "22222222"))) },
		"no callback":         func(t *testing.T, s shop) { missed(t, second(s.signed.Callback(t.Context(), inStatus(2)))) },
	}
}

func cardTypeCells() cells {
	return cells{
		"success": func(t *testing.T, s shop) {
			got, err := s.signed.CardType(t.Context(), inStatus(2))
			found(t, "VISA", got, err)
		},
		"missing transact":    func(t *testing.T, s shop) { stays(t, s, "cardtype.pml", second(s.signed.CardType(t.Context(), ""))) },
		"unknown merchant":    func(t *testing.T, s shop) { missed(t, second(s.unknownMerchant(t).CardType(t.Context(), inStatus(2)))) },
		"unknown transaction": func(t *testing.T, s shop) { missed(t, second(s.signed.CardType(t.Context(), unknownID))) },
		"another merchant's":  func(t *testing.T, s shop) { missed(t, second(s.signed.CardType(t.Context(), "22222222"))) },
	}
}

func confirmTransactCells() cells {
	ask := func(t *testing.T, c *dibs.Client, change func(*dibs.ConfirmRequest)) (money.Amount, error) {
		r := dibs.ConfirmRequest{Transact: inStatus(2), OrderID: string(inStatus(2)), Currency: krone(t)}
		change(&r)
		return c.ConfirmTransact(t.Context(), r)
	}
	without := func(change func(*dibs.ConfirmRequest)) func(*testing.T, shop) {
		return func(t *testing.T, s shop) { stays(t, s, "confirmtransact.cgi", second(ask(t, s.signed, change))) }
	}
	misses := func(change func(*dibs.ConfirmRequest)) func(*testing.T, shop) {
		return func(t *testing.T, s shop) { missed(t, second(ask(t, s.signed, change))) }
	}
	return cells{
		"success": func(t *testing.T, s shop) {
			got, err := ask(t, s.signed, func(*dibs.ConfirmRequest) {})
			found(t, amount("20.00 DKK"), got, err)
		},
		"missing transact": without(func(r *dibs.ConfirmRequest) { r.Transact = "" }),
		"missing orderid":  without(func(r *dibs.ConfirmRequest) { r.OrderID = "" }),
		"missing currency": without(func(r *dibs.ConfirmRequest) { r.Currency = money.Currency{} }),
		"unknown merchant": func(t *testing.T, s shop) {
			missed(t, second(ask(t, s.unknownMerchant(t), func(*dibs.ConfirmRequest) {})))
		},
		"unknown transaction": misses(func(r *dibs.ConfirmRequest) { r.Transact = unknownID }),
		"another merchant's":  misses(func(r *dibs.ConfirmRequest) { r.Transact, r.OrderID = "22222222", "11223344" }),
	}
}

func acquirerStatusCells() cells {
	is := func(up bool) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			s.gateway.Gateway.SetAcquirer("PBS", up)
			got, err := s.signed.AcquirerStatus(t.Context(), "PBS")
			found(t, up, got.Up, err)
		}
	}
	return cells{
		"success": is(true), "up": is(true), "down": is(false),
		"text": func(t *testing.T, s shop) {
			got, err := s.signed.AcquirerStatus(t.Context(), dibs.AllAcquirers)
			found(t, "Last contact to the acquirer was established at 02/11-2026 at 12.00", got.Text, err)
		},
		"missing acquirer": func(t *testing.T, s shop) {
			stays(t, s, "status.pml", second(s.signed.AcquirerStatus(t.Context(), "")))
		},
	}
}

func splitPayInfoCells() cells {
	ask := func(t *testing.T, c *dibs.Client, id dibs.TransactID) (dibs.SplitPayInfo, error) {
		return c.SplitPayInfo(t.Context(), id, krone(t))
	}
	is := func(id dibs.TransactID, want dibs.SplitState) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			got, err := ask(t, s.signed, id)
			found(t, want, got.State, err)
		}
	}
	no := func(t *testing.T, err error, want dibs.Result) {
		t.Helper()
		if declined, is := errors.AsType[*dibs.DeclinedError](err); !is || declined.Result != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	return cells{
		"success": func(t *testing.T, s shop) {
			part := dibs.CaptureRequest{Transact: inStatus(18), OrderID: string(inStatus(18)), Amount: amount("5.00 DKK"), SplitPay: true}
			if _, err := s.signed.Capture(t.Context(), part); err != nil {
				t.Fatal(err)
			}
			got, err := ask(t, s.signed, inStatus(18))
			if err != nil || got.Captured != amount("5.00 DKK") || got.Left != amount("15.00 DKK") || len(got.Parts) != 1 || got.Parts[0].OrderID != "11111118-1" {
				t.Errorf("got %+v, %v", got, err)
			}
		},
		"status 1": is(inStatus(18), dibs.SplitOpen), "status 2": is(inStatus(19), dibs.SplitClosed),
		"status 3": func(t *testing.T, _ shop) {
			s := openShop(t, func(o *sandbox.Options) { o.Settle = sandbox.Manual }, seed("11111118", 18))
			part := dibs.CaptureRequest{Transact: "11111118", OrderID: "11223344", Amount: amount("5.00 DKK"), SplitPay: true}
			if _, err := s.signed.Capture(t.Context(), part); err != nil {
				t.Fatal(err)
			}
			if _, err := s.signed.SplitPayClose(t.Context(), "11111118"); err != nil {
				t.Fatal(err)
			}
			is("11111118", dibs.SplitClosing)(t, s)
		},
		"reason 6":            func(t *testing.T, s shop) { no(t, second(ask(t, s.signed, inStatus(2))), dibs.ResultStatusForbids) },
		"missing transact":    func(t *testing.T, s shop) { stays(t, s, "splitpay_info.cgi", second(ask(t, s.signed, ""))) },
		"bad login":           func(t *testing.T, s shop) { badLogin(t, second(ask(t, s.wrong, inStatus(18)))) },
		"unknown transaction": func(t *testing.T, s shop) { missed(t, second(ask(t, s.signed, unknownID))) },
		"unknown merchant": func(t *testing.T, s shop) {
			no(t, second(ask(t, s.unknownMerchant(t), inStatus(18))), dibs.ResultParameterError)
		},
	}
}

func splitPayChangeCells() cells {
	const service = "splitpay_changestatus.cgi"
	closing := func(t *testing.T, c *dibs.Client, id dibs.TransactID) (dibs.Receipt, error) {
		return c.SplitPayClose(t.Context(), id)
	}
	declines := func(code int, id dibs.TransactID) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			receipt, err := closing(t, s.signed, id)
			comesTo(t, code, receipt, err)
		}
	}
	return cells{
		"success": func(t *testing.T, s shop) {
			if _, err := closing(t, s.signed, inStatus(18)); err != nil {
				t.Error(err)
			}
			s.wants(t, inStatus(18), dibs.StatusMulticapClosed)
			if _, err := s.signed.SplitPayReopen(t.Context(), inStatus(18)); err != nil {
				t.Error(err)
			}
			s.wants(t, inStatus(18), dibs.StatusMulticapOpen)
		},
		"reason 6": func(t *testing.T, s shop) {
			declines(6, inStatus(19))(t, s)
			receipt, err := s.signed.SplitPayReopen(t.Context(), inStatus(18))
			comesTo(t, 6, receipt, err)
		},
		"reason 8": declines(8, unknownID), "unknown transaction": declines(8, unknownID), "another merchant's": declines(8, "22222222"),
		"reason 12": func(t *testing.T, _ shop) {
			receipt, err := closing(t, mirrors(t, service, "result=DECLINED&reason=12&message=Unknown%20error"), inStatus(18))
			comesTo(t, 12, receipt, err)
		},
		"missing transact": func(t *testing.T, s shop) { stays(t, s, service, second(closing(t, s.signed, ""))) },
		"bad login":        func(t *testing.T, s shop) { badLogin(t, second(closing(t, s.wrong, inStatus(18)))) },
		"unknown merchant": func(t *testing.T, s shop) {
			receipt, err := closing(t, s.unknownMerchant(t), inStatus(18))
			comesTo(t, 8, receipt, err)
		},
	}
}
