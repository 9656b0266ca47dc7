package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"flexform/apply"
	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"
)

// A review is a plan that was shown and accepted; without one there is nothing
// to do.
type review struct {
	plan    *plan.Plan
	outages []apply.Outage
}

// review plans, unless the plan is a saved one, shows the plan, refuses what
// cannot be carried out, and asks. Nothing is sent or written.
func (a *app) review(ctx context.Context, conn *connection, runner *apply.Runner, state *statefile.State, saved *plan.Plan, o applyOptions, t *telling) (review, error) {
	p := saved
	if p == nil {
		var err error
		if p, err = a.makePlan(ctx, conn, state, o.planOptions); err != nil {
			return review{}, err
		}
	}
	t.reviewed(p)
	if o.merge != nil {
		var err error
		if conn.signed, err = o.merge.signed(ctx, p); err != nil {
			return review{}, err
		}
	}
	if o.json {
		_, warnings := checkLines(p, a.facts(conn, state))
		a.warn(warnings)
	} else {
		facts := a.facts(conn, state)
		if err := a.printPlan(p, &facts, planOptions{rivals: a.rivals(p, facts, "")}); err != nil {
			return review{}, err
		}
	}
	if len(p.Body.Actions) == 0 {
		return review{}, exitWith(restCode(p))
	}
	switch {
	case o.merge != nil:
		if err := errors.Join(o.merge.sameAsReviewed(p), o.merge.stillWanted(p)); err != nil {
			return review{}, err
		}
	case saved == nil && conn.config.Approvals.Required():
		return review{}, a.needsSaving(conn)
	}
	if _, err := policy.Check(p, a.facts(conn, state)); !onlyUnrehearsed(err) {
		return review{}, err
	}
	if err := a.rehearseFirst(ctx, conn, p); err != nil {
		return review{}, err
	}
	var err error
	if o.bulk.via == viaBulk {
		err = a.tellBulk(a.env.Stderr, conn, p)
	} else {
		err = conn.gateways.needLogin(p)
	}
	if err != nil {
		return review{}, err
	}
	outages, err := a.preflight(ctx, runner, p)
	if err != nil {
		return review{}, err
	}
	t.outages(outages)
	if saved != nil {
		if err := a.checkGatewayTime(ctx, conn, p, state); err != nil {
			return review{}, err
		}
	}
	if !o.autoApprove {
		if err := a.ask(ctx, p); err != nil {
			return review{}, err
		}
	}
	return review{p, outages}, nil
}

// preflightTime bounds how long a preflight may hold up an apply.
const preflightTime = 15 * time.Second

// preflight warns of acquirers that the gateway does not reach, before anybody
// is asked and anything is sent. It holds nothing back.
func (a *app) preflight(ctx context.Context, runner *apply.Runner, p *plan.Plan) ([]apply.Outage, error) {
	ctx, cancel := context.WithTimeout(ctx, preflightTime)
	defer cancel()
	outages := runner.Preflight(ctx, p)
	return outages, report.Outages(a.env.Stderr, outages, a.style(a.env.StderrTerminal))
}

// ask shows nothing and wants the word "yes": the plan stands above it. An
// interruption is an answer too.
func (a *app) ask(ctx context.Context, p *plan.Plan) error {
	fmt.Fprintf(a.env.Stderr, "\n%s Money that has moved cannot be moved back.\nOnly \"yes\" carries out the plan above.\n\n  Apply? ", report.Question(p))
	if err := a.answerYes(ctx); err != nil {
		return fmt.Errorf("apply cancelled: %w; nothing was sent", err)
	}
	return nil
}

// answerYes reads one line from stdin and wants the word "yes".
func (a *app) answerYes(ctx context.Context) error {
	answer, err := a.answer(ctx)
	if err == nil && answer != "yes" {
		err = errors.New("the answer was not \"yes\"")
	}
	return err
}

// answer reads one line from stdin, without the space around it. An error
// means that there was an interruption instead.
func (a *app) answer(ctx context.Context) (string, error) {
	answers := make(chan string, 1)
	go func() { // nothing ends a read of a terminal; after an interruption it ends with the process
		line, _ := bufio.NewReader(a.env.Stdin).ReadString('\n')
		answers <- line
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(a.env.Stderr)
		return "", errors.New("interrupted")
	case line := <-answers:
		if !strings.HasSuffix(line, "\n") || !a.env.StderrTerminal {
			fmt.Fprintln(a.env.Stderr) // nobody's Enter ended the line
		}
		return strings.TrimSpace(line), nil
	}
}
