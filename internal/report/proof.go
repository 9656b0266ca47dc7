package report

import (
	"bufio"
	"fmt"
	"io"

	"flexform/plan/proof"
)

// Proof writes what a proof is worth: what is wrong first, then what is proven,
// then what is only said.
func Proof(w io.Writer, v proof.Verdict, s Style) error {
	b := bufio.NewWriter(w)
	if i := v.Intent.Intent; i != nil {
		amount := ""
		if hasAmount(i.Verb) {
			amount = " " + amountText(i.ToMinor-i.FromMinor, i.Currency)
		}
		fmt.Fprintf(b, "%s of %s, order %s, of merchant %s\n%s\n", s.paint(inkBold, verbText(i.Verb)+amount), Ident(i.Transact), Ident(i.OrderID), Ident(i.Merchant), Ident(i.Action))
	}
	for _, part := range []struct {
		standing proof.Standing
		title    string
		paint    ink
	}{{proof.Wrong, "Wrong", inkRed}, {proof.Proven, "Proven", inkGreen}, {proof.Said, "Only said", inkYellow}} {
		first := true
		for _, f := range v.Findings {
			if f.Standing != part.standing {
				continue
			}
			if first {
				fmt.Fprintf(b, "\n%s\n", s.paint(part.paint, part.title))
				first = false
			}
			writeHanging(b, "  "+padRight(f.Subject, 9)+" ", Visible(f.Text), s.Width)
		}
	}
	b.WriteByte('\n')
	writeWrapped(b, proofVerdict(v), "", s.Width)
	return b.Flush()
}

func proofVerdict(v proof.Verdict) string {
	switch {
	case v.Refuted():
		return "The proof is refuted: what is wrong stands above. Trust nothing in it."
	case v.OtherHead:
		return "Nothing is wrong, and it does not end with the entry that you know: the hash that --head gives is another one. Find out which of the two is right, or leave out --head if it is the hash of an earlier or a later entry."
	case !v.Bound:
		return "Nothing is wrong, and nothing that you trust vouches for it: anybody can write such entries. Give the keys of those who anchor with --signers, or the hash of the last entry, from who you trust, with --head."
	case v.Unapproved > 0:
		return fmt.Sprintf("The action is proven, and that it was approved is not: %s of those whom the ledger names.", Count(v.Unapproved, "signature")+" could not be shown")
	}
	return "Proven, as far as you trust those keys, or that hash: this was intended under that plan, recorded so, and is in the ledger."
}

type jsonProof struct {
	FormatVersion string        `json:"format_version"`
	Action        string        `json:"action_id"`
	Verdict       string        `json:"verdict"` // "proven", "unproven" or "refuted"
	Bound         bool          `json:"bound"`   // what is trusted reaches the entries
	Unapproved    int           `json:"unapproved"`
	Findings      []jsonFinding `json:"findings"`
}

type jsonFinding struct {
	Standing string `json:"standing"` // "proven", "said" or "wrong"
	Subject  string `json:"subject"`
	Text     string `json:"text"`
}

// ProofJSON writes the same as a document.
func ProofJSON(w io.Writer, v proof.Verdict) error {
	doc := jsonProof{FormatVersion: formatVersion, Verdict: "unproven", Bound: v.Bound, Unapproved: v.Unapproved, Findings: []jsonFinding{}}
	if v.Intent.Intent != nil {
		doc.Action = v.Intent.Intent.Action
	}
	switch {
	case v.Refuted():
		doc.Verdict = "refuted"
	case v.Proven():
		doc.Verdict = "proven"
	}
	for _, f := range v.Findings {
		doc.Findings = append(doc.Findings, jsonFinding{standingWord(f.Standing), f.Subject, f.Text})
	}
	return writeJSON(w, doc)
}

func standingWord(s proof.Standing) string {
	switch s {
	case proof.Proven:
		return "proven"
	case proof.Said:
		return "said"
	case proof.Wrong:
		return "wrong"
	}
	return unknownWord
}
