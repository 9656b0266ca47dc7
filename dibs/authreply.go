package dibs

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"flexform/money"
)

// An authorising is one call that authorises: what its reply must fit.
type authorising struct {
	subject
	amount money.Amount // the zero Amount for a reauth
	parts  int          // transactions to be made
	ticket bool         // what is made is a ticket, or a ticket as well
}

// A statement is what a reply to an authorising call says.
type statement struct {
	statuses []string
	found    []numbered
	values   map[string]string
}

// decisive are the pairs of which a reply may not have two that differ.
var decisive = map[string]bool{"reason": true, "result": true, "authkey": true, "fee": true, "ticket": true}

func (r reply) statement() (statement, error) {
	s := statement{values: make(map[string]string, 16)}
	for name, value := range r.pairs() {
		if name == "status" {
			s.statuses = append(s.statuses, value)
			continue
		}
		if place, is := transactPlace(name); is {
			s.found = append(s.found, numbered{place, name, TransactID(value)})
			continue
		}
		first, twice := s.values[name]
		switch {
		case !twice:
			s.values[name] = value
		case first != value && decisive[name]:
			return statement{}, fmt.Errorf("the reply has two different values of %s", name)
		}
	}
	return s, nil
}

// conclude turns what came back for a request that was sent into an outcome. As
// [handling.decide] it is an allow-list.
func (a authorising) conclude(c *Client, came arrival, clean cleaner) (Authorisation, error) {
	r, err := c.answered(a.subject, came, clean)
	if err != nil {
		return Authorisation{}, err
	}
	kept := clean.clean(came.body, maxKept)
	uncertain := func(err error) (Authorisation, error) { return Authorisation{}, a.uncertain(kept, err) }
	said, err := r.statement()
	if err != nil {
		return uncertain(err)
	}
	accepted, err := said.word()
	if err != nil {
		return uncertain(err)
	}
	if !accepted {
		reason, err := said.reason(r)
		if err != nil {
			return uncertain(err)
		}
		return Authorisation{}, &AuthDeclinedError{
			Service: a.service.String(), OrderID: a.orderID, Transact: a.transact, Reason: reason,
			ActionCode: clean.clean(said.values["actioncode"], maxCode), Message: clean.clean(said.values["message"], maxKept), Reply: kept,
		}
	}
	approved, err := a.approval(r, said)
	if err == nil {
		approved.Verified, err = c.verified(a, approved, said.values["authkey"])
	}
	if err != nil {
		return uncertain(err)
	}
	approved.describe(said.values, clean)
	if a.amount.Valid() && !r.mayBeCut("totalamount") {
		approved.Total = sumIn(a.amount.Currency(), said.values["totalamount"])
	}
	approved.Reply = kept
	return approved, nil
}

// word reads the one word of the reply.
func (s statement) word() (accepted bool, err error) {
	if len(s.statuses) == 0 {
		return false, errors.New("the reply has no status")
	}
	for _, status := range s.statuses {
		if !strings.EqualFold(status, s.statuses[0]) {
			return false, errors.New("the reply has two different statuses")
		}
	}
	switch strings.ToUpper(s.statuses[0]) {
	case "ACCEPTED":
		for _, name := range []string{"reason", "result"} {
			if value := s.values[name]; value != "" && (name == "reason" || value != "0") {
				return false, fmt.Errorf("the reply contradicts itself: accepted, but with a %s", name)
			}
		}
		return true, nil
	case "DECLINED":
		return false, nil
	}
	return false, errors.New("the reply's status is neither ACCEPTED nor DECLINED")
}

// reason reads the reason of a decline, when it is a definite one.
func (s statement) reason(r reply) (Reason, error) {
	value, ok := s.values["reason"]
	n, isCode := code(value)
	result, both := s.values["result"]
	switch {
	case !ok:
		return 0, errors.New("the reply declines without a reason")
	case !isCode:
		return 0, errors.New("the reply's reason is not a number")
	case both && result != value:
		return 0, errors.New("the reply contradicts itself: reason and result differ")
	case n == int(ReasonParameterError) && r.mayBeCut("reason"):
		return 0, fmt.Errorf("the reply ends in reason %d and may be a part of %d", ReasonParameterError, ReasonCustomer)
	case !Reason(n).Declined():
		return 0, fmt.Errorf("the gateway answered %s", Reason(n))
	}
	return Reason(n), nil
}

// approval reads what was made: as many transactions as were asked for.
func (a authorising) approval(r reply, s statement) (Authorisation, error) {
	ids, err := inOrder(r, s.found)
	switch {
	case err != nil:
		return Authorisation{}, err
	case len(ids) != a.parts:
		return Authorisation{}, fmt.Errorf("the reply names %d transactions for %d", len(ids), a.parts)
	case r.mayBeCut("authkey"), r.mayBeCut("fee"), r.mayBeCut("ticket"):
		return Authorisation{}, errCut
	}
	approved := Authorisation{Transacts: ids, Ticket: TransactID(s.values["ticket"])}
	if approved.Ticket != "" && checkTransact(approved.Ticket) != nil {
		return Authorisation{}, errors.New("the reply's ticket is none")
	}
	if fee := s.values["fee"]; fee != "" && fee != "0" && a.amount.Valid() {
		if !number(fee) {
			return Authorisation{}, errors.New("the reply's fee is no amount")
		}
		minor, err := strconv.ParseInt(fee, 10, 64)
		if err == nil {
			approved.Fee, err = money.New(minor, a.amount.Currency())
		}
		if err != nil {
			return Authorisation{}, errors.New("the reply's fee is no amount")
		}
	}
	return approved, nil
}

// verified checks the reply's authkey where there is one, and says whether there
// was. What it covers is not documented for a split, and for a reauth the
// amount is not known.
func (c *Client) verified(a authorising, approved Authorisation, authkey string) (bool, error) {
	if !c.signs() || authkey == "" || a.parts != 1 || !a.amount.Valid() {
		return false, nil
	}
	total := a.amount
	if approved.Fee.Valid() {
		var err error
		if total, err = total.Add(approved.Fee); err != nil {
			return false, err
		}
	}
	id := approved.Transacts[0]
	texts := []string{paidText(id, total)}
	if a.ticket {
		texts = append(texts, ticketText(id, total.Currency()))
	}
	if err := c.verify(authkey, id, texts...); err != nil {
		return false, errors.New("the reply's authkey is not the gateway's")
	}
	return true, nil
}
