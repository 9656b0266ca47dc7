package cli

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flexform/internal/durable"
	"flexform/internal/need"
	"flexform/plan"
	"flexform/schema"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

// A hostileRepository has every way that git's configuration has to run a
// program, for what flexform asks git. Each leaves a mark.
type hostileRepository struct {
	git, home, dir, marks string
}

func newHostileRepository(t *testing.T) *hostileRepository {
	t.Helper()
	top := t.TempDir()
	h := &hostileRepository{need.Command(t, "git"), filepath.Join(top, "home"), filepath.Join(top, "r"), filepath.Join(top, "marks")}
	for _, dir := range []string{h.home, h.dir, h.marks} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	h.write(t, "main.hcl", "merchant \"shop\" {\n  id = \"12345678\"\n  gateway = \"sandbox\"\n}\n")
	h.run(t, "init", "-q")
	h.run(t, "add", "main.hcl")
	h.run(t, "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "first")
	trap := func(name string) string {
		path := filepath.Join(h.dir, ".git", "trap-"+name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\ntouch "+filepath.Join(h.marks, name)+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		return path
	}
	hooks := filepath.Join(h.dir, ".git", "traps")
	if err := os.Mkdir(hooks, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, hook := range []string{"reference-transaction", "post-index-change"} {
		if err := os.Rename(trap(hook), filepath.Join(hooks, hook)); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"core.hooksPath": hooks, "core.fsmonitor": trap("fsmonitor"), "core.pager": trap("pager"), "core.editor": trap("editor"),
		"core.sshCommand": trap("ssh"), "gpg.format": "ssh", "gpg.ssh.program": trap("sign"), "gpg.program": trap("gpg"),
		"tag.gpgSign": "true", "log.showSignature": "true", "user.signingkey": filepath.Join(h.dir, "key"), "diff.external": trap("diff"),
		"extensions.partialClone": "origin", "remote.origin.url": "ssh://localhost/none", "remote.origin.promisor": "true", "credential.helper": trap("credential"),
		"protocol.ssh.allow": "always", "alias.log": "!" + trap("alias"), "user.name": "Mallory", "user.email": "mallory@example.com",
	} {
		h.run(t, "config", name, value)
	}
	return h
}

func (h *hostileRepository) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(h.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs plain git, which is caught in traps.
func (h *hostileRepository) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := h.command(t, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (h *hostileRepository) command(t *testing.T, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(t.Context(), h.git, append([]string{"-C", h.dir}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + h.home, "GIT_CONFIG_NOSYSTEM=1"}
	return cmd
}

// caught lists the traps that were sprung, and sets them anew.
func (h *hostileRepository) caught(t *testing.T) string {
	t.Helper()
	entries, err := os.ReadDir(h.marks)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
		if err := os.Remove(filepath.Join(h.marks, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(names, " ")
}

func (h *hostileRepository) app() *app {
	set := map[string]string{"PATH": os.Getenv("PATH"), "HOME": h.home}
	env := envOf(set)
	env.Now, env.FS = time.Now, durable.OS()
	env.Actor = statefile.Actor{User: "anna", Host: "build7"}
	return &app{env: env}
}

// R73, R82: nothing of a stranger's repository starts a program, and no key of
// the user's is the repository's to choose.
func TestHostileRepository(t *testing.T) {
	h := newHostileRepository(t)
	// The traps work.
	h.run(t, "status")
	_ = h.command(t, "cat-file", "-e", strings.Repeat("ab", 20)).Run()
	h.run(t, "update-ref", "refs/tags/x", "HEAD")
	h.run(t, "update-ref", "-d", "refs/tags/x")
	if got := h.caught(t); !strings.Contains(got, "fsmonitor") || !strings.Contains(got, "reference-transaction") || !strings.Contains(got, "ssh") {
		t.Fatalf("plain git is caught in %q only", got)
	}

	a := h.app()
	cfg, diags := schema.Load(h.dir, schema.LoadOptions{Version: Version})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	where, err := a.place(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l, err := where.Open(t.Context(), a.ledgerOptions("test"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if got := readRevision(t.Context(), a.env, h.dir); got.author != "A <a@example.com>" {
		t.Errorf("readRevision = %+v", got)
	}
	if key, err := a.configuredKey(t.Context(), h.dir); key != nil || err != nil {
		t.Errorf("configuredKey = %v, %v; the repository's key is not the user's", key, err)
	}
	if _, made, err := a.writeAnchor(t.Context(), cfg, where, l.State(), nil); err != nil || !made {
		t.Errorf("writeAnchor = %v, %v", made, err)
	}
	found, err := a.readAnchors(t.Context(), cfg, where, l.State())
	if err != nil || len(found.tags) != 1 || found.tags[0].Place != "flexform.ledger" {
		t.Errorf("readAnchors = %+v, %v", found, err)
	}
	// What is missing is not fetched.
	h.command(t, "-c", "core.hooksPath=/dev/null", "update-ref", "refs/tags/flexform/y", strings.Repeat("ab", 20)).Run()
	if err := os.WriteFile(filepath.Join(h.dir, ".git", "refs", "tags", "flexform", "y"), []byte(strings.Repeat("ab", 20)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.caught(t)
	if _, err := a.readAnchors(t.Context(), cfg, where, l.State()); err == nil {
		t.Error("readAnchors reads a tag that is not there")
	}
	authors(t.Context(), a.env, h.dir, &plan.Plan{Envelope: plan.Envelope{Commit: h.run(t, "rev-parse", "HEAD")}})
	if got := h.caught(t); got != "" {
		t.Errorf("git started %s", got)
	}
}

// A bare repository among the files of a folder is not taken for its repository.
func TestPlantedRepository(t *testing.T) {
	git := need.Command(t, "git")
	dir := t.TempDir()
	planted := filepath.Join(dir, "shop")
	for _, args := range [][]string{{"init", "-q", dir}, {"init", "-q", "--bare", planted}} {
		if out, err := exec.CommandContext(t.Context(), git, args...).CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	env := envOf(map[string]string{"PATH": os.Getenv("PATH"), "HOME": dir})
	if out, err := gitOutput(t.Context(), env, planted, "rev-parse", "--git-dir"); err == nil && filepath.Base(out) != ".git" {
		t.Errorf("git takes %s for the repository", out)
	}
}

// R34: the ledger that a command is about to write to is held against the anchors
// once more, under its lock: it may have been replaced since it was read.
func TestOpenLedgerAsksTheAnchors(t *testing.T) {
	h := newHostileRepository(t)
	a := h.app()
	cfg, diags := schema.Load(h.dir, schema.LoadOptions{Version: Version})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	where, err := a.place(cfg)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(h.dir, "flexform.ledger")
	open := func() (ledger, error) { return a.openLedger(t.Context(), cfg, "test") }
	l, err := open()
	if err != nil {
		t.Fatal(err)
	}
	older, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), statefile.Begin{Plan: "sha256:aa", Mode: "sandbox", Actor: a.env.Actor, Version: Version}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.writeAnchor(t.Context(), cfg, where, l.State(), nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if l, err = open(); err != nil {
		t.Fatalf("openLedger of what was anchored: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, older, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the lock is given back
		_, err := open()
		if contradicted, ok := errors.AsType[*anchor.ContradictedError](err); !ok || contradicted.Fault != anchor.Shorter {
			t.Errorf("openLedger of an older copy: %v", err)
		}
	}
}
