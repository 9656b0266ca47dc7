package plan

import (
	"context"
	"errors"
	"fmt"

	"flexform/dibs"
	"flexform/money"
)

// A PaymentFinder finds payments by their order, see [PaymentOf].
type PaymentFinder interface {
	TransInfo(context.Context, dibs.TransInfoRequest) (dibs.TransInfo, error)
	TransStatus(context.Context, dibs.TransactID) (dibs.Status, error)
}

// mostPayments bounds how many transactions of one order are looked at.
const mostPayments = 20

// PaymentOf asks for the payment of an order of that amount, and where it
// stands. It is empty when the gateway knows no such order. Of several
// transactions those that were declined are no payment: they are the tries
// before it. An error says that the gateway could not be read, or that there is
// more than one payment.
func PaymentOf(ctx context.Context, g PaymentFinder, order string, amount money.Amount) (dibs.TransactID, dibs.Status, error) {
	info, err := g.TransInfo(ctx, dibs.TransInfoRequest{OrderID: order, Amount: amount})
	var missing *dibs.NotFoundError
	switch {
	case errors.As(err, &missing):
		return "", 0, nil
	case err != nil:
		return "", 0, err
	case len(info.Transacts) == 0:
		return "", 0, errors.New("transinfo named no transaction")
	case len(info.Transacts) > mostPayments:
		return "", 0, fmt.Errorf("order %q belongs to %d transactions", order, len(info.Transacts))
	}
	var payment, declined dibs.TransactID
	var status, no dibs.Status
	for _, id := range info.Transacts {
		now, err := g.TransStatus(ctx, id)
		switch {
		case err != nil:
			return "", 0, err
		case NeverPaid(now):
			declined, no = id, now
		case payment != "":
			return "", 0, fmt.Errorf("order %q belongs to several payments: %s", order, join(info.Transacts))
		default:
			payment, status = id, now
		}
	}
	if payment == "" {
		return declined, no, nil
	}
	return payment, status, nil
}
