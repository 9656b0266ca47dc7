package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oneByOne is a starter folder whose gateway is called for one transaction
// after the other, with time between the calls to be interrupted in.
func oneByOne(t *testing.T) string {
	t.Helper()
	dir := starterFolder(t)
	file := filepath.Join(dir, "main.hcl")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	paced := strings.Replace(string(text), "  gateway = \"sandbox\"", "  pace    = { concurrency = 1, interval = \"100ms\" }\n  gateway = \"sandbox\"", 1)
	if err := os.WriteFile(file, []byte(paced), 0o644); err != nil || paced == string(text) {
		t.Fatalf("set the pace: %v", err)
	}
	return dir
}

// types returns the types of lines, and the last line.
func types(t *testing.T, out string) (list []string, last map[string]any) {
	t.Helper()
	for line := range strings.Lines(out) {
		last = nil
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		list = append(list, last["type"].(string))
	}
	return list, last
}

// Ctrl-C during the first call: it is finished and told of, the others are
// skipped, and the end says why.
func TestInterruptedEvents(t *testing.T) {
	dir := oneByOne(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	var out bytes.Buffer
	stop := reaction{`"type":"call"`, func() { cancel(errors.New("interrupt")) }}
	code, said := runOn(t, ctx, nil, io.MultiWriter(&out, stop), io.Discard, "apply", "--json", "--auto-approve", dir)
	if code != int(exitError) {
		t.Errorf("exit %d, want %d\n%s", code, exitError, said)
	}
	got, last := types(t, out.String())
	counted := map[string]int{}
	for _, name := range got {
		counted[name]++
	}
	if counted["intent"] != counted["outcome"] || counted["outcome"]+counted["skipped"] != 3 || counted["skipped"] == 0 {
		t.Errorf("lines %v, want an end for each of three actions, one of them skipped", got)
	}
	if last["type"] != "end" || last["stop_rule"] != "interrupted" || last["exit_code"] != float64(exitError) {
		t.Errorf("the last line is %v", last)
	}
	if intents := history(t, dir, "intent"); intents != counted["intent"] {
		t.Errorf("the ledger has %d intents, the lines %d", intents, counted["intent"])
	}
}

func TestEventsWithoutAReader(t *testing.T) {
	t.Run("before the first call", func(t *testing.T) {
		dir := starterFolder(t)
		code, said := runOn(t, t.Context(), nil, &goneReader{}, io.Discard, "apply", "--json", "--auto-approve", dir)
		if code != int(exitError) || !strings.Contains(said, "nothing was sent") {
			t.Errorf("exit %d, stderr %q, want %d and that nothing was sent", code, said, exitError)
		}
		if begun := history(t, dir, "begin"); begun != 0 {
			t.Errorf("a run that nobody heard of was begun %d times", begun)
		}
	})
	t.Run("in the middle", func(t *testing.T) {
		dir := starterFolder(t)
		code, said := runOn(t, t.Context(), nil, &forgetful{`"type":"begin"`}, io.Discard, "apply", "--json", "--auto-approve", dir)
		if code != int(exitError) || !strings.Contains(said, "the calls were made") {
			t.Errorf("exit %d, stderr %q, want %d and that the calls were made", code, said, exitError)
		}
		if ended := history(t, dir, "end"); ended != 1 {
			t.Errorf("the ledger has %d ends of an apply, want 1", ended)
		}
	})
}

// A forgetful reader leaves when it reads a text.
type forgetful struct{ text string }

func (f *forgetful) Write(p []byte) (int, error) {
	if strings.Contains(string(p), f.text) {
		return 0, errors.New("broken pipe")
	}
	return len(p), nil
}

// Whatever ends an apply, the last line says how.
func TestEveryEndIsTold(t *testing.T) {
	for name, args := range map[string][]string{
		"no such folder": {"nowhere"},
		"no plan file":   {"telling_test.go"},
	} {
		var out bytes.Buffer
		code, _ := runOn(t, t.Context(), nil, &out, io.Discard, append([]string{"apply", "--json", "--auto-approve"}, args...)...)
		got, last := types(t, out.String())
		if diff := cmp.Diff([]string{"version", "end"}, got); diff != "" {
			t.Errorf("%s: lines (-want +got):\n%s", name, diff)
		}
		if last["exit_code"] != float64(code) || last["complete"] != false || last["error"] == nil {
			t.Errorf("%s: exit %d, last line %v", name, code, last)
		}
	}
}
