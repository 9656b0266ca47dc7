package dibs

import (
	"context"
	"errors"
	"net/http"
)

// A subject is what a call is about, as its errors name it.
type subject struct {
	service  service
	transact TransactID
	orderID  string // where there is no transaction yet
}

func (s subject) notSent(err error) error {
	return &NotSentError{Service: s.service.String(), Transact: s.transact, Err: err, OrderID: s.orderID}
}

func (s subject) uncertain(reply string, err error) error {
	return &UncertainError{Service: s.service.String(), Transact: s.transact, Reply: reply, Err: err, OrderID: s.orderID}
}

// transmit makes one call that may move money or change something: at most one
// request, on a connection of its own. What comes back goes to conclude, whose
// cleaner knows what must not be shown.
func transmit[T any](ctx context.Context, c *Client, s subject, body []byte, clean cleaner, conclude func(arrival, cleaner) (T, error)) (T, error) {
	var none T
	leave, err := c.admit(ctx, s.service)
	if refusal, ok := errors.AsType[*LoginError](err); ok {
		return none, refusal
	} else if err != nil {
		return none, s.notSent(err)
	}
	defer leave()

	body = endingWith(body, guard(s.service))
	a := c.exchange(ctx, appendRequest(c.heads[s.service], body))
	a.err = clean.cleanError(a.err)
	if !a.sent {
		return none, s.notSent(a.err)
	}
	return conclude(a, clean)
}

// answered returns the pairs that were answered to a request that was sent. An
// error is the call's outcome: a [*LoginError] or an [*UncertainError].
func (c *Client) answered(s subject, a arrival, clean cleaner) (reply, error) {
	uncertain := func(err error) (reply, error) {
		return reply{}, s.uncertain(clean.clean(a.body, maxKept), err)
	}
	// A 401 is an answer to the login, before the service itself ran. Only its
	// headers count.
	if a.status == http.StatusUnauthorized && s.service.login() {
		return reply{}, c.refused(s.service)
	}
	if s.service.login() && loginPage(a.body) {
		c.refused(s.service)
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
	if s.service.login() {
		c.gate.accept()
	}
	return r, nil
}
