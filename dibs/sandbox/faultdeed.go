package sandbox

import (
	"strings"

	"flexform/money"
)

// meddle has somebody at the gateway's own console do something to the
// transaction that a call names. What its state forbids does not happen, as it
// would not there.
func (g *Gateway) meddle(d Deed, q query) {
	if d == (Deed{}) {
		return
	}
	// A gateway that is closed moves nothing any more, and its call fails, too.
	_ = g.writer.do(func(c *batch) {
		r := g.meant(c, q)
		if r == nil {
			return
		}
		if amount, err := d.of(r); err == nil {
			_ = g.backOffice(c, d.Kind, r.Transact, amount) // refused: nothing happens
		}
	})
}

// meant returns the transaction that a call is about: the one that it names, or
// the newest of the order. It may be nil.
func (g *Gateway) meant(c *batch, q query) *record {
	if id := q.text("transact"); id != "" {
		return c.find(id)
	}
	found := c.ofOrder(cutOrderID(q.text("orderid")))
	if len(found) == 0 {
		return nil
	}
	return found[len(found)-1]
}

// of returns the amount that d moves of r.
func (d Deed) of(r *record) (money.Amount, error) {
	switch {
	case d.Amount != "":
		return money.ParseDecimal(padded(d.Amount, r.Amount.Currency().Decimals()), r.Amount.Currency())
	case d.Kind == MoveRefund:
		return r.Captured.Sub(r.Refunded)
	}
	return r.Amount.Sub(r.Captured)
}

// padded returns an amount with at least so many decimals.
func padded(amount string, decimals int) string {
	_, has, _ := strings.Cut(amount, ".")
	if missing := decimals - len(has); missing > 0 {
		if has == "" {
			amount = strings.TrimSuffix(amount, ".") + "."
		}
		amount += strings.Repeat("0", missing)
	}
	return amount
}

// movesOf returns how often money of the transaction that a call names has
// moved.
func (g *Gateway) movesOf(q query) int {
	if r := g.book.find(q.text("transact")); r != nil {
		return len(r.Moves)
	}
	return 0
}

// declineLater puts the capture or refund that a call has just made before the
// acquirer, who refuses it after the fault's pause, or at Release. done is how
// many moves there were before it.
func (g *Gateway) declineLater(f Fault, q query, done int) {
	undecided := false
	_ = g.writer.do(func(c *batch) {
		r := c.find(q.text("transact"))
		if r == nil || len(r.Moves) != done+1 {
			return // refused, or a part of it: there is nothing to take back
		}
		switch r.Moves[done].Kind {
		case MoveCapture:
			undecided = true
			if !r.Status.inFlight() {
				c.turn(r, StatusCaptureSent, g.now())
			}
		case MoveRefund:
			undecided = true
			if !r.Status.inFlight() {
				c.turn(r, StatusRefundSent, g.now())
			}
		}
	})
	if undecided {
		// What was settled by hand meanwhile stays so.
		g.mischief.late.hold(f.Pause, func() { _ = g.Decline(q.text("transact")) })
	}
}
