package cli

import (
	"context"
	"errors"

	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

// An exitCode is the process's answer to scripts. The meanings are part of the
// interface: a change is a breaking change.
type exitCode int

const (
	exitDone     exitCode = 0 // nothing to do, or done
	exitError    exitCode = 1 // a mistake, or the world failed
	exitChanges  exitCode = 2 // the plan holds actions; only with --detailed-exitcode
	exitBlocked  exitCode = 3 // policy, stale, moved, expired, already applied
	exitUnknown  exitCode = 4 // the outcome of some action is not known
	exitSettling exitCode = 5 // only waiting for settlement; only with --detailed-exitcode
)

// A codeError ends a command with a code of its own. Err is nil when all that
// there is to say has been said.
type codeError struct {
	code exitCode
	err  error
}

func (e *codeError) Error() string {
	if e.err == nil {
		return "already reported"
	}
	return e.err.Error()
}

func (e *codeError) Unwrap() error { return e.err }

// exitWith ends a command quietly with code, or with success for code 0.
func exitWith(code exitCode) error {
	if code == exitDone {
		return nil
	}
	return &codeError{code: code}
}

// codeOf maps an error to the exit code; it is the only place that does.
func codeOf(err error) exitCode {
	var (
		coded    *codeError
		refused  *policy.RefusedError
		tampered *plan.TamperedError
		locked   *statefile.LockedError
		newer    *plan.VersionError
		crafted  *plan.FormatError
		older    *anchor.ContradictedError
		unclear  *unreadableAnchorError
		without  *unanchoredError
	)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &coded):
		return coded.code
	case errors.As(err, &refused), errors.As(err, &tampered), errors.As(err, &locked), errors.As(err, &newer):
		return exitBlocked
	case errors.As(err, &crafted) && crafted.Sealed:
		return exitBlocked
	case errors.As(err, &older), errors.As(err, &unclear), errors.As(err, &without):
		return exitBlocked
	case errors.Is(err, context.Canceled):
		return exitError
	}
	return exitError
}
