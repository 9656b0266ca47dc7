package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/policy"
)

// onlyUnrehearsed reports whether nothing stands in a plan's way but the
// rehearsal that apply does by itself.
func onlyUnrehearsed(err error) bool {
	refused, ok := errors.AsType[*policy.RefusedError](err)
	return err == nil || ok && refused.Reason == policy.NotRehearsed
}

// rehearseFirst rehearses a plan right before it is applied, where the settings
// ask for it. It is done here, by the process that applies, and not read from a
// file: whoever can put a plan into a repository could put that there as well.
func (a *app) rehearseFirst(ctx context.Context, conn *connection, p *plan.Plan) error {
	if !conn.config.Approvals.Rehearsal || conn.rehearsed == p.Digest {
		return nil
	}
	run, err := a.rehearse(ctx, conn.config, p, nil)
	if err != nil {
		return err
	}
	if r := (report.Rehearsal{Plan: p, Runs: []report.RehearsalRun{run}}); !r.Passed() {
		var text strings.Builder
		if err := report.RehearsalText(&text, r, a.style(false)); err != nil {
			return err
		}
		return &policy.RefusedError{Reason: policy.NotRehearsed, Detail: "The rehearsal before the apply did not go well; nothing was sent.\n\n" + text.String()}
	}
	fmt.Fprintf(a.env.Stderr, "\nRehearsed on a gateway in memory, as the settings ask for: all %s accepted.\n", report.Count(len(p.Body.Actions), "action"))
	conn.rehearsed = p.Digest
	return nil
}
