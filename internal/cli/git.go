package cli

import (
	"context"
	"os/exec"
	"strings"
	"time"
)

// A revision is the git commit that a folder stands at, with its author. The
// zero revision means that the folder is in no repository.
type revision struct{ commit, author string }

// readRevision asks git. Whatever goes wrong means "no repository": the
// revision is a note in the record, nothing depends on it. git gets none of
// our environment, so no credential reaches a child process (hazards R73).
func readRevision(ctx context.Context, env Env, dir string) revision {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", "-c", "core.fsmonitor=false", "-C", dir, "log", "-1", "--no-show-signature", "--format=%H%n%an <%ae>")
	cmd.Env = []string{"PATH=" + env.value("PATH"), "HOME=" + env.value("HOME"), "LC_ALL=C.UTF-8", "GIT_OPTIONAL_LOCKS=0", "GIT_PAGER=cat"}
	out, err := cmd.Output()
	if err != nil {
		return revision{}
	}
	commit, author, ok := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if !ok {
		return revision{}
	}
	return revision{commit: commit, author: author}
}
