package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"

	"flexform/internal/report"
	"flexform/plan"
	"flexform/plan/approval"
	"flexform/plan/policy"
	"flexform/schema"
)

// maxCommits bounds how many commits of one change are looked at.
const maxCommits = 1000

// authors are the addresses of those who made the change: of each of its
// commits, and of the last one before that touched the folder. Two kinds of
// commit make nobody an author: one that only adds or changes approvals, and a
// merge that holds what git makes of its two sides. So who approves may commit
// that, and press the button that merges. Unknown says why they cannot be told.
func (c *change) authors(ctx context.Context, cfg *schema.Config) (all []string, unknown string) {
	lines, err := c.changers(ctx)
	if err != nil {
		return nil, err.Error()
	}
	last, err := c.repo.text(ctx, "log", "-1", "--format=%H", c.head.commit, "--", c.folder)
	if c.folder == "." {
		last, err = c.repo.text(ctx, "log", "-1", "--format=%H", c.head.commit)
	}
	for err == nil && last != "" { // not those who recorded what was applied
		var changed []string
		if changed, err = c.paths(ctx, last); err != nil || !c.only(changed, c.ledger(cfg)) {
			break
		}
		last, err = c.repo.text(ctx, "log", "-1", "--format=%H", last+"^1", "--", c.folder)
	}
	if err != nil {
		return nil, "git cannot tell the last change of the folder" // of a history without any other
	}
	if last != "" {
		text, err := c.author(ctx, last)
		if err != nil {
			return nil, err.Error()
		}
		lines += "\n" + text
	}
	return addresses(lines), ""
}

