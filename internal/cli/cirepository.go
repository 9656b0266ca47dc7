package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"flexform/internal/report"
)

// A repository is where the ci commands read what they plan: from its objects,
// byte for byte, and never from the working tree, which may hold anything.
// Nothing in the commits that are read runs or is followed: hooks, attributes,
// filters, submodules, links.
type repository struct {
	env Env
	top string // of the working tree, without links in the path
}

// gitTime bounds one call of git.
const gitTime = 2 * time.Minute

// findRepository finds the repository of the current folder.
func findRepository(ctx context.Context, env Env) (*repository, error) {
	top, err := gitOutput(ctx, env, ".", "rev-parse", "--show-toplevel")
	if err != nil || top == "" {
		return nil, fmt.Errorf("the current folder is in no git repository with a working tree that git can read; go to the clone. git says%s", gitSays(err))
	}
	if top, err = filepath.EvalSymlinks(top); err != nil {
		return nil, fmt.Errorf("find the repository: %w", err)
	}
	r := &repository{env: env, top: top}
	if shallow, err := r.text(ctx, "rev-parse", "--is-shallow-repository"); err != nil || shallow != "false" {
		return nil, errors.New("this clone does not have the whole history (it is shallow), so it cannot be told what changed. Fetch it: fetch-depth: 0 in GitHub Actions, GIT_DEPTH: 0 in GitLab CI, or\n\n  git fetch --unshallow")
	}
	return r, nil
}

// gitSays is what git wrote when it failed, for the end of a sentence.
func gitSays(err error) string {
	failed, ok := errors.AsType[*exec.ExitError](err)
	if !ok || len(failed.Stderr) == 0 {
		return fmt.Sprintf(": %v", err)
	}
	return ":\n\n  " + report.Visible(strings.TrimSpace(string(failed.Stderr[:min(len(failed.Stderr), 1000)])))
}

func (r *repository) git(ctx context.Context, args ...string) *exec.Cmd {
	return gitCommand(ctx, r.env, append([]string{"-C", r.top}, args...)...)
}

// output runs git and returns what it writes.
func (r *repository) output(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	return r.git(ctx, args...).Output()
}

func (r *repository) text(ctx context.Context, args ...string) (string, error) {
	out, err := r.output(ctx, args...)
	return strings.TrimSpace(string(out)), err
}

// names runs git and returns the paths that it writes, with -z.
func (r *repository) names(ctx context.Context, args ...string) ([]string, error) {
	out, err := r.output(ctx, args...)
	return strings.FieldsFunc(string(out), func(c rune) bool { return c == 0 }), err
}

// suffix begins what follows a name in a revision: main~2, main^{commit}.
var suffix = regexp.MustCompile(`[~^@:].*$`)

// commit finds the commit that a flag names. A name that several refs answer
// to is refused, and so is a tag that is not written out: whoever may push tags
// could push one that is called as the protected branch is.
func (r *repository) commit(ctx context.Context, flag, name string) (string, error) {
	if name == "" {
		return "", fmt.Errorf("--%s is missing: name the protected branch, such as refs/remotes/origin/main, or a commit of it, and never one of the pull request's own", flag)
	}
	if short := suffix.ReplaceAllString(name, ""); !commitID.MatchString(short) && short != "HEAD" && !strings.HasPrefix(short, "refs/") {
		refs, err := r.text(ctx, "for-each-ref", "--format=%(refname)", "refs/"+short, "refs/tags/"+short, "refs/heads/"+short, "refs/remotes/"+short)
		if err != nil {
			return "", fmt.Errorf("read --%s %s%s", flag, report.Visible(name), gitSays(err))
		}
		var found []string
		for ref := range strings.FieldsSeq(refs) {
			if strings.HasSuffix(ref, "/"+short) && len(ref)-len(short) <= len("refs/remotes/") {
				found = append(found, ref)
			}
		}
		if len(found) > 1 || len(found) == 1 && strings.HasPrefix(found[0], "refs/tags/") {
			return "", refusedChange("--%s %s could mean %s. A tag or a branch with such a name can be somebody's trick; write out which one is meant, such as refs/remotes/origin/main, or name the commit", flag, report.Visible(name), strings.Join(found, " or "))
		}
	}
	id, err := r.text(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	if err != nil || !commitID.MatchString(id) {
		return "", fmt.Errorf("--%s %s is no commit of this repository; fetch it first", flag, report.Visible(name))
	}
	return id, nil
}

// inside returns where a path is within the repository, with slashes; false
// when it lies elsewhere. A path that reaches into the repository over a link
// is refused, as the link could be a part of what is to be checked.
func (r *repository) inside(name string) (string, bool, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", false, err
	}
	if here, err = filepath.EvalSymlinks(here); err != nil {
		return "", false, err
	}
	at := filepath.Clean(name)
	if !filepath.IsAbs(at) {
		at = filepath.Join(here, at)
	}
	if rel, ok := below(r.top, at); ok {
		return rel, true, nil
	}
	if real, err := filepath.EvalSymlinks(at); err == nil {
		if _, ok := below(r.top, real); ok {
			return "", false, fmt.Errorf("%s leads into the repository %s over a link; write the path without it", name, r.top)
		}
	}
	return "", false, nil
}

