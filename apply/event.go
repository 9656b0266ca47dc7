package apply

import (
	"time"

	"flexform/plan"
)

// An EventKind says what an [Event] tells. The zero value is invalid.
type EventKind uint8

const (
	_               EventKind = iota
	EventPlanned              // the run begins: Total, Sums
	EventIntent               // an action's intent is in the ledger, as entry Seq: Result.Action, Result.ID
	EventCall                 // its one request is about to be sent: Result.Action, Result.ID; rows of a bulk file have none
	EventOutcome              // an action of the plan ended, or is unknown for now: Result
	EventWaiting              // the gateway is asked again after Wait: Left actions are undecided
	EventSettled              // a later look decided an action of this or an earlier run, and the ledger has it: Finding
	EventLooked               // one more of Total actions was looked at again; Left are to come
	EventConfirming           // accepted actions are looked at: Total of them
	EventBulk                 // Batch: without a name its transactions are read, without a stage it is sent, else it is waited for, Wait until the next look
)

// An Event is a step of progress, for display only. Which fields are set
// depends on the kind.
type Event struct {
	Kind    EventKind
	Seq     uint64
	Total   int
	Sums    []plan.Sum // what the plan moves; not to be changed
	Result  ActionResult
	Finding Finding
	Wait    time.Duration
	Left    int
	Batch   BatchFinding
	// BreakGlass and BrokenBy are why and who had the plan pass its approvals;
	// empty when nobody did. The beginning has them.
	BreakGlass, BrokenBy string
}
