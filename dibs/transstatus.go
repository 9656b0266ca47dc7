package dibs

import (
	"context"
	"errors"
	"fmt"
)

const maxCode = 64 // of short texts that the gateway sends

var (
	errNotFound = errors.New("not found")
	errStatus   = errors.New("the reply has not exactly one status, or one that is no such number")
	errTransact = errors.New("the reply names no transaction, one twice, or what is none")
	errCut      = errors.New("the reply may have been cut")
)

// TransStatus asks for a transaction's exact status (flexwin.md 6.3). It needs
// no login. The error is a [*NotFoundError], or says why the gateway could not
// be read.
func (c *Client) TransStatus(ctx context.Context, id TransactID) (Status, error) {
	status, err := c.transStatus(ctx, id)
	if errors.Is(err, errNotFound) {
		return 0, &NotFoundError{transStatusPML.String(), "transaction " + id.shown()}
	} else if err != nil {
		return 0, fmt.Errorf("%s %s: %w", transStatusPML, id.shown(), err)
	}
	return status, nil
}

func (c *Client) transStatus(ctx context.Context, id TransactID) (Status, error) {
	if err := checkTransact(id); err != nil {
		return 0, err
	}
	f := make(form, 0, 96)
	f.add("merchant", c.merchant)
	f.add("transact", string(id))
	f.addSome("account", c.account)
	body, whole, err := c.ask(ctx, transStatusPML, f)
	if err != nil {
		return 0, err
	}
	status, err := readTransStatus(body, whole)
	if err != nil {
		return 0, c.unreadable(body, err)
	}
	return status, nil
}

// readTransStatus reads the reply of transstatus.pml: a bare number, or nothing
// for a transaction that the merchant does not have.
func readTransStatus(body string, whole bool) (Status, error) {
	r, err := readReply(body, whole)
	switch {
	case err == errEmpty || err == nil && unknownTransaction(r.line):
		return 0, errNotFound
	case err != nil:
		return 0, err
	}
	n, ok := code(r.line)
	switch {
	case !ok || n > maxStatus:
		return 0, errStatus
	case !whole && prefixesOther(Status(n)):
		return 0, errCut
	}
	return Status(n), nil
}

// maxStatus is above every status that was ever seen.
const maxStatus = 99

// prefixesOther reports whether s, written out, begins another documented
// status: 1 begins 10 to 19.
func prefixesOther(s Status) bool { return s == StatusDeclined }

// readStatusReply reads the reply of a status service that answers with pairs.
func readStatusReply(body string, whole bool) (reply, error) {
	r, err := readReply(body, whole)
	switch {
	case err == errEmpty || err == nil && unknownTransaction(r.line):
		return reply{}, errNotFound
	case err != nil:
		return reply{}, err
	}
	return r, r.check()
}
