package dibs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"flexform/money"
)

// A Callback is what the gateway tells a shop of a payment: in a request of its
// own to callbackurl, through the customer's browser to accepturl, declineurl
// or cancelurl, or when it is asked again by [Client.Callback] (flexwin.md 6.8,
// 7 and 8). Which fields there are is up to the shop's settings, and what is
// missing is empty. It is as of the authorisation and tells nothing later.
//
// Anybody can send one: believe nothing of it before [Client.VerifyCallback].
type Callback struct {
	Transacts []TransactID // one, or several for a split; none when a customer cancelled early
	OrderID   string
	Amount    money.Amount // without the fee; the zero Amount without an amount and a currency
	Fee       money.Amount // likewise
	Authkey   string

	Status    Status // only if HasStatus
	HasStatus bool
	Reason    Reason // why it was declined, only if HasReason
	HasReason bool

	ApprovalCode     string
	PayType          string // paytype codes (flexwin.md 4.6)
	Acquirer         string
	AcquirerMerchant string // the shop's number at the acquirer
	Agreement        string
	ThreeDStatus     string // of 3-D Secure enrolment
	CardID           string
	Checksum         string // of the card, to tell that it was seen before
	Ticket           TransactID
	Suspect          bool // as [Authorisation.Suspect]
	Severity         int
	Card             CardFacts

	// Fields has everything, by lower-case name and decoded, also what the shop
	// had sent. The values are strangers' text; what looks like a card number
	// in them is masked, except in orderid.
	Fields map[string]string
}

// ParseCallback reads a request that the gateway, or a customer's browser on its
// behalf, makes to the shop: the body of a POST, or the query of a GET. The
// query of a POST is the shop's own and is not read. An error means that the
// request is none of these or contradicts itself; answer it with status 400.
func ParseCallback(r *http.Request) (Callback, error) {
	switch r.Method {
	case http.MethodGet:
		return parseCallback(r.URL.RawQuery)
	case http.MethodPost:
	default:
		return Callback{}, fmt.Errorf("callback: method %s", escape(r.Method, 20))
	}
	if r.Body == nil {
		return parseCallback("")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return Callback{}, fmt.Errorf("callback: %w", err)
	}
	if len(body) > maxBody {
		return Callback{}, fmt.Errorf("callback: more than %d KiB", maxBody>>10)
	}
	return parseCallback(string(body))
}

func parseCallback(text string) (Callback, error) {
	fields, err := callbackFields(text)
	if err == nil {
		var cb Callback
		if cb, err = newCallback(fields); err == nil {
			return cb, nil
		}
	}
	return Callback{}, fmt.Errorf("callback: %w", err)
}

// callbackFields splits and decodes the pairs. Their names are not checked, as
// those of order information hold labels.
func callbackFields(text string) (map[string]string, error) {
	if len(text) > maxBody {
		return nil, errBodyTooLarge
	}
	r, err := readReply(text, true)
	if err != nil {
		return nil, err
	}
	for pair := range strings.SplitSeq(r.line, "&") {
		if pair != "" && !strings.Contains(pair, "=") {
			return nil, errPairs
		}
	}
	return r.values()
}

func newCallback(fields map[string]string) (Callback, error) {
	cb := Callback{OrderID: fields["orderid"], Authkey: fields["authkey"], Fields: make(map[string]string, len(fields))}
	var found []numbered
	for name, value := range fields {
		if place, is := transactPlace(name); is && value != "" {
			found = append(found, numbered{place, name, TransactID(value)})
		}
		switch name {
		case "cardno", "cvc":
			continue // no gateway would, but whoever sent this may not be one
		case "orderid":
		default:
			value = maskCards(value)
		}
		cb.Fields[name] = value
	}
	var err error
	if len(found) > 0 {
		if cb.Transacts, err = inOrder(reply{whole: true}, found); err != nil {
			return Callback{}, err
		}
	}
	if cb.Amount, cb.Fee, err = paidAmounts(fields); err != nil {
		return Callback{}, err
	}
	status, isStatus := code(fields["statuscode"])
	if fields["statuscode"] != "" && !isStatus {
		return Callback{}, errors.New("statuscode is not a number")
	}
	reason, isReason := code(fields["reason"]) // else it is a field of the shop's
	cb.Status, cb.HasStatus, cb.Reason, cb.HasReason = Status(status), isStatus, Reason(reason), isReason
	if cb.Ticket = TransactID(fields["ticket"]); cb.Ticket != "" && checkTransact(cb.Ticket) != nil {
		return Callback{}, errors.New("the ticket is none")
	}
	cb.describe(fields)
	return cb, nil
}

