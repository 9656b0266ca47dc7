package statefile

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"flexform/internal/need"
)

const page = "../docs/ledger-format.md"

// The samples on the page are lines of the golden file, of every kind, and the
// page names the version that it describes.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	tickets, err := os.ReadFile(ticketGolden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("format version **"+FormatVersion+"**")) {
		t.Errorf("%s is not about format version %s", page, FormatVersion)
	}
	shown := map[Kind]bool{}
	lines := append(linesOf(ledger), linesOf(tickets)...)
	for _, sample := range regexp.MustCompile(`(?m)^\{"seq":.*\n`).FindAll(text, -1) {
		found := false
		for _, line := range lines {
			if bytes.Equal(line, sample) {
				var e Entry
				if err := decodeSlow(bytes.TrimSpace(line), &e); err != nil {
					t.Fatal(err)
				}
				found, shown[e.Kind] = true, true
			}
		}
		if !found {
			t.Errorf("%s shows a line that %s does not have: %s", page, golden, sample)
		}
	}
	if len(shown) != 15 {
		t.Errorf("%s shows %v, want all fifteen kinds", page, shown)
	}
	for _, v := range []Verdict{VerdictDone, VerdictNotDone, VerdictSettled, VerdictReversed} {
		if !bytes.Contains(text, []byte("| `"+string(v)+"` |")) {
			t.Errorf("%s does not tell of the verdict %s", page, v)
		}
	}
}

// The command that the page gives for checking a hash by hand does that.
func TestPageCommand(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile("(?s)```sh\n(.*?)\n```").FindSubmatch(text)
	if match == nil {
		t.Fatalf("%s has no command", page)
	}
	need.Command(t, "sha256sum")
	command := strings.ReplaceAll(string(match[1]), "flexform.ledger", golden)
	out, err := exec.Command(need.Command(t, "sh"), "-c", command).Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	var e Entry
	ledger, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if err := decodeSlow(bytes.TrimSpace(linesOf(ledger)[1]), &e); err != nil {
		t.Fatal(err)
	}
	if got := "sha256:" + strings.Fields(string(out))[0]; got != e.Hash {
		t.Errorf("%s\ngives %s, want %s", command, got, e.Hash)
	}
}
