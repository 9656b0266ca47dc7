package sim

import (
	"fmt"

	"flexform/dibs"
	"flexform/schema"
)

// A wish is one transaction of the configuration.
type wish struct {
	account            *account
	captured, refunded int64 // what may happen at most
	cancelled          bool
	approved           bool // it may be approved again
	declared           schema.Transaction
	raises             []func() // totals still to be asked for
	adopted            bool     // a person recorded its totals
	conceded           bool     // the configuration was bent to what had happened
	hidden             bool     // it is not named for the time being
	lowered            bool     // less is asked for than before
}

// draw makes one of the cases that differ in what the gateway can prove.
func draw(h *history, a *account, i int) *wish {
	w := &wish{account: a, captured: a.captured}
	authorised := func(status dibs.Status) { a.captured, a.status, w.captured = 0, status, 0 }
	declare := &w.declared
	*declare = schema.Transaction{
		Address: fmt.Sprintf("transaction.t%d", i), Merchant: a.merchant, Transact: a.transact, OrderID: a.orderID, Amount: dkk(a.amount), Reason: "recall",
	}
	if h.random.IntN(4) == 0 {
		declare.Transact = "" // found by its order
	}
	switch h.random.IntN(9) {
	case 0: // all of it
		w.refund(20000)
		declare.Refunded = schema.Total{Declared: true, Full: true}
	case 1: // a part that fits twice
		w.refund(5000)
	case 2: // a part that does not fit twice
		w.refund(15000)
	case 3: // one part after the other
		w.refund(3000)
		w.then(w.refund, []int64{5000, 9000, 20000}[h.random.IntN(2):]...)
	case 4: // a capture, and a refund of what was captured
		authorised(dibs.StatusAuthorised)
		w.capture([]int64{20000, 15000}[h.random.IntN(2)])
		if h.random.IntN(2) == 0 {
			w.refund(4000)
			w.then(w.refund, w.captured)
		}
	case 5:
		authorised(dibs.StatusAuthorised)
		w.cancelled, declare.Cancelled = true, true
	case 6: // refunded in part before flexform
		a.refunded, a.before, a.status = 2000, 2000, dibs.StatusPartlyRefunded
		w.refund(5000)
		w.then(w.refund, 7000)
	case 7: // captured in parts: one that fits twice, does not, and all the rest
		if !h.login { // which nobody could see without
			w.refund(5000)
			break
		}
		authorised(dibs.StatusMulticapOpen)
		a.captured = []int64{0, 0, 4000}[h.random.IntN(3)]
		a.taken, w.captured, a.old = a.captured, a.captured, h.random.IntN(6) == 0
		if w.capture([]int64{5000, 9000, 13000, 20000}[h.random.IntN(4)]); w.captured < 14000 {
			w.then(w.capture, []int64{14000, 20000}[h.random.IntN(2):]...)
		}
	case 8: // an authorisation that is too old, or was deleted
		authorised([]dibs.Status{dibs.StatusAuthorised, dibs.StatusAuthorised, dibs.StatusCancelled}[h.random.IntN(3)])
		a.old = true
		w.capture([]int64{20000, 15000}[h.random.IntN(2)])
		if a.status == dibs.StatusCancelled || h.random.IntN(2) == 0 {
			w.approve()
		} else {
			w.raises = append(w.raises, w.approve)
		}
	}
	return w
}

func (w *wish) then(ask func(int64), totals ...int64) {
	for _, to := range totals {
		w.raises = append(w.raises, func() { ask(to) })
	}
}

func (w *wish) capture(to int64) {
	w.captured = max(w.captured, to)
	w.declared.Captured = schema.Total{Declared: true, Amount: dkk(to)}
}

func (w *wish) refund(to int64) {
	w.refunded = max(w.refunded, to)
	w.declared.Refunded = schema.Total{Declared: true, Amount: dkk(to)}
}

func (w *wish) approve() { w.approved, w.declared.Reauthorise = true, true }

// raise asks for more. It reports whether there is more.
func (w *wish) raise() bool {
	if len(w.raises) == 0 || w.lowered {
		return false
	}
	w.raises[0]()
	w.raises = w.raises[1:]
	return true
}

// lower asks for less of a refund than was asked for, be it done or not. It
// reports whether it can.
func (w *wish) lower() bool {
	if w.refunded <= 2*w.account.before || w.declared.Refunded.Full || w.lowered {
		return false
	}
	w.lowered = true
	w.refund(w.refunded / 2)
	return true
}

// fulfilled reports whether the bank has what is wanted.
func (w *wish) fulfilled() bool {
	a := w.account
	return a.refunded == w.refunded && a.captured == w.captured && (a.status == dibs.StatusCancelled) == w.cancelled
}
