package plan

import (
	"fmt"
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
			"The ledger says that %s was done, so the same step cannot be offered again, although the totals recorded since are lower. "+
				"Find out what happened, and record the totals as they are.", done)
	}
	return ruling{notices: notices, action: &Action{
		Address: s.want.Address, Merchant: s.key.Merchant, Transact: s.key.Transact, OrderID: s.want.OrderID,
		Verb: verb, Currency: s.want.Amount.Currency().Code(), AmountMinor: s.want.Amount.Minor(),
		FromMinor: from.Minor(), ToMinor: to.Minor(), Attempt: tried + 1,
		Class: classOf(step, s.captured.Amount), Status: s.seen.Status, Reason: s.want.Reason, Earlier: earlier,
	}}, true
}

// attempts returns how often a step was tried before and why each try came to
// nothing, or the id of a try that did not. Only after a definite no, a proven
// not-sent or not-done, or a decline by the acquirer may a step be offered
// again (design 8.2). A person's statement that is newer than an acceptance,
// and lower, counts as a proof.
func (s *subject) attempts(step statefile.Step) (tried int, earlier, done string) {
	var said []string
	for _, a := range s.record.Actions {
		if a.Step != step {
			continue
		}
		tried++
		if a.State == statefile.ActionDone || a.State == statefile.ActionAccepted && !s.disowned(a) {
			return tried, "", a.ID
		}
		said = append(said, fmt.Sprintf("attempt %d %s", a.Attempt, s.failure(a)))
	}
	return tried, strings.Join(said, "; "), ""
}

// disowned reports whether an accepted action is known to have come to nothing.
func (s *subject) disowned(a statefile.Action) bool {
	for _, r := range s.reversed {
		if r.ID == a.ID {
			return true
		}
	}
	return s.record.Adopted
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
		if s.record.Adopted {
			said = "was accepted, but the totals that a person recorded since do not hold it"
		}
	}
	if a.Code != nil && a.State == statefile.ActionDeclined {
		said += ": " + dibs.Result(*a.Code).String()
	}
	if a.Message != "" && a.State != statefile.ActionAccepted {
		said += ": " + a.Message
	}
	return said
}

// classOf says what a repeat of step would do. A capture and a cancel can
// happen once. A refund of a on top of r would be refused a second time when
// r + 2a is more than was captured (hazards 1).
func classOf(step statefile.Step, captured money.Amount) Class {
	if step.Verb != statefile.Refund {
		return SelfLimiting
	}
	a, err := step.Amount()
	if err != nil {
		return Counted
	}
	twice, err := step.To.Add(a)
	if err != nil || compare(twice, captured) <= 0 {
		return Counted
	}
	return SelfLimiting
}
