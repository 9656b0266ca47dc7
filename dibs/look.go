package dibs

import (
	"context"
	"errors"
	"fmt"

	"flexform/money"
)

// errDeclined is inside the error of a status service that answered DECLINED.
var errDeclined = errors.New("declined")

// A question is one status call. What names its subject in errors.
type question struct {
	service service
	what    string
	form    form
}

// look asks, has the reply read, and puts errors into the form that all status
// calls share: a *NotFoundError, a *LoginError, or why it could not be read.
func look[T any](ctx context.Context, c *Client, q question, read func(body string, whole bool) (T, error)) (T, error) {
	var none T
	body, whole, err := c.ask(ctx, q.service, q.form)
	if refusal, is := errors.AsType[*LoginError](err); is {
		return none, refusal
	} else if err != nil {
		return none, q.failed(err)
	}
	v, err := read(body, whole)
	if q.service.login() && (err == nil || errors.Is(err, errNotFound) || errors.Is(err, errDeclined)) {
		c.gate.accept()
	}
	switch {
	case errors.Is(err, errNotFound):
		return none, &NotFoundError{q.service.String(), q.what}
	case err != nil:
		return none, q.failed(c.unreadable(body, err))
	}
	return v, nil
}

func (q question) failed(err error) error { return fmt.Errorf("%s %s: %w", q.service, q.what, err) }

// readWord reads a reply that is one bare value, which must be whole: every
// word may begin another one.
func readWord(body string, whole bool) (string, error) {
	r, err := readReply(body, whole)
	switch {
	case err == errEmpty || err == nil && unknownTransaction(r.line):
		return "", errNotFound
	case err != nil:
		return "", err
	case !whole:
		return "", errCut
	}
	return r.line, nil
}

// A DescribeRequest describes a transaction completely, to services that tell
// whether there is one like that.
type DescribeRequest struct {
	Transact TransactID
	OrderID  string
	Amount   money.Amount // as authorised
}

func (r DescribeRequest) check() error {
	return errors.Join(checkTransact(r.Transact), checkOrderID(r.OrderID), checkAmount(r.Amount))
}

// named begins a form about a transaction of the client's merchant.
func (c *Client) named(id TransactID) form {
	f := make(form, 0, 192)
	f.add("merchant", c.merchant)
	f.add("transact", string(id))
	f.addSome("account", c.account)
	return f
}
