package dibs_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"flexform/dibs"
	"flexform/dibs/sandbox"
	"flexform/money"
)

// authCodes are those of flexwin.md 4.3.
var authCodes = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20}

// reasons fails the test unless an authorising call ended as its reason wants:
// 1 and 3 do not say how far the acquirer got, 6 leaves an authorisation, all
// others are a no (flexwin.md 4.3).
func reasons(t *testing.T, code int, got dibs.Authorisation, err error) {
	t.Helper()
	declined, isNo := errors.AsType[*dibs.AuthDeclinedError](err)
	switch {
	case slices.Contains([]int{1, 3, 6}, code):
		if !isUncertain(err) {
			t.Errorf("got %+v, %v, want an open outcome", got, err)
		}
	case !isNo || int(declined.Reason) != code:
		t.Errorf("got %+v, %v, want reason %d", got, err, code)
	}
}

// An authorising is a call that authorises.
type authorising struct {
	service string
	call    func(t *testing.T, s shop, c *dibs.Client, change func(*dibs.AuthRequest)) (dibs.Authorisation, error)
	wants   dibs.Status // of a success
}

func asIs(*dibs.AuthRequest) {}

func (a authorising) cells() cells {
	declines := func(c func(*testing.T, shop) *dibs.Client, code int) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			got, err := a.call(t, s, c(t, s), asIs)
			reasons(t, code, got, err)
		}
	}
	c := cells{
		"success": func(t *testing.T, s shop) {
			got, err := a.call(t, s, s.signed, asIs)
			if err != nil || len(got.Transacts) != 1 {
				t.Fatalf("got %+v, %v", got, err)
			}
			s.wants(t, got.Transacts[0], a.wants)
		},
		"missing amount": func(t *testing.T, s shop) {
			got, err := a.call(t, s, s.signed, func(r *dibs.AuthRequest) { r.Amount = money.Amount{} })
			refused(t, got, err)
		},
		"missing orderid": func(t *testing.T, s shop) {
			got, err := a.call(t, s, s.signed, func(r *dibs.AuthRequest) { r.OrderID = "" })
			refused(t, got, err)
		},
		"wrong MD5":        declines(func(t *testing.T, s shop) *dibs.Client { return s.wrongKeys(t) }, 2),
		"unknown merchant": declines(func(t *testing.T, s shop) *dibs.Client { return s.unknownMerchant(t) }, 2),
	}
	for _, code := range authCodes {
		c[fmt.Sprint("reason ", code)] = declines(func(t *testing.T, _ shop) *dibs.Client {
			return mirrors(t, a.service, fmt.Sprintf("status=DECLINED&reason=%d&message=Mirrored", code))
		}, code)
	}
	return c
}

// refused fails the test unless the client sent nothing.
func refused(t *testing.T, got dibs.Authorisation, err error) {
	t.Helper()
	if !errors.As(err, new(*dibs.NotSentError)) {
		t.Errorf("got %+v, %v, want a refusal by the client", got, err)
	}
}

func authRequest(t *testing.T, number string) dibs.AuthRequest {
	return dibs.AuthRequest{Order: dibs.Order{OrderID: "11223344", Amount: amount("20.00 DKK")}, Card: card(t, number)}
}

func authCells() cells {
	a := authorising{"auth.cgi", func(t *testing.T, _ shop, c *dibs.Client, change func(*dibs.AuthRequest)) (dibs.Authorisation, error) {
		r := authRequest(t, "4711100000000000")
		change(&r)
		return c.Auth(t.Context(), r)
	}, dibs.StatusAuthorised}
	c := a.cells()
	for _, code := range authCodes {
		number := fmt.Sprintf("47111%011d", code)
		if code == 0 {
			number = "4711199999999999" // not in the table of test cards
		}
		c[fmt.Sprint("reason ", code)] = func(t *testing.T, s shop) {
			got, err := s.signed.Auth(t.Context(), authRequest(t, number))
			reasons(t, code, got, err)
		}
	}
	c["missing cardno"] = func(t *testing.T, s shop) {
		got, err := a.call(t, s, s.signed, func(r *dibs.AuthRequest) { r.Card = dibs.Card{} })
		refused(t, got, err)
		if _, err := dibs.NewCard("", time.June, 2024, "684"); err == nil {
			t.Error("a card without a number")
		}
	}
	c["missing expmon"] = func(t *testing.T, _ shop) {
		if _, err := dibs.NewCard("4711100000000000", 0, 2024, "684"); err == nil {
			t.Error("a card without a month")
		}
	}
	c["missing expyear"] = func(t *testing.T, _ shop) {
		if _, err := dibs.NewCard("4711100000000000", time.June, 0, "684"); err == nil {
			t.Error("a card without a year")
		}
	}
	return c
}

