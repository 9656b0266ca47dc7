package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"flexform/apply"
	"flexform/dibs"
	"flexform/plan"
	"flexform/statefile"
)

// An outcomeList is one of the lists of an apply's result, and what it means.
type outcomeList struct {
	key     string // for programs
	word    string
	title   string
	advice  string
	ink     ink
	results []apply.ActionResult
	most    int // rows; 0 for all
}

// outcomeLists returns what did not go as planned, the worst first.
func outcomeLists(r apply.Result) []outcomeList {
	return []outcomeList{
		{"unknown", "unknown", "Outcome unknown: money may have moved",
			"The next plan or apply asks the gateway again. Where the gateway cannot tell, find out, then record it with the command.", inkRed, r.Unknown, 0},
		{"declined", "declined", "Declined: nothing was carried out", "A new plan offers them again, as the next attempt.", inkYellow, r.Declined, 0},
		{"not_sent", "not carried out", "Not carried out: no money moved", "A new plan offers them again, as the next attempt.", inkYellow, r.NotSent, 0},
		{"moved", "moved", "Moved: the transaction is no longer where the plan saw it", "Nothing was sent for them. Plan again to see where they stand.", inkYellow, r.Moved, 0},
		{"not_started", "not started", "Not started", "Nothing was tried. Plan again: what is done is not planned a second time.", inkYellow, r.NotStarted, 10},
	}
}

// ResultText writes what became of a plan's actions: what moved in sums, what
// did not go as planned action by action, and the totals of both.
func ResultText(w io.Writer, p *plan.Plan, r apply.Result, s Style) error {
	b := bufio.NewWriter(w)
	title, paint := "Apply complete: ", inkGreen
	if !r.Complete() {
		title, paint = "Apply incomplete: ", inkRed
	}
	fmt.Fprintf(b, "%s%d of %s done in %s\n\n", s.paint(paint, title), len(r.Done), Count(len(p.Body.Actions), "action"), s.paint(modeInk(p.Body.Mode), modeText(p.Body.Mode)))
	writeSums(b, inOrder(r.Sums()), s)
	writePayments(b, r.Done, s)
	if settling := settling(r); settling != nil {
		writeWrapped(b, fmt.Sprintf("Settling: %s. Accepted by the gateway and not final at the acquirer yet; later plans look again.", tallyText(apply.Sums(settling))), "  ", s.Width)
		b.WriteByte('\n')
	}
	if r.Stopped != "" && !r.Complete() { // else it was found out since, and nothing was left undone
		writeHanging(b, s.paint(inkYellow, "Stopped:")+" ", Visible(stoppedText(r)), s.Width)
		b.WriteByte('\n')
	}
	writeFiles(b, r.Files, s)
	for _, l := range outcomeLists(r) {
		l.results = slices.DeleteFunc(slices.Clone(l.results), func(a apply.ActionResult) bool { return a.Waiting }) // said by their file
		l.write(b, p, r.Stopped, s)
	}
	fmt.Fprintf(b, "%s\n", s.paint(inkBold, resultTail(p, r)))
	return b.Flush()
}

// stoppedText says why a run stopped; "" when it did not.
func stoppedText(r apply.Result) string {
	if r.Rule == apply.StopUnknown && !r.AnyUnknown() {
		return r.Stopped + "; that was found out after the stop"
	}
	return r.Stopped
}

func settling(r apply.Result) []apply.ActionResult {
	var list []apply.ActionResult
	for _, a := range r.Done {
		if a.Fate == apply.FateSettling {
			list = append(list, a)
		}
	}
	return list
}

