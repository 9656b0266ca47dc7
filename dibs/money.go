package dibs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Capture takes the amount of an authorised transaction. The error is a
// [*DeclinedError], [*NotSentError] or [*UncertainError].
func (c *Client) Capture(ctx context.Context, r CaptureRequest) (Receipt, error) {
	return c.handle(ctx, handling{captureCGI, r.Transact, r.OrderID, r.Amount})
}

// Refund gives the amount back, on top of what was given back before. The error
// is a [*DeclinedError], [*LoginError], [*NotSentError] or [*UncertainError].
func (c *Client) Refund(ctx context.Context, r RefundRequest) (Receipt, error) {
	return c.handle(ctx, handling{refundCGI, r.Transact, r.OrderID, r.Amount})
}

// Cancel releases an authorisation. The order id may be empty when no MD5 keys
// are configured. The error is a [*DeclinedError], [*LoginError],
// [*NotSentError] or [*UncertainError].
func (c *Client) Cancel(ctx context.Context, r CancelRequest) (Receipt, error) {
	return c.handle(ctx, handling{service: cancelCGI, transact: r.Transact, orderID: r.OrderID})
}

// handle makes one money call: at most one request on a connection of its own.
func (c *Client) handle(ctx context.Context, h handling) (Receipt, error) {
	if err := h.check(c.signs()); err != nil {
		return Receipt{}, h.notSent(err)
	}
	leave, err := c.admit(ctx, h.service)
	if refusal, ok := errors.AsType[*LoginError](err); ok {
		return Receipt{}, refusal
	} else if err != nil {
		return Receipt{}, h.notSent(err)
	}
	defer leave()

	body, signature := c.form(h)
	clean := c.cleaner.knowing(signature)
	a := c.exchange(ctx, appendRequest(c.heads[h.service], body))
	a.err = clean.cleanError(a.err)
	if !a.sent {
		return Receipt{}, h.notSent(a.err)
	}
	return c.conclude(h, a, clean)
}

// conclude turns what came back for a request that was sent into an outcome.
func (c *Client) conclude(h handling, a arrival, clean cleaner) (Receipt, error) {
	uncertain := func(err error) (Receipt, error) {
		return Receipt{}, &UncertainError{h.service.String(), h.transact, clean.clean(a.body, maxKept), err}
	}
	// A 401 is an answer to the login, before the service itself ran. Only its
	// headers count.
	if a.status == http.StatusUnauthorized && h.service.login() {
		return Receipt{}, c.refused(h.service)
	}
	if h.service.login() && loginPage(a.body) {
		c.refused(h.service)
		return uncertain(errors.New("the gateway answered with its login page"))
	}
	if a.err != nil {
		return uncertain(a.err)
	}
	if a.status != http.StatusOK {
		return uncertain(statusError(a.status))
	}
	r, err := readReply(a.body, a.whole)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return uncertain(err)
	}
	if h.service.login() {
		c.gate.accept()
	}
	said := r.answer()
	result, err := h.decide(r, said)
	switch {
	case err != nil:
		return uncertain(err)
	case result.Declined():
		return Receipt{}, &DeclinedError{h.service.String(), h.transact, result,
			clean.clean(said.message, maxKept), clean.clean(a.body, maxKept)}
	}
	return Receipt{result, TransactID(said.transact), clean.clean(said.cardType, maxKept), clean.clean(a.body, maxKept)}, nil
}

func (h handling) notSent(err error) error {
	return &NotSentError{h.service.String(), h.transact, err}
}

// statusError says which HTTP status was answered instead of 200.
func statusError(status int) error {
	if status >= 300 && status < 400 {
		return fmt.Errorf("HTTP status %d, a redirect, which is not followed", status)
	}
	return fmt.Errorf("HTTP status %d", status)
}
