package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
		"GIT_ALLOW_PROTOCOL=none", "GIT_NO_LAZY_FETCH=1", "GIT_TERMINAL_PROMPT=0", "GIT_LITERAL_PATHSPECS=1"}
	return cmd
}

// maxGitOutput bounds what is read of one answer of git.
const maxGitOutput = 64 << 20

// runGit runs git on a folder's repository. What it writes there is on the disk
// when it returns.
func runGit(ctx context.Context, env Env, dir string, stdin []byte, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	cmd := gitCommand(ctx, env, append([]string{"-c", "core.fsync=all", "-C", dir}, args...)...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, said := &limited{left: maxGitOutput}, &limited{left: 4 << 10, drop: true}
	cmd.Stdout, cmd.Stderr = out, said
	if err := cmd.Run(); err != nil {
		if line, _, _ := strings.Cut(strings.TrimSpace(said.String()), "\n"); line != "" {
			err = errors.New(line)
		}
		return nil, fmt.Errorf("git %s: %w", args[0], err)
	}
	return out.Bytes(), nil
}

// A limited buffer takes so many bytes; with drop it forgets the others, else it
// fails.
type limited struct {
	bytes.Buffer
	left int
	drop bool
}

func (l *limited) Write(b []byte) (int, error) {
	n := len(b)
	if n > l.left && !l.drop {
		return 0, errors.New("git says more than can be read")
	}
	b = b[:min(n, l.left)]
	l.left -= len(b)
	l.Buffer.Write(b)
	return n, nil
}

// gitOutput is [runGit] for text.
func gitOutput(ctx context.Context, env Env, dir string, args ...string) (string, error) {
	out, err := runGit(ctx, env, dir, nil, args...)
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
