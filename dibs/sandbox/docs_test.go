package sandbox_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"flexform/dibs/sandbox"
)

// TestDocs holds docs/sandbox.md against the program: its faults can be played
// and its seeds be read, and each kind of fault and of TLS and each way to
// commit is in it.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(text)
	faults, err := sandbox.ReadFaults(strings.NewReader(block(t, doc, "faults")))
	if err != nil || len(faults) < 5 {
		t.Errorf("%d faults, error %v", len(faults), err)
	}
	seeds, err := sandbox.ReadSeed(strings.NewReader(block(t, doc, "csv")))
	if err != nil || len(seeds) != 2 {
		t.Errorf("%d seeds, error %v", len(seeds), err)
	}
	for _, kind := range []sandbox.FaultKind{
		sandbox.FaultAnswer, sandbox.FaultHTTP, sandbox.FaultHTML, sandbox.FaultEmpty, sandbox.FaultRedirect, sandbox.FaultDrop, sandbox.FaultReset,
		sandbox.FaultCut, sandbox.FaultSlow, sandbox.FaultDelay, sandbox.FaultEndless, sandbox.FaultGzip, sandbox.FaultDuplicate, sandbox.FaultCharset,
		sandbox.FaultHTTP10, sandbox.FaultTwice, sandbox.FaultDeclined, sandbox.FaultDown, sandbox.FaultEndlessHead, sandbox.FaultBomb,
		sandbox.FaultRefuse, sandbox.FaultDropAt, sandbox.FaultResetAt, "before", "after",
	} {
		if !regexp.MustCompile("`" + string(kind) + "[`=]").MatchString(doc) {
			t.Errorf("docs/sandbox.md does not say what %s does", kind)
		}
	}
	for _, kind := range sandbox.TLSKinds() {
		if !strings.Contains(doc, "`"+string(kind)+"`") && !strings.Contains(doc, "`--tls "+string(kind)+"`") {
			t.Errorf("docs/sandbox.md does not say what TLS %s is", kind)
		}
	}
	for _, commit := range []sandbox.Commit{sandbox.CommitFirst, sandbox.CommitNever, sandbox.CommitLast, sandbox.CommitHeld} {
		if !strings.Contains(doc, "`"+string(commit)+"`") {
			t.Errorf("docs/sandbox.md does not say what commit=%s does", commit)
		}
	}
}

// block returns the fenced text of a kind.
func block(t *testing.T, doc, kind string) string {
	t.Helper()
	_, rest, found := strings.Cut(doc, "```"+kind+"\n")
	text, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("docs/sandbox.md has no block of %s", kind)
	}
	return text
}

// TestDocsOfTheJudge asks for each of the judge's paths in docs/sandbox.md, with
// the method that it names.
func TestDocsOfTheJudge(t *testing.T) {
	text, err := os.ReadFile("../../docs/sandbox.md")
	if err != nil {
		t.Fatal(err)
	}
	s := faulty(t)
	named := regexp.MustCompile("(?m)`(?:(GET|POST|DELETE) )?(/_sandbox/[a-z]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 15 {
		t.Fatalf("docs/sandbox.md names %d paths", len(named))
	}
	method := ""
	for _, n := range named {
		if n[1] != "" {
			method = n[1] // it holds for the paths behind it
		}
		code, reply := ask(t, method, s.URL+n[2])
		if code == 405 || strings.Contains(reply, "no such judge") {
			t.Errorf("%s %s = %d %s", method, n[2], code, reply)
		}
	}
}
