package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"flexform/dibs"
	"flexform/schema"
	"flexform/statefile"
)

// HistoryText writes ledger entries, one a line, as they come. The first error
// of entries ends it and is returned.
func HistoryText(w io.Writer, entries iter.Seq2[statefile.Entry, error], s Style) error {
	b := bufio.NewWriter(w)
	n := 0
	for e, err := range entries {
		if err != nil {
			return errors.Join(err, b.Flush()) // what was read so far helps to find the damage
		}
		n++
		writeEntry(b, e, s)
	}
	if n == 0 {
		b.WriteString("The ledger holds nothing about that.\n")
	}
	return b.Flush()
}

// HistoryJSON writes ledger entries as they are, one JSON object a line.
func HistoryJSON(w io.Writer, entries iter.Seq2[statefile.Entry, error]) error {
	b := bufio.NewWriter(w)
	for e, err := range entries {
		if err != nil {
			return errors.Join(err, b.Flush())
		}
		line, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("encode entry %d: %w", e.Seq, err)
		}
		b.Write(inertJSON(line))
		b.WriteByte('\n')
	}
	return b.Flush()
}

func writeEntry(b *bufio.Writer, e statefile.Entry, s Style) {
	word, paint, text := entryText(e)
	line := fmt.Sprintf("%6s  %s  %s  %s", "#"+strconv.FormatUint(e.Seq, 10), Time(e.Time), s.paint(paint, padRight(word, 8)), text)
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// entryText says an entry in one line: a word for its kind, and the rest.
func entryText(e statefile.Entry) (word string, paint ink, text string) {
	switch {
	case e.Created != nil:
		return "created", inkNone, fmt.Sprintf("ledger %s, format %s", Ident(e.Created.Ledger), Ident(e.Created.FormatVersion))
	case e.Begin != nil:
		return "begin", inkBold, beginText(*e.Begin)
	case e.End != nil:
		return "end", inkBold, endText(*e.End)
	case e.Intent != nil:
		return "intent", inkNone, intentText(*e.Intent)
	case e.Outcome != nil:
		return outcomeText(*e.Outcome)
	case e.Observed != nil:
		return "observed", inkNone, observedText(*e.Observed)
	case e.Adopted != nil:
		return "adopted", inkCyan, adoptedText(*e.Adopted)
	case e.Resolved != nil:
		return "resolved", inkCyan, resolvedText(*e.Resolved)
	case e.Called != nil:
		return "called", inkYellow, calledText(*e.Called)
	case e.Answered != nil:
		_, paint := resultWord(e.Answered.Result)
		return "answered", paint, answeredText(*e.Answered)
	case e.Batch != nil:
		return "batch", inkBold, batchText(*e.Batch)
	case e.Releasing != nil:
		return "releases", inkBold, releasingText(*e.Releasing)
	case e.Released != nil:
		return "released", inkBold, releasedText(*e.Released)
	case e.Unlocked != nil:
		return "unlocked", inkYellow, unlockedText(*e.Unlocked)
	case e.Cancelled != nil:
		return "cancels", inkYellow, fmt.Sprintf("plan %s, by %s; recorded by %s", ShortDigest(e.Cancelled.Plan), Visible(e.Cancelled.Signer), actorText(e.Cancelled.Actor))
	}
	return clip(Ident(string(e.Kind)), 8), inkNone, ""
}

func beginText(v statefile.Begin) string {
	text := fmt.Sprintf("apply of plan %s in %s, %s, by %s, flexform %s", ShortDigest(v.Plan), modeText(schema.Mode(v.Mode)),
		Count(v.Actions, "action"), actorText(v.Actor), Ident(v.Version))
	if v.Commit != "" {
		text += ", commit " + Ident(v.Commit)
	}
	if v.Author != "" {
		text += " of " + Visible(v.Author)
	}
	if v.Approvers != "" {
		text += ", approved by " + Visible(v.Approvers)
	}
	if v.BreakGlass != "" {
		text += ", BREAK-GLASS by " + Visible(v.BrokenBy) + ": " + Visible(v.BreakGlass)
	}
	return text
}

func actorText(a statefile.Actor) string {
	return fmt.Sprintf("%s@%s (pid %d)", Ident(a.User), Ident(a.Host), a.PID)
}

func endText(v statefile.End) string {
	parts := []string{"plan " + ShortDigest(v.Plan)}
	for _, n := range []struct {
		count int
		what  string
	}{{v.Accepted, "accepted"}, {v.Declined, "declined"}, {v.NotSent, "not sent"}, {v.Unknown, "unknown"}, {v.Moved, "moved"}, {v.NotStarted, "not started"}} {
		if n.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n.count, n.what))
		}
	}
	return strings.Join(parts, ", ")
}

func intentText(v statefile.Intent) string {
	sign, _ := mark(v.Verb)
	text := sign + " " + verbText(v.Verb)
	if hasAmount(v.Verb) {
		text += " " + amountText(v.ToMinor-v.FromMinor, v.Currency)
	}
	if v.Capture {
		text += ", captured at once"
	}
	if raises(v.Verb) {
		text += fmt.Sprintf(" (%s -> %s)", decimalText(v.FromMinor, v.Currency), decimalText(v.ToMinor, v.Currency))
	}
	text += fmt.Sprintf("  %s  %s", Ident(v.Address), Ident(v.Transact))
	if v.OrderID != "" {
		text += ", order " + Ident(v.OrderID)
	}
	if v.Attempt > 1 {
		text += fmt.Sprintf(", attempt %d", v.Attempt)
	}
	if v.Batch != "" {
		text += ", in batch " + Ident(v.Batch)
	}
	if v.Reason != "" {
		text += "  " + Visible(v.Reason)
	}
	return text
}

