package dibs

import (
	"context"
	"time"
)

type sendByKey struct{}

// WithSendBy returns a context for money calls that asks check one last time,
// when the connection is up and right before the first byte is written,
// whether the call may still be sent. An error from it ends the call as a
// [*NotSentError] that wraps it. It is for callers whose leave to send runs
// out, on a clock of their choice: the process may have been stopped, or the
// machine asleep, since the call began.
func WithSendBy(ctx context.Context, check func() error) context.Context {
	return context.WithValue(ctx, sendByKey{}, check)
}

// MaySend reports why a call may no longer be sent: its context has ended, or
// the check of [WithSendBy] says no. Whoever sends a money call asks it once,
// right before the first byte; [Client] does. It compares the deadline with the
// clock, because a process that was stopped may get here before its timers have
// fired.
func MaySend(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= 0 {
		return context.DeadlineExceeded
	}
	if check, ok := ctx.Value(sendByKey{}).(func() error); ok {
		return check()
	}
	return nil
}
