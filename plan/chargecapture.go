package plan

import (
	"fmt"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

// uncaptured reports whether the ledger has a charge as done that is to be
// captured at once, and its payment was not, when it was seen last: the gateway
// may authorise the payment and fail to capture it (flexwin.md 4.3, reason 6).
func uncaptured(record statefile.Transaction, c schema.Charge) bool {
	for _, a := range record.Actions {
		if a.Verb == statefile.Charge && a.OrderID == c.OrderID && counts(a) && a.PaymentStatus != nil {
			return c.Capture && onlyAuthorised(dibs.Status(*a.PaymentStatus))
		}
	}
	return false
}

func onlyAuthorised(s dibs.Status) bool {
	p := phaseOf(s)
	return p == phaseAuthorised || p == phaseCaptureDeclined
}

// short blocks a charge that is done, but for the capture. The order is never
// charged again; its payment is a transaction like any other.
func (c *chargeSubject) short() (ruling, bool) {
	r, _ := c.block(CauseStatus, "",
		"Order %q is charged, as payment %s, but the money was not taken: its status is %s. The order is not charged again. To take the money, declare the payment; if it is only to be authorised, declare capture = false here.",
		c.want.OrderID, c.seen.Payment, c.seen.Status)
	of := ""
	if c.shop.oneOf > 1 {
		of = fmt.Sprintf("  merchant = merchant.%s\n", c.shop.name)
	}
	r.blocked.Declare = fmt.Sprintf("transaction \"payment_%s\" {\n%s  transact = %q\n  orderid  = %s\n  amount   = %q\n  captured = full\n}",
		c.seen.Payment, of, string(c.seen.Payment), hclQuote(c.want.OrderID), c.want.Amount)
	return r, true
}
