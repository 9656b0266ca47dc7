package report

import (
	"bufio"
	"fmt"

	"flexform/statefile"
)

// A HandCall is a call by hand that may have changed a transaction or a ticket
// which is not declared, so that no plan and no row of a status is about it.
type HandCall struct {
	statefile.Key
	statefile.Call
}

type jsonHandCall struct {
	Service  string           `json:"service"`
	Merchant string           `json:"merchant"`
	Transact string           `json:"transact"` // or a ticket
	Seq      uint64           `json:"seq"`
	Result   statefile.Result `json:"result"` // "accepted" or "unknown"
}

func newJSONHandCalls(calls []HandCall) (list []jsonHandCall) {
	for _, c := range calls {
		list = append(list, jsonHandCall{c.Service, c.Merchant, c.Transact, c.Seq, c.result()})
	}
	return list
}

// result is unknown, too, while there is no answer: its process may have died.
func (c HandCall) result() statefile.Result {
	if c.Result == statefile.Accepted {
		return statefile.Accepted
	}
	return statefile.Unknown
}

// writeHandCalls lists what was called by hand about nothing that is declared.
func writeHandCalls(b *bufio.Writer, calls []HandCall, s Style) {
	if len(calls) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n\n", s.paint(inkYellow, Count(len(calls), "call")+" by hand about what is not declared"))
	shown := s.rows(len(calls))
	for _, c := range calls[:shown] {
		word, paint := resultWord(c.result())
		fmt.Fprintf(b, "  %s of merchant %s  %s, %s, entry %d of the ledger\n", s.paint(inkBold, Ident(c.Transact)), Ident(c.Merchant), Ident(c.Service), s.paint(paint, word), c.Seq)
	}
	b.WriteByte('\n')
	writeRest(b, len(calls)-shown, "  ", "call")
	writeWrapped(b, "No plan looks at them. Find out what they did, in the DIBS administration. To record it, declare the transaction or the ticket: then status shows how it is adopted.", "  ", s.Width)
	b.WriteByte('\n')
}
