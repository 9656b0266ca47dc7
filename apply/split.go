package apply

import (
	"fmt"

	"flexform/plan"
	"flexform/statefile"
)

// outOfSum says how the sums of a split capture's base contradict the plan's
// picture of it, or "". The status alone would not tell: it is the same before
// and after a capture.
func (j job) outOfSum(now *plan.Sums) string {
	switch {
	case now == nil:
		return "what is captured of it is told only to an API user, and there is none"
	case now.Authorised.Minor() != j.AmountMinor:
		return fmt.Sprintf("the gateway has it with %s authorised, which does not fit what the plan saw", now.Authorised)
	case j.Verb != statefile.Capture:
		return ""
	case now.Captured != j.step.From:
		return fmt.Sprintf("the plan raises the captured total from %s, and the gateway has it at %s", j.step.From, now.Captured)
	case !now.Settled:
		return "a capture of it is under way"
	case !now.Open:
		return "its split capture was closed"
	}
	return ""
}
