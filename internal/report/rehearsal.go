package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"flexform/apply"
	"flexform/plan"
	"flexform/statefile"
)

// A Rehearsal is what became of a plan on stages of its own.
type Rehearsal struct {
	Plan *plan.Plan
	Seed uint64
	Runs []RehearsalRun // the first is the one without a mishap
}

// A RehearsalRun is one run of the whole plan.
type RehearsalRun struct {
	Title    string // what goes wrong
	Fault    string // the same for the sandbox's --faults; empty when nothing does
	Result   apply.Result
	ExitCode int // of that apply
	End      []RehearsalEnd
	Wrong    []string // where the ledger and the gateway contradict each other in the end
}

// A RehearsalEnd is what the ledger says of an action once the next apply has
// looked. The zero State: it was never begun.
type RehearsalEnd struct {
	Before apply.ActionResult // at the end of the first apply
	State  statefile.ActionState
}

// Passed reports whether the plan can be carried out as it stands, and no run
// ended with a record that is not true.
func (r Rehearsal) Passed() bool {
	return len(r.Runs) > 0 && r.Runs[0].Result.Complete() && !slices.ContainsFunc(r.Runs, func(run RehearsalRun) bool { return len(run.Wrong) > 0 })
}

// rehearsalCaveat is what a rehearsal is worth.
const rehearsalCaveat = "A rehearsal shows what flexform does with the answers it gets. It does not know what the real gateway will answer."

// RehearsalText writes what each run came to.
func RehearsalText(w io.Writer, r Rehearsal, s Style) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s%s of a plan for %s\n\n", s.paint(inkBold, "Rehearsal: "), Count(len(r.Plan.Body.Actions), "action"), s.paint(modeInk(r.Plan.Body.Mode), modeText(r.Plan.Body.Mode)))
	facts := []fact{
		{label: "Plan", lines: []string{ShortDigest(r.Plan.Digest)}},
		{label: "Runs", lines: []string{fmt.Sprintf("%d, mishaps drawn with --seed %d", len(r.Runs), r.Seed)}},
		{label: "Gateway", lines: []string{"in memory; nothing was sent to the real one, and nothing was written"}},
	}
	writeFacts(b, facts, "  ", s)
	for i, run := range r.Runs {
		run.write(b, i+1, s)
	}
	verdict, paint := "The plan can be carried out as it stands, and in every run the record is true: nothing was done twice, and nothing that was done is taken for undone.", inkGreen
	switch {
	case len(r.Runs) > 0 && !r.Runs[0].Result.Complete():
		verdict, paint = "The plan cannot be carried out as it stands, even when nothing goes wrong.", inkRed
	case !r.Passed():
		verdict, paint = "The record of a run is not true. This is a mistake in flexform: do not apply the plan, and report it.", inkRed
	}
	writeWrapped(b, s.paint(paint, verdict), "", s.Width)
	writeWrapped(b, rehearsalCaveat, "", s.Width)
	return b.Flush()
}

func (run RehearsalRun) write(b *bufio.Writer, n int, s Style) {
	writeHanging(b, s.paint(inkBold, fmt.Sprintf("%2d.", n))+" ", Visible(run.Title), s.Width)
	writeFacts(b, slices.DeleteFunc([]fact{
		{label: "apply", lines: []string{fmt.Sprintf("%s; exit %d", run.counts(), run.ExitCode)}},
		{label: "stopped", lines: nonEmpty(Visible(stoppedText(run.Result)))},
		{label: "next apply", lines: run.foundOut()},
		{label: "a person", lines: apart(run.duties())},
		{label: "WRONG", lines: escaped(run.Wrong), ink: inkRed},
	}, func(f fact) bool { return len(f.lines) == 0 }), "    ", s)
}

// apart puts commands on lines of their own, to be copied.
func apart(duties []string) []string {
	var lines []string
	for _, duty := range duties {
		text, command, found := strings.Cut(duty, ": flexform ")
		lines = append(lines, text)
		if found {
			lines[len(lines)-1] += ":"
			lines = append(lines, "  flexform "+command)
		}
	}
	return lines
}

func escaped(texts []string) []string {
	var lines []string
	for _, text := range texts {
		lines = append(lines, Visible(text))
	}
	return lines
}

