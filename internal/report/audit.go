package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"time"

	"flexform/schema"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

// An Audit is what a verification of the ledger came to.
type Audit struct {
	Path      string
	State     *statefile.State
	First     statefile.Entry // the zero Entry of a ledger without any
	Last      statefile.Entry
	Plans     int // that were begun
	Unknown   int
	Approvals []AuditedPlan
	Anchors   []AuditedAnchor
	NoAnchors string   // why there are none, when there are none
	Problems  []string // what does not verify
	Refused   error    // an anchor that the ledger contradicts; nil when there is none
}

// An AuditedPlan is a plan whose apply names approvers.
type AuditedPlan struct {
	Plan     string
	Seq      uint64 // of the begin entry
	Recorded string // the approvers, as the entry has them
	Verified []string
	Note     string // why nothing was verified
}

// An AuditedAnchor is one tag.
type AuditedAnchor struct {
	anchor.Tag
	Signed string // by whom, or why that is not known
	Good   bool   // signed by one of the signers
}

// AuditText writes an audit for people.
func AuditText(w io.Writer, a Audit, s Style) error {
	b := bufio.NewWriter(w)
	if a.Last.Seq == 0 {
		fmt.Fprintf(b, "There is no ledger at %s yet: nothing was applied.\n", Visible(a.Path))
		a.writeVerdict(b, s)
		return b.Flush()
	}
	mode := schema.Mode(a.State.Mode())
	fmt.Fprintf(b, "%s %s in %s\n\n", s.paint(inkBold, "Ledger"), Visible(a.Path), s.paint(modeInk(mode), modeText(mode)))
	line := func(label, text string) { writeHanging(b, "  "+padRight(label, 10)+" ", text, s.Width) }
	line("identity", Ident(a.State.Ledger()))
	line("chain", fmt.Sprintf("%s, from %s to %s, each with the hash of the one before", countEntries(a.Last.Seq), Time(a.First.Time), Time(a.Last.Time)))
	line("head", fmt.Sprintf("#%d %s", a.Last.Seq, Ident(a.Last.Hash)))
	if torn := a.State.Torn(); torn > 0 {
		line("end", fmt.Sprintf("the last %d bytes are part of an entry that was cut off, and do not count", torn))
	}
	line("applies", fmt.Sprintf("%s, %d of them with approvers", Count(a.Plans, "plan"), len(a.Approvals)))
	for _, p := range a.Approvals {
		line("approvals", p.text())
	}
	for i, t := range a.Anchors {
		if i < len(a.Anchors)-maxAnchors {
			if i == 0 {
				line("anchors", fmt.Sprintf("%d older ones hold", len(a.Anchors)-maxAnchors))
			}
			continue
		}
		line("anchor", t.text())
	}
	if a.NoAnchors != "" {
		line("anchor", s.paint(inkYellow, a.NoAnchors))
	}
	if a.Unknown > 0 {
		line("unknown", s.paint(inkRed, Count(a.Unknown, "action")+" of which nobody knows whether it happened"))
	}
	b.WriteByte('\n')
	a.writeVerdict(b, s)
	return b.Flush()
}

// maxAnchors is how many anchors are listed for people.
const maxAnchors = 5

func countEntries(n uint64) string {
	if n == 1 {
		return "1 entry"
	}
	return strconv.FormatUint(n, 10) + " entries"
}

func (p AuditedPlan) text() string {
	text := fmt.Sprintf("plan %s (#%d): ", ShortDigest(p.Plan), p.Seq)
	if p.Note != "" {
		return text + Visible(p.Recorded) + "; " + p.Note
	}
	for i, v := range p.Verified {
		if i > 0 {
			text += "; "
		}
		text += Visible(v)
	}
	return text
}

func (t AuditedAnchor) text() string {
	return fmt.Sprintf("entry %d, tag %s of %s: %s", t.Seq, Ident(t.Name()), Time(t.Time), Visible(t.Signed))
}