func outcomeText(v statefile.Outcome) (word string, paint ink, text string) {
	word, paint = resultWord(v.Result)
	text = ActionText(v.Action)
	if v.Payment != "" {
		text += " as payment " + Ident(v.Payment)
	}
	var why []string
	if v.Code != nil && *v.Code != int(dibs.ResultAccepted) {
		why = append(why, codeText(verbOf(v.Action), *v.Code))
	}
	if v.Message != "" {
		why = append(why, Visible(v.Message))
	}
	if why != nil {
		text += ": " + strings.Join(why, ", ")
	}
	return word, paint, text
}

// verbOf is the verb in an action's id, or "".
func verbOf(id string) statefile.Verb {
	if t, ok := ticketID(id); ok {
		return t.verb
	}
	if parts := strings.Split(id, "/"); len(parts) == 5 {
		return statefile.Verb(parts[2])
	}
	return ""
}

func resultWord(r statefile.Result) (string, ink) {
	switch r {
	case statefile.Accepted:
		return "accepted", inkGreen
	case statefile.Declined:
		return "declined", inkYellow
	case statefile.NotSent:
		return "not sent", inkYellow
	case statefile.Unknown:
		return "unknown", inkRed
	}
	return unknownWord, inkRed
}

func observedText(v statefile.Observed) string {
	text := fmt.Sprintf("%s is %s", Ident(v.Transact), dibs.Status(v.Status))
	if v.Payment != "" {
		text = fmt.Sprintf("payment %s is %s", Ident(v.Payment), dibs.Status(v.Status))
	}
	if v.Action != "" {
		text += "; " + ActionText(v.Action) + " " + verdictText(v.Verdict)
	}
	return text
}

func verdictText(v statefile.Verdict) string {
	switch v {
	case statefile.VerdictDone:
		return "did happen"
	case statefile.VerdictNotDone:
		return "did not happen"
	case statefile.VerdictSettled:
		return "is final"
	case statefile.VerdictReversed:
		return "was declined later"
	}
	return "is not decided by that"
}

func adoptedText(v statefile.Adopted) string {
	order := ""
	if v.OrderID != "" {
		order = ", order " + Ident(v.OrderID)
	}
	return fmt.Sprintf("%s  %s%s: %s; status then %s; evidence: %s; by %s", Ident(v.Address), Ident(v.Transact), order,
		AdoptedTotals(v), dibs.Status(v.Status), Visible(v.Evidence), actorText(v.Actor))
}

// AdoptedTotals says what a person stated: "captured 200.00 DKK, refunded
// 50.00 DKK".
func AdoptedTotals(v statefile.Adopted) string {
	switch {
	case v.Payment != "":
		return fmt.Sprintf("charged %s as payment %s", amountText(v.AmountMinor, v.Currency), Ident(v.Payment))
	case v.Currency == "" && v.Deleted:
		return "deleted"
	case v.Currency == "":
		return "not deleted"
	case v.Cancelled:
		return "cancelled"
	}
	return fmt.Sprintf("captured %s, refunded %s", amountText(v.CapturedMinor, v.Currency), amountText(v.RefundedMinor, v.Currency))
}

func resolvedText(v statefile.Resolved) string {
	what := "did not happen"
	if v.Done {
		what = "did happen"
	}
	if v.Payment != "" {
		what += " as payment " + Ident(v.Payment)
	}
	return fmt.Sprintf("%s %s; evidence: %s; by %s", ActionText(v.Action), what, Visible(v.Evidence), actorText(v.Actor))
}

// ActionText says an action's id, see [statefile.ActionID], in words: "refund
// 50.00 -> 80.00 DKK of 11111111, attempt 2". What is no such id is shown as
// it is.
func ActionText(id string) string {
	if t, ok := ticketID(id); ok {
		return t.text()
	}
	step, attempt, _ := strings.Cut(id, "#")
	parts := strings.Split(step, "/")
	if len(parts) != 5 {
		return Ident(id)
	}
	verb, currency := statefile.Verb(parts[2]), parts[4]
	from, to, _ := strings.Cut(parts[3], "-")
	fromMinor, err1 := strconv.ParseInt(from, 10, 64)
	toMinor, err2 := strconv.ParseInt(to, 10, 64)
	if _, ok := total(toMinor, currency); !ok || !verb.Valid() || verb.OfTicket() || err1 != nil || err2 != nil {
		return Ident(id)
	}
	text := fmt.Sprintf("%s %s -> %s of %s", verb, decimalText(fromMinor, currency), amountText(toMinor, currency), Ident(parts[1]))
	if !raises(verb) {
		text = fmt.Sprintf("%s of %s (%s)", verb, Ident(parts[1]), amountText(toMinor, currency))
	}
	if attempt != "1" {
		text += ", attempt " + Ident(attempt)
	}
	return text
}
