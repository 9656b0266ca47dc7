package cli

import (
	"context"
	"fmt"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"flexform/plan"
)

// makerNames are the names of who plans: the login, and the address that git
// would write into a commit.
func makerNames(ctx context.Context, env Env, dir string) []string {
	names := []string{strings.ToValidUTF8(env.Actor.User, "?")}
	if address, err := gitOutput(ctx, env, dir, "config", "user.email"); err == nil && address != "" {
		names = append(names, strings.ToValidUTF8(address, "?"))
	}
	return names
}

var commitID = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// inRepository looks for a repository without git, which may refuse to read it.
func inRepository(dir string) bool {
	at, err := filepath.Abs(dir)
	if err != nil {
		return true // so that nothing is taken for known
	}
	for {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return true
		}
		above := filepath.Dir(at)
		if above == at {
			return false
		}
		at = above
	}
}

const authorFormat = "--format=%ae%n%(trailers:key=Co-authored-by,valueonly)"

// authors are the addresses of those who changed what a plan was made from: in
// the commit that it was made at (of a merge, which can change things by itself,
// also in the commits that it brought), and in the last commit that touched the
// folder. The second is looked for because the plan's own word for the first is
// not inside its digest. Unknown says why they cannot be told.
func authors(ctx context.Context, env Env, dir string, p *plan.Plan) (all []string, unknown string) {
	head := readRevision(ctx, env, dir)
	switch {
	case head.commit == "" && inRepository(dir):
		return nil, fmt.Sprintf("git cannot tell the commit of the repository that %s is in; what does git -C %[1]s log -1 say?", dir)
	case head.commit == "" && p.Envelope.Commit == "":
		return nil, ""
	case head.commit == "":
		return nil, fmt.Sprintf("the plan was made at commit %.12s, and %s is in no repository that git can read", p.Envelope.Commit, dir)
	case !commitID.MatchString(p.Envelope.Commit):
		return nil, "the plan names no commit, and its configuration is in a repository; plan again"
	}
	commit := p.Envelope.Commit
	changed, err := gitOutput(ctx, env, dir, "log", authorFormat, commit+"^1.."+commit)
	if err != nil { // the first commit of all, or of a shallow clone
		changed, err = gitOutput(ctx, env, dir, "log", "-1", authorFormat, commit)
	}
	if err != nil {
		return nil, fmt.Sprintf("commit %.12s, which the plan was made at, is not in this repository; fetch it", commit)
	}
	last, err := gitOutput(ctx, env, dir, "log", "-1", authorFormat, "HEAD", "--", ".")
	if err != nil {
		return nil, "git cannot tell the last change of the folder"
	}
	return addresses(changed + "\n" + last), ""
}

// addresses are those in the lines that [authorFormat] writes, each once and in
// lower case.
func addresses(lines string) []string {
	var all []string
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if a, err := mail.ParseAddress(line); err == nil {
			line = a.Address // of "Name <address>"
		}
		all = append(all, strings.ToLower(line))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
