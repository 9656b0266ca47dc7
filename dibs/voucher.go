package dibs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"flexform/money"
)

// maxVouchers bounds one call; the gateway documents no bound.
const maxVouchers = 1000

// A VoucherRequest makes vouchers that are all alike, worth either an amount or
// a percentage (flexwin.md 9.3).
type VoucherRequest struct {
	Quantity int            // at most 1000
	Worth    money.Amount   // or
	Percent  int            // 1 to 100
	Currency money.Currency // needed with Percent; with Worth it may be left out

	Group   string       // 1 to 4 letters and digits, made when it is new; empty: "V"
	Start   time.Time    // first day, as its own location has it; zero: at once
	Expire  time.Time    // last day; zero: never
	Least   money.Amount // order that a voucher needs; zero Amount: any
	MaxUses int          // of each; 0: as the gateway has it
}

// Vouchers are what was made.
type Vouchers struct {
	Codes []string // empty when the gateway did not name them
	Reply string   // as [Receipt.Reply]
}

// GenerateVouchers makes vouchers (flexwin.md 9.3). How the gateway names them
// in its reply is not documented; this reads the codes from a field of that
// name, joined by commas, as far as there is one. It needs the login. The error
// is a [*DeclinedError], [*LoginError], [*NotSentError] or [*UncertainError].
// There is no way to ask what an uncertain call has made but the administration.
func (c *Client) GenerateVouchers(ctx context.Context, r VoucherRequest) (Vouchers, error) {
	w := worded{subject: subject{service: vouchersCGI}, name: "status"}
	f, err := r.form(c.merchant)
	if err != nil {
		return Vouchers{}, w.notSent(err)
	}
	receipt, said, err := c.tellFor(ctx, w, f)
	if err != nil {
		return Vouchers{}, err
	}
	made := Vouchers{Reply: receipt.Reply}
	for name, value := range said.pairs() {
		if name == "vouchers" && value != "" {
			for code := range strings.SplitSeq(value, ",") {
				made.Codes = append(made.Codes, c.cleaner.clean(strings.TrimSpace(code), maxCode))
			}
		}
	}
	if n := len(made.Codes); said.mayBeCut("vouchers") || n > 0 && n != r.Quantity {
		return Vouchers{}, w.uncertain(receipt.Reply, fmt.Errorf("the reply names %d vouchers of %d, or a part of them", n, r.Quantity))
	}
	return made, nil
}

// form checks the request and returns its fields.
func (r VoucherRequest) form(merchant string) (form, error) {
	currency := r.Currency
	if r.Worth.Valid() && !currency.Valid() {
		currency = r.Worth.Currency()
	}
	switch {
	case r.Quantity < 1 || r.Quantity > maxVouchers:
		return nil, fmt.Errorf("%d vouchers; 1 to %d are made at once", r.Quantity, maxVouchers)
	case r.Worth.Valid() == (r.Percent != 0):
		return nil, errors.New("vouchers are worth either an amount or a percentage")
	case r.Percent < 0 || r.Percent > 100:
		return nil, fmt.Errorf("vouchers worth %d percent", r.Percent)
	case !currency.Valid():
		return nil, errors.New("no currency")
	case r.Worth.Valid() && (checkAmount(r.Worth) != nil || r.Worth.Currency() != currency):
		return nil, fmt.Errorf("vouchers worth %s, in %s", r.Worth, currency)
	case r.Least.Valid() && r.Least.Currency() != currency:
		return nil, fmt.Errorf("vouchers in %s for orders of %s", currency, r.Least)
	case len(r.Group) > 4 || strings.ContainsFunc(r.Group, func(c rune) bool { return c > '~' || !unreserved(byte(c)) || strings.ContainsRune("-_.", c) }):
		return nil, fmt.Errorf("voucher group %+q is not at most 4 letters and digits", r.Group)
	case r.MaxUses < 0:
		return nil, fmt.Errorf("vouchers for %d uses", r.MaxUses)
	case !r.Start.IsZero() && !r.Expire.IsZero() && r.Expire.Before(r.Start):
		return nil, errors.New("vouchers that expire before they start")
	}
	f := make(form, 0, 192)
	f.add("merchant", merchant)
	f.add("quantity", strconv.Itoa(r.Quantity))
	if r.Worth.Valid() {
		f.add("type", "M")
		f.add("value", strconv.FormatInt(r.Worth.Minor(), 10))
	} else {
		f.add("type", "P")
		f.add("value", strconv.Itoa(r.Percent))
	}
	f.add("currency", currency.Number())
	f.addSome("group", r.Group)
	f.addDay("start", r.Start)
	f.addDay("expire", r.Expire)
	if r.Least.Valid() {
		f.add("min", r.Least.Decimal()) // the one decimal of the protocol
	}
	if r.MaxUses > 0 {
		f.add("maxuses", strconv.Itoa(r.MaxUses))
	}
	return f, nil
}

func (f *form) addDay(name string, day time.Time) {
	if !day.IsZero() {
		f.add(name, day.Format("02012006"))
	}
}
