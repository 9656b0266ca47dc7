package plan

import (
	"fmt"

	"flexform/dibs"
	"flexform/money"
)

// Totals are what a person says that a transaction's sums are.
type Totals struct {
	Authorised, Captured, Refunded money.Amount // one currency; zero kroner for nothing
	Cancelled                      bool
}

// CheckTotals returns nil when t can be true of a transaction of which the
// gateway says what it says now, and an error that says what contradicts it
// otherwise. It proves nothing: where the status leaves room, the person's word
// stands, but not against sums.
func CheckTotals(t Totals, now Evidence) error {
	status := now.Status
	captured, err := within(t.Captured, t.Authorised, "captured", "authorised")
	if err != nil {
		return err
	}
	refunded, err := within(t.Refunded, t.Captured, "refunded", "captured")
	if err != nil {
		return err
	}
	if t.Cancelled && captured != none {
		return fmt.Errorf("a cancelled authorisation cannot be captured too: %s", t.Captured)
	}
	if s := now.Sums; s != nil && (s.Captured != t.Captured || s.Refunded != t.Refunded) {
		return fmt.Errorf("the gateway's own sums of the split capture are %s captured and %s refunded", s.Captured, s.Refunded)
	}
	for _, row := range adoptable {
		if row.status != status {
			continue
		}
		if row.cancelled != t.Cancelled || row.captured&captured == 0 || row.refunded&refunded == 0 {
			return fmt.Errorf("the gateway's status is %s, and that means: %s", status, row.means)
		}
		return nil
	}
	return fmt.Errorf("the gateway's status is %s: such a transaction has no totals to adopt", status)
}

// A share says how much of a limit a total is. The values are bits, so that a
// row can allow several.
type share uint8

const (
	none share = 1 << iota // nothing
	part                   // more than nothing, less than all
	all                    // the whole limit
)

// adoptable is flexwin.md 4.1 read as limits on what a person may state.
var adoptable = []struct {
	status             dibs.Status
	captured, refunded share
	cancelled          bool
	means              string
}{
	{dibs.StatusAuthorised, none, none, false, "nothing is captured"},
	{dibs.StatusCaptureDeclined, none, none, false, "nothing is captured"},
	{dibs.StatusCancelled, none, none, true, "the authorisation is cancelled (--cancelled)"},
	{dibs.StatusCaptureSent, part | all, none, false, "something is captured and nothing refunded"},
	{dibs.StatusCapturePending, part | all, none, false, "something is captured and nothing refunded"},
	{dibs.StatusCaptured, part | all, none | part, false, "something is captured and not all of it refunded"},
	{dibs.StatusBalanced, part | all, none | part, false, "something is captured and not all of it refunded"},
	{dibs.StatusPartlyRefunded, part | all, part, false, "a part of what was captured is refunded"},
	{dibs.StatusRefundSent, part | all, part | all, false, "something is refunded"},
	{dibs.StatusRefundPending, part | all, part | all, false, "something is refunded"},
	{dibs.StatusRefundDeclined, part | all, none | part, false, "not all is refunded"},
	{dibs.StatusRefunded, part | all, part | all, false, "something is refunded"},
	{dibs.StatusMulticapOpen, none | part | all, none | part | all, false, "a split capture, which is not cancelled"},
	{dibs.StatusMulticapClosed, none | part | all, none | part | all, false, "a split capture, which is not cancelled"},
}

// within compares a total with the one that bounds it.
func within(total, limit money.Amount, name, limitName string) (share, error) {
	order, err := total.Cmp(limit)
	switch {
	case err != nil:
		return 0, err
	case order > 0:
		return 0, fmt.Errorf("%s %s is more than %s %s", name, total, limitName, limit)
	case total.Zero():
		return none, nil
	case order == 0:
		return all, nil
	}
	return part, nil
}
