package cli

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/policy"
)

// judged fills in what limits, checks, approvals and the ledger's past make of a
// plan.
func judged(o *report.PlanOptions, p *plan.Plan, f policy.Facts) {
	o.Policy, o.Warnings = verdict(p, f)
	if last, ok := f.State.LastApply(); ok && last.Settings != "" && last.Settings != p.Body.SettingsDigest {
		o.Settings = fmt.Sprintf("changed since the last apply, of plan %s at %s: %s then, %s now",
			report.ShortDigest(last.Plan), report.Time(last.At), report.ShortDigest(last.Settings), report.ShortDigest(p.Body.SettingsDigest))
	}
	o.Glass = glassLines(f.State, f.Now)
}

// glassTime is how long an apply that passed approvals by is told of in the
// head of every plan and by status.
const glassTime = 30 * 24 * time.Hour

// glassLines are the applies of the last days that passed approvals by.
func glassLines(state policy.Ledger, now time.Time) []string {
	var lines []string
	for _, b := range state.BrokenGlass(now.Add(-glassTime)) {
		lines = append(lines, fmt.Sprintf("plan %s was applied past its approvals at %s, by %s: %s", report.ShortDigest(b.Plan), report.Time(b.At), b.BrokenBy, b.BreakGlass))
	}
	return lines
}

// verdict says what limits, checks and approvals make of a plan, and what the
// checks warn of.
func verdict(p *plan.Plan, f policy.Facts) (v report.Verdict, warnings []string) {
	breaches := policy.Limits(p, f)
	v = report.Verdict{Allowed: len(breaches) == 0, Text: "within the limits"}
	if len(f.Config.Limits) == 0 {
		v.Text = "no limits or approvals are configured"
	}
	if len(f.Config.Checks) > 0 && len(f.Config.Limits) == 0 {
		v.Text = "no limits are configured"
	}
	failed, warnings := checkLines(p, f)
	if len(f.Config.Checks) > 0 {
		v.Text += ", " + checksText(len(f.Config.Checks), len(warnings))
	}
	within := v.Text
	if f.Config.Approvals.Required() && !p.Empty() {
		v = approvalVerdict(p, f, v.Allowed && len(failed) == 0)
		if v.Allowed && len(f.Config.Limits)+len(f.Config.Checks) > 0 {
			v.Text = within + ", " + v.Text
		}
	}
	if len(failed) > 0 {
		v.Allowed, v.Text = false, "a check of the settings does not hold, so it cannot be applied"
	}
	if len(breaches) > 0 {
		v.Allowed, v.Text = false, "more than the limits allow, so it cannot be applied"
	}
	if use := f.State.PlanUse(p.Digest); use.Started > 0 {
		v.Allowed, v.Text = false, fmt.Sprintf("applied already, from %s on", report.Time(use.At))
		return v, warnings
	}
	v.Breaches = append(v.Breaches, failed...)
	// What is about the whole plan stands even where the list is cut.
	slices.SortStableFunc(breaches, func(a, b policy.Breach) int { return cmp.Compare(min(len(a.Address), 1), min(len(b.Address), 1)) })
	v.Kinds = append(slices.Clone(v.Breaches), policy.ByKind(breaches)...)
	for _, b := range breaches {
		v.Breaches = append(v.Breaches, b.String())
	}
	return v, warnings
}

// checkLines are the checks that do not hold: those that keep the plan from
// being applied, and those that warn.
func checkLines(p *plan.Plan, f policy.Facts) (failed, warnings []string) {
	for _, failure := range policy.Checks(p, f.Config) {
		if failure.Blocks() {
			failed = append(failed, failure.String())
		} else {
			warnings = append(warnings, failure.String())
		}
	}
	return failed, warnings
}

// warn tells people of warnings where stdout is for programs.
func (a *app) warn(warnings []string) {
	for _, text := range warnings {
		fmt.Fprintf(a.env.Stderr, "Warning: %s\n", report.Visible(text))
	}
}

// checksText counts the checks of a plan that may be applied.
func checksText(all, warnings int) string {
	if warnings == 0 {
		return report.Count(all, "check") + " passed"
	}
	return fmt.Sprintf("%s, %s", report.Count(all, "check"), report.Count(warnings, "warning"))
}
