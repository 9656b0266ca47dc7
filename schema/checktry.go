package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A Trial works a check out over one plan. It is not safe for concurrent use;
// trials share nothing.
type Trial struct {
	condition, message program
	meter              *meter
	plan, merchants    cty.Value
}

// What working out a check may cost, beside what an expression may anyway.
const (
	actionBudget = 2000 // for each action of the plan
	actionValues = 40   // of values within one value, for each action
	maxMessage   = 1000 // characters of a message that are kept
)

// Try makes a check ready for a plan, a value of [PlanType], that has so many
// actions.
func (c Check) Try(plan cty.Value, actions int) (*Trial, error) {
	t := &Trial{plan: plan, merchants: c.merchants, meter: &meter{left: budget + actions*actionBudget, most: maxValues + actions*actionValues}}
	for _, p := range []struct {
		of   phrase
		into *program
	}{{c.condition, &t.condition}, {c.message, &t.message}} {
		expr, diags := hclsyntax.ParseExpression([]byte(p.of.text), p.of.place.Filename, p.of.place.Start)
		if diags.HasErrors() {
			return nil, evaluationError(diags) // it was parsed before
		}
		withOperators(expr)
		*p.into = program{expr: t.meter.metered(expr, 1), rng: expr.Range()}
	}
	return t, nil
}

// Holds reports whether the condition is true: for an action, a value of
// [ActionType], or, where the check is not about each action, with cty.NilVal.
// An error means that it is neither true nor false, and then nobody knows.
func (t *Trial) Holds(action cty.Value) (bool, error) {
	v, err := t.value(t.condition, action)
	switch {
	case err != nil:
		return false, err
	case v.Type() != cty.Bool:
		return false, at(t.condition.rng, fmt.Errorf("the condition must be true or false, and it is %s", kindOf(v)))
	}
	return v.True(), nil
}

// Says is the message of the check, for the same action.
func (t *Trial) Says(action cty.Value) (string, error) {
	v, err := t.value(t.message, action)
	switch {
	case err != nil:
		return "", err
	case v.Type() != cty.String:
		return "", at(t.message.rng, fmt.Errorf("the message must be a text, and it is %s", kindOf(v)))
	}
	text := []rune(strings.TrimSpace(v.AsString()))
	if len(text) > maxMessage {
		text = append(text[:maxMessage:maxMessage], '…')
	}
	return string(text), nil
}

// value works an expression out. The result is known and not null.
func (t *Trial) value(p program, action cty.Value) (cty.Value, error) {
	ctx := &hcl.EvalContext{Functions: pureFunctions(), Variables: map[string]cty.Value{"plan": t.plan, "merchant": t.merchants}}
	if action != cty.NilVal {
		ctx.Variables["action"] = action
	}
	if t.meter.left <= 0 {
		return cty.NilVal, at(p.rng, errors.New("working it out takes too long: loops or functions run over too many values"))
	}
	v, diags := t.meter.evaluate(p, ctx)
	switch {
	case diags.HasErrors():
		return cty.NilVal, evaluationError(diags)
	case !v.IsWhollyKnown():
		return cty.NilVal, at(p.rng, errors.New("nothing tells what the value is"))
	case v.IsNull():
		return cty.NilVal, at(p.rng, errors.New("it is null, no value at all"))
	}
	return v, nil
}

// evaluationError is the first mistake in words.
func evaluationError(diags hcl.Diagnostics) error {
	for _, d := range diags {
		if d.Severity != hcl.DiagError {
			continue
		}
		err := errors.New(strings.TrimSuffix(strings.TrimPrefix(d.Detail, "Error during operation: "), "."))
		if d.Subject == nil {
			return err
		}
		return at(*d.Subject, err)
	}
	return errors.New("it cannot be worked out")
}

// at says where in the settings an evaluation went wrong.
func at(place hcl.Range, err error) error {
	return fmt.Errorf("%s:%d,%d: %w", place.Filename, place.Start.Line, place.Start.Column, err)
}
