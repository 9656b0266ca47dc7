package dibs

import (
	"context"
	"errors"
	"strconv"

	"flexform/money"
)

// A ConfirmRequest asks for a transaction's amount. All fields must match.
type ConfirmRequest struct {
	Transact TransactID
	OrderID  string
	Currency money.Currency
}

// ConfirmTransact asks for the amount of a transaction that was authorised
// (flexwin.md 6.6). It needs no login. The error is a [*NotFoundError], or says
// why the gateway could not be read.
func (c *Client) ConfirmTransact(ctx context.Context, r ConfirmRequest) (money.Amount, error) {
	q := question{service: confirmTransactCGI, what: "transaction " + r.Transact.shown()}
	err := errors.Join(checkTransact(r.Transact), checkOrderID(r.OrderID))
	if err == nil && !r.Currency.Valid() {
		err = errors.New("no currency")
	}
	if err != nil {
		return money.Amount{}, q.failed(err)
	}
	q.form = c.named(r.Transact)
	q.form.add("orderid", r.OrderID)
	q.form.add("currency", r.Currency.Number())
	return look(ctx, c, q, func(body string, whole bool) (money.Amount, error) {
		word, err := readWord(body, whole)
		switch {
		case err != nil:
			return money.Amount{}, err
		case word == "0":
			return money.Amount{}, errNotFound
		}
		return minorOf(word, r.Currency)
	})
}

// minorOf reads minor units as the wire has them.
func minorOf(text string, c money.Currency) (money.Amount, error) {
	if text != "0" && !number(text) {
		return money.Amount{}, errAmount
	}
	minor, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return money.Amount{}, errAmount
	}
	a, err := money.New(minor, c)
	if err != nil {
		return money.Amount{}, errAmount
	}
	return a, nil
}
