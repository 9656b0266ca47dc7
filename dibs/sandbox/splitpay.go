package sandbox

import (
	"fmt"
	"strconv"
)

// splitPayInfo is splitpay_info.cgi (flexwin.md 6.9): the sums of what was
// captured in parts. What is under way counts as pending only.
func (g *Gateway) splitPayInfo(q query) answer {
	r, no := g.named(g.book, q)
	if no == nil && r.Status != StatusSplitOpen && r.Status != StatusSplitClosed {
		no = &refusal{code: resultStatusForbids, message: "Not a split payment"}
	}
	if no != nil {
		return answer{
			reply:  pairs{"status", "DECLINED", "reason", no.code.String(), "message", no.message},
			result: no.code.String(), message: no.message,
		}
	}
	var sums splitSums
	var parts pairs
	for i, id := range r.Details.Parts {
		part := g.book.find(id)
		sums.add(part)
		parts = append(parts, fmt.Sprintf("stransact_%02d", i+1), id, fmt.Sprintf("sorderid_%02d", i+1), part.OrderID)
	}
	text := func(n int64) string { return strconv.FormatInt(n, 10) }
	reply := pairs{
		"transact", r.Transact, "authamount", minorText(r.Amount),
		"amountleft", text(r.Amount.Minor() - sums.captured - sums.capturing), "spcaps", strconv.Itoa(len(r.Details.Parts)),
		"settled", text(sums.captured - sums.refunded), "captured", text(sums.captured), "refunded", text(sums.refunded),
	}
	if sums.capturing+sums.refunding > 0 {
		reply = append(reply, "pending_captures", text(sums.capturing), "pending_refunds", text(sums.refunding))
	}
	state := sums.state(r.Status)
	return answer{reply: append(append(reply, "status", state), parts...), result: state}
}

// splitSums adds up parts, in minor units.
type splitSums struct{ captured, capturing, refunded, refunding int64 }

func (s *splitSums) add(part *record) {
	captured, refunded := part.Captured.Minor(), part.Refunded.Minor()
	if open, err := part.openMove(); err == nil {
		switch open.Kind {
		case MoveCapture:
			s.capturing += open.Amount.Minor()
			captured -= open.Amount.Minor()
		case MoveRefund:
			s.refunding += open.Amount.Minor()
			refunded -= open.Amount.Minor()
		}
	}
	s.captured += captured
	s.refunded += refunded
}

// state is the status code of splitpay_info.cgi: 1 open, 2 closed, 3 closed as
// soon as nothing is pending any more (flexwin.md 4.2).
func (s splitSums) state(base Status) string {
	switch {
	case base == StatusSplitOpen:
		return "1"
	case s.capturing+s.refunding > 0:
		return "3"
	}
	return "2"
}

// splitPayChangeStatus is splitpay_changestatus.cgi (flexwin.md 6.10): it
// closes a split capture, or opens it again. Its result is a word.
func (g *Gateway) splitPayChangeStatus(c *batch, q query) answer {
	from, to := StatusSplitOpen, StatusSplitClosed
	action := q.text("action")
	if action == "open" {
		from, to = to, from
	}
	r, no := g.named(c, q)
	switch {
	case action != "open" && action != "close":
		no = parameterError("Error in argument action")
	case no == nil && r.Status != from:
		no = &refusal{code: resultStatusForbids, message: "Status doesn't allow " + action}
	}
	if no != nil {
		return answer{
			reply:  pairs{"result", "DECLINED", "reason", no.code.String(), "message", no.message}.with(q),
			result: no.code.String(), message: no.message,
		}
	}
	c.turn(r, to, q.call.Time)
	return answer{reply: pairs{"result", "ACCEPTED"}.with(q), result: "0"}
}
