package sandbox

import (
	"fmt"
	"reflect"
	"time"
)

// A fieldError names the field of a transaction that cannot be.
type fieldError struct {
	Field string // as in the header of a seed file
	Err   error
}

func (e *fieldError) Error() string { return e.Field + ": " + e.Err.Error() }

func (e *fieldError) Unwrap() error { return e.Err }

func wrong(field, format string, args ...any) error {
	return &fieldError{field, fmt.Errorf(format, args...)}
}

// complete returns t with the defaults of a seed filled in and its moves
// written out, or an error that names the first field that cannot be.
func (t Transaction) complete(now time.Time) (Transaction, error) {
	if err := t.checkIdentity(); err != nil {
		return Transaction{}, err
	}
	t = t.withDefaults(now)
	if err := t.checkSums(); err != nil {
		return Transaction{}, err
	}
	captured, refunded := t.Captured, t.Refunded
	t.Captured, t.Refunded, t.Moves = zero(t.Amount), zero(t.Amount), nil
	for _, m := range []Move{
		{Time: t.AuthorisedAt, Kind: MoveCapture, Amount: captured, By: BySeed},
		{Time: t.AuthorisedAt, Kind: MoveRefund, Amount: refunded, By: BySeed},
	} {
		if m.Amount.Zero() {
			continue
		}
		if err := t.add(m); err != nil {
			return Transaction{}, err
		}
	}
	return t, nil
}

func (t Transaction) checkIdentity() error {
	switch {
	case !isNumber(t.Transact, 6, 19):
		return wrong("transact", "%q is not a transaction number: write 6 to 19 digits", t.Transact)
	case t.Merchant != "" && !isNumber(t.Merchant, 1, 16):
		return wrong("merchant", "%q is not a merchant number: write up to 16 digits, or leave it empty", t.Merchant)
	case t.OrderID == "":
		return wrong("orderid", "an order id is needed")
	case cutOrderID(t.OrderID) != t.OrderID:
		return wrong("orderid", "%q is longer than %d characters", t.OrderID, maxOrderID)
	case !t.Amount.Valid() || t.Amount.Zero():
		return wrong("amount", "an authorised amount above zero is needed")
	case !t.Status.known():
		return wrong("status", "%d is not a status", int(t.Status))
	case len(t.Moves) > 0:
		return wrong("moves", "a seed has totals, not moves")
	case !reflect.ValueOf(t.Details).IsZero():
		return wrong("details", "a seed has no details")
	}
	return nil
}

func (t Transaction) withDefaults(now time.Time) Transaction {
	if t.AuthorisedAt.IsZero() {
		t.AuthorisedAt = now
	}
	if t.PayType == "" {
		t.PayType = "VISA"
	}
	if !t.Captured.Valid() {
		t.Captured = zero(t.Amount)
		if t.Status.holdsMoney() {
			t.Captured = t.Amount
		}
	}
	if !t.Refunded.Valid() {
		t.Refunded = zero(t.Amount)
		if t.Status == StatusRefunded || t.Status == StatusRefundSent || t.Status == StatusRefundPending {
			t.Refunded = t.Captured
		}
	}
	return t
}

// checkSums holds the totals against the status: a seed must not tell a story
// that the gateway could never have lived through.
func (t Transaction) checkSums() error {
	over, err := t.Captured.Cmp(t.Amount)
	if err != nil {
		return &fieldError{"captured", err}
	}
	rest, err := t.Refunded.Cmp(t.Captured)
	switch {
	case err != nil:
		return &fieldError{"refunded", err}
	case over > 0:
		return wrong("captured", "%s is more than the authorised %s", t.Captured, t.Amount)
	case rest > 0:
		return wrong("refunded", "%s is more than the captured %s", t.Refunded, t.Captured)
	case t.Captured.Zero() == t.Status.holdsMoney():
		return wrong("captured", "%s does not go with status %s", t.Captured, t.Status)
	}
	none, all := t.Refunded.Zero(), rest == 0
	fits := none
	switch t.Status {
	case StatusPartlyRefunded:
		fits = !none && !all
	case StatusRefundSent, StatusRefundPending:
		fits = !none
	case StatusRefundDeclined:
		fits = !all
	case StatusRefunded:
		fits = all
	}
	if !fits {
		return wrong("refunded", "%s of the captured %s does not go with status %s", t.Refunded, t.Captured, t.Status)
	}
	return nil
}
