package schema

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
)

var update = flag.Bool("update", false, "write the want.txt files of testdata/mistakes anew; read the difference before committing it")

// TestMistakes loads every folder of testdata/mistakes and compares what a
// person would see with its want.txt. A file options.txt holds what else the
// command line says: var NAME=VALUE, version VERSION, settings FILE.
func TestMistakes(t *testing.T) {
	folders, err := filepath.Glob("testdata/mistakes/*")
	if err != nil || len(folders) == 0 {
		t.Fatalf("no folders in testdata/mistakes: %v", err)
	}
	for _, dir := range folders {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			c, diags := Load(dir, optionsOf(t, dir))
			if !diags.HasErrors() {
				t.Fatalf("Load(%s) found no mistake", dir)
			}
			checkDiagnostics(t, c, diags)
			got := strings.ReplaceAll(render(c, diags), dir, "DIR")
			path := filepath.Join(dir, "want.txt")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("Load(%s): messages differ (-want +got):\n%s", dir, diff)
			}
		})
	}
}

func optionsOf(t *testing.T, dir string) LoadOptions {
	t.Helper()
	o := LoadOptions{Variables: map[string]string{}}
	text, err := os.ReadFile(filepath.Join(dir, "options.txt"))
	if os.IsNotExist(err) {
		return o
	}
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		kind, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch kind {
		case "var":
			name, value, _ := strings.Cut(value, "=")
			o.Variables[name] = value
		case "version":
			o.Version = value
		case "settings":
			o.Settings = filepath.Join(dir, value)
		default:
			t.Fatalf("options.txt: unknown line %q", line)
		}
	}
	return o
}

// checkDiagnostics holds messages to the rules for them: a short constant
// summary without a full stop, a detail in sentences, a place that exists, no
// value of an expression that the renderer would print, and no secret (R71).
func checkDiagnostics(t *testing.T, c *Config, diags hcl.Diagnostics) {
	t.Helper()
	for _, d := range diags {
		if d.Severity != hcl.DiagError || d.Summary == "" || len(d.Summary) > 40 || strings.ContainsAny(d.Summary, ".\"%\n") {
			t.Errorf("summary %q is not short and constant", d.Summary)
		}
		if strings.Contains(d.Detail, "%!") || !strings.ContainsAny(d.Detail[max(0, len(d.Detail)-1):], ".?") && !strings.Contains(d.Detail, "\n    ") {
			t.Errorf("detail is not in sentences: %q", d.Detail)
		}
		if d.EvalContext != nil || d.Expression != nil {
			t.Errorf("%s: the renderer would print values", d.Summary)
		}
		if text := d.Summary + d.Detail; strings.Contains(text, "hunter2") || len(cards(text)) > 0 {
			t.Errorf("a secret or a card number in the message %q", text)
		}
		if d.Subject == nil {
			continue
		}
		src, ok := c.Sources[d.Subject.Filename]
		if ok && (d.Subject.Start.Byte < 0 || d.Subject.End.Byte < d.Subject.Start.Byte || d.Subject.End.Byte > len(src)) {
			t.Errorf("%s: place %v is not inside the file of %d bytes", d.Summary, d.Subject, len(src))
		}
	}
	for name, src := range c.Sources {
		if strings.Contains(string(src), "hunter2") {
			t.Errorf("a secret in the snippets of %s", name)
		}
	}
}

// summaries lists the summaries of diagnostics, one on a line.
func summaries(diags hcl.Diagnostics) string {
	var lines []string
	for _, d := range diags {
		lines = append(lines, d.Summary)
	}
	return strings.Join(lines, "\n")
}
