package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the transcripts in README.md")

// transcript is one fenced block of README.md: the command and its output.
var transcript = regexp.MustCompile("(?s)```console\n\\$ go run \\. ([^\n]*)\n(.*?)```")

// changing matches what differs from run to run in a transcript.
var changing = regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?|\d+(\.\d+)?( ?ms| ?s|/s)\b`)

// row matches one action in the table of a plan.
var row = regexp.MustCompile(`^    [<>x]  `)

// shortened leaves out all but the first rows of a long table, as README does.
func shortened(out string) string {
	var kept []string
	rows := 0
	ended := func() {
		if rows > shownRows {
			kept = append(kept, fmt.Sprintf("    ... and %d more", rows-shownRows))
		}
		rows = 0
	}
	for _, line := range strings.Split(out, "\n") {
		if !row.MatchString(line) {
			ended()
		} else if rows++; rows > shownRows {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

const shownRows = 3

// TestReadme runs the commands of README.md on copies of the examples and
// compares what they print, long tables shortened. go test -run TestReadme -update . writes them anew.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := copyTree("examples", filepath.Join(dir, "examples")); err != nil {
		t.Fatal(err)
	}
	blocks := transcript.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 2 {
		t.Fatalf("README.md has %d transcripts, want at least 2", len(blocks))
	}
	for _, block := range blocks {
		got := shortened(runShown(t, dir, strings.Fields(block[1])))
		if *update {
			readme = []byte(strings.Replace(string(readme), block[0], "```console\n$ go run . "+block[1]+"\n"+got+"```", 1))
			continue
		}
		if diff := cmp.Diff(changing.ReplaceAllString(block[2], "…"), changing.ReplaceAllString(got, "…")); diff != "" {
			t.Errorf("transcript of %q in README.md (-readme +real):\n%s", block[1], diff)
		}
	}
	if *update {
		if err := os.WriteFile("README.md", readme, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// progressLine is what a slow machine tells of how far it is.
var progressLine = regexp.MustCompile(`(?m)^(?:(?:Reading|Looking again at) )?\d+/\d+.*\n`)

// runShown runs flexform as a person sees it: both streams, "yes" typed.
func runShown(t *testing.T, dir string, args []string) string {
	t.Helper()
	exe, err := exec.LookPath("flexform")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Dir = dir
	cmd.Stdin = strings.NewReader("yes\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("flexform %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	// A terminal would echo what is typed.
	return strings.Replace(progressLine.ReplaceAllString(string(out), ""), "Apply? \n", "Apply? yes\n", 1)
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch ext := filepath.Ext(path); {
		case d.IsDir() && d.Name() == ".flexform":
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		case ext != ".hcl" && ext != ".csv":
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o644)
	})
}
