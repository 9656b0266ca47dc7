package plan

import (
	"fmt"
	"slices"
	"strings"

	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

// act offers one step, as the next attempt at it.
func (s *subject) act(verb statefile.Verb, from, to money.Amount, notices ...Notice) (ruling, bool) {
	step := statefile.Step{Key: s.key, Verb: verb, From: from, To: to}
	tried, earlier, done := s.attempts(step)
	if done != "" {
		return s.block(CauseDrift, s.adoptCommand(s.decided()),
			"The ledger has %s as accepted, so the same step can never be offered again, although the totals that were recorded since are lower. "+
				"Find out what happened, and record the totals as they are; if they are right, declare another total.", done)
	}
	return ruling{notices: notices, action: &Action{
		Address: s.want.Address, Merchant: s.key.Merchant, Transact: s.key.Transact, OrderID: s.want.OrderID,
		Verb: verb, Currency: s.want.Amount.Currency().Code(), AmountMinor: s.want.Amount.Minor(),
		FromMinor: from.Minor(), ToMinor: to.Minor(), Attempt: tried + 1,
		Class: s.classOf(step), Status: s.seen.Status, Reason: s.want.Reason, Earlier: earlier,
	}}, true
}

// attempts returns how often a step was tried before and why each try came to
// nothing, or the id of a try that did not. Only after a definite no, a proven
// not-sent or not-done, or a decline by the acquirer may a step be offered
// again (design 8.2).
func (s *subject) attempts(step statefile.Step) (tried int, earlier, done string) {
	var said []string
	for _, a := range s.record.Actions {
		if a.Step != step {
			continue
		}
		tried++
		if !a.State.Failed() && !s.isReversed(a) {
			return tried, "", a.ID
		}
		said = append(said, fmt.Sprintf("attempt %d %s", a.Attempt, s.failure(a)))
	}
	return tried, strings.Join(said, "; "), ""
}

func (s *subject) isReversed(a statefile.Action) bool {
	return slices.ContainsFunc(s.reversed, func(r statefile.Action) bool { return r.ID == a.ID })
}

// codeText says what the gateway declined an action with: authorisations have
// a code table of their own (flexwin.md 4.3).
func codeText(a statefile.Action) string {
	if a.Verb == statefile.Charge || a.Verb == statefile.Reauthorise {
		return dibs.Reason(*a.Code).String()
	}
	return dibs.Result(*a.Code).String()
}

func (s *subject) failure(a statefile.Action) string {
	said := "did not happen"
	switch a.State {
	case statefile.ActionDeclined:
		said = "was declined"
	case statefile.ActionNotSent:
		said = "was not sent"
	case statefile.ActionReversed:
		said = "was accepted, and declined by the acquirer later"
	case statefile.ActionAccepted:
		said = fmt.Sprintf("was accepted, and declined by the acquirer later (status %s)", s.seen.Status)
	}
	message := a.Message
	if a.Code != nil && a.State == statefile.ActionDeclined {
		why := codeText(a)
		said += ": " + why
		if _, more, repeats := strings.Cut(message, why); repeats { // behind the call's name
			message = strings.TrimPrefix(more, ": ")
		}
	}
	if message != "" && a.State != statefile.ActionAccepted {
		said += ": " + message
	}
	return said
}

func (s *subject) classOf(step statefile.Step) Class {
	if s.seen.Sums != nil && step.Verb == statefile.Capture {
		return repeatable(step, s.want.Amount)
	}
	limit := s.captured
	if limit.source == FromDeclared {
		// The gateway's limit is what was captured, and nobody but the
		// configuration says how much that is: it may be all.
		limit.Amount = s.want.Amount
	}
	return classOf(step, limit.Amount)
}

// classOf says what a repeat of step would do. A capture and a cancel can
// happen once. A refund of a on top of r would be refused a second time when
// r + 2a is more than was captured (hazards 1).
func classOf(step statefile.Step, captured money.Amount) Class {
	switch step.Verb {
	case statefile.Refund:
	case statefile.Reauthorise:
		return Moneyless
	default:
		return SelfLimiting
	}
	return repeatable(step, captured)
}

// repeatable is the class of a step that can be one of several within a limit.
func repeatable(step statefile.Step, limit money.Amount) Class {
	a, err := step.Amount()
	if err != nil {
		return Counted
	}
	twice, err := step.To.Add(a)
	if err != nil || compare(twice, limit) <= 0 {
		return Counted
	}
	return SelfLimiting
}
