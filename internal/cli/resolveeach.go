package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"flexform/dibs"
	"flexform/internal/report"
	"flexform/statefile"
)

// resolveArgs tells the names of actions from the folder, which may stand
// behind them. The id of an action ends with the number of its attempt.
func resolveArgs(args []string) (names, rest []string) {
	last := len(args) - 1
	if last > 0 && !isActionID(args[last]) {
		return args[:last], args[last:]
	}
	return args, nil
}

func isActionID(s string) bool {
	id, attempt, ok := strings.Cut(s[max(0, strings.LastIndexByte(s, '#')):], "#")
	return ok && id == "" && attempt != "" && strings.Trim(attempt, "0123456789") == "" && strings.Count(s, "/") >= 2
}

// checkNames refuses a list that cannot be meant.
func checkNames(names []string) error {
	given := map[string]bool{}
	for _, name := range names {
		switch {
		case given[name]:
			return fmt.Errorf("resolve names %s twice", name)
		case len(names) > 1 && !isActionID(name):
			return fmt.Errorf("%q is no action: resolve takes the ids of several actions, or the name of one bulk file", name)
		}
		given[name] = true
	}
	return nil
}

// resolveEach records a person's word about several actions, each by itself:
// one that is refused keeps no other from being recorded. A refused login ends
// it, as every further try would count towards the lock-out.
func (a *app) resolveEach(ctx context.Context, conn *connection, ledger ledger, names []string, o resolveOptions) error {
	var recorded []statefile.Resolved
	var refused []string
	code := exitError
	for i, name := range names {
		if ctx.Err() != nil {
			refused = append(refused, fmt.Sprintf("%s and what follows it: interrupted", name))
			break
		}
		resolved, err := a.resolveOne(ctx, conn, ledger, name, o)
		if err == nil {
			recorded = append(recorded, resolved)
			continue
		}
		if codeOf(err) == exitBlocked {
			code = exitBlocked
		}
		refused = append(refused, fmt.Sprintf("%s: %v", name, err))
		if _, login := errors.AsType[*dibs.LoginError](err); login {
			if i < len(names)-1 {
				refused = append(refused, "those behind it were not tried")
			}
			break
		}
	}
	var err error
	if len(refused) > 0 {
		err = &codeError{code: code, err: fmt.Errorf("%d of %d actions not recorded:\n\n  %s", len(names)-len(recorded), len(names), strings.Join(refused, "\n\n  "))}
	}
	if len(recorded) == 0 {
		return err
	}
	return errors.Join(err, report.ResolvedEach(a.env.Stdout, recorded, a.style(a.env.StdoutTerminal)))
}
