package plan

import (
	"context"
	"errors"
	"fmt"

	"flexform/dibs"
	"flexform/schema"
)

// ProveNamed looks for evidence that the transact which want names is of the
// order that it means, although transinfo.cgi answers with another one: of
// several payments of one order it finds the newest (flexwin.md 6.2).
// payinfo.cgi tells order id, amount and currency of a transact, and
// transstatus.pml that it is the merchant's. All must be as declared. The
// amount is the authorised one until a smaller capture may have changed it
// (flexwin.md 6.1); then nothing is proven.
//
// It takes an API user. Without proof missing says what there is instead, and what would prove it, as
// full sentences. The error is a [*dibs.LoginError]: any other failure to read
// is only no proof.
func ProveNamed(ctx context.Context, r Reader, want schema.Transaction) (pay dibs.PayInfo, missing string, err error) {
	const would = "What would prove that the named one is of this order is payinfo.cgi, with this order id and amount."
	id := dibs.TransactID(want.Transact)
	pay, err = r.PayInfo(ctx, id)
	if refused, is := errors.AsType[*dibs.LoginError](err); is {
		return pay, "", refused
	}
	var status dibs.Status
	if err == nil {
		status, err = r.TransStatus(ctx, id)
	}
	switch {
	case err != nil:
		missing = fmt.Sprintf("%s It could not be read: %v.", would, err)
	case pay.Transact != id:
		missing = fmt.Sprintf("%s Asked for %s, it answered for %q.", would, id, pay.Transact)
	case pay.OrderID != want.OrderID || pay.Amount != want.Amount:
		missing = fmt.Sprintf("%s It says of %s: order id %q, amount %s.", would, id, pay.OrderID, pay.Amount)
	case status != pay.Status:
		missing = fmt.Sprintf("%s Its status was %s a moment ago and is %s now: plan again.", would, pay.Status, status)
	}
	return pay, missing, nil
}
