package dibs

import (
	"context"
	"errors"

	"flexform/money"
)

// A StatusAction is what changestatus.cgi makes of a transaction. The zero
// value is invalid.
type StatusAction string

const (
	ActionNew       StatusAction = "new"      // authorised, ready to be captured
	ActionMatched   StatusAction = "matched"  // captured and reconciled
	ActionCancelled StatusAction = "canceled" // the protocol's spelling
	ActionCaptured  StatusAction = "captured" // captured
)

// A ChangeStatusRequest corrects what the gateway says of a transaction.
type ChangeStatusRequest struct {
	Transact TransactID
	Amount   money.Amount
	Action   StatusAction
	Force    bool // needed to change what is pending or declined
}

// ChangeStatus changes the status that the gateway keeps of a transaction, and
// nothing else: no money moves, and what was captured never becomes capturable
// again (flexwin.md 5.7). It needs the login. The error is a [*DeclinedError], [*LoginError],
// [*NotSentError] or [*UncertainError].
func (c *Client) ChangeStatus(ctx context.Context, r ChangeStatusRequest) (Receipt, error) {
	h := handling{service: changeStatusCGI, transact: r.Transact, amount: r.Amount}
	switch r.Action {
	case ActionNew, ActionMatched, ActionCancelled, ActionCaptured:
	default:
		return Receipt{}, h.subject().notSent(errors.New("no action, or one that changestatus.cgi does not have"))
	}
	h.options.add("action", string(r.Action))
	h.options.addFlag("force", r.Force)
	return c.handle(ctx, h)
}

// SupplAuth reserves the money of a Dankort that was null-authorised, once, as
// a capture then takes it (flexwin.md 5.10). It needs the login. The order id
// may be empty when no MD5 keys are configured. The error is a [*DeclinedError], [*LoginError],
// [*NotSentError] or [*UncertainError].
func (c *Client) SupplAuth(ctx context.Context, r SupplAuthRequest) (Receipt, error) {
	return c.handle(ctx, handling{service: supplAuthCGI, transact: r.Transact, orderID: r.OrderID, amount: r.Amount})
}