func below(top, at string) (string, bool) {
	rel, err := filepath.Rel(top, at)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// within reports whether a path of the repository is a folder or lies in it.
func within(name, folder string) bool {
	return folder == "." || name == folder || strings.HasPrefix(name, folder+"/")
}

// noLinks refuses a path in the working tree that goes over a link: it would
// lead what is written there elsewhere. What is not there yet is fine.
func (r *repository) noLinks(rel string) error {
	at := r.top
	for part := range strings.SplitSeq(rel, "/") {
		at = filepath.Join(at, part)
		info, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			return refusedChange("%s is a link. In a repository it can lead anywhere, so nothing is read or written over it; put a real file or folder in its place", at)
		}
	}
	return nil
}

// A treeEntry is a file of a commit.
type treeEntry struct {
	mode, object, path string
	size               int64
}

func (e treeEntry) regular() bool { return e.mode == "100644" || e.mode == "100755" }

// list returns the files of a commit at or below a path, in git's order.
func (r *repository) list(ctx context.Context, commit, folder string) ([]treeEntry, error) {
	args := []string{"ls-tree", "-r", "-z", "-l", "--full-tree", commit}
	if folder != "." {
		args = append(args, "--", folder)
	}
	out, err := r.output(ctx, args...)
	if err != nil {
		return nil, fmt.Errorf("list %s at %.12s%s", folder, commit, gitSays(err))
	}
	var all []treeEntry
	for line := range strings.SplitSeq(string(out), "\x00") {
		about, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(about)
		if !ok || len(fields) != 4 {
			continue
		}
		size, _ := strconv.ParseInt(fields[3], 10, 64) // "-" of a submodule is 0
		all = append(all, treeEntry{mode: fields[0], object: fields[2], path: name, size: size})
	}
	return all, nil
}

// file returns the entry at exactly that path; false when there is none.
func (r *repository) file(ctx context.Context, commit, name string) (treeEntry, bool, error) {
	entries, err := r.list(ctx, commit, name)
	for _, e := range entries {
		if e.path == name {
			return e, true, err
		}
	}
	return treeEntry{}, false, err
}

// read hands out the bytes of the entries one after the other.
func (r *repository) read(ctx context.Context, entries []treeEntry, each func(treeEntry, io.Reader) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, gitTime)
	defer cancel()
	var names bytes.Buffer
	for _, e := range entries {
		names.WriteString(e.object + "\n")
	}
	cmd := r.git(ctx, "cat-file", "--batch")
	cmd.Stdin = &names
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run git: %w", err)
	}
	defer func() {
		cancel() // of what is not wanted any more
		if waited := cmd.Wait(); err == nil && waited != nil && ctx.Err() == nil {
			err = fmt.Errorf("read the repository: %w", waited)
		}
	}()
	b := bufio.NewReader(out)
	for _, e := range entries {
		head, err := b.ReadString('\n')
		if err != nil || head != fmt.Sprintf("%s blob %d\n", e.object, e.size) {
			return fmt.Errorf("read %s of the repository: git has no such file any more", e.path)
		}
		body := io.LimitReader(b, e.size)
		if err := each(e, body); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
		if _, err := b.Discard(1); err != nil {
			return fmt.Errorf("read %s of the repository: %w", e.path, err)
		}
	}
	return nil
}

// extract writes entries into a folder, by their paths below from.
func (r *repository) extract(ctx context.Context, entries []treeEntry, from string, into *os.Root) error {
	return r.read(ctx, entries, func(e treeEntry, body io.Reader) error {
		name := e.path
		if from != "." {
			name = strings.TrimPrefix(name, from+"/")
		}
		if !filepath.IsLocal(name) || path.Clean(name) != name { // no honest git makes such a tree
			return refusedChange("the repository has a file called %s, which is no path", report.Visible(e.path))
		}
		if err := into.MkdirAll(path.Dir(name), 0o700); err != nil {
			return fmt.Errorf("unpack %s: %w", e.path, err)
		}
		f, err := into.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("unpack %s: %w", e.path, err)
		}
		_, err = io.Copy(f, body)
		return errors.Join(err, f.Close())
	})
}

// refusedChange ends a ci command because of what a change holds.
func refusedChange(format string, args ...any) error {
	return &codeError{code: exitBlocked, err: fmt.Errorf(format, args...)}
}
