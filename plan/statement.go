package plan

import (
	"fmt"

	"flexform/dibs"
	"flexform/money"
	"flexform/statefile"
)

// CheckOutcome returns nil when a person may say whether a, an action of t
// whose outcome is not known, was done, while the gateway says what it says now,
// and an error when that contradicts them. windowOver is as for [Judge].
func CheckOutcome(t statefile.Transaction, a statefile.Action, now Evidence, windowOver, done bool) error {
	proven := now.Judge(t, a, windowOver)
	happened, failed := proven == Happened || proven == Settled, proven == DidNotHappen || proven == Reversed
	if happened && !done || failed && done {
		return fmt.Errorf("the gateway contradicts that: the status of %s was %s before the action and is %s now, so the action %s",
			a.Key, dibs.Status(a.Before), now, proven)
	}
	return nil
}

// CheckHistory returns nil when t, a person's statement about the transaction
// that the ledger knows as record, is not below what flexform itself did: with
// such totals the next plan would do a part of it a second time. What the
// acquirer declined does not count: at a status that says so, that is every
// action that is not known to be final, and the newest in any case. Where the
// gateway tells sums, [CheckTotals] holds t against them, and that is enough.
func CheckHistory(t Totals, record statefile.Transaction, now Evidence) error {
	status := now.Status
	if now.Sums != nil {
		return nil
	}
	totals := map[statefile.Verb]money.Amount{statefile.Capture: t.Captured, statefile.Refund: t.Refunded}
	newest := map[statefile.Verb]uint64{}
	for _, a := range record.Actions {
		if counts(a) {
			newest[a.Verb] = a.Seq
		}
	}
	for _, a := range record.Actions {
		total := totals[a.Verb]
		if !counts(a) || !total.Valid() || total.Minor() >= a.To.Minor() {
			continue
		}
		if declines(status, a.Verb) && (a.State == statefile.ActionAccepted || a.Seq == newest[a.Verb]) {
			continue
		}
		return fmt.Errorf("the ledger records that flexform brought it to %s (%s), and %s is less: the next plan would do a part of it a second time. Totals count everything that ever happened",
			a.To, a.ID, total)
	}
	return nil
}

// counts reports whether a is in the ledger's totals.
func counts(a statefile.Action) bool {
	return a.State == statefile.ActionAccepted || a.State == statefile.ActionDone
}

// declines reports whether status is the acquirer's no to the last call of
// that verb.
func declines(status dibs.Status, verb statefile.Verb) bool {
	switch phaseOf(status) {
	case phaseCaptureDeclined:
		return verb == statefile.Capture
	case phaseRefundDeclined:
		return verb == statefile.Refund
	}
	return false
}
