package plan

import (
	"fmt"
	"strings"

	"flexform/schema"
	"flexform/statefile"
)

// split decides about the base of a split capture: its money is taken in
// several captures, whose sums the gateway tells. The rules for ordinary
// transactions, which read all from the status, do not apply.
func (s *subject) split() (ruling, bool) {
	if !Split(s.seen.Status) {
		return ruling{}, false
	}
	if s.seen.Sums == nil {
		return s.block(CauseStatus, "",
			"This is the base of a split capture. How much of it is captured is told only to an API user, and merchant %q has none: set %s and %s, then plan again.",
			s.shop.name, schema.Variable(s.shop.name, "USER"), schema.Variable(s.shop.name, "PASSWORD"))
	}
	s.stand()
	for _, rule := range [...]func(*subject) (ruling, bool){
		(*subject).splitDrifted, (*subject).splitSettling, (*subject).splitCancel, (*subject).splitCapture, (*subject).splitRefund,
	} {
		if r, decided := rule(s); decided {
			return r, true
		}
	}
	return ruling{}, true
}

// standSplit takes both totals from the gateway.
func (s *subject) standSplit(sums Sums) {
	s.waiting, s.reversed = nil, nil
	s.captured = total{sums.Captured, FromGateway}
	s.refunded = total{sums.Refunded, FromGateway}
	s.stood = true
	if s.record.Adopted {
		return
	}
	for _, a := range s.record.Actions {
		if a.Verb != statefile.Capture || a.State != statefile.ActionAccepted {
			continue
		}
		switch s.evidence().Judge(s.record, a, false) {
		case Happened:
			s.waiting = append(s.waiting, a)
		case Undecidable:
			if less(s.ledger.captured, a.Step) == sums.Captured { // not to be seen yet, or not any more
				s.waiting = append(s.waiting, a)
			}
		}
	}
}

func (s *subject) evidence() Evidence { return Evidence{s.seen.Status, s.seen.Sums} }

// splitDrifted blocks a base of which somebody captured a part outside flexform
// since the ledger knows it.
func (s *subject) splitDrifted() (ruling, bool) {
	said := ""
	switch {
	case s.ledger.cancelled:
		said = "the ledger has it as cancelled"
	case s.record.Captured.Valid() && s.ledger.captured != s.captured.Amount && !s.awaits(statefile.Capture):
		said = fmt.Sprintf("the ledger has %s as captured", s.ledger.captured)
	default:
		return ruling{}, false
	}
	return s.block(CauseDrift, s.adoptCommand(s.decided()),
		"The gateway's sums say %s captured, but %s. Somebody may have moved this money outside flexform, so nothing is planned for it. "+
			"Find out what happened (the DIBS administration tells), then record the totals.", s.captured, said)
}

// splitSettling waits for a capture that is under way: until it is final, what
// is left to be captured is not certain.
func (s *subject) splitSettling() (ruling, bool) {
	asked := s.want.Captured.Declared || s.want.Cancelled || wishes(s.want.Refunded)
	if !asked || s.seen.Sums.Settled && !s.awaits(statefile.Capture) {
		return ruling{}, false
	}
	now, command := "and not all of it is final", ""
	if s.seen.Sums.Settled {
		now = "which does not show it: the acquirer may have declined it"
		command = s.adoptCommand(nil, &s.refunded.Amount) // how much is captured is what they have to find out
	}
	return s.block(CauseSettling, command,
		"%sThe gateway's sums have %s captured, %s. The next apply records what became of it. If it stays like this for days, ask DIBS or the acquirer what happened, and record the totals with flexform adopt.",
		s.under(statefile.Capture), s.captured, now)
}

func (s *subject) splitCancel() (ruling, bool) {
	switch {
	case !s.want.Cancelled:
		return ruling{}, false
	case !s.captured.Zero():
		return s.impossible(summaryIrreversible, s.want.Places.Cancelled,
			"%s declares cancelled = true, but %s of it has been captured already (%s). What was captured can be refunded: declare the captures, which are transactions of their own, with refunded.",
			s.want.Address, s.captured, s.captured.from())
	}
	return s.block(CauseStatus, "",
		"It is to be cancelled, and DIBS documents a cancel only for an authorised transaction; this one is %s. Release it in the DIBS administration, then plan again.", s.seen.Status)
}