func reauthCells() cells {
	reauth := func(t *testing.T, c *dibs.Client, id dibs.TransactID) (dibs.Authorisation, error) {
		return c.Reauth(t.Context(), id)
	}
	a := authorising{"reauth.cgi", func(t *testing.T, _ shop, c *dibs.Client, _ func(*dibs.AuthRequest)) (dibs.Authorisation, error) {
		return reauth(t, c, inStatus(dibs.StatusCancelled))
	}, dibs.StatusAuthorised}
	c := a.cells()
	for _, code := range authCodes[1:] {
		c[fmt.Sprint("reason ", code)] = func(t *testing.T, s shop) {
			made, err := s.signed.Auth(t.Context(), authRequest(t, fmt.Sprintf("47115%011d", code)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := reauth(t, s.signed, made.Transacts[0])
			reasons(t, code, got, err)
			s.wants(t, made.Transacts[0], dibs.StatusAuthorised)
		}
	}
	c["missing transact"] = func(t *testing.T, s shop) { stays(t, s, a.service, second(reauth(t, s.signed, ""))) }
	c["unknown transaction"] = func(t *testing.T, s shop) {
		got, err := reauth(t, s.signed, unknownID)
		reasons(t, 2, got, err)
	}
	delete(c, "missing amount")
	delete(c, "missing orderid")
	delete(c, "wrong MD5")
	return c
}

func ticketAuthCells() cells {
	pay := func(t *testing.T, c *dibs.Client, ticket dibs.TransactID, change func(*dibs.AuthRequest)) (dibs.Authorisation, error) {
		r := dibs.AuthRequest{Order: dibs.Order{OrderID: "11223345", Amount: amount("20.00 DKK")}}
		change(&r)
		return c.TicketAuth(t.Context(), dibs.TicketAuthRequest{Ticket: ticket, OrderID: r.OrderID, Amount: r.Amount})
	}
	a := authorising{"ticket_auth.cgi", func(t *testing.T, _ shop, c *dibs.Client, change func(*dibs.AuthRequest)) (dibs.Authorisation, error) {
		return pay(t, c, inStatus(dibs.StatusTicket), change)
	}, dibs.StatusAuthorised}
	c := a.cells()
	for _, code := range authCodes[1:] {
		c[fmt.Sprint("reason ", code)] = func(t *testing.T, s shop) {
			r := authRequest(t, fmt.Sprintf("47116%011d", code))
			r.PreAuth = true
			made, err := s.signed.Auth(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			got, err := pay(t, s.signed, made.Transacts[0], asIs)
			reasons(t, code, got, err)
		}
	}
	c["missing ticket"] = func(t *testing.T, s shop) { stays(t, s, a.service, second(pay(t, s.signed, "", asIs))) }
	c["unknown ticket"] = func(t *testing.T, s shop) {
		for _, id := range []dibs.TransactID{unknownID, inStatus(dibs.StatusTicketDeleted), inStatus(dibs.StatusAuthorised)} {
			got, err := pay(t, s.signed, id, asIs)
			reasons(t, 2, got, err)
		}
	}
	return c
}

func delTicketCells() cells {
	unstated := func(t *testing.T, err error) {
		t.Helper()
		if declined, is := errors.AsType[*dibs.DeclinedError](err); !is || declined.Result != dibs.ResultUnstated || declined.Message == "" {
			t.Errorf("got %v, want a decline with a message", err)
		}
	}
	ticket := inStatus(dibs.StatusTicket)
	return cells{
		"success": func(t *testing.T, s shop) {
			if _, err := s.signed.DelTicket(t.Context(), ticket); err != nil {
				t.Error(err)
			}
			s.wants(t, ticket, dibs.StatusTicketDeleted)
		},
		"missing ticket": func(t *testing.T, s shop) { stays(t, s, "delticket.cgi", second(s.signed.DelTicket(t.Context(), ""))) },
		"bad login": func(t *testing.T, s shop) {
			if _, err := s.wrong.DelTicket(t.Context(), ticket); !loginRefused(err) {
				t.Errorf("got %v", err)
			}
			s.wants(t, ticket, dibs.StatusTicket)
		},
		"unknown merchant": func(t *testing.T, s shop) { unstated(t, second(s.unknownMerchant(t).DelTicket(t.Context(), ticket))) },
		"unknown ticket": func(t *testing.T, s shop) {
			unstated(t, second(s.signed.DelTicket(t.Context(), unknownID)))
			unstated(t, second(s.signed.DelTicket(t.Context(), inStatus(dibs.StatusTicketDeleted))))
		},
	}
}

func voucherCells() cells {
	ten := func(t *testing.T) dibs.VoucherRequest {
		return dibs.VoucherRequest{Quantity: 3, Percent: 10, Currency: krone(t)}
	}
	without := func(change func(*dibs.VoucherRequest)) func(*testing.T, shop) {
		return func(t *testing.T, s shop) {
			r := ten(t)
			change(&r)
			stays(t, s, "generatevouchers.cgi", second(s.signed.GenerateVouchers(t.Context(), r)))
		}
	}
	return cells{
		"success": func(t *testing.T, s shop) {
			if made, err := s.signed.GenerateVouchers(t.Context(), ten(t)); err != nil || len(made.Codes) != 3 || len(s.gateway.Gateway.Vouchers()) != 3 {
				t.Errorf("got %+v, %v", made, err)
			}
		},
		"missing quantity": without(func(r *dibs.VoucherRequest) { r.Quantity = 0 }),
		"missing value":    without(func(r *dibs.VoucherRequest) { r.Percent = 0 }),
		"missing currency": without(func(r *dibs.VoucherRequest) { r.Currency = money.Currency{} }),
		"bad login": func(t *testing.T, s shop) {
			if _, err := s.wrong.GenerateVouchers(t.Context(), ten(t)); !loginRefused(err) || len(s.gateway.Gateway.Vouchers()) > 0 {
				t.Errorf("got %v", err)
			}
		},
		"unknown merchant": func(t *testing.T, s shop) {
			_, err := s.unknownMerchant(t).GenerateVouchers(t.Context(), ten(t))
			comesTo(t, 8, dibs.Receipt{}, err)
			if calls := s.gateway.Gateway.Calls(sandbox.Filter{Service: "generatevouchers.cgi"}); len(calls) != 1 {
				t.Errorf("%d calls", len(calls))
			}
		},
	}
}
