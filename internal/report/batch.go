package report

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"flexform/apply"
	"flexform/statefile"
)

// stages is what the ledger and the server say of a bulk file, in words.
var stages = map[apply.Stage]struct {
	word string
	ink  ink
}{
	apply.StageNotSent:  {"never released", inkYellow},
	apply.StageWaiting:  {"waiting for the response", inkRed},
	apply.StageAnswered: {"answered", inkGreen},
	apply.StageUnclear:  {"unclear", inkRed},
	apply.StageUnread:   {"not looked at", inkRed},
}

// writeFiles says what became of bulk files.
func writeFiles(b *bufio.Writer, files []apply.BatchFinding, s Style) {
	for _, f := range files {
		stage := stages[f.Stage]
		title := fmt.Sprintf("Bulk file %s, merchant %s: %s", Ident(f.Name), Ident(f.Merchant), stage.word)
		fmt.Fprintf(b, "%s (%s)\n\n", s.paint(stage.ink, title), rowsText(f))
		if f.Stage != apply.StageAnswered {
			writeWrapped(b, Visible(upperFirst(f.Detail))+". "+fileAdvice(f), "  ", s.Width)
			b.WriteByte('\n')
		}
		if f.Open > 0 && f.Stage != apply.StageNotSent {
			fmt.Fprintf(b, "      %s\n\n", s.command("apply --via bulk"))
			if f.Gone || f.Stage == apply.StageUnclear {
				writeWrapped(b, "If it does not come, find out at DIBS what became of the file, and record that for all of its rows at once:", "  ", s.Width)
				fmt.Fprintf(b, "\n      %s\n\n", s.resolveCommand(f.Name))
			}
		}
		shown := s.rows(len(f.Problems))
		for _, problem := range f.Problems[:shown] {
			writeHanging(b, "  "+s.paint(inkYellow, "Look at the response:")+" ", Visible(problem), s.Width)
		}
		writeRest(b, len(f.Problems)-shown, "  ", "line")
		if len(f.Problems) > 0 {
			b.WriteByte('\n')
		}
	}
}

func rowsText(f apply.BatchFinding) string {
	parts := []string{Count(f.Rows(), "row")}
	for _, n := range []struct {
		count int
		what  string
	}{{f.Accepted, "accepted"}, {f.Declined, "declined"}, {f.NotSent, "not sent"}, {f.Unknown, "unknown"}, {f.Open, "without an answer"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	return strings.Join(parts, ", ")
}

// fileAdvice says what to do about a file that is not answered.
func fileAdvice(f apply.BatchFinding) string {
	switch {
	case f.Stage == apply.StageNotSent:
		return "Its rows were taken off the server, and the name is not used again. A new plan offers them as the next attempt."
	case f.Open == 0:
		return ""
	}
	return "Money may have moved, and nothing is sent again. Each apply looks for the response; this one waits for it:"
}

func upperFirst(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func batchText(v statefile.Batch) string {
	return fmt.Sprintf("bulk file %s of merchant %s, %s, %s, of plan %s", Ident(v.Name), Ident(v.Merchant), Count(v.Rows, "row"), Ident(v.Digest), ShortDigest(v.Plan))
}

func releasingText(v statefile.Releasing) string {
	return fmt.Sprintf("bulk file %s: its run file is about to be made, so it may be carried out from here on", Ident(v.Batch))
}

func releasedText(v statefile.Released) string {
	return fmt.Sprintf("bulk file %s: the gateway has it, and is waited for", Ident(v.Batch))
}

// bulkText says what is being done with a bulk file, and how long until the
// next look.
func bulkText(e apply.Event) (string, time.Duration) {
	f := e.Batch
	switch {
	case f.Name == "":
		return "reading " + Count(f.Rows(), "transaction") + " for a bulk file", 0
	case f.Stage == "":
		return fmt.Sprintf("sending bulk file %s with %s", Ident(f.Name), Count(f.Rows(), "row")), 0
	}
	text := fmt.Sprintf("bulk file %s: %s", Ident(f.Name), Visible(f.Detail))
	if e.Wait < time.Second {
		return text, 0
	}
	return text + "; looking again", e.Wait
}

// A FileStatus is a bulk file with rows that have no answer.
type FileStatus struct {
	statefile.BatchUse
	Server string // how the server shows it, in a word
	Err    error  // why it could not be asked
}

// inFile reports whether an action is told of by its bulk file.
func inFile(a statefile.Action) bool { return a.Batch != "" && a.State == statefile.ActionOpen }

func writeFileStatus(b *bufio.Writer, files []FileStatus, s Style) {
	for _, f := range files {
		fmt.Fprintf(b, "%s\n\n", s.paint(inkRed, fmt.Sprintf("Bulk file %s of merchant %s: %d of %s without an answer", Ident(f.Name), Ident(f.Merchant), f.Open, Count(f.Rows, "row"))))
		recorded := "it was never released"
		switch {
		case f.Released > 0:
			recorded = "it was released, so money may have moved"
		case f.Releasing > 0:
			recorded = "it was about to be released, so money may have moved"
		}
		server := "The server shows it as " + Visible(f.Server)
		if f.Err != nil {
			server = "The server could not be asked: " + Visible(f.Err.Error())
		}
		writeWrapped(b, fmt.Sprintf("By the ledger %s. %s. The next apply follows it up, and nothing is sent twice:", recorded, server), "  ", s.Width)
		fmt.Fprintf(b, "\n      %s\n\n", s.command("apply --via bulk"))
	}
}
