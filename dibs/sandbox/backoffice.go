package sandbox

import (
	"fmt"

	"flexform/money"
)

// A RefusedError reports a back-office action that the transaction's state
// does not allow, with the result code that a call would have been answered.
type RefusedError struct {
	Transact string
	Kind     MoveKind
	Result   int
}

// Error names the action and the code.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s of %s refused with result %d", e.Kind, e.Transact, e.Result)
}

// BackOffice captures, refunds or cancels as a person at the gateway's own
// console would: behind the client's back, with no call in the log, under the
// same rules. amount is not used for a cancel. A refusal is a [*RefusedError].
func (g *Gateway) BackOffice(kind MoveKind, transact string, amount money.Amount) error {
	var refused error
	err := g.writer.do(func(c *batch) { refused = g.backOffice(c, kind, transact, amount) })
	if err != nil {
		return err
	}
	return refused
}

func (g *Gateway) backOffice(c *batch, kind MoveKind, transact string, amount money.Amount) error {
	r := c.find(transact)
	if r == nil {
		return fmt.Errorf("%s: unknown transaction %s", kind, transact)
	}
	if kind == MoveCancel {
		amount = r.Amount
	}
	if _, err := amount.Cmp(r.Amount); err != nil || amount.Zero() {
		return fmt.Errorf("%s of %s: %s is not an amount of it", kind, transact, amount)
	}
	m := Move{Time: g.now(), Kind: kind, Amount: amount, By: ByBackOffice}
	var result resultCode
	var do func(*batch, *record, Move)
	switch kind {
	case MoveCapture:
		result, do = mayCapture(r, amount, m.Time, false), g.capture
	case MoveRefund:
		result, do = mayRefund(r, amount, g.single), g.refund
	case MoveCancel:
		result, do = mayCancel(r), g.cancel
	default:
		return fmt.Errorf("the back-office cannot do %q", kind)
	}
	if result == resultAccepted {
		if no := g.playScript(c, r, m); no != nil {
			result = no.code
		}
	}
	if result != resultAccepted {
		return &RefusedError{transact, kind, int(result)}
	}
	do(c, r, m)
	return nil
}
