package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"flexform/dibs"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
)

// Moves are what moved money, or may have, with where it is recorded: what
// [MovesText], [MovesJSON], [MovesCSV] and [MovesHTML] write.
type Moves struct {
	Path    string // of the ledger
	History *statefile.History
	Chosen  []statefile.Move // those of History that were asked for, in order
	Filter  []string         // what was asked for, a phrase each; nil for everything
}

const (
	byHandWord  = "by hand"
	adoptedWord = "adopted"
)

// moveWord is the kind of a move: an action of a plan has its verb.
func moveWord(m statefile.Move) string {
	switch {
	case m.Entry.Intent != nil:
		return verbText(m.Entry.Intent.Verb)
	case m.Entry.Called != nil:
		return byHandWord
	}
	return adoptedWord
}

// moveState says how a move stands.
func moveState(m statefile.Move) (string, ink) {
	switch {
	case m.Action != nil:
		return actionState(m.Action.State)
	case m.Entry.Called != nil && m.Answer == nil:
		return "no answer", inkRed
	case m.Entry.Called != nil:
		return resultWord(m.Answer.Answered.Result)
	}
	return "stated", inkCyan
}

func actionState(s statefile.ActionState) (string, ink) {
	switch {
	case s.Undecided():
		return s.String(), inkRed
	case s.Failed():
		return s.String(), inkYellow
	}
	return s.String(), inkGreen
}

// A moveFields is what a move holds for people, as the ledger has it: not yet
// escaped, but for what this package's words say.
type moveFields struct {
	merchant, transact, order, address, reason string
	amount, currency, from, to, authorised     string // decimals; "" where there is none
	call                                       string // what was sent, or is stated
}

func fieldsOf(m statefile.Move) moveFields {
	switch {
	case m.Entry.Intent != nil:
		i := m.Entry.Intent
		f := moveFields{merchant: i.Merchant, transact: i.Transact, order: i.OrderID, address: i.Address, reason: i.Reason, currency: i.Currency, call: i.Action}
		if hasAmount(i.Verb) {
			f.amount, f.from, f.to, f.authorised = decimalText(i.ToMinor-i.FromMinor, i.Currency), decimalText(i.FromMinor, i.Currency), decimalText(i.ToMinor, i.Currency), decimalText(i.AmountMinor, i.Currency)
		}
		return f
	case m.Entry.Called != nil:
		c := m.Entry.Called
		return moveFields{merchant: c.Merchant, transact: c.Transact, call: c.Service + " " + c.Parameters}
	case m.Entry.Adopted != nil:
		d := m.Entry.Adopted
		return moveFields{merchant: d.Merchant, transact: d.Transact, order: d.OrderID, address: d.Address, reason: d.Evidence, currency: d.Currency, call: AdoptedTotals(*d)}
	}
	return moveFields{}
}

// actorOf is who did it.
func actorOf(m statefile.Move) (statefile.Actor, bool) {
	switch {
	case m.Begin != nil:
		return m.Begin.Begin.Actor, true
	case m.Entry.Called != nil:
		return m.Entry.Called.Actor, true
	case m.Entry.Adopted != nil:
		return m.Entry.Adopted.Actor, true
	}
	return statefile.Actor{}, false
}

// An answer is what came back at once.
type moveAnswer struct {
	result         statefile.Result
	code           *int
	message, reply string
	payment        string
}

func answerOf(m statefile.Move) (moveAnswer, bool) {
	switch {
	case m.Answer == nil:
		return moveAnswer{}, false
	case m.Answer.Outcome != nil:
		o := m.Answer.Outcome
		return moveAnswer{o.Result, o.Code, o.Message, o.Reply, o.Payment}, true
	}
	d := m.Answer.Answered
	return moveAnswer{result: d.Result, message: d.Message, reply: d.Reply}, true
}

// answerLine says the answer in one line, without its entry.
func answerLine(m statefile.Move) string {
	a, ok := answerOf(m)
	if !ok {
		if m.Entry.Adopted != nil {
			return ""
		}
		return "none was recorded"
	}
	word, _ := resultWord(a.result)
	parts := []string{word}
	if a.payment != "" {
		parts[0] += " as payment " + Ident(a.payment)
	}
	if a.code != nil && *a.code != int(dibs.ResultAccepted) && m.Entry.Intent != nil {
		parts = append(parts, codeText(m.Entry.Intent.Verb, *a.code))
	}
	if a.message != "" {
		parts = append(parts, Visible(a.message))
	}
	return strings.Join(parts, ", ")
}

