package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"flexform/apply"
	"flexform/plan"
	"flexform/statefile"
)

// Settled writes what became of the actions that earlier runs left open, or
// nothing when they left none. What went as expected is counted: an accepted
// action that became final, or still waits to.
func Settled(w io.Writer, settled apply.Settled, s Style) error {
	var final int
	var decided []apply.Finding
	for _, f := range settled.Decided {
		if f.Action.State == statefile.ActionAccepted && f.Judgement == plan.Settled {
			final++
		} else {
			decided = append(decided, f)
		}
	}
	b := bufio.NewWriter(w)
	if len(settled.Files) > 0 {
		fmt.Fprintf(b, "Earlier runs left %s without an answer.\n\n", Count(len(settled.Files), "bulk file"))
		writeFiles(b, settled.Files, s)
	}
	if final > 0 {
		fmt.Fprintf(b, "Earlier runs: %s.\n\n", isOrAre(final, "accepted action", "final now"))
	}
	if n := len(settled.Settling); n > 0 {
		fmt.Fprintf(b, "Earlier runs: %s.\n\n", isOrAre(n, "accepted action", "still settling"))
	}
	unknown := slices.DeleteFunc(slices.Clone(settled.Unknown), func(f apply.Finding) bool { return inFile(f.Action) })
	if n := len(decided) + len(unknown); n > 0 {
		fmt.Fprintf(b, "%s: %d decided now, %d still unknown\n\n", s.paint(inkBold, "Earlier runs left "+Count(n, "action")+" without a certain end"), len(decided), len(unknown))
	}
	writeFindings(b, s.paint(inkGreen, "Decided"), decided, s)
	writeFindings(b, s.paint(inkRed, "Unknown: money may have moved"), unknown, s)
	return b.Flush()
}

func writeFindings(b *bufio.Writer, title string, findings []apply.Finding, s Style) {
	if len(findings) == 0 {
		return
	}
	fmt.Fprintf(b, "  %s\n\n", title)
	shown := s.rows(len(findings))
	for _, f := range findings[:shown] {
		writeFinding(b, f, s)
	}
	b.WriteByte('\n')
	writeRest(b, len(findings)-shown, "    ", "action")
}

func writeFinding(b *bufio.Writer, f apply.Finding, s Style) {
	sign, paint := mark(f.Action.Verb)
	writeHanging(b, "    "+s.paint(paint, sign)+" ", fmt.Sprintf("%s: %s; %s", Ident(f.Action.Address), ActionText(f.Action.ID), Visible(f.Detail)), s.Width)
	if f.Action.State.Undecided() && !f.Decided() {
		fmt.Fprintf(b, "\n          %s\n", s.resolveCommand(f.Action.ID))
	}
}
