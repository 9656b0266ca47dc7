package dibs

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// A worded call is answered with a word, not with a result code: delticket.cgi,
// splitpay_changestatus.cgi and generatevouchers.cgi.
type worded struct {
	subject
	name string // of the pair with the word
}

// tell makes a worded call.
func (c *Client) tell(ctx context.Context, w worded, f form) (Receipt, error) {
	receipt, _, err := c.tellFor(ctx, w, f)
	return receipt, err
}

// tellFor is tell, and returns the reply, too.
func (c *Client) tellFor(ctx context.Context, w worded, f form) (Receipt, reply, error) {
	var came reply
	receipt, err := transmit(ctx, c, w.subject, f, c.cleaner, func(a arrival, clean cleaner) (Receipt, error) {
		r, err := c.answered(w.subject, a, clean)
		if err != nil {
			return Receipt{}, err
		}
		came = r
		return w.conclude(r, clean.clean(a.body, maxKept), clean)
	})
	return receipt, came, err
}

// conclude is an allow-list, as [handling.decide] is.
func (w worded) conclude(r reply, kept string, clean cleaner) (Receipt, error) {
	values := map[string]string{}
	for name, value := range r.pairs() {
		first, twice := values[name]
		if twice && first != value && (name == "status" || name == "result" || name == "reason") {
			return Receipt{}, w.uncertain(kept, fmt.Errorf("the reply has two different values of %s", name))
		}
		if !twice {
			values[name] = value
		}
	}
	result, err := w.decide(r, values)
	switch {
	case err != nil:
		return Receipt{}, w.uncertain(kept, err)
	case result == ResultAccepted:
		return Receipt{Result: ResultAccepted, Transact: w.transact, Reply: kept}, nil
	}
	return Receipt{}, &DeclinedError{w.service.String(), w.transact, result, clean.clean(values["message"], maxKept), kept}
}

// decide returns [ResultAccepted], the reason of a decline, or
// [ResultUnstated] for a decline without one.
func (w worded) decide(r reply, values map[string]string) (Result, error) {
	reason, coded := values["reason"]
	for _, name := range []string{"status", "result"} {
		if other := values[name]; name != w.name && other != "" && !strings.EqualFold(other, values[w.name]) {
			return 0, fmt.Errorf("the reply contradicts itself: another %s than %s", name, w.name)
		}
	}
	switch strings.ToUpper(values[w.name]) {
	case "ACCEPTED":
		if reason != "" && reason != "0" {
			return 0, errors.New("the reply contradicts itself: accepted, but with a reason")
		}
		return ResultAccepted, nil
	case "DECLINED":
	default:
		return 0, fmt.Errorf("the reply's %s is neither ACCEPTED nor DECLINED", w.name)
	}
	if !coded || reason == "" {
		if !r.whole {
			return 0, errCut // the reason that was cut off may be one that decides nothing
		}
		return ResultUnstated, nil
	}
	n, ok := code(reason)
	switch {
	case !ok:
		return 0, errors.New("the reply's reason is not a number")
	case !Result(n).Declined():
		return 0, fmt.Errorf("the gateway answered %s", Result(n))
	}
	return Result(n), nil
}
