package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flexform/internal/durable"
	"flexform/statefile"
)

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// While money moves, and for ever when the program is killed then, the files
// say that the apply has not ended: no earlier result passes for this one.
func TestResultWhileItRuns(t *testing.T) {
	dir := oneByOne(t)
	out := filepath.Join(t.TempDir(), "r.json")
	report := filepath.Join(filepath.Dir(out), "r.xml")
	if err := os.WriteFile(out, []byte("{\n  \"format_version\": \"1.0\",\n  \"plan\": \"\",\n  \"finished\": true,\n  \"complete\": true\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	during := map[string]string{}
	stop := reaction{`"type":"call"`, func() {
		if len(during) == 0 {
			during[out], during[report] = contents(t, out), contents(t, report)
		}
		cancel(errors.New("interrupt"))
	}}
	code, said := runOn(t, ctx, nil, stop, io.Discard, "apply", "--json", "--auto-approve", "--result", out, "--result", report, dir)
	if code != int(exitError) {
		t.Errorf("exit %d, want %d\n%s", code, exitError, said)
	}
	for path, want := range map[string][2]string{out: {`"finished": false`, `"stop_rule": "interrupted"`}, report: {`<error type="unfinished"`, `<skipped message="not_started: interrupted`}} {
		if !strings.Contains(during[path], want[0]) || strings.Contains(during[path], `"complete": true`) {
			t.Errorf("%s while it runs, want %s:\n%s", path, want[0], during[path])
		}
		if after := contents(t, path); !strings.Contains(after, want[1]) {
			t.Errorf("%s afterwards, want %s:\n%s", path, want[1], after)
		}
	}
}

// A fullDisk lets so many files be replaced and no more, the ledger apart.
type fullDisk struct {
	durable.FS
	left int
}

func (d *fullDisk) Rename(from, to string) error {
	if d.left--; d.left < 0 && strings.HasSuffix(to, ".json") {
		return errors.New("no space left on device")
	}
	return d.FS.Rename(from, to)
}

func TestResultThatCannotBeWritten(t *testing.T) {
	for name, tt := range map[string]struct {
		left  int
		says  string
		begun int
	}{
		"at the beginning": {0, "no space left on device; nothing was sent", 0},
		"at the end":       {1, "no space left on device; the calls were made, and the ledger has them", 1},
	} {
		dir := starterFolder(t)
		out := filepath.Join(dir, "r.json")
		var heard bytes.Buffer
		env := envOf(nil)
		env.Stdout, env.Stderr, env.Now = io.Discard, &heard, time.Now
		env.Actor = statefile.Actor{User: "test", Host: "here", PID: os.Getpid()}
		env.FS = &fullDisk{durable.OS(), tt.left}
		code := Run(t.Context(), env, []string{"apply", "--auto-approve", "--result", out, dir})
		if code != int(exitError) || !strings.Contains(heard.String(), tt.says) {
			t.Errorf("%s: exit %d, stderr %q, want %d and %q", name, code, heard.String(), exitError, tt.says)
		}
		if begun := history(t, dir, "begin"); begun != tt.begun {
			t.Errorf("%s: the ledger has %d beginnings, want %d", name, begun, tt.begun)
		}
		if left, _ := filepath.Glob(out + ".*"); len(left) > 0 {
			t.Errorf("%s: left behind: %v", name, left)
		}
		if tt.begun == 1 && !strings.Contains(contents(t, out), `"finished": false`) {
			t.Errorf("%s: the file says\n%s", name, contents(t, out))
		}
	}
}

func TestResultNeverReplacesAnythingElse(t *testing.T) {
	dir := starterFolder(t)
	if code, said := runOn(t, t.Context(), nil, io.Discard, io.Discard, "apply", "--auto-approve", dir); code != 0 {
		t.Fatalf("apply: exit %d\n%s", code, said)
	}
	plan := filepath.Join(dir, "plan.json")
	if code, said := runOn(t, t.Context(), nil, io.Discard, io.Discard, "plan", "--out", plan, dir); code != 0 {
		t.Fatalf("plan: exit %d\n%s", code, said)
	}
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink(filepath.Join(dir, "flexform.ledger"), link); err != nil {
		t.Fatal(err)
	}
	status := filepath.Join(dir, "status.json")
	var doc bytes.Buffer
	runOn(t, t.Context(), nil, &doc, io.Discard, "status", "--json", dir)
	if err := os.WriteFile(status, doc.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"main.hcl", "transactions.csv", "flexform.ledger", "plan.json", "link.json", "status.json"} {
		path := filepath.Join(dir, name)
		before := contents(t, path)
		for _, format := range []string{"json", "csv", "junit"} {
			code, said := runOn(t, t.Context(), nil, io.Discard, io.Discard, "apply", "--auto-approve", "--result", path, "--result-format", format, dir)
			if code != int(exitError) || !strings.Contains(said, "name another file") {
				t.Errorf("--result %s as %s: exit %d, %q", name, format, code, said)
			}
		}
		if contents(t, path) != before {
			t.Errorf("%s was changed", name)
		}
	}
}
