package cli

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"flexform/apply"
	"flexform/dibs"
	"flexform/plan"
	"flexform/plan/policy"
	"flexform/statefile"
)

func TestCodeOf(t *testing.T) {
	tests := map[string]struct {
		err  error
		want int
	}{
		"nothing wrong":          {nil, 0},
		"any failure":            {errors.New("x"), 1},
		"an interruption":        {context.Canceled, 1},
		"a refused login":        {&dibs.LoginError{}, 1},
		"a plan refused":         {fmt.Errorf("a: %w", &policy.RefusedError{Reason: policy.Expired}), 3},
		"a plan changed":         {fmt.Errorf("a: %w", &plan.TamperedError{}), 3},
		"a plan of a new format": {&plan.VersionError{}, 3},
		"a plan made by hand":    {fmt.Errorf("a: %w", &plan.FormatError{Sealed: true}), 3},
		"no plan at all":         {&plan.FormatError{Line: 1}, 1},
		"a ledger in use":        {&statefile.LockedError{}, 3},
		"a code of its own":      {fmt.Errorf("a: %w", exitWith(exitUnknown)), 4},
		"done by a code":         {exitWith(exitDone), 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := int(codeOf(tt.err)); got != tt.want {
				t.Errorf("codeOf(%v) = %d, want %d", tt.err, got, tt.want)
			}
		})
	}
}

// planOf is a plan with so many actions and blocked transactions.
func planOf(actions, blocked int, counts plan.Counts) *plan.Plan {
	p := &plan.Plan{}
	p.Body.Actions = make([]plan.Action, actions)
	p.Body.Blocked = make([]plan.Blocked, blocked)
	p.Envelope.Counts = counts
	return p
}

func heldPlan() *plan.Plan {
	p := planOf(0, 0, plan.Counts{})
	p.Envelope.Held = []plan.Held{{Action: "12345678/11111111/refund/0-5000/DKK#1"}}
	return p
}

func TestPlanCodes(t *testing.T) {
	tests := map[string]struct {
		plan           *plan.Plan
		detailed, rest int // of plan --detailed-exitcode, and of an apply with nothing to do
	}{
		"all in place":                {planOf(0, 0, plan.Counts{}), 0, 0},
		"actions":                     {planOf(1, 0, plan.Counts{}), 2, 0},
		"actions before unknowns":     {planOf(1, 1, plan.Counts{Unknown: 1}), 2, 4},
		"one of what is not declared": {heldPlan(), 4, 4},
		"an unknown outcome":          {planOf(0, 2, plan.Counts{Unknown: 1, Drifted: 1}), 4, 4},
		"drift":                       {planOf(0, 1, plan.Counts{Drifted: 1}), 3, 3},
		"drift, and one settling":     {planOf(0, 2, plan.Counts{Drifted: 1, Settling: 1}), 3, 3},
		"waiting for settlement":      {planOf(0, 2, plan.Counts{Settling: 2}), 5, 0},
		"one that nobody can read":    {planOf(0, 1, plan.Counts{Failed: 1}), 3, 3},
		"unknown, and one settling":   {planOf(0, 2, plan.Counts{Unknown: 1, Settling: 1}), 4, 4},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := int(detailedCode(tt.plan)); got != tt.detailed {
				t.Errorf("detailedCode = %d, want %d", got, tt.detailed)
			}
			if got := int(restCode(tt.plan)); got != tt.rest {
				t.Errorf("restCode = %d, want %d", got, tt.rest)
			}
		})
	}
}

func TestResultCode(t *testing.T) {
	one := make([]apply.ActionResult, 1)
	clean, drifted, unknown := planOf(1, 0, plan.Counts{}), planOf(1, 1, plan.Counts{Drifted: 1}), planOf(1, 1, plan.Counts{Unknown: 1})
	tests := map[string]struct {
		plan   *plan.Plan
		result apply.Result
		want   int
	}{
		"all done":                        {clean, apply.Result{Done: one}, 0},
		"unknown before all":              {clean, apply.Result{Unknown: one, Declined: one, Moved: one, NotStarted: one}, 4},
		"an unknown of an earlier run":    {unknown, apply.Result{Done: one}, 4},
		"declined before moved":           {clean, apply.Result{Declined: one, Moved: one}, 1},
		"not sent":                        {clean, apply.Result{NotSent: one}, 1},
		"moved":                           {clean, apply.Result{Done: one, Moved: one}, 3},
		"done, and drift was left out":    {drifted, apply.Result{Done: one}, 3},
		"left for calls":                  {clean, apply.Result{Done: one, NotStarted: []apply.ActionResult{{Err: apply.ErrNotInFile}}}, 3},
		"left for calls, and not reached": {clean, apply.Result{NotStarted: []apply.ActionResult{{Err: apply.ErrNotInFile}, {}}}, 1},
		"an interruption":                 {clean, apply.Result{Done: one, NotStarted: one}, 1},
		"only waiting for its settlement": {planOf(1, 1, plan.Counts{Settling: 1}), apply.Result{Done: one}, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := int(resultCode(tt.plan, tt.result, tt.plan.Unknown())); got != tt.want {
				t.Errorf("resultCode = %d, want %d", got, tt.want)
			}
		})
	}
}