func paidAmounts(fields map[string]string) (amount, fee money.Amount, err error) {
	if amount, err = payAmount(fields["amount"], fields["currency"]); err == nil {
		fee, err = payAmount(fields["fee"], fields["currency"])
	}
	return amount, fee, err
}

// describe fills in what decides nothing.
func (cb *Callback) describe(fields map[string]string) {
	text := func(name string) string { return cleaner{}.clean(fields[name], maxCode) }
	cb.ApprovalCode, cb.PayType, cb.Acquirer, cb.AcquirerMerchant = text("approvalcode"), text("paytype"), text("acquirer"), text("merchantid")
	cb.Agreement, cb.ThreeDStatus, cb.CardID, cb.Checksum = text("agreement"), text("threedstatus"), text("cardid"), text("checksum")
	cb.Card = cardFacts(text)
	cb.Suspect, cb.Severity = suspicion(fields)
}

// VerifyCallback proves that the gateway approved a payment of this amount,
// without the fee, by the callback's authkey. Give the amount of the shop's own
// order, not the callback's. Nothing but the first transaction, the amount with
// the fee and the currency is signed: not the order id (see
// [Client.VerifyAuthkey]), not the status, and none of the further transactions
// of a split, about which [Client.PayInfo] tells. What is verified may be sent
// again by anyone who has seen it, so take a transaction for an order only
// once. The error is [ErrNoKeys], an [*AuthkeyError], or says how the callback
// differs.
func (c *Client) VerifyCallback(cb Callback, amount money.Amount) error {
	switch {
	case len(cb.Transacts) == 0:
		return errors.New("the callback names no transaction")
	case cb.HasReason:
		return fmt.Errorf("the callback tells of a decline: %s", cb.Reason)
	case cb.Amount.Valid() && !cb.Amount.Equal(amount):
		return fmt.Errorf("the callback is about %s, not %s", cb.Amount, amount)
	}
	return c.VerifyAuthkey(cb.Authkey, cb.Transacts[0], amount, cb.Fee)
}

// Callback asks for what a callback said of a transaction, whether it arrived
// or not (flexwin.md 6.8). It needs the login, and so its answer needs no
// verifying. The error is a [*NotFoundError], also for a transaction that has
// none stored, a [*LoginError], or says why the gateway could not be read.
func (c *Client) Callback(ctx context.Context, id TransactID) (Callback, error) {
	q := question{service: callbackCGI, what: "callback of transaction " + id.shown()}
	if err := checkTransact(id); err != nil {
		return Callback{}, q.failed(err)
	}
	q.form = make(form, 0, 64)
	q.form.add("merchant", c.merchant)
	q.form.add("transact", string(id))
	return look(ctx, c, q, func(body string, whole bool) (Callback, error) {
		r, err := readReply(body, whole)
		switch {
		case err != nil:
			return Callback{}, err
		case unknownTransaction(r.line) || noCallback(r.line):
			return Callback{}, errNotFound
		case !whole:
			return Callback{}, errCut
		}
		fields, err := callbackFields(body)
		if err != nil {
			return Callback{}, err
		}
		cb, err := newCallback(fields)
		if err == nil && !slices.Contains(cb.Transacts, id) {
			err = errors.New("the reply names another transaction")
		}
		return cb, err
	})
}

// noCallback recognises the two documented messages.
func noCallback(line string) bool {
	return !strings.Contains(line, "=") && strings.HasPrefix(line, "Transaction ") &&
		(strings.Contains(line, " does not belong to this merchant") || strings.Contains(line, " does not have extended callback element"))
}
