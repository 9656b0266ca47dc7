package plan

import (
	"context"
	"errors"
	"strings"
	"testing"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
)

// paidTwice is an order with two payments of 200.00, of which transinfo finds
// the newer one.
type paidTwice struct {
	pay    dibs.PayInfo // of the older one
	status dibs.Status
	err    error
}

func (paidTwice) TransInfo(context.Context, dibs.TransInfoRequest) (dibs.TransInfo, error) {
	return dibs.TransInfo{Transacts: []dibs.TransactID{"22222222"}}, nil
}

func (d paidTwice) TransStatus(context.Context, dibs.TransactID) (dibs.Status, error) {
	return d.status, nil
}

func (d paidTwice) PayInfo(_ context.Context, id dibs.TransactID) (dibs.PayInfo, error) {
	if id != transact {
		return dibs.PayInfo{}, errors.New("asked for another one")
	}
	return d.pay, d.err
}

func (paidTwice) SplitPayInfo(context.Context, dibs.TransactID, money.Currency) (dibs.SplitPayInfo, error) {
	return dibs.SplitPayInfo{}, errors.New("not asked for")
}

// An older payment of an order can be named, when payinfo.cgi proves that it is
// of that order. Short of that nothing is done to it.
func TestNamedOlderPayment(t *testing.T) {
	proof := dibs.PayInfo{Transact: transact, Status: 5, OrderID: "order", Amount: dkk(t, 20000)}
	with := func(change func(*dibs.PayInfo)) dibs.PayInfo { p := proof; change(&p); return p }
	for name, tt := range map[string]struct {
		desk  paidTwice
		user  bool
		named string
		want  string // "" for a refund, else a part of what is said
	}{
		"proven":               {paidTwice{proof, 5, nil}, true, transact, ""},
		"without an API user":  {paidTwice{proof, 5, nil}, false, transact, "set FLEXFORM_SHOP_USER and FLEXFORM_SHOP_PASSWORD"},
		"not named":            {paidTwice{proof, 5, nil}, true, "", ""}, // the newer one
		"of another order":     {paidTwice{with(func(p *dibs.PayInfo) { p.OrderID = "other" }), 5, nil}, true, transact, `It says of 11111111: order id "other"`},
		"without an order":     {paidTwice{with(func(p *dibs.PayInfo) { p.OrderID = "" }), 5, nil}, true, transact, `order id ""`},
		"of another amount":    {paidTwice{with(func(p *dibs.PayInfo) { p.Amount = dkk(t, 15000) }), 5, nil}, true, transact, "amount 150.00 DKK"},
		"without an amount":    {paidTwice{with(func(p *dibs.PayInfo) { p.Amount = money.Amount{} }), 5, nil}, true, transact, "would prove"},
		"about another one":    {paidTwice{with(func(p *dibs.PayInfo) { p.Transact = "33333333" }), 5, nil}, true, transact, `it answered for "33333333"`},
		"about nobody":         {paidTwice{with(func(p *dibs.PayInfo) { p.Transact = "" }), 5, nil}, true, transact, `it answered for ""`},
		"not read":             {paidTwice{proof, 5, errors.New("reset")}, true, transact, "It could not be read: reset"},
		"of another merchant":  {paidTwice{proof, 0, nil}, true, transact, "plan again"},
		"while it is changing": {paidTwice{proof, 8, nil}, true, transact, "plan again"},
	} {
		in := tale{refunded: "80.00", status: 5}.input(t)
		want := &in.Config.Transactions[0]
		want.Transact, want.OrderID = tt.named, "order"
		in.Config.Merchants = []schema.Merchant{{Name: "shop", ID: merchant, Mode: schema.ModeSandbox}}
		desk := Reader(tt.desk)
		if tt.named == "" {
			desk = newest{tt.desk}
		}
		seen, err := Observe(t.Context(), ObserveInput{Config: in.Config, State: in.State, Gateways: map[string]Gateway{merchant: {Reader: desk, Login: tt.user}}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		in.Observations = seen
		d, problems := Build(in)
		switch {
		case len(problems) > 0:
			t.Errorf("%s: problems %v", name, problems)
		case tt.want == "" && (len(d.Body.Actions) != 1 || tt.named != "" && d.Body.Actions[0].Transact != tt.named):
			t.Errorf("%s: %s, want a refund", name, told(d, problems))
		case tt.want != "" && (len(d.Body.Actions) > 0 || len(d.Body.Blocked) != 1 || d.Body.Blocked[0].Cause != CauseMismatch || !strings.Contains(d.Body.Blocked[0].Detail, tt.want)):
			t.Errorf("%s: %s, %+v; want a mismatch that says %q", name, told(d, problems), d.Body.Blocked, tt.want)
		}
	}
	in := tale{refunded: "80.00", status: 5}.input(t)
	refused := &dibs.LoginError{Service: "payinfo.cgi", User: "api"}
	_, err := Observe(t.Context(), ObserveInput{Config: in.Config, State: in.State, Gateways: map[string]Gateway{merchant: {Reader: paidTwice{proof, 5, refused}, Login: true}}})
	if !errors.Is(err, refused) {
		t.Errorf("Observe with a refused login = %v", err)
	}
}

// newest answers about the newer payment.
type newest struct{ paidTwice }

func (d newest) PayInfo(_ context.Context, id dibs.TransactID) (dibs.PayInfo, error) {
	pay := d.pay
	pay.Transact = id
	return pay, nil
}
