package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"flexform/plan"
	"flexform/schema"
)

// A Failure is a check of the settings that does not hold for a plan.
type Failure struct {
	Check    string
	Severity schema.Severity
	// Broken says that nobody knows whether it holds: its condition could not be
	// worked out, and Text says why.
	Broken bool
	Text   string   // its message
	Place  string   // of the check, "settings.hcl:12"
	Rows   []string // addresses of the actions for which it does not hold; nil when it is about the whole plan
}

// Blocks reports whether the plan must not be carried out. What nobody knows
// blocks whatever the severity.
func (f Failure) Blocks() bool { return f.Broken || f.Severity != schema.SeverityWarning }

// shownRows is how many addresses are written out; further ones are counted.
const shownRows = 20

// String says it in a sentence or two, with the rows.
func (f Failure) String() string {
	text := fmt.Sprintf("check %q (%s): %s", f.Check, f.Place, f.Text)
	if f.Broken {
		text = fmt.Sprintf("check %q (%s) cannot be worked out, so it does not pass: %s", f.Check, f.Place, f.Text)
	}
	if len(f.Rows) == 0 {
		return text
	}
	rows, more := f.Rows, ""
	if len(rows) > shownRows {
		rows, more = rows[:shownRows], fmt.Sprintf(" and %d more", len(rows)-shownRows)
	}
	return fmt.Sprintf("%s (%s: %s%s)", text, actions(len(f.Rows)), strings.Join(rows, ", "), more)
}

func actions(n int) string {
	if n == 1 {
		return "1 action"
	}
	return fmt.Sprintf("%d actions", n)
}

// Checks returns every check that does not hold for what a plan does; none
// when all hold, or when it does nothing. The same body and settings give the
// same failures.
func Checks(p *plan.Plan, c *schema.Config) []Failure {
	if len(c.Checks) == 0 || p.Empty() {
		return nil
	}
	whole, actions := planValue(p.Body)
	var found []Failure
	for _, check := range c.Checks {
		t := tried{check: check, plan: p}
		t.try(whole, actions)
		found = append(found, t.found...)
	}
	return found
}

// A tried check gathers its failures, those with the same words in one.
type tried struct {
	check schema.Check
	plan  *plan.Plan
	found []Failure
}

func (t *tried) try(whole cty.Value, actions []cty.Value) {
	trial, err := t.check.Try(whole, len(actions))
	switch {
	case err != nil:
		t.add(Failure{Broken: true, Text: err.Error()}, "")
	case !t.check.PerAction:
		t.one(trial, cty.NilVal, "")
	default:
		for i, a := range actions {
			t.one(trial, a, t.plan.Body.Actions[i].Address)
		}
	}
}

// one holds the check against the whole plan, or against one action.
func (t *tried) one(trial *schema.Trial, action cty.Value, address string) {
	holds, err := trial.Holds(action)
	switch {
	case err != nil:
		t.add(Failure{Broken: true, Text: err.Error()}, address)
	case !holds:
		text, err := trial.Says(action)
		if err != nil {
			text = fmt.Sprintf("it does not hold, and its error_message cannot be worked out: %v", err)
		}
		t.add(Failure{Text: text}, address)
	}
}

// maxWords is how many different messages one check may have; the failures
// beyond are counted with the last of them.
const maxWords = 100

func (t *tried) add(f Failure, address string) {
	i := slices.IndexFunc(t.found, func(o Failure) bool { return o.Text == f.Text && o.Broken == f.Broken })
	if i < 0 && len(t.found) >= maxWords {
		f.Text = "further actions for which it does not hold, each with a message of its own"
		i = slices.IndexFunc(t.found, func(o Failure) bool { return o.Text == f.Text && o.Broken == f.Broken })
	}
	if i < 0 {
		f.Check, f.Severity = t.check.Name, t.check.Severity
		f.Place = fmt.Sprintf("%s:%d", t.check.Source.File, t.check.Source.Start.Line)
		i, t.found = len(t.found), append(t.found, f)
	}
	if address != "" {
		t.found[i].Rows = append(t.found[i].Rows, address)
	}
}

// checked is the check of [Checks] before an apply.
func checked(p *plan.Plan, f Facts) *RefusedError {
	found := slices.DeleteFunc(Checks(p, f.Config), func(f Failure) bool { return !f.Blocks() })
	if len(found) == 0 {
		return nil
	}
	text := "The plan does not pass the checks of the settings; nothing was sent."
	for i, failure := range found {
		if i == shownBreaches {
			text += fmt.Sprintf("\n\n%d more like these.", len(found)-i)
			break
		}
		text += "\n\n" + failure.String()
	}
	refused := refuse(CheckFailed, "%s", text)
	refused.Failures = found
	return refused
}