func (a Audit) writeVerdict(b *bufio.Writer, s Style) {
	for _, p := range a.Problems {
		writeHanging(b, s.paint(inkRed, "Does not verify:")+" ", Visible(p), s.Width)
	}
	if len(a.Problems) > 0 || a.Refused != nil {
		return
	}
	text := "The ledger verifies"
	switch {
	case a.Last.Seq == 0:
		return
	case len(a.Anchors) == 0:
		text += ", as far as the file itself can tell: that nothing is missing at its end, only an anchor could."
	case a.Anchors[len(a.Anchors)-1].Seq == a.Last.Seq:
		text += ", and its head is anchored."
	default:
		text += fmt.Sprintf(", and is anchored up to entry %d. What follows could still be cut off unseen:\n\n    %s", a.Anchors[len(a.Anchors)-1].Seq, s.command("audit anchor"))
	}
	writeWrapped(b, text, "", s.Width)
}

type jsonAudit struct {
	FormatVersion string            `json:"format_version"`
	Path          string            `json:"path"`
	Verified      bool              `json:"verified"`
	Ledger        string            `json:"ledger"`
	Mode          string            `json:"mode"`
	Entries       uint64            `json:"entries"`
	Head          string            `json:"head"`
	Torn          int64             `json:"torn_bytes,omitempty"`
	Plans         int               `json:"plans"`
	Unknown       int               `json:"unknown"`
	Approvals     []jsonAuditedPlan `json:"approvals"`
	Anchors       []jsonAnchor      `json:"anchors"`
	Problems      []string          `json:"problems"`
}

type jsonAuditedPlan struct {
	Plan     string   `json:"plan"`
	Entry    uint64   `json:"entry"`
	Recorded string   `json:"recorded"`
	Verified []string `json:"verified"`
}

type jsonAnchor struct {
	Tag    string `json:"tag"`
	Entry  uint64 `json:"entry"`
	Head   string `json:"head"`
	Time   string `json:"time"`
	Signed string `json:"signed"`
	Good   bool   `json:"signed_by_a_signer"`
}

// AuditJSON writes an audit as a document.
func AuditJSON(w io.Writer, a Audit) error {
	doc := jsonAudit{FormatVersion: formatVersion, Path: a.Path, Verified: len(a.Problems) == 0 && a.Refused == nil, Ledger: a.State.Ledger(), Mode: a.State.Mode(),
		Entries: a.Last.Seq, Head: a.Last.Hash, Torn: a.State.Torn(), Plans: a.Plans, Unknown: a.Unknown,
		Approvals: []jsonAuditedPlan{}, Anchors: []jsonAnchor{}, Problems: append([]string{}, a.Problems...)}
	for _, p := range a.Approvals {
		doc.Approvals = append(doc.Approvals, jsonAuditedPlan{p.Plan, p.Seq, p.Recorded, append([]string{}, p.Verified...)})
	}
	for _, t := range a.Anchors {
		doc.Anchors = append(doc.Anchors, jsonAnchor{t.Name(), t.Seq, t.Head, t.Time.UTC().Format(time.RFC3339), t.Signed, t.Good})
	}
	if a.Refused != nil {
		doc.Problems = append(doc.Problems, a.Refused.Error())
	}
	return writeJSON(w, doc)
}

// Anchored says what audit anchor did.
func Anchored(w io.Writer, t anchor.Tag, made bool) error {
	signed := "not signed"
	if t.Signature != nil {
		signed = "signed"
	}
	if !made {
		_, err := fmt.Fprintf(w, "Entry %d is anchored already, by tag %s of %s, %s.\n", t.Seq, t.Name(), Time(t.Time), signed)
		return err
	}
	_, err := fmt.Fprintf(w, "Anchored entry %d, %s, as tag %s, %s.\n", t.Seq, t.Head, t.Name(), signed)
	return err
}