func (l outcomeList) write(b *bufio.Writer, p *plan.Plan, stopped string, s Style) {
	if len(l.results) == 0 {
		return
	}
	fmt.Fprintf(b, "%s (%s)\n\n", s.paint(l.ink, l.title), tallyText(apply.Sums(l.results)))
	writeWrapped(b, l.advice, "  ", s.Width)
	b.WriteByte('\n')
	shown := s.rows(len(l.results))
	if l.most > 0 {
		shown = min(shown, l.most)
	}
	for _, a := range l.results[:shown] {
		if a.Detail == stopped { // said once, above
			a.Detail = ""
		}
		writeOutcome(b, p, a, s)
	}
	if l.key != "unknown" { // whose rows end with an empty line each
		b.WriteByte('\n')
	}
	writeRest(b, len(l.results)-shown, "  ", "row")
}

// writeOutcome writes one action and why it ended as it did.
func writeOutcome(b *bufio.Writer, p *plan.Plan, r apply.ActionResult, s Style) {
	sign, paint := mark(r.Action.Verb)
	label := "  " + s.paint(paint, sign) + " "
	if prefix := modePrefix(p.Body.Mode); prefix != "" {
		label += s.paint(inkAlarm, prefix) + " "
	}
	a := r.Action
	text := fmt.Sprintf("%s: %s", Ident(a.Address), outcomeWhat(a))
	if r.Batch != "" {
		text += ", bulk file " + Ident(r.Batch)
	}
	if why := whyText(r); why != "" {
		text += "; " + why
	}
	writeHanging(b, label, text, s.Width)
	if r.Behind {
		writeWrapped(b, "Not recorded: the ledger holds the intent only, and the next run finds the outcome out.", "      ", s.Width)
	}
	if r.Fate == apply.FateUnknown {
		fmt.Fprintf(b, "\n        %s\n\n", s.resolveCommand(r.ID))
	}
}

// outcomeWhat says what an action was to do.
func outcomeWhat(a plan.Action) string {
	switch a.Verb {
	case statefile.Charge:
		return fmt.Sprintf("charge %s, ticket %s, order %s", chargeWhat(a), Ident(a.Transact), Ident(a.OrderID))
	case statefile.Delete:
		return "delete ticket " + Ident(a.Transact)
	}
	return fmt.Sprintf("%s %s, %s, order %s", verbText(a.Verb), movedText(a), Ident(a.Transact), Ident(a.OrderID))
}

// writePayments lists the payments that charges made, and whether they are
// captured.
func writePayments(b *bufio.Writer, done []apply.ActionResult, s Style) {
	t := &grid{head: []string{"Payment", "Status", "Amount", "Order", "Address"}, right: []bool{2: true}}
	charges := 0
	for _, r := range done {
		if r.Action.Verb != statefile.Charge {
			continue
		}
		if charges++; charges > detailRows {
			continue
		}
		status := "accepted"
		if r.Fate == apply.FateSettled && r.Status != nil {
			status = r.Status.String()
		}
		t.add(Ident(r.Payment), status, movedText(r.Action), Ident(r.Action.OrderID), Ident(r.Action.Address))
	}
	if charges == 0 {
		return
	}
	t.write(b, "  ", s, plain)
	b.WriteByte('\n')
	writeRest(b, charges-len(t.rows), "  ", "payment")
}

// whyText says the code and the reason, without saying a thing twice.
func whyText(r apply.ActionResult) string {
	why := Visible(r.Detail)
	if r.Code == nil || *r.Code == int(dibs.ResultAccepted) {
		return why
	}
	code := codeText(r.Action.Verb, *r.Code)
	switch {
	case why == "":
		return code
	case strings.Contains(why, code):
		return why
	}
	return code + ", " + why
}

// resultTail says the totals again, for the end of what scrolls.
func resultTail(p *plan.Plan, r apply.Result) string {
	var parts []string
	done := fmt.Sprintf("%d done", len(r.Done))
	if text := tallyText(r.Sums()); text != "" {
		done += " (" + text + ")"
	}
	parts = append(parts, done)
	for _, l := range outcomeLists(r) {
		if n := len(l.results); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, l.word))
		}
	}
	return fmt.Sprintf("Apply of plan %s, %s: %s.", ShortDigest(r.Plan), modeWord(p.Body.Mode), strings.Join(parts, ", "))
}
