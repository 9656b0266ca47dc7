package dibs

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"flexform/money"
)

// A SplitState is how far a split capture is (flexwin.md 4.2). The zero value
// is invalid.
type SplitState int

const (
	SplitOpen    SplitState = 1 // more can be captured
	SplitClosed  SplitState = 2 // nothing more can be
	SplitClosing SplitState = 3 // closed once nothing is pending
)

// A SplitPayInfo has the sums of an authorisation that is captured in parts
// (flexwin.md 6.9): the only place where the gateway tells what was captured
// and refunded.
type SplitPayInfo struct {
	Transact        TransactID
	State           SplitState
	Authorised      money.Amount
	Left            money.Amount // to be captured
	Captured        money.Amount // sum, without what is pending
	Refunded        money.Amount // sum, without what is pending
	Settled         money.Amount // net, as the gateway says
	PendingCaptures money.Amount // waiting for a batch
	PendingRefunds  money.Amount // waiting for a batch
	Parts           []SplitPart  // oldest first
}

// A SplitPart is one capture of a split payment: a transaction of its own.
type SplitPart struct {
	Transact TransactID
	OrderID  string
}

// SplitPayInfo asks for the sums of a transaction that is captured in parts.
// The reply names no currency: give the authorisation's (flexwin.md 6.9). It
// needs the login. The error is a [*NotFoundError], a [*LoginError], a
// [*DeclinedError] with [ResultStatusForbids] for a transaction that is no split
// payment, or says why the gateway could not be read.
func (c *Client) SplitPayInfo(ctx context.Context, id TransactID, currency money.Currency) (SplitPayInfo, error) {
	q := question{service: splitPayInfoCGI, what: "transaction " + id.shown()}
	err := checkTransact(id)
	if err == nil && !currency.Valid() {
		err = errors.New("no currency")
	}
	if err != nil {
		return SplitPayInfo{}, q.failed(err)
	}
	q.form = make(form, 0, 64)
	q.form.add("merchant", c.merchant)
	q.form.add("transact", string(id))
	var declined *DeclinedError
	info, err := look(ctx, c, q, func(body string, whole bool) (SplitPayInfo, error) {
		r, err := readStatusReply(body, whole)
		if err != nil {
			return SplitPayInfo{}, err
		}
		if result, message, no := r.refusal(); no {
			if unknownTransaction(message) {
				return SplitPayInfo{}, errNotFound
			}
			declined = &DeclinedError{q.service.String(), id, result, c.cleaner.clean(message, maxKept), c.cleaner.clean(body, maxKept)}
			return SplitPayInfo{}, errDeclined
		}
		return r.splitPayInfo(id, currency)
	})
	if declined != nil {
		return SplitPayInfo{}, declined
	}
	return info, err
}

// refusal reads a reply of pairs with status=DECLINED and a reason.
func (r reply) refusal() (result Result, message string, no bool) {
	values, err := r.values()
	n, ok := code(values["reason"])
	if err != nil || values["status"] != "DECLINED" || !ok {
		return 0, "", false
	}
	return Result(n), values["message"], true
}

// values returns the reply's pairs by name; two that differ are an error.
func (r reply) values() (map[string]string, error) {
	values := make(map[string]string, 16)
	for name, value := range r.pairs() {
		if first, twice := values[name]; twice && first != value {
			return nil, fmt.Errorf("the reply has two different values of %+q", name)
		}
		values[name] = value
	}
	return values, nil
}

// splitPayInfo reads the sums. Some pairs may be missing, so that a reply has to
// prove that it is whole.
func (r reply) splitPayInfo(id TransactID, currency money.Currency) (SplitPayInfo, error) {
	values, err := r.values()
	state, ok := code(values["status"])
	switch {
	case err != nil:
		return SplitPayInfo{}, err
	case !r.whole:
		return SplitPayInfo{}, errCut
	case !ok || state < int(SplitOpen) || state > int(SplitClosing):
		return SplitPayInfo{}, errStatus
	case values["transact"] != string(id):
		return SplitPayInfo{}, errors.New("the reply names another transaction")
	}
	info := SplitPayInfo{Transact: id, State: SplitState(state)}
	for name, sum := range map[string]*money.Amount{
		"authamount": &info.Authorised, "amountleft": &info.Left, "captured": &info.Captured, "refunded": &info.Refunded,
		"settled": &info.Settled, "pending_captures": &info.PendingCaptures, "pending_refunds": &info.PendingRefunds,
	} {
		text, there := values[name]
		if !there && (name == "pending_captures" || name == "pending_refunds") {
			text = "0" // sent only while something is pending
		}
		if *sum, err = minorOf(text, currency); err != nil {
			return SplitPayInfo{}, fmt.Errorf("%w: %s", err, name)
		}
	}
	info.Parts, err = splitParts(values)
	return info, err
}

// splitParts reads stransact_01 and sorderid_01 to as many as spcaps says.
func splitParts(values map[string]string) ([]SplitPart, error) {
	count, ok := code(values["spcaps"])
	if !ok {
		return nil, errors.New("the reply's number of captures is none")
	}
	var parts []SplitPart
	for n := 1; ; n++ {
		place := strconv.Itoa(n)
		if n < 10 {
			place = "0" + place
		}
		id, there := values["stransact_"+place]
		if !there {
			break
		}
		if checkTransact(TransactID(id)) != nil {
			return nil, errTransact
		}
		parts = append(parts, SplitPart{TransactID(id), values["sorderid_"+place]})
	}
	if len(parts) != count {
		return nil, fmt.Errorf("the reply names %d captures of %d", len(parts), count)
	}
	return parts, nil
}

// SplitPayClose ends a transaction's captures, SplitPayReopen allows them again
// (flexwin.md 6.10). They need the login. The error is a [*DeclinedError],
// [*LoginError], [*NotSentError] or [*UncertainError].
func (c *Client) SplitPayClose(ctx context.Context, id TransactID) (Receipt, error) {
	return c.splitPayChange(ctx, id, "close")
}

// SplitPayReopen allows captures again that [Client.SplitPayClose] ended
// (flexwin.md 6.10).
func (c *Client) SplitPayReopen(ctx context.Context, id TransactID) (Receipt, error) {
	return c.splitPayChange(ctx, id, "open")
}

func (c *Client) splitPayChange(ctx context.Context, id TransactID, action string) (Receipt, error) {
	w := worded{subject: subject{service: splitPayChangeCGI, transact: id}, name: "result"}
	if err := checkTransact(id); err != nil {
		return Receipt{}, w.notSent(err)
	}
	f := make(form, 0, 64)
	f.add("merchant", c.merchant)
	f.add("transact", string(id))
	f.add("action", action)
	return c.tell(ctx, w, f)
}