// splitCapture raises the captured total by one more capture.
func (s *subject) splitCapture() (ruling, bool) {
	if !s.want.Captured.Declared {
		return ruling{}, false
	}
	want, is := goal(s.want.Captured, s.want.Amount), s.captured
	switch c := compare(want, is.Amount); {
	case c == 0:
		return ruling{}, false
	case c < 0:
		return s.capturedMore(want)
	}
	if r := s.want.Refunded; wishes(r) && compare(goal(r, want), want) > 0 {
		return s.refundLimit(r.Amount, total{want, FromDeclared})
	}
	if !s.seen.Sums.Open {
		return s.block(CauseStatus, "",
			"%s is to be captured, but the split capture was closed at %s. Open it again in the DIBS administration and plan again, or declare captured = %q.",
			want, is, is)
	}
	var notices []Notice
	if left, err := s.want.Amount.Sub(want); err == nil && !left.Zero() {
		notices = append(notices, Notice{s.want.Address, fmt.Sprintf("This is one of several captures of a split payment: %s of %s stays to be captured.", left, s.want.Amount)})
	}
	return s.captureNow(is.Amount, want, notices)
}

// splitRefund explains where a refund has to be declared: the gateway refuses
// one of the base (flexwin.md 12, row 16).
func (s *subject) splitRefund() (ruling, bool) {
	if !s.want.Refunded.Declared {
		return ruling{}, true
	}
	want, is := goal(s.want.Refunded, s.captured.Amount), s.refunded
	switch c := compare(want, is.Amount); {
	case compare(want, s.captured.Amount) > 0:
		return s.refundLimit(want, s.captured)
	case c == 0:
		return ruling{}, true
	case c < 0:
		return s.refundedMore(want)
	}
	r, _ := s.block(CauseStatus, "",
		"%s is to be refunded, and the gateway refuses a refund of a split capture as a whole. Each capture is a transaction of its own: declare those that are to be refunded, with their refunded totals, and remove refunded here.", want)
	r.blocked.Declare = s.partBlocks()
	return r, true
}

// partBlocks declares the captures, ready to be copied.
func (s *subject) partBlocks() string {
	var b strings.Builder
	for _, p := range s.seen.Parts {
		fmt.Fprintf(&b, "transaction \"capture_%s\" {\n", p.Transact)
		if s.shop.oneOf > 1 {
			fmt.Fprintf(&b, "  merchant = merchant.%s\n", s.shop.name)
		}
		amount := "… " + s.want.Amount.Currency().String()
		if p.Amount.Valid() {
			amount = p.Amount.String()
		}
		fmt.Fprintf(&b, "  transact = %q\n  orderid  = %s\n  amount   = %q\n  captured = full\n  refunded = \"… %s\"\n}\n",
			string(p.Transact), hclQuote(p.OrderID), amount, s.want.Amount.Currency())
	}
	return strings.ToValidUTF8(strings.TrimSuffix(b.String(), "\n"), "\uFFFD")
}

// hclQuote writes s as a text of HCL that means just s.
func hclQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "${", "$${", "%{", "%%{").Replace(s) + `"`
}

// splitSettledInLedger is [settledInLedger] for the base of a split capture. Its
// refunds are in no ledger entry of its own, so that one of which they are
// declared is always looked at.
func splitSettledInLedger(want schema.Transaction, record statefile.Transaction) bool {
	if want.Refunded.Declared || want.Cancelled || !want.Captured.Declared || !record.Final() || !record.Captured.Valid() {
		return false
	}
	same := record.OrderID == want.OrderID && record.Amount == want.Amount && (want.Transact == "" || want.Transact == record.Transact)
	return same && record.Captured == goal(want.Captured, want.Amount)
}
