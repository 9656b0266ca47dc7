package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"flexform/internal/need"
	"flexform/statefile"
)

var docBlock = regexp.MustCompile("(?ms)^```(sh|text)\n(.*?)^```$")

// docAnswers is what the reader of docs/ci.md does beside typing: it gives the
// first characters of the digest to approve.
const docAnswers = `flexform() {
	if [ "$1" = approve ]; then
		for plan; do :; done
		sed -n 's/.*"digest": *"sha256:\(.\{8\}\).*/\1/p' "$plan" | head -n 1 | command flexform "$@"
	else
		command flexform "$@"
	fi
}
`

// Who types what docs/ci.md says gets what it says.
func TestCIDoc(t *testing.T) {
	bash := need.Command(t, "bash")
	need.Command(t, "git")
	need.Command(t, "ssh-keygen")
	blocks := docBlock.FindAllStringSubmatch(readText(t, "docs/ci.md"), -1)
	var typed strings.Builder
	var promised []string
	for _, block := range blocks {
		if block[1] == "sh" {
			typed.WriteString(block[2] + "\n")
			continue
		}
		promised = append(promised, strings.Split(strings.TrimSpace(block[2]), "\n")...)
	}
	if len(promised) < 5 || strings.Count(typed.String(), "flexform ") < 5 {
		t.Fatalf("docs/ci.md has %d blocks, which cannot be all", len(blocks))
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), bash, "--noprofile", "--norc", "-euo", "pipefail", "-c", docAnswers+typed.String())
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "GIT_CONFIG_NOSYSTEM=1"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("docs/ci.md: %v\n%s", err, out)
	}
	said := strings.Join(strings.Fields(string(out)), " ")
	for _, line := range promised {
		if !strings.Contains(said, strings.Join(strings.Fields(line), " ")) {
			t.Errorf("docs/ci.md promises %q, and this was said:\n%s", line, out)
		}
	}
	if _, err := statefile.Read(filepath.Join(dir, "ci.clone/refunds/flexform.ledger")); err != nil {
		t.Error(err)
	}
}
