package sim

import (
	"fmt"

	"flexform/statefile"
)

// What histories must have met for them to prove anything.
const (
	// Misfortunes.
	sawDeath = iota
	sawEIO
	sawSync
	sawShort
	sawFull
	sawPower
	sawBlind
	sawNoLine
	sawLost
	sawLate
	sawTwice
	sawOdd
	sawReversed
	sawBackOffice
	sawPause
	sawInterrupt
	sawJump
	sawTooLate
	sawServer
	sawMisplaced
	sawLeftOut
	sawGarbage
	sawFileTwice

	// What became of it.
	sawLocked
	sawPlanRefused
	sawUsedUp
	sawExpired
	sawUnknown
	sawMoved
	sawProven
	sawDisproven
	sawResolved
	sawHasty
	sawAdopted
	sawTakeover
	sawTorn
	sawRepeat
	sawEdited
	sawWindow

	// What moved money, or released or kept it.
	sawCapture
	sawPart
	sawRefund
	sawRow
	sawCancel
	sawReauthorise
	sawCharge
	sawDelete

	// Rare ones.
	sawLockLost
	sawDamaged
	sawCut
	sawDeadEnd

	sawRefused // by code
	sawKinds   = sawRefused + len(refusals) + len(unapproved) + 1
)

// Sights names what [Report.Saw] counts.
func Sights() []string {
	names := []string{
		"deaths", "disk errors", "failed syncs", "short writes", "full disks", "power cuts", "unread statuses", "no connection", "lost requests or answers",
		"late effects", "requests that arrive twice", "odd answers", "reversed by the acquirer", "back-office moves", "pauses", "interruptions",
		"clocks set", "sends refused as too late", "server of files failed", "files lost by DIBS", "rows left out", "responses that cannot be read", "files released twice",
		"ledger locked by another", "saved plans refused", "plans refused as applied already", "plans refused as expired", "unknown outcomes", "actions moved",
		"unknowns proven done", "unknowns proven not done", "resolved by a person", "resolved too early by a person", "adopted by a person",
		"locks of the dead taken over", "torn tails", "second attempts", "wishes taken back", "settle windows changed",
		"captures", "captures in parts", "refunds", "refunds by file", "cancels", "reauthorisations", "charges", "deletions",
		"locks lost", "ledgers damaged by two writers", "ledgers cut by one without its locks", "wishes that need another total",
	}
	for _, code := range refusals {
		names = append(names, fmt.Sprintf("refusals with result %d", code))
	}
	for _, code := range unapproved {
		names = append(names, fmt.Sprintf("refusals with reason %d", code))
	}
	return append(names, "refused deletions")
}

// Often returns how many histories are certain to have a sight; 0 when no
// number that anybody plays is.
func Often(sight int) int {
	switch {
	case sight == sawHasty, sight >= sawRefused:
		return 20_000
	case sight == sawFileTwice, sight >= sawLockLost && sight < sawRefused:
		return 0
	}
	return 1000
}

func (h *history) saw(what int) { h.report.Saw[what]++ }

// sawTaken counts what a request did.
func (h *history) sawTaken(r *request) {
	if h.calm {
		return // what nobody disturbs proves little
	}
	h.saw(map[statefile.Verb]int{
		statefile.Capture: sawCapture, statefile.Refund: sawRefund, statefile.Cancel: sawCancel,
		statefile.Reauthorise: sawReauthorise, statefile.Charge: sawCharge, statefile.Delete: sawDelete,
	}[r.verb])
	if r.verb == statefile.Capture && r.account.status >= 18 {
		h.saw(sawPart)
	}
	if r.file != "" {
		h.saw(sawRow)
	}
}
