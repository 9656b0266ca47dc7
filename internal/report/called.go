package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"flexform/statefile"
)

// A Called is a call by hand, with what came of it.
type Called struct {
	Service string        `json:"service"`
	HTTP    int           `json:"http"`              // its status; 0 when no reply came
	Outcome string        `json:"outcome"`           // "answered" or "unread" of a service that changes nothing; else as in the ledger
	Message string        `json:"message,omitempty"` // why
	Reply   []CalledField `json:"reply"`             // its pairs in their order
	Text    string        `json:"text"`              // the whole reply, masked
	Entry   uint64        `json:"ledger_entry,omitempty"`

	// Blocked is the transaction that nothing is planned for from now on.
	Blocked string `json:"blocked_transact,omitempty"`
	Ticket  bool   `json:"-"` // Blocked is a ticket
	// Undeclared reports that the configuration does not name it.
	Undeclared bool `json:"-"`
}

// A CalledField is one pair of a reply.
type CalledField struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// CalledText writes a call for people: the outcome first, then the reply.
func CalledText(w io.Writer, c Called, s Style) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s: %s", Ident(c.Service), s.paint(calledInk(c.Outcome), strings.ReplaceAll(c.Outcome, "_", " ")))
	if c.HTTP != 0 {
		fmt.Fprintf(&b, " (HTTP %d)", c.HTTP)
	}
	b.WriteByte('\n')
	width := 0
	for _, f := range c.Reply {
		width = max(width, len(Ident(f.Name)))
	}
	for _, f := range c.Reply {
		b.WriteString(strings.TrimRight("  "+padRight(Ident(f.Name), width)+"  "+Visible(f.Value), " ") + "\n")
	}
	switch {
	case c.Reply != nil:
	case c.Text != "":
		b.WriteString("  " + Visible(c.Text) + "\n")
	case c.Outcome == "answered": // as of a transaction that there is not
		b.WriteString("  (an empty reply)\n")
	}
	if c.Entry != 0 {
		fmt.Fprintf(&b, "\nRecorded as entry %d of the ledger.", c.Entry)
		if c.Blocked != "" {
			what, adopted := "transaction", "its totals are"
			if c.Ticket {
				what, adopted = "ticket", "it is"
			}
			how := "How is shown by"
			if c.Undeclared {
				how = "It is not declared: declare it, then how is shown by"
			}
			fmt.Fprintf(&b, " Nothing is planned for %s %s until %s adopted. %s\n\n    %s", what, Ident(c.Blocked), adopted, how, s.command("status"))
		}
		b.WriteByte('\n')
	}
	_, err := w.Write(b.Bytes())
	return err
}

func calledInk(outcome string) ink {
	switch outcome {
	case "answered":
		return inkGreen
	case "unread":
		return inkRed
	}
	_, paint := resultWord(statefile.Result(outcome))
	return paint
}

// CalledJSON writes a call as a document.
func CalledJSON(w io.Writer, c Called) error {
	if c.Reply == nil {
		c.Reply = []CalledField{}
	}
	return writeJSON(w, struct {
		FormatVersion string `json:"format_version"`
		Called
	}{formatVersion, c})
}

func calledText(v statefile.Called) string {
	return fmt.Sprintf("%s of merchant %s by hand, past the plan: %s, by %s, flexform %s",
		Ident(v.Service), Ident(v.Merchant), Visible(v.Parameters), actorText(v.Actor), Ident(v.Version))
}

func answeredText(v statefile.Answered) string {
	word, _ := resultWord(v.Result)
	text := fmt.Sprintf("call of entry %d: %s", v.Call, word)
	if v.Message != "" {
		text += ": " + Visible(v.Message)
	}
	return text
}
