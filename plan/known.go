package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"flexform/dibs"
	"flexform/money"
	"flexform/schema"
)

// read reports whether the gateway's status of s is known.
func (s *subject) read() bool { return s.seen.Looked && s.seen.Err == nil }

// undecided blocks a transaction with an action that may or may not have
// happened: nothing else may be done to it until that is known (idea 2).
func (s *subject) undecided() (ruling, bool) {
	for _, a := range s.record.Actions {
		if !a.State.Undecided() {
			continue
		}
		if a.Batch != "" {
			return s.inBatch(a)
		}
		why := a.Message
		if why == "" {
			why = "no outcome was recorded"
		}
		return s.block(CauseUnknown, resolveCommand(a.ID),
			"Nobody knows yet whether %s happened: %s. %s "+
				"Until then nothing is planned for this transaction. The next apply looks at the gateway again; "+
				"what the gateway cannot prove, a person settles with the evidence they have, as done or as not-done.",
			a.ID, strings.TrimSuffix(why, "."), s.hint(a.Before))
	}
	return ruling{}, false
}

func (s *subject) hint(before int) string {
	if !s.read() {
		return "The gateway could not be asked."
	}
	said := fmt.Sprintf("Before it the status was %s, now it is %s", dibs.Status(before), s.seen.Status)
	if s.seen.Sums != nil {
		said += fmt.Sprintf(", with %s captured", s.seen.Sums.Captured)
	}
	return said + "."
}

// unread ends the rules for a transaction without an answer of the gateway.
func (s *subject) unread() (ruling, bool) {
	var missing *dibs.NotFoundError
	var other *MismatchError
	switch err := s.seen.Err; {
	case !s.seen.Looked && settledInLedger(*s.want, s.record):
		return ruling{}, true
	case !s.seen.Looked:
		return s.block(CauseUnread, "", "The gateway was not asked about this transaction. Plan again.")
	case err == nil:
		return s.otherTransact()
	case errors.As(err, &missing):
		return s.block(CauseNotFound, "",
			"Merchant %s has no payment with order id %q of %s. All three must match the authorisation exactly; the amount is the authorised one. Correct what is wrong, or remove the transaction.",
			s.want.Merchant, s.want.OrderID, s.want.Amount)
	case errors.As(err, &other):
		return s.mismatch(other)
	default:
		return s.block(CauseUnread, "", "The gateway could not be read: %v. Plan again.", err)
	}
}

func (s *subject) otherTransact() (ruling, bool) {
	found := string(s.seen.Transact)
	if found == "" {
		return s.block(CauseUnread, "", "The gateway's answer names no transaction. Plan again.")
	}
	if s.want.Transact != "" && found != s.want.Transact {
		return s.mismatch(&MismatchError{Declared: dibs.TransactID(s.want.Transact), Found: []dibs.TransactID{s.seen.Transact}})
	}
	return s.twin()
}

// twin blocks an order that has another payment in the ledger: what was done
// to that one was asked for once. transinfo finds the newest of them, which
// may have come since (flexwin.md 6.2).
func (s *subject) twin() (ruling, bool) {
	others := slices.DeleteFunc(slices.Sorted(slices.Values(s.twins)), func(id string) bool { return id == s.key.Transact })
	if len(others) == 0 {
		return ruling{}, false
	}
	return s.block(CauseMismatch, "",
		"Order id %q and %s belong to transaction %s at the gateway now, and the ledger has them as %s: there may be two payments of one order. Nothing is done to the one for what was asked of the other. If the one that the gateway finds is meant now, say so with transact = %q; an older one can be named as well, and is taken when an API user can prove that it is of this order.",
		s.want.OrderID, s.want.Amount, s.key.Transact, strings.Join(others, ", "), s.key.Transact)
}

func (s *subject) mismatch(e *MismatchError) (ruling, bool) {
	more := ""
	switch {
	case e.NoUser:
		more = fmt.Sprintf(" Of several payments of one order only an API user can prove an older one: set %s and %s, then plan again.",
			schema.Variable(s.shop.name, "USER"), schema.Variable(s.shop.name, "PASSWORD"))
	case e.Missing != "":
		more = " " + e.Missing
	}
	if len(e.Found) > 1 {
		return s.block(CauseMismatch, "",
			"Order id %q and %s belong to several transactions: %s. That is a split authorisation, which is not supported yet: handle it in the DIBS administration.%s",
			s.want.OrderID, s.want.Amount, join(e.Found), more)
	}
	return s.block(CauseMismatch, "",
		"Order id %q and %s belong to transaction %s, but the configuration names %s. One of the three is wrong, or the order has two payments: nothing is done to a transaction that may not be the one that is meant.%s",
		s.want.OrderID, s.want.Amount, join(e.Found), e.Declared, more)
}

func join(ids []dibs.TransactID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = string(id)
	}
	return strings.Join(words, ", ")
}

// misnamed blocks a transaction that the ledger or payinfo knows under another
// order id or in other money than the configuration.
func (s *subject) misnamed() (ruling, bool) {
	if said := s.otherName(); said != "" {
		return s.block(CauseMismatch, "",
			"The configuration has it as order %q of %s, but %s. One of them is wrong: nothing is done to a transaction that may not be the one that is meant.",
			s.want.OrderID, s.want.Amount, said)
	}
	return ruling{}, false
}

func (s *subject) otherName() string {
	r := s.record
	switch pay := s.seen.Pay; {
	case r.OrderID != "" && r.OrderID != s.want.OrderID:
		return fmt.Sprintf("the ledger has it as order %q", r.OrderID)
	case r.Amount.Valid() && r.Amount != s.want.Amount:
		return fmt.Sprintf("the ledger has it with %s authorised", r.Amount)
	case s.foreign(r.Captured) || s.foreign(r.Refunded):
		return fmt.Sprintf("the ledger has %s captured and %s refunded", r.Captured, r.Refunded)
	case s.seen.Sums != nil && s.seen.Sums.Authorised != s.want.Amount:
		return fmt.Sprintf("the gateway has it with %s authorised", s.seen.Sums.Authorised)
	case pay == nil:
		return ""
	case pay.OrderID != "" && pay.OrderID != s.want.OrderID:
		return fmt.Sprintf("the gateway has it as order %q", pay.OrderID)
	case s.foreign(pay.Amount):
		return fmt.Sprintf("the gateway has it with %s", pay.Amount)
	}
	return ""
}

// foreign reports whether a is in another currency than the transaction.
func (s *subject) foreign(a money.Amount) bool {
	return a.Valid() && a.Currency() != s.want.Amount.Currency()
}
