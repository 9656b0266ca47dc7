package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"flexform/internal/durable"
	"flexform/statefile"
)

// runOn runs a command line on an environment of its own and returns its exit
// code and what it wrote to stderr.
func runOn(t *testing.T, ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, args ...string) (int, string) {
	t.Helper()
	var heard bytes.Buffer
	env := envOf(nil)
	env.Stdin, env.Stdout, env.Stderr = stdin, stdout, io.MultiWriter(&heard, stderr)
	env.Now, env.FS = time.Now, durable.OS()
	env.Actor = statefile.Actor{User: "test", Host: "here", PID: os.Getpid()}
	code := Run(ctx, env, args)
	return code, heard.String()
}

func starterFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop")
	if code, said := runOn(t, t.Context(), nil, io.Discard, io.Discard, "init", dir); code != 0 {
		t.Fatalf("init: exit %d\n%s", code, said)
	}
	return dir
}

// A reaction does something when a text is written to it.
type reaction struct {
	text string
	do   func()
}

func (r reaction) Write(p []byte) (int, error) {
	if strings.Contains(string(p), r.text) {
		r.do()
	}
	return len(p), nil
}

// Nobody answers, and the first Ctrl-C ends the question.
func TestInterruptedQuestion(t *testing.T) {
	dir := starterFolder(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	silent, hand := io.Pipe()
	defer hand.Close()
	code, said := runOn(t, ctx, silent, io.Discard, reaction{"Apply?", func() { cancel(errors.New("interrupt")) }}, "apply", dir)
	if code != int(exitError) || !strings.Contains(said, "interrupted; nothing was sent") {
		t.Errorf("exit %d, want %d and an end of the question:\n%s", code, exitError, said)
	}
	if _, err := os.Stat(filepath.Join(dir, "flexform.ledger.lock")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the lock was left behind: %v", err)
	}
}

func TestInterruptedBeforeTheQuestion(t *testing.T) {
	dir := starterFolder(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("interrupt signal received"))
	for _, command := range []string{"plan", "status", "apply"} {
		code, said := runOn(t, ctx, nil, io.Discard, io.Discard, command, dir)
		if code != int(exitError) || !strings.Contains(said, "Error: interrupted: no money was moved") {
			t.Errorf("%s: exit %d, stderr %q, want %d and that it was interrupted", command, code, said, exitError)
		}
	}
}

// A goneReader fails after it let some text through, as a pipe to "head" does.
type goneReader struct{ left int }

func (g *goneReader) Write(p []byte) (int, error) {
	if g.left -= len(p); g.left < 0 {
		return 0, syscall.EPIPE
	}
	return len(p), nil
}

func TestReaderGoesAway(t *testing.T) {
	t.Run("before the plan is shown", func(t *testing.T) {
		dir := starterFolder(t)
		code, said := runOn(t, t.Context(), nil, &goneReader{}, io.Discard, "apply", "--auto-approve", dir)
		if code != int(exitError) || said != "" {
			t.Errorf("exit %d, stderr %q, want %d and no word", code, said, exitError)
		}
		if begun := history(t, dir, "begin"); begun != 0 {
			t.Errorf("a plan that nobody saw was carried out %d times", begun)
		}
	})
	t.Run("before the result is shown", func(t *testing.T) {
		dir := starterFolder(t)
		var plan bytes.Buffer
		if code, said := runOn(t, t.Context(), nil, &plan, io.Discard, "plan", dir); code != 0 {
			t.Fatalf("plan: exit %d\n%s", code, said)
		}
		code, said := runOn(t, t.Context(), nil, &goneReader{left: plan.Len()}, io.Discard, "apply", "--auto-approve", dir)
		if code != int(exitError) || !strings.Contains(said, "the calls were made") {
			t.Errorf("exit %d, stderr %q, want %d and that the calls were made", code, said, exitError)
		}
		if ended := history(t, dir, "end"); ended != 1 {
			t.Errorf("the ledger has %d ends of an apply, want 1", ended)
		}
	})
}

// history counts the ledger's entries of a kind.
func history(t *testing.T, dir, kind string) int {
	t.Helper()
	var out bytes.Buffer
	if code, said := runOn(t, t.Context(), nil, &out, io.Discard, "history", "--json", dir); code != 0 {
		t.Fatalf("history: exit %d\n%s", code, said)
	}
	return strings.Count(out.String(), `"kind":"`+kind+`"`)
}
