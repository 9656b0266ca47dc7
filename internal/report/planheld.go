package report

import (
	"fmt"
	"slices"
	"strings"

	"flexform/plan"
	"flexform/statefile"
)

// heldLines sum up what actions of unknown outcome hold, of the whole ledger.
func heldLines(held []plan.Held) []string {
	var lines []string
	for _, s := range inOrder(plan.SumHeld(held)) {
		line := Count(s.Count, string(s.Verb))
		if s.Verb == statefile.Delete {
			line = Count(s.Count, "deletion")
		} else {
			line += ", " + amountText(s.Minor, s.Currency)
		}
		lines = append(lines, line+": held until it is known whether money moved")
	}
	return lines
}

// blockedOf returns what a plan blocks, and what it does not declare but whose
// outcome is unknown: nobody must lose sight of that by taking the declaration
// away.
func blockedOf(p *plan.Plan) []plan.Blocked {
	shown := map[string]bool{}
	for _, b := range p.Body.Blocked {
		if b.Cause == plan.CauseUnknown {
			shown[b.Merchant+"/"+b.Transact] = true
		}
	}
	blocked := slices.Clip(p.Body.Blocked)
	for _, h := range p.Envelope.Held {
		if shown[h.Merchant+"/"+h.Transact] {
			continue
		}
		detail := fmt.Sprintf("Nobody knows yet whether %s happened, and this configuration does not declare it any more. It stays open until the gateway proves what became of it, which the next apply looks for, or a person settles it with the evidence they have.", h.Action)
		blocked = append(blocked, plan.Blocked{
			Address: strings.ToValidUTF8(h.Address, "\uFFFD"), Merchant: h.Merchant, Transact: h.Transact, OrderID: h.OrderID,
			Cause: plan.CauseUnknown, Detail: detail, Command: h.Command(),
		})
	}
	return blocked
}
