package report

import (
	"bufio"
	"fmt"
	"html/template"
	"io"
	"strings"

	"flexform/plan"
	"flexform/statefile"
)

// MovesHTMLBegin is how every page of [MovesHTML] begins, whatever is in it.
const MovesHTMLBegin = "<!doctype html>\n<html lang=\"en\" data-flexform=\"history\">\n"

// MovesHTML writes moves as one page in the form of [PlanHTML], with its guard
// (hazards R69): grouped by the apply that made them.
func MovesHTML(w io.Writer, h Moves) error {
	b := bufio.NewWriterSize(w, 1<<16)
	if err := sheet().history.Execute(b, newMovesPage(h)); err != nil {
		return fmt.Errorf("write history as HTML: %w", err)
	}
	return b.Flush()
}

// A movesPage is what the template shows; its texts are escaped as those of a
// [planPage].
type movesPage struct {
	Guard                                     string
	Style                                     template.CSS
	Script                                    template.JS
	Title, Subtitle, Mode, ModeWord, ModeText string
	Sums                                      []pageSum
	Facts                                     []pageFact
	Groups                                    []movesGroup
	Tail                                      string
}

type movesGroup struct {
	Title string
	Lines []string
	Rows  []movesRow
}

type movesRow struct {
	Mode, Verb, Class, Amount, State, StateClass, Order, Transact, Sent, Call, Answer, Reply, Reason, Address string
	Later                                                                                                     []string
}

func newMovesPage(h Moves) movesPage {
	s, mode := sheet(), h.ledgerMode()
	page := movesPage{
		Guard: s.guard, Style: template.CSS(s.style), Script: template.JS(s.script),
		Title: Count(len(h.Chosen), "move") + " of money", Subtitle: "History of " + Visible(h.Path),
		Mode: modeClass(mode), ModeWord: modeWord(mode), ModeText: strings.TrimPrefix(modeText(mode), modeWord(mode)+" "),
	}
	done, unknown := doneSums(h.Chosen)
	page.Sums = pageSums(done)
	page.Facts = h.facts(unknown)
	page.Groups = h.groups()
	page.Tail = h.headLine()
	return page
}

func (h Moves) facts(unknown []plan.Sum) []pageFact {
	facts := []pageFact{
		{"Ledger", "", []string{Ident(h.History.State.Ledger())}},
		{"Shown up to", "", []string{h.headLine()}},
	}
	if h.Filter != nil {
		facts = append(facts, pageFact{"Only", "wait", h.Filter})
	}
	states := map[string]int{}
	var order []string
	for _, m := range h.Chosen {
		word, _ := moveState(m)
		if states[word]++; states[word] == 1 {
			order = append(order, word)
		}
	}
	var parts []string
	for _, word := range order {
		parts = append(parts, fmt.Sprintf("%d %s", states[word], word))
	}
	if parts != nil {
		facts = append(facts, pageFact{"State", "", []string{strings.Join(parts, ", ")}})
	}
	if len(unknown) > 0 {
		facts = append(facts, pageFact{"Not known", "bad", []string{sumsText(unknown)}})
	}
	return facts
}

// headLine names the last entry that was read.
func (h Moves) headLine() string {
	if h.History.Head.Seq == 0 {
		return "the ledger has no entry"
	}
	return fmt.Sprintf("entry %s, %s", placeOf(h.History.Head), Ident(h.History.Head.Hash))
}

// groups puts moves that follow each other in one apply together.
func (h Moves) groups() []movesGroup {
	var groups []movesGroup
	last := int64(-1)
	mode := modePrefix(h.ledgerMode())
	for _, m := range h.Chosen {
		begin := int64(0)
		if m.Begin != nil {
			begin = int64(m.Begin.Seq)
		}
		if begin != last {
			groups = append(groups, newMovesGroup(m))
			last = begin
		}
		g := &groups[len(groups)-1]
		g.Rows = append(g.Rows, newMovesRow(m, mode))
	}
	return groups
}

func newMovesGroup(m statefile.Move) movesGroup {
	if m.Begin == nil {
		return movesGroup{Title: "Outside a plan"}
	}
	g := movesGroup{Title: fmt.Sprintf("Plan %s, %s", ShortDigest(m.Begin.Begin.Plan), placeOf(*m.Begin))}
	g.Lines = append(g.Lines, "applied by "+actorText(m.Begin.Begin.Actor)+", flexform "+Ident(m.Begin.Begin.Version))
	if commit := commitLine(m); commit != "" {
		g.Lines = append(g.Lines, "commit "+commit)
	}
	g.Lines = append(g.Lines, "approved by "+approvedLine(m))
	return g
}

func newMovesRow(m statefile.Move, mode string) movesRow {
	f := fieldsOf(m)
	state, paint := moveState(m)
	r := movesRow{
		Mode: mode, Verb: moveWord(m), Class: "unknown", State: state, StateClass: inkClass(paint), Order: Ident(f.order), Transact: Ident(f.transact),
		Sent: placeOf(m.Entry), Call: Visible(f.call), Answer: answerLine(m), Reply: replyOf(m), Reason: Visible(f.reason), Address: Ident(f.address),
	}
	if f.amount != "" {
		r.Amount = f.amount + " " + currencyText(f.currency)
	}
	if i := m.Entry.Intent; i != nil {
		r.Class = verbClass(i.Verb)
		if i.Batch != "" {
			r.Call += ", in batch " + Ident(i.Batch)
		}
	}
	if m.Answer != nil {
		r.Answer = placeOf(*m.Answer) + " " + r.Answer
	}
	for _, e := range m.Later {
		r.Later = append(r.Later, placeOf(e)+" "+laterLine(e))
	}
	return r
}