// counts says how many actions ended how, at the end of the first apply.
func (run RehearsalRun) counts() string {
	parts := []string{fmt.Sprintf("%d accepted", len(run.Result.Done))}
	if len(run.Result.Done) > 0 {
		parts[0] += " (" + tallyText(run.Result.Sums()) + ")"
	}
	for _, l := range outcomeLists(run.Result) {
		if len(l.results) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", len(l.results), l.word))
		}
	}
	return strings.Join(parts, ", ")
}

// shownEnds is how many actions of a run are named; further ones are counted.
const shownEnds = 5

// foundOut says what the next apply learned by itself.
func (run RehearsalRun) foundOut() []string {
	var lines []string
	for _, e := range run.End {
		if word := e.learned(); word != "" {
			lines = append(lines, fmt.Sprintf("finds out by itself that the %s of %s %s", e.Before.Action.Verb, Ident(e.Before.Action.Address), word))
		}
	}
	return firstLines(lines)
}

// learned is what changed since the first apply, in words; "" for nothing.
func (e RehearsalEnd) learned() string {
	switch fate := e.Before.Fate; {
	case fate != apply.FateUnknown && e.State == statefile.ActionReversed && fate != apply.FateReversed:
		return "was refused by the acquirer"
	case fate != apply.FateUnknown || e.State.Undecided():
		return ""
	case e.State.Failed():
		return "did not happen"
	}
	return "happened"
}

// duties are what is left to a person in the end.
func (run RehearsalRun) duties() []string {
	var lines []string
	again := 0
	for _, e := range run.End {
		what := fmt.Sprintf("the %s of %s", e.Before.Action.Verb, Ident(e.Before.Action.Address))
		switch {
		case e.State.Undecided():
			lines = append(lines, "finds out at DIBS whether "+what+" happened, and records it: flexform resolve "+ShellWord(Ident(e.Before.ID))+` --outcome "done|not-done" --evidence "…"`)
		case e.Before.Fate == apply.FateMoved:
			lines = append(lines, "finds out who changed the transaction of "+what+", and plans again")
		case e.State.Failed() && e.State != statefile.ActionNotDone:
			lines = append(lines, "finds out why "+what+" was refused; a new plan offers it again")
		case e.State == statefile.ActionNotDone, e.State == 0:
			again++
		}
	}
	lines = firstLines(lines)
	if again > 0 {
		lines = append(lines, fmt.Sprintf("plans again: the new plan has the %s that did not happen", Count(again, "action")))
	}
	return lines
}

func firstLines(lines []string) []string {
	if len(lines) > shownEnds {
		return append(lines[:shownEnds:shownEnds], fmt.Sprintf("%d more like these", len(lines)-shownEnds))
	}
	return lines
}

type jsonRehearsal struct {
	FormatVersion string             `json:"format_version"`
	Plan          string             `json:"plan"`
	Mode          string             `json:"mode"`
	Seed          uint64             `json:"seed"`
	Passed        bool               `json:"passed"`
	Runs          []jsonRehearsalRun `json:"runs"`
}

type jsonRehearsalRun struct {
	Title      string         `json:"title"`
	Fault      string         `json:"fault,omitempty"`
	ExitCode   int            `json:"exit_code"`
	Stopped    string         `json:"stopped,omitempty"`
	Counts     map[string]int `json:"counts"`
	NextApply  []string       `json:"next_apply"`
	Person     []string       `json:"person"`
	Contradict []string       `json:"contradictions"`
}

// RehearsalJSON writes the same for programs.
func RehearsalJSON(w io.Writer, r Rehearsal) error {
	doc := jsonRehearsal{FormatVersion: formatVersion, Plan: r.Plan.Digest, Mode: string(r.Plan.Body.Mode), Seed: r.Seed, Passed: r.Passed(), Runs: []jsonRehearsalRun{}}
	for _, run := range r.Runs {
		counts := map[string]int{}
		for _, l := range resultLists(run.Result) {
			counts[l.key] = len(l.results)
		}
		doc.Runs = append(doc.Runs, jsonRehearsalRun{
			Title: run.Title, Fault: run.Fault, ExitCode: run.ExitCode, Stopped: run.Result.Stopped, Counts: counts,
			NextApply: orNone(run.foundOut()), Person: orNone(run.duties()), Contradict: orNone(run.Wrong),
		})
	}
	return writeJSON(w, doc)
}

func orNone(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
