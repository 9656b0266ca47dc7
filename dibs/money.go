package dibs

import (
	"context"
	"fmt"
)

// Capture takes the amount of an authorised transaction (flexwin.md 5.4). It
// needs no login. The error is a [*DeclinedError], [*NotSentError] or
// [*UncertainError].
func (c *Client) Capture(ctx context.Context, r CaptureRequest) (Receipt, error) {
	h := handling{service: captureCGI, transact: r.Transact, orderID: r.OrderID, amount: r.Amount}
	h.options.addFlag("force", r.Force)
	if r.SplitPay {
		h.options.add("splitpay", "true")
	}
	return c.handle(ctx, h)
}

// Refund gives the amount back, on top of what was given back before
// (flexwin.md 5.5). It needs the login. The gateway has no way to tell two
// refunds apart: whoever calls twice may have paid twice. The error is a
// [*DeclinedError], [*LoginError], [*NotSentError] or [*UncertainError].
func (c *Client) Refund(ctx context.Context, r RefundRequest) (Receipt, error) {
	return c.handle(ctx, handling{service: refundCGI, transact: r.Transact, orderID: r.OrderID, amount: r.Amount})
}

// Cancel releases an authorisation that was not captured (flexwin.md 5.6). It
// needs the login. The order id may be empty when no MD5 keys are configured.
// The error is a [*DeclinedError], [*LoginError], [*NotSentError] or
// [*UncertainError].
func (c *Client) Cancel(ctx context.Context, r CancelRequest) (Receipt, error) {
	return c.handle(ctx, handling{service: cancelCGI, transact: r.Transact, orderID: r.OrderID})
}

// handle makes one call about a transaction that is there.
func (c *Client) handle(ctx context.Context, h handling) (Receipt, error) {
	if err := h.check(c.signs()); err != nil {
		return Receipt{}, h.subject().notSent(err)
	}
	body, signature := c.form(h)
	return transmit(ctx, c, h.subject(), body, c.cleaner.knowing(signature), func(a arrival, clean cleaner) (Receipt, error) {
		return c.conclude(h, a, clean)
	})
}

// conclude turns what came back for a request that was sent into an outcome.
func (c *Client) conclude(h handling, a arrival, clean cleaner) (Receipt, error) {
	r, err := c.answered(h.subject(), a, clean)
	if err != nil {
		return Receipt{}, err
	}
	said := r.answer()
	kept := clean.clean(a.body, maxKept)
	result, err := h.decide(r, said)
	switch {
	case err != nil:
		return Receipt{}, h.subject().uncertain(kept, err)
	case result.Declined():
		return Receipt{}, &DeclinedError{h.service.String(), h.transact, result, clean.clean(said.message, maxKept), kept}
	}
	return Receipt{result, TransactID(said.transact), clean.clean(said.cardType, maxKept), kept}, nil
}

func (h handling) subject() subject { return subject{service: h.service, transact: h.transact} }

// statusError says which HTTP status was answered instead of 200.
func statusError(status int) error {
	if status >= 300 && status < 400 {
		return fmt.Errorf("HTTP status %d, a redirect, which is not followed", status)
	}
	return fmt.Errorf("HTTP status %d", status)
}
