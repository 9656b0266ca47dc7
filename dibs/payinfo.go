package dibs

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"flexform/money"
)

var errAmount = errors.New("the reply's amount or currency is none")

// PayInfo asks for a transaction's status and what else the gateway tells about
// it (flexwin.md 6.1). It needs the login. The error is a [*NotFoundError], a
// [*LoginError], or says why the gateway could not be read.
func (c *Client) PayInfo(ctx context.Context, id TransactID) (PayInfo, error) {
	info, err := c.payInfo(ctx, id)
	if errors.Is(err, errNotFound) {
		return PayInfo{}, &NotFoundError{payInfoCGI.String(), "transaction " + id.shown()}
	} else if refusal, ok := errors.AsType[*LoginError](err); ok {
		return PayInfo{}, refusal
	} else if err != nil {
		return PayInfo{}, fmt.Errorf("%s %s: %w", payInfoCGI, id.shown(), err)
	}
	return info, nil
}

func (c *Client) payInfo(ctx context.Context, id TransactID) (PayInfo, error) {
	if err := checkTransact(id); err != nil {
		return PayInfo{}, err
	}
	f := make(form, 0, 32)
	f.add("transact", string(id)) // documented as the only field
	body, whole, err := c.ask(ctx, payInfoCGI, f)
	if err != nil {
		return PayInfo{}, err
	}
	info, err := readPayInfo(body, whole, id)
	if err == nil || errors.Is(err, errNotFound) {
		c.gate.accept()
	}
	if err != nil {
		return PayInfo{}, c.unreadable(body, err)
	}
	for _, text := range []*string{&info.ApprovalCode, &info.ActionCode, &info.Batch} {
		*text = c.cleaner.clean(*text, maxCode)
	}
	return info, nil
}

// readPayInfo reads the reply of payinfo.cgi: pairs with exactly one status.
// On an error the gateway answers with a short sentence.
func readPayInfo(body string, whole bool, id TransactID) (PayInfo, error) {
	r, err := readStatusReply(body, whole)
	if err != nil {
		return PayInfo{}, err
	}
	info := PayInfo{Transact: id}
	seen := make(map[string]string, 8)
	for name, value := range r.pairs() {
		if first, twice := seen[name]; twice && first != value {
			return PayInfo{}, fmt.Errorf("the reply has two different values of %+q", name)
		}
		seen[name] = value
	}
	n, ok := code(seen["status"])
	switch {
	case !ok || n > maxStatus:
		return PayInfo{}, errStatus
	case r.mayBeCut("status") && prefixesOther(Status(n)) || r.mayBeCut("orderid"):
		return PayInfo{}, errCut
	case seen["transact"] != "" && seen["transact"] != string(id):
		return PayInfo{}, errors.New("the reply names another transaction")
	}
	info.Status = Status(n)
	info.OrderID, info.ApprovalCode, info.ActionCode = seen["orderid"], seen["approvalcode"], seen["actioncode"]
	info.Batch = seen["batch"]
	if r.mayBeCut("amount") || r.mayBeCut("currency") {
		return info, nil
	}
	if info.Amount, err = payAmount(seen["amount"], seen["currency"]); err == nil && info.Amount.Valid() && !r.mayBeCut("fee") {
		info.Fee = sumIn(info.Amount.Currency(), seen["fee"])
	}
	return info, err
}

// sumIn reads minor units of a sum that decides nothing: what is none, or zero,
// is the zero Amount.
func sumIn(c money.Currency, minor string) money.Amount {
	a, err := minorOf(minor, c)
	if err != nil || a.Zero() {
		return money.Amount{}
	}
	return a
}

// payAmount reads the optional amount; without a currency there is none.
func payAmount(amount, currency string) (money.Amount, error) {
	if amount == "" || currency == "" {
		return money.Amount{}, nil
	}
	c, err := money.ParseCurrency(currency)
	if err != nil || amount != "0" && !number(amount) {
		return money.Amount{}, errAmount
	}
	minor, err := strconv.ParseInt(amount, 10, 64)
	if err != nil {
		return money.Amount{}, errAmount
	}
	return money.New(minor, c)
}
