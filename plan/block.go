package plan

import (
	"fmt"
	"strings"

	"flexform/schema"
)

// block decides that nothing may be planned for s. The detail is full
// sentences: what, why, what to do.
func (s *subject) block(cause Cause, command, detail string, args ...any) (ruling, bool) {
	b := Blocked{
		Address: s.want.Address, Merchant: s.key.Merchant, Transact: s.key.Transact, OrderID: s.want.OrderID,
		Cause: cause, Detail: strings.ToValidUTF8(fmt.Sprintf(detail, args...), "\uFFFD"), Command: command,
	}
	if s.read() {
		status := s.seen.Status
		b.Status = &status
	}
	return ruling{blocked: &b}, true
}

// impossible decides that the author asks for what can never be.
func (s *subject) impossible(summary string, place schema.Range, detail string, args ...any) (ruling, bool) {
	p := problem(s.want, summary, place, detail, args...)
	return ruling{problem: &p}, true
}

// problem points at the place, or at the whole block where the value was not
// written in the files.
func problem(want *schema.Transaction, summary string, place schema.Range, detail string, args ...any) Problem {
	if !place.Valid() {
		place = want.Source
	}
	return Problem{Address: want.Address, Summary: summary, Detail: fmt.Sprintf(detail, args...), Place: place}
}

// Summaries of problems: constant, so that the same mistake reads the same.
const (
	summaryContradiction = "Contradiction"
	summaryTwice         = "Transaction declared twice"
	summaryIrreversible  = "Irreversible"
	summaryCaptureOnce   = "Captured once already"
	summaryCaptureLimit  = "Capture exceeds authorised amount"
	summaryRefundLimit   = "Refund exceeds captured amount"
)
