package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"flexform/statefile"
)

// MovesText writes each move with all that the ledger holds about it.
func MovesText(w io.Writer, h Moves, s Style) error {
	b := bufio.NewWriter(w)
	if len(h.Chosen) == 0 {
		b.WriteString("The ledger holds no move of money about that.\n")
		return b.Flush()
	}
	for _, m := range h.Chosen {
		writeMove(b, m, modePrefix(h.ledgerMode()), s)
		b.WriteByte('\n')
	}
	done, unknown := doneSums(h.Chosen)
	fmt.Fprintf(b, "%s of %s", Count(len(h.Chosen), "move"), Visible(h.Path))
	if len(done) > 0 {
		b.WriteString("; taken by the gateway: " + sumsText(done))
	}
	if len(unknown) > 0 {
		b.WriteString("; " + s.paint(inkRed, "not known: "+sumsText(unknown)))
	}
	b.WriteString(".\n")
	return b.Flush()
}

func writeMove(b *bufio.Writer, m statefile.Move, mode string, s Style) {
	word, paint := moveState(m)
	f := fieldsOf(m)
	sign := "*"
	if m.Entry.Intent != nil {
		sign, _ = mark(m.Entry.Intent.Verb)
	}
	title := sign + " " + moveWord(m)
	if f.amount != "" {
		title += " " + f.amount + " " + currencyText(f.currency)
	}
	if mode != "" {
		title = s.paint(inkAlarm, mode) + " " + title
	}
	fmt.Fprintf(b, "%s  %s  %s\n", placeOf(m.Entry), s.paint(inkBold, title), s.paint(paint, word))
	line := func(label, text string) {
		if text != "" {
			writeHanging(b, "    "+padRight(label, 12)+" ", text, s.Width)
		}
	}
	about := Ident(f.transact) + " of merchant " + Ident(f.merchant)
	if f.order != "" {
		about += ", order " + Ident(f.order)
	}
	if f.address != "" {
		about = Ident(f.address) + "  " + about
	}
	line("transaction", about)
	if i := m.Entry.Intent; i != nil && raises(i.Verb) {
		line("total", fmt.Sprintf("%s -> %s of %s authorised", f.from, f.to, amountText(i.AmountMinor, i.Currency)))
	}
	if m.Entry.Adopted != nil {
		line("evidence", Visible(f.reason))
	} else {
		line("reason", Visible(f.reason))
	}
	line("plan", whoLine(m))
	line("commit", commitLine(m))
	line("approved by", approvedLine(m))
	if m.Entry.Adopted != nil {
		line("stated", f.call)
		return
	}
	call := Visible(f.call)
	if i := m.Entry.Intent; i != nil && i.Batch != "" {
		call += ", in batch " + Ident(i.Batch)
	}
	line("call", call)
	answer := answerLine(m)
	if m.Answer != nil {
		answer = placeOf(*m.Answer) + "  " + answer
	}
	line("answer", answer)
	line("reply", replyOf(m))
	for _, e := range m.Later {
		line("later", placeOf(e)+"  "+laterLine(e))
	}
}

type jsonMove struct {
	Kind   string            `json:"kind"` // "action", "called" or "adopted"
	State  string            `json:"state"`
	Entry  statefile.Entry   `json:"entry"`
	Begin  *statefile.Entry  `json:"begin,omitempty"`
	Answer *statefile.Entry  `json:"answer,omitempty"`
	Later  []statefile.Entry `json:"later,omitempty"`
}

// MovesJSON writes each move as one JSON object a line, with its entries as the
// ledger has them.
func MovesJSON(w io.Writer, h Moves) error {
	b := bufio.NewWriter(w)
	for _, m := range h.Chosen {
		j := jsonMove{Kind: moveKind(m), Entry: m.Entry, Begin: m.Begin, Answer: m.Answer, Later: m.Later}
		j.State, _ = moveState(m)
		line, err := json.Marshal(j)
		if err != nil {
			return fmt.Errorf("encode entry %d: %w", m.Entry.Seq, err)
		}
		b.Write(inertJSON(line))
		b.WriteByte('\n')
	}
	return b.Flush()
}

func moveKind(m statefile.Move) string {
	if m.Entry.Intent != nil {
		return "action"
	}
	return string(m.Entry.Kind)
}
