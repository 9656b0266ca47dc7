package dibs

import "fmt"

// A DeclinedError reports a definite no of the gateway: the call was answered,
// well-formed, with a code that says that nothing was carried out.
type DeclinedError struct {
	Service  string // "refund.cgi"
	Transact TransactID
	Result   Result
	Message  string // the gateway's own text, escaped; often empty
	Reply    string // as [Receipt.Reply]
}

func (e *DeclinedError) Error() string {
	s := fmt.Sprintf("%s: declined: %s", about(e.Service, e.Transact, ""), e.Result)
	if e.Message != "" {
		s += ": " + e.Message
	}
	return s
}

// An UncertainError reports a request that may have been carried out: sent and
// not answered, or answered with something that decides nothing. Money may
// have moved; ask for the transaction's status before doing anything else.
type UncertainError struct {
	Service  string
	Transact TransactID
	Reply    string // what came back, as [Receipt.Reply]; empty when nothing did
	Err      error  // why the reply decides nothing
	OrderID  string // of a call that has no transaction yet
}

func (e *UncertainError) Error() string {
	return fmt.Sprintf("%s: outcome unknown: %v", about(e.Service, e.Transact, e.OrderID), e.Err)
}

func (e *UncertainError) Unwrap() error { return e.Err }

// A NotSentError reports a request of which provably no byte was written: the
// name, the dial or the TLS handshake failed, or the time to send it was over.
type NotSentError struct {
	Service  string
	Transact TransactID
	Err      error
	OrderID  string // of a call that has no transaction yet
}

func (e *NotSentError) Error() string {
	return fmt.Sprintf("%s: not sent: %v", about(e.Service, e.Transact, e.OrderID), e.Err)
}

func (e *NotSentError) Unwrap() error { return e.Err }

// A LoginError reports that the gateway refused the API user (401). Nothing
// was carried out. Three of them lock the user out for 30 minutes (flexwin.md
// 1.1), so a [Client] that has met one sends no further request that needs a
// login and returns the same error again.
type LoginError struct {
	Service string
	User    string
}

func (e *LoginError) Error() string {
	return fmt.Sprintf("%s: the gateway refused API user %q (three refusals lock it for 30 minutes)", e.Service, e.User)
}

// A NotFoundError reports a status service that knows no such transaction.
type NotFoundError struct {
	Service string
	What    string // "transaction 11111111", `order "11223344" of 200.00 DKK`
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("%s: %s not found", e.Service, e.What) }

// about names a call in an error's text.
func about(service string, id TransactID, orderID string) string {
	if id != "" {
		service += " " + id.shown()
	}
	if orderID != "" {
		service += ` order "` + escape(orderID, 2*maxOrderID) + `"`
	}
	return service
}