// replyOf is the answer as it came, masked by the ledger and safe to show.
func replyOf(m statefile.Move) string {
	a, _ := answerOf(m)
	return Visible(a.reply)
}

// laterLine says in one line what an entry decided after the answer.
func laterLine(e statefile.Entry) string {
	switch {
	case e.Observed != nil:
		what := "status"
		if e.Observed.Payment != "" {
			what = "status of payment " + Ident(e.Observed.Payment)
		}
		return fmt.Sprintf("%s: %s %s", verdictText(e.Observed.Verdict), what, dibs.Status(e.Observed.Status))
	case e.Resolved != nil:
		text := "did not happen"
		if e.Resolved.Done {
			text = "did happen"
		}
		return fmt.Sprintf("%s: %s, by %s", text, Visible(e.Resolved.Evidence), actorText(e.Resolved.Actor))
	}
	return ""
}

// placeOf names an entry and its time.
func placeOf(e statefile.Entry) string {
	return "#" + strconv.FormatUint(e.Seq, 10) + " " + Time(e.Time)
}

// whoLine says under which plan and by whom, of an action; or by whom alone.
func whoLine(m statefile.Move) string {
	actor, known := actorOf(m)
	if m.Begin == nil {
		if !known {
			return ""
		}
		return "outside a plan, by " + actorText(actor)
	}
	b := m.Begin.Begin
	return fmt.Sprintf("%s, applied by %s with flexform %s (#%d)", ShortDigest(b.Plan), actorText(actor), Ident(b.Version), m.Begin.Seq)
}

// commitLine says what the plan was made from; "" when that was in no
// repository.
func commitLine(m statefile.Move) string {
	if m.Begin == nil || m.Begin.Begin.Commit == "" {
		return ""
	}
	text := Ident(m.Begin.Begin.Commit)
	if m.Begin.Begin.Author != "" {
		text += " of " + Visible(m.Begin.Begin.Author)
	}
	return text
}

func approvedLine(m statefile.Move) string {
	switch {
	case m.Begin == nil:
		return ""
	case Approvers(*m.Begin.Begin) == "":
		return "nobody: the plan needed none"
	}
	return Visible(Approvers(*m.Begin.Begin))
}

// Approvers are those who signed for a plan, and who had it pass without enough
// of them.
func Approvers(b statefile.Begin) string {
	if b.BreakGlass == "" {
		return b.Approvers
	}
	return strings.TrimPrefix(b.Approvers+"; BREAK-GLASS by ", "; ") + b.BrokenBy + ": " + b.BreakGlass
}

// doneSums are the totals of the actions that were taken by the gateway, and of
// those of which nobody knows.
func doneSums(moves []statefile.Move) (done, unknown []plan.Sum) {
	type key struct {
		currency string
		verb     statefile.Verb
	}
	sums := [2]map[key]*plan.Sum{{}, {}}
	for _, m := range moves {
		if m.Action == nil || !hasAmount(m.Entry.Intent.Verb) {
			continue
		}
		which := 0
		switch {
		case m.Action.State.Undecided():
			which = 1
		case m.Action.State.Failed():
			continue
		}
		i := m.Entry.Intent
		s := sums[which][key{i.Currency, i.Verb}]
		if s == nil {
			s = &plan.Sum{Currency: i.Currency, Verb: i.Verb}
			sums[which][key{i.Currency, i.Verb}] = s
		}
		s.Count++
		s.Minor += i.ToMinor - i.FromMinor
		s.LargestMinor = max(s.LargestMinor, i.ToMinor-i.FromMinor)
	}
	sorted := func(m map[key]*plan.Sum) (list []plan.Sum) {
		for _, s := range m {
			list = append(list, *s)
		}
		slices.SortFunc(list, func(a, b plan.Sum) int {
			return cmp.Or(cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Verb, b.Verb))
		})
		return list
	}
	return sorted(sums[0]), sorted(sums[1])
}

// sumsText says sums in words: "2 refunds, 130.00 DKK; 1 capture, 5.00 EUR".
func sumsText(sums []plan.Sum) string {
	var parts []string
	for _, s := range sums {
		parts = append(parts, Count(s.Count, verbText(s.Verb))+", "+amountText(s.Minor, s.Currency))
	}
	return strings.Join(parts, "; ")
}

// ledgerMode is the mode of all that a ledger records; "" before the first plan.
func (h Moves) ledgerMode() schema.Mode { return schema.Mode(h.History.State.Mode()) }
