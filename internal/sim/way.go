package sim

import (
	"fmt"
	"time"

	"flexform/dibs"
	"flexform/statefile"
)

// A way is how one money call goes.
type way struct {
	name   string
	take   bool // it takes effect before the answer, if the bank allows it
	again  bool // it arrives once more
	second bool // and the answer is to the second one
	late   time.Duration
	slow   time.Duration // the answer takes that long
	panics bool
	err    func(call) error
	code   dibs.Result // of a receipt
	other  bool        // an authorisation under another number
}

// answer draws how one money call to an account goes.
func (l *luck) answer(p *process, c call, a *account) way {
	h := p.h
	fine := way{name: "fine", take: true}
	switch {
	case h.calm:
		return fine
	case h.chance(l.lost, 1000):
		h.saw(sawLost)
		if h.random.IntN(2) == 0 {
			return way{name: "taken, the answer lost", take: true, again: l.repeats(h, c, a), err: uncertain("connection reset")}
		}
		return way{name: "lost on the way", err: uncertain("connection reset")}
	case h.chance(l.late, 1000):
		return way{
			name: "taken late, no answer", late: time.Duration(1 + h.random.Int64N(l.windows*int64(p.window)-1)),
			slow: time.Duration(h.random.IntN(60)) * time.Second, err: uncertain("time-out"),
		}
	case h.chance(l.refused, 1000):
		return l.refusal(h, c)
	case h.chance(l.odd, 1000):
		return l.oddity(h, c)
	case l.repeats(h, c, a):
		return way{name: "it arrives twice", take: true, again: true, second: h.random.IntN(2) == 0}
	}
	if h.random.IntN(10) == 0 {
		fine.slow = time.Duration(h.random.IntN(120)) * time.Second
	}
	return fine
}

// repeats draws whether a call arrives twice. Whatever is between flexform and
// the gateway may do that; where the gateway would carry out both, nothing that
// flexform does could help, so it happens to no such call here.
func (l *luck) repeats(h *history, c call, a *account) bool {
	if !h.chance(l.twin, 1000) {
		return false
	}
	switch c.verb {
	case statefile.Refund:
		return a.refunded+2*c.minor > a.captured
	case statefile.Capture:
		return !c.part || a.captured+2*c.minor > a.amount
	case statefile.Reauthorise:
		return false // it does no harm, and changes nothing
	}
	return true
}

// Every documented code that says that nothing was carried out (flexwin.md 4.4
// and 4.3).
var (
	refusals   = [...]int{3, 4, 5, 6, 7, 8, 9, 10, 14, 15}
	unapproved = [...]int{0, 2, 4, 5, 7, 8, 9, 10, 11, 20}
)

func (l *luck) refusal(h *history, c call) way {
	code, saw := 0, 0
	switch c.verb {
	case statefile.Delete:
		code, saw = int(dibs.ResultUnstated), sawRefused+len(refusals)+len(unapproved)
	case statefile.Charge, statefile.Reauthorise:
		i := h.random.IntN(len(unapproved))
		code, saw = unapproved[i], sawRefused+len(refusals)+i
	default:
		i := h.random.IntN(len(refusals))
		code, saw = refusals[i], sawRefused+i
	}
	h.saw(saw)
	return way{name: fmt.Sprintf("refused, %d", code), err: func(c call) error { return c.refused(code) }}
}

// oddity is an answer that nobody expects and that proves nothing, to a call
// that took effect or did not.
func (l *luck) oddity(h *history, c call) way {
	h.saw(sawOdd)
	take := h.random.IntN(2) == 0
	switch h.random.IntN(6) {
	case 0:
		codes := [...]int{1, 2, 11, 12, 13, 99}
		if c.verb == statefile.Charge || c.verb == statefile.Reauthorise {
			codes = [...]int{1, 3, 6, 12, 13, 99}
		}
		if c.verb == statefile.Delete {
			break
		}
		code := codes[h.random.IntN(len(codes))]
		return way{name: fmt.Sprintf("code %d", code), take: take, err: func(c call) error { return c.refused(code) }}
	case 1:
		return way{name: "result 1000", take: true, code: dibs.ResultRefundAccepted}
	case 2:
		return way{name: "a refusal in wraps", take: take, err: wrapped}
	case 3:
		return way{name: "the client breaks", take: take, panics: true}
	case 4:
		if c.verb == statefile.Charge || c.verb == statefile.Reauthorise {
			return way{name: "another number", take: take, other: true}
		}
		return way{name: "a receipt with result 2", take: take, code: dibs.ResultTimeout}
	}
	return way{name: "401", err: func(c call) error { return &dibs.LoginError{Service: c.service(), User: "api"} }}
}
