package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"flexform/internal/need"
	"flexform/plan"
)

// R83: who changed what a plan was made from, as git tells it.
func TestAuthors(t *testing.T) {
	git := need.Command(t, "git")
	home := t.TempDir()
	repository, dir := filepath.Join(home, "r"), filepath.Join(home, "r", "shop")
	env := Env{Lookup: func(name string) (string, bool) {
		if name == "HOME" {
			return home, true
		}
		return os.LookupEnv(name)
	}}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), git, append([]string{"-C", repository, "-c", "user.name=Ci", "-c", "user.email=ci@example.com"}, args...)...)
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	commit := func(file, author string, more ...string) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(repository, file), []byte(author), 0o600); err != nil {
			t.Fatal(err)
		}
		run("add", ".")
		run(append([]string{"commit", "-q", "-m", "change", "--author", author}, more...)...)
		return run("rev-parse", "HEAD")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	at := func(commit string) *plan.Plan { return &plan.Plan{Envelope: plan.Envelope{Commit: commit}} }
	expect := func(when, commit string, want []string, unknown string) {
		t.Helper()
		got, why := authors(t.Context(), env, dir, at(commit))
		if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(why, unknown) || (why == "") != (unknown == "") {
			t.Errorf("%s: unknown = %q, want %q; authors (-want +got):\n%s", when, why, unknown, diff)
		}
	}
	expect("in no repository", "", nil, "")
	expect("moved out of its repository", strings.Repeat("a", 40), nil, "in no repository that git can read")
	run("init", "-q", "-b", "main")
	expect("git tells no commit", "", nil, "git cannot tell the commit")
	first := commit("shop/a", "Anna <Anna@example.com>")
	expect("the first commit", first, []string{"anna@example.com"}, "")
	run("checkout", "-q", "-b", "change")
	commit("shop/b", "Bo <bo@example.com>", "--trailer", "Co-authored-by: Cy <cy@example.com>")
	second := commit("other", "Dora <dora@example.com>")
	expect("another folder's commit", second, []string{"bo@example.com", "cy@example.com", "dora@example.com"}, "")
	run("checkout", "-q", "main")
	commit("shop/c", "Eve <eve@example.com>")
	run("merge", "-q", "--no-ff", "-m", "merge", "change")
	expect("a merge", run("rev-parse", "HEAD"), []string{"bo@example.com", "ci@example.com", "cy@example.com", "dora@example.com"}, "")
	expect("a commit that is not named", "", nil, "names no commit")
	expect("an option for a commit", "--output=x", nil, "names no commit")
	expect("a commit that is not here", strings.Repeat("a", 40), nil, "is not in this repository; fetch it")
}

// A folder that looks like a repository is none: what its commits say is a part
// of what is to be judged (hazards R80, R83).
func TestRepositoryInsideTheFolder(t *testing.T) {
	git := need.Command(t, "git")
	home := t.TempDir()
	dir := filepath.Join(home, "r", "shop")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	env := Env{Lookup: func(name string) (string, bool) { return home, name == "HOME" }}
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), git, append([]string{"-c", "user.name=Mallory", "-c", "user.email=mallory@example.com"}, args...)...)
		cmd.Env, cmd.Dir = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}, home
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	run("init", "-q", "-b", "main", "r")
	run("-C", "r", "commit", "-q", "--allow-empty", "-m", "shop")
	run("init", "-q", "other")
	run("-C", "other", "commit", "-q", "--allow-empty", "-m", "by nobody")
	run("clone", "-q", "--bare", "other", dir+"/bare")
	for _, name := range []string{"HEAD", "config", "objects", "refs", "packed-refs"} {
		if err := os.Rename(filepath.Join(dir, "bare", name), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	got, unknown := authors(t.Context(), env, dir, &plan.Plan{})
	if len(got) > 0 || !strings.Contains(unknown, "git cannot tell the commit") {
		t.Errorf("authors = %q, unknown = %q, want that git cannot tell", got, unknown)
	}
}
