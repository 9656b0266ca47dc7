package apply

import (
	"errors"
	"fmt"

	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// A Finding is what a look at the gateway says about an earlier call.
type Finding struct {
	Action    statefile.Action // as it stood before the look
	Status    *dibs.Status     // nil when it could not be read
	Judgement plan.Judgement   // what the status proves; Undecidable when it could not be read
	Detail    string           // the same as a phrase for people
	Err       error            // why it could not be read
	// Payment is the transaction that the gateway has for the order of a charge,
	// and Status is then its own; empty when there is none, or for another call.
	Payment dibs.TransactID
}

// Decided reports whether the finding changed what the ledger knows of the
// action.
func (f Finding) Decided() bool { return len(f.verdicts()) > 0 }

// Fate says how the action stands after the look.
func (f Finding) Fate() Fate {
	verdicts := f.verdicts()
	if len(verdicts) == 0 {
		return fateOf(f.Action.State)
	}
	switch verdicts[len(verdicts)-1] {
	case statefile.VerdictDone:
		return FateSettling
	case statefile.VerdictSettled:
		return FateSettled
	case statefile.VerdictReversed:
		return FateReversed
	}
	return FateNotDone
}

// hopeless reports whether asking again cannot help.
func (f Finding) hopeless() bool {
	_, refused := errors.AsType[*dibs.LoginError](f.Err)
	return refused || errors.Is(f.Err, errNoMerchant) || errors.Is(f.Err, errNoTickets)
}

// verdicts is what the ledger is told. What was unknown is found to have
// happened first and to be final or reversed next.
func (f Finding) verdicts() []statefile.Verdict {
	undecided, accepted := f.Action.State.Undecided(), f.Action.State == statefile.ActionAccepted
	switch j := f.Judgement; {
	case undecided && j == plan.Happened:
		return []statefile.Verdict{statefile.VerdictDone}
	case undecided && j == plan.Settled:
		return []statefile.Verdict{statefile.VerdictDone, statefile.VerdictSettled}
	case undecided && j == plan.Reversed:
		return []statefile.Verdict{statefile.VerdictDone, statefile.VerdictReversed}
	case undecided && j == plan.DidNotHappen:
		return []statefile.Verdict{statefile.VerdictNotDone}
	case accepted && j == plan.Settled:
		return []statefile.Verdict{statefile.VerdictSettled}
	case accepted && j == plan.Reversed:
		return []statefile.Verdict{statefile.VerdictReversed}
	}
	return nil
}

// because says what a status proves.
func because(j plan.Judgement, after plan.Evidence) string {
	switch j {
	case plan.Happened:
		return fmt.Sprintf("the status is %s, so it happened and waits for the acquirer", after)
	case plan.Settled:
		return fmt.Sprintf("the status is %s, so it happened and is final", after)
	case plan.Reversed:
		return fmt.Sprintf("the status is %s, so the acquirer declined it", after)
	case plan.DidNotHappen:
		return fmt.Sprintf("the status is %s, so it did not happen", after)
	}
	return fmt.Sprintf("the status is %s, which proves nothing about it", after)
}
