package statefile

import (
	"fmt"
	"slices"
)

// Called records a call that a person makes by hand, past the plan, before a
// byte of it is sent.
type Called struct {
	Service    string `json:"service"` // "refund.cgi"
	Merchant   string `json:"merchant"`
	Mode       string `json:"mode"`
	Transact   string `json:"transact,omitempty"` // or the ticket; empty when it is about neither
	Parameters string `json:"parameters"`         // as the person gave them, joined by &; no secrets
	Actor      Actor  `json:"actor"`
	Version    string `json:"flexform_version"`
}

// Answered records what came of a call by hand.
type Answered struct {
	Call    int64  `json:"call"` // number of its called entry
	Result  Result `json:"result"`
	Message string `json:"message,omitempty"` // why, for people
	Reply   string `json:"reply,omitempty"`   // the answer as it came, masked
}

// A Call is one made by hand that may have changed its transaction.
type Call struct {
	Service string
	Seq     uint64 // of the called entry
	Result  Result // Accepted or Unknown; empty while it has no answer
}

// A handCall is a call by hand as the fold keeps it.
type handCall struct {
	key      Key // without a transact when it is about none
	answered bool
}

func (l *layer) call(seq uint64) (handCall, bool) {
	for ; l != nil; l = l.under {
		if c, ok := l.calls[seq]; ok {
			return c, true
		}
	}
	return handCall{}, false
}

// applyCalled changes no total: what a call did to them only a person can say.
func (l *layer) applyCalled(e *Entry, c *Called) string {
	key := Key{c.Merchant, c.Transact}
	switch {
	case c.Service == "" || c.Mode == "":
		return "it names no service, or no mode"
	case !identifier(c.Merchant) || c.Transact != "" && !identifier(c.Transact):
		return "merchant and transact must be letters and digits"
	case l.mode != "" && l.mode != c.Mode:
		return fmt.Sprintf("this ledger records %s money and the call is about %s money: give each a ledger of its own",
			printable(l.mode), printable(c.Mode))
	}
	if c.Transact != "" {
		// What the status proves about an undecided action would no longer hold.
		if r := l.find(key); r != nil && r.open >= 0 {
			return fmt.Sprintf("%s is %s, and blocks its transaction until that is settled", r.Actions[r.open].ID, r.Actions[r.open].State)
		}
		r := l.change(key)
		r.Calls = append(r.Calls, Call{Service: c.Service, Seq: e.Seq})
		r.Seq = e.Seq
	}
	l.mode = c.Mode
	l.calls[e.Seq] = handCall{key: key}
	return ""
}

func (l *layer) applyAnswered(e *Entry, a *Answered) string {
	call, ok := l.call(uint64(a.Call))
	switch _, known := results[a.Result]; {
	case !known:
		return fmt.Sprintf("%s is no result", printable(string(a.Result)))
	case !ok:
		return fmt.Sprintf("entry %d is no call", a.Call)
	case call.answered:
		return fmt.Sprintf("the call of entry %d has an answer already", a.Call)
	}
	call.answered = true
	l.calls[uint64(a.Call)] = call
	if call.key.Transact == "" {
		return ""
	}
	r := l.change(call.key)
	r.Seq = e.Seq
	at := slices.IndexFunc(r.Calls, func(c Call) bool { return c.Seq == uint64(a.Call) })
	switch {
	case at < 0: // its transaction's totals were adopted meanwhile
	case a.Result == Declined || a.Result == NotSent:
		r.Calls = slices.Delete(r.Calls, at, at+1) // nothing happened
	default:
		r.Calls[at].Result = a.Result
	}
	return ""
}
