package cli

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// gitCommand runs git so that neither a repository nor our environment decides
// what else is run: no hooks, no file system monitor, no pager, no signature
// program, no repository that is found inside the files of another one, and
// nothing fetched. git gets none of our environment, so no credential reaches a
// child process (hazards R73).
func gitCommand(ctx context.Context, env Env, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append([]string{
		"--no-replace-objects", "-c", "safe.bareRepository=explicit", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
		"-c", "log.showSignature=false", "-c", "protocol.allow=never"}, args...)...)
	cmd.Env = []string{"PATH=" + env.value("PATH"), "HOME=" + env.value("HOME"), "LC_ALL=C.UTF-8", "GIT_OPTIONAL_LOCKS=0", "GIT_PAGER=cat",
		"GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0", "GIT_LITERAL_PATHSPECS=1"}
	return cmd
}

// gitOutput runs git on a folder's repository.
func gitOutput(ctx context.Context, env Env, dir string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := gitCommand(ctx, env, append([]string{"-C", dir}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}

// A revision is the git commit that a folder stands at, with its author. The
// zero revision means that the folder is in no repository.
type revision struct{ commit, author string }

// readRevision asks git. Whatever goes wrong means "no repository": the
// revision is a note in the record, nothing depends on it.
func readRevision(ctx context.Context, env Env, dir string) revision {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return revisionOf(gitOutput(ctx, env, dir, "log", "-1", "--no-show-signature", revisionFormat))
}

const revisionFormat = "--format=%H%n%an <%ae>"

func revisionOf(out string, err error) revision {
	commit, author, ok := strings.Cut(out, "\n")
	if err != nil || !ok {
		return revision{}
	}
	return revision{commit: commit, author: author}
}
