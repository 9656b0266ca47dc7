package report

import (
	"io"
	"strings"
	"testing"

	"flexform/plan/proof"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

func sampleAudit(text string) Audit {
	state, err := statefile.Fold(statefile.Begin{Plan: digestA, Mode: "live", Actions: 1, Actor: actor, Version: "0.1.0"})
	if err != nil {
		panic(err)
	}
	a := Audit{Path: text, State: state, First: statefile.Entry{Seq: 1, Time: noon}, Last: statefile.Entry{Seq: 38, Time: noon, Hash: digestA}, Plans: 2, Unknown: 1,
		Approvals: []AuditedPlan{{Plan: text, Seq: 2, Recorded: text, Verified: []string{text, text}}, {Plan: digestA, Seq: 9, Recorded: text, Note: "recorded, and not verified"}}}
	for i := range 7 {
		a.Anchors = append(a.Anchors, AuditedAnchor{Tag: anchor.Tag{Statement: anchor.Statement{Ledger: "5d41402a", Place: text, Seq: uint64(10 + i), Head: digestA}, Tagger: text, Time: noon}, Signed: text})
	}
	return a
}

func sampleVerdict(text string) proof.Verdict {
	intent, _ := intentOf(1, statefile.Refund, 5000, 8000, 1)
	intent.Transact, intent.OrderID, intent.Merchant, intent.Action = text, text, text, text
	return proof.Verdict{Intent: statefile.Entry{Seq: 3, Time: noon, Intent: &intent}, Unapproved: 1, Findings: []proof.Finding{
		{Standing: proof.Said, Subject: "answer", Text: text}, {Standing: proof.Proven, Subject: "plan", Text: text}, {Standing: proof.Wrong, Subject: "commit", Text: text},
	}}
}

func TestAudit(t *testing.T) {
	text := written(t, func(w io.Writer) error { return AuditText(w, sampleAudit("shop/flexform.ledger"), Style{Width: 100}) })
	golden(t, "audit.txt", text)
	wrong := sampleAudit("shop/flexform.ledger")
	wrong.Problems = []string{"entry 7 says so"}
	if text := written(t, func(w io.Writer) error { return AuditText(w, wrong, Style{}) }); !strings.Contains(text, "Does not verify: entry 7 says so") || strings.Contains(text, "The ledger verifies") {
		t.Errorf("an audit with a problem:\n%s", text)
	}
	golden(t, "proof.txt", written(t, func(w io.Writer) error { return Proof(w, sampleVerdict("RMA 4411"), Style{Width: 100}) }))
}

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// R68: whatever a ledger, a tag or a bundle holds, nothing of it acts on a
// terminal.
func TestAuditInjection(t *testing.T) {
	for _, payload := range payloads(t) {
		a, v := sampleAudit(payload), sampleVerdict(payload)
		a.Problems = []string{payload}
		for name, write := range map[string]func(io.Writer) error{
			"audit":      func(w io.Writer) error { return AuditText(w, a, Style{}) },
			"audit JSON": func(w io.Writer) error { return AuditJSON(w, a) },
			"proof":      func(w io.Writer) error { return Proof(w, v, Style{}) },
			"proof JSON": func(w io.Writer) error { return ProofJSON(w, v) },
		} {
			if r, bad := dangerous(written(t, write)); bad {
				t.Errorf("%s, payload %q: %U", name, payload, r)
			}
		}
	}
}