// changers returns the authors' lines of all commits of the change that count.
func (c *change) changers(ctx context.Context) (string, error) {
	commits, err := c.counted(ctx)
	if err != nil {
		return "", err
	}
	var all []string
	for _, commit := range commits {
		text, err := c.author(ctx, commit)
		if err != nil {
			return "", err
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n"), nil
}

// counted returns the commits of the change that change something, the newest
// first.
func (c *change) counted(ctx context.Context) ([]string, error) {
	out, err := c.repo.text(ctx, "rev-list", "--topo-order", "--parents", fmt.Sprintf("--max-count=%d", maxCommits+1), c.head.commit, "^"+c.base.commit)
	if err != nil {
		return nil, errors.New("git cannot tell the commits of the change")
	}
	var all []string
	for n, line := range strings.Split(out, "\n") {
		if n == maxCommits {
			return nil, fmt.Errorf("the change has more than %d commits", maxCommits)
		}
		ids := strings.Fields(line)
		if len(ids) == 0 {
			continue
		}
		idle, err := c.idle(ctx, ids[0], ids[1:])
		if err != nil {
			return nil, err
		}
		if !idle {
			all = append(all, ids[0])
		}
	}
	return all, nil
}

func (c *change) author(ctx context.Context, commit string) (string, error) {
	text, err := c.repo.text(ctx, "log", "-1", authorFormat, commit)
	if err != nil {
		return "", fmt.Errorf("git cannot tell who wrote commit %.12s", commit)
	}
	return text, nil
}

// idle reports whether a commit changes nothing by itself.
func (c *change) idle(ctx context.Context, commit string, parents []string) (bool, error) {
	switch len(parents) {
	case 1:
		changed, err := c.paths(ctx, commit)
		return err == nil && c.only(changed, c.approvals), err
	case 2:
		tree, err := c.repo.text(ctx, "rev-parse", "--verify", "--quiet", commit+"^{tree}")
		if err != nil {
			return false, err
		}
		// A conflict, or a git that does not know this yet, is no reason to trust.
		merged, err := c.repo.text(ctx, "merge-tree", "--write-tree", parents[0], parents[1])
		return err == nil && merged == tree, nil
	}
	return false, nil
}

// paths returns what a commit changed against its first parent.
func (c *change) paths(ctx context.Context, commit string) ([]string, error) {
	names, err := c.repo.names(ctx, "diff-tree", "--no-commit-id", "--root", "-m", "--first-parent", "-r", "-z", "--no-renames", "--name-only", commit)
	if err != nil {
		return nil, fmt.Errorf("git cannot tell what commit %.12s changed", commit)
	}
	return names, nil
}

// only reports whether all paths lie in one place.
func (c *change) only(paths []string, place string) bool {
	for _, name := range paths {
		if place == "" || !within(name, place) {
			return false
		}
	}
	return true
}

// signatures gathers what is said about a plan of the change: the statements in
// the approvals folder at these commits, or in that folder of the machine when
// it lies outside the repository, but for those that are about other plans.
func (c *change) signatures(ctx context.Context, cfg *schema.Config, p *plan.Plan, commits ...string) (policy.Signatures, error) {
	if !cfg.Approvals.Required() {
		return policy.Signatures{}, nil
	}
	var s policy.Signatures
	s.Authors, s.Unknown = c.authors(ctx, cfg)
	if writers, err := c.writers(ctx, cfg, p); err != nil {
		s.Unknown = err.Error()
	} else {
		s.Authors = append(s.Authors, writers...)
	}
	files, err := c.statements(ctx, commits)
	if err != nil {
		return s, err
	}
	seen := map[string]bool{}
	for _, f := range files {
		if said, err := approval.Parse(f.Text); err == nil && said.Plan != p.Digest {
			continue
		}
		if whole := f.Name + "\x00" + string(f.Text) + "\x00" + string(f.Signature); !seen[whole] {
			seen[whole] = true
			s.Files = append(s.Files, f)
		}
	}
	return s, nil
}

func (c *change) statements(ctx context.Context, commits []string) ([]approval.File, error) {
	if c.approvals == "" {
		return c.statementsBelow(c.elsewhere)
	}
	var all []approval.File
	for _, commit := range commits {
		found, err := c.statementsAt(ctx, commit)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// isStatement tells by its name whether a file is one.
func isStatement(name string) bool {
	kind := path.Ext(name)
	return approval.Kind(strings.TrimPrefix(kind, ".")).Valid()
}

// statementsAt reads those of a commit. One that is no regular file, or is too
// large, is there all the same, and does not verify.
func (c *change) statementsAt(ctx context.Context, commit string) ([]approval.File, error) {
	entries, err := c.repo.list(ctx, commit, c.approvals)
	if err != nil {
		return nil, err
	}
	at := map[string]treeEntry{}
	var wanted []treeEntry
	for _, e := range entries {
		at[e.path] = e
	}
	fetch := func(name string) {
		if e := at[name]; e.regular() && e.size <= approval.MaxFile+1 {
			wanted = append(wanted, e)
		}
	}
	var names []string
	for _, e := range entries {
		if isStatement(e.path) {
			names = append(names, e.path)
			fetch(e.path)
			fetch(e.path + ".sig")
		}
	}
	if len(names) > maxKept {
		return nil, refusedChange("%s holds more than %d approvals; delete those of plans that are done", c.approvals, maxKept)
	}
	text := map[string][]byte{}
	err = c.repo.read(ctx, wanted, func(e treeEntry, body io.Reader) (err error) {
		text[e.path], err = io.ReadAll(body)
		return err
	})
	var all []approval.File
	for _, name := range names {
		all = append(all, approval.File{Name: report.Visible(name), Text: text[name], Signature: text[name+".sig"]})
	}
	return all, err
}

// maxKept bounds how many statements, of all plans ever, may lie in the folder.
const maxKept = 10_000

func (c *change) statementsBelow(dir string) ([]approval.File, error) {
	names, err := filesBelow(dir)
	if err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	var all []approval.File
	for _, name := range names {
		if isStatement(filepath.ToSlash(name)) {
			all = append(all, approval.File{Name: name, Text: readSmall(name), Signature: readSmall(name + ".sig")})
		}
	}
	return all, nil
}
