package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"flexform/apply"
	"flexform/plan"
	"flexform/statefile"
)

// windowOver reports whether the call of an action can take effect no more, so
// that a status which has not moved may prove something.
func (a *app) windowOver(conn *connection, action statefile.Action) bool {
	until := settles(conn, action)
	return !until.IsZero() && !a.env.Now().Before(until)
}

// settles returns when the settle window of an action is over, zero when nobody
// knows.
func settles(conn *connection, action statefile.Action) time.Time {
	return (&apply.Runner{Merchants: conn.gateways.movers()}).Settles(action)
}

// tooEarly refuses that an action was done whose status would contradict that,
// were its settle window over. Recorded now, it would stand for ever: what a
// person said of a status is not held against the same status later.
func tooEarly(conn *connection, action statefile.Action, now plan.Evidence) error {
	return fmt.Errorf("action %s may still take effect until %s, when its settle window is over, and so far it has not: its status is %s, as before; nothing was recorded. After that the status tells, and the next apply records it",
		action.ID, settles(conn, action).UTC().Format("2006-01-02 15:04:05 UTC"), now)
}

// sentMeanwhile refuses a word about an action that nobody has waited for,
// because another run sent it before this command had the lock.
func sentMeanwhile(action statefile.Action) error {
	return &codeError{code: exitBlocked, err: fmt.Errorf("action %s was sent while this command began, and may still take effect; nothing was recorded. Run the command again: it waits until the settle window is over", action.ID)}
}

// awaitWindow waits until the call of an action that is said not to have
// happened can take effect no more: whoever settles it earlier would have the
// next plan send it again while the first one is still under way (hazards R4).
// It holds no lock meanwhile.
func (a *app) awaitWindow(ctx context.Context, conn *connection, action statefile.Action) error {
	if _, ok := conn.gateways.clients[action.Merchant]; !ok {
		return nil // which is refused at once
	}
	until := settles(conn, action)
	left := until.Sub(a.env.Now())
	if until.IsZero() || left <= 0 {
		return nil
	}
	left = min(left, until.Sub(action.At)) // a clock that was set back prolongs nothing
	fmt.Fprintf(a.env.Stderr, "The call may still take effect until %s, when its settle window is over. Waiting %s; interrupt and come back later if you like.\n",
		until.UTC().Format("2006-01-02 15:04:05 UTC"), (left + time.Second - 1).Truncate(time.Second))
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errors.New("interrupted while waiting; nothing was recorded")
	case <-timer.C:
		return nil
	}
}
