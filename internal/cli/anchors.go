package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"flexform/internal/report"
	"flexform/schema"
	"flexform/statefile"
	"flexform/statefile/anchor"
)

// anchors are what the repository of a configuration says of a ledger.
type anchors struct {
	place   string       // of the ledger, seen from the repository's top
	tags    []anchor.Tag // that concern the ledger, the newest last
	objects [][]byte     // as they are, in that order
}

// readAnchors reads the anchors about a ledger. A folder in no repository has
// none. An anchor that cannot be read is an error: what it says may count.
func (a *app) readAnchors(ctx context.Context, cfg *schema.Config, where place, state anchor.Ledger) (anchors, error) {
	if !inRepository(cfg.Dir) {
		return anchors{}, nil
	}
	refs, err := gitOutput(ctx, a.env, cfg.Dir, "for-each-ref", "--format=%(objectname) %(objecttype) %(refname)", anchor.Prefix)
	if err != nil || refs == "" {
		return anchors{}, err
	}
	found := anchors{}
	if found.place, err = a.placeInRepository(ctx, cfg.Dir, where); err != nil {
		return anchors{}, err
	}
	var names, ids []string
	for line := range strings.Lines(refs) {
		parts := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(parts) != 3 {
			return anchors{}, fmt.Errorf("git for-each-ref: it says %q", line)
		}
		if parts[1] != "tag" {
			return anchors{}, &unreadableAnchorError{parts[2], errors.New("it is no annotated tag")}
		}
		ids, names = append(ids, parts[0]), append(names, parts[2])
	}
	out, err := runGit(ctx, a.env, cfg.Dir, []byte(strings.Join(ids, "\n")+"\n"), "cat-file", "--batch")
	if err != nil {
		return anchors{}, err
	}
	for i, id := range ids {
		object, rest, err := cutObject(out, id, "tag")
		if err != nil {
			return anchors{}, err
		}
		out = rest
		tag, err := anchor.Parse(object)
		if err == nil && tag.Ref() != names[i] {
			err = errors.New("it is named otherwise inside")
		}
		if err != nil {
			return anchors{}, &unreadableAnchorError{names[i], err}
		}
		if anchor.Concerns(state, found.place, tag) {
			found.tags, found.objects = append(found.tags, tag), append(found.objects, object)
		}
	}
	return found, nil
}

// cutObject takes the next object from what git cat-file --batch says.
func cutObject(out []byte, id, kind string) (object, rest []byte, err error) {
	head, rest, ok := bytes.Cut(out, []byte("\n"))
	size, found := strings.CutPrefix(string(head), id+" "+kind+" ")
	n, err := strconv.Atoi(size)
	if !ok || !found || err != nil || n < 0 || n >= len(rest) || rest[n] != '\n' {
		return nil, nil, fmt.Errorf("git cat-file: %s %s cannot be read", kind, id)
	}
	return rest[:n], rest[n+1:], nil
}

// placeInRepository is where a ledger is kept, seen from the top of the
// repository, so that it is the same in every clone.
func (a *app) placeInRepository(ctx context.Context, dir string, where place) (string, error) {
	file, ok := where.(filePlace)
	if !ok {
		return where.String(), nil
	}
	folder, err := a.folderInRepository(ctx, dir, filepath.Dir(string(file)))
	return path.Join(folder, filepath.Base(string(file))), err
}

// folderInRepository is where a folder really is, seen from the top of the
// repository that dir is in; "." for the top itself.
func (a *app) folderInRepository(ctx context.Context, dir, folder string) (string, error) {
	top, err := gitOutput(ctx, a.env, dir, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	if folder, err = filepath.Abs(folder); err == nil {
		folder, err = filepath.EvalSymlinks(folder)
	}
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(top, folder)
	return filepath.ToSlash(rel), err
}

// An unreadableAnchorError reports a tag in the place of an anchor that is none.
type unreadableAnchorError struct {
	ref string
	err error
}

func (e *unreadableAnchorError) Error() string {
	name := strings.TrimPrefix(e.ref, "refs/tags/")
	return fmt.Sprintf("the git tag %s should be an anchor of a ledger: %v, so it cannot be told whether this ledger is the newest. Nothing was read or sent. Find out who made it; if it means nothing:\n\n  git tag -d %s", name, e.err, report.ShellWord(name))
}

// An unanchoredError reports a ledger whose settings want anchors, and no anchor.
type unanchoredError struct{ why string }

func (e *unanchoredError) Error() string { return e.why }

// checkAnchors refuses a ledger that contradicts an anchor (hazards R33, R34).
func (a *app) checkAnchors(ctx context.Context, cfg *schema.Config, where place, state *statefile.State) error {
	wanted := cfg.Ledger.Anchor == schema.AnchorGit
	if wanted && readRevision(ctx, a.env, cfg.Dir).commit == "" {
		return &unanchoredError{fmt.Sprintf("the ledger block wants anchors (%s line %d), and git tells no commit of %s, which an anchor needs; nothing was read or sent. What does this say?\n\n  git -C %s log -1",
			cfg.Ledger.Source.File, cfg.Ledger.Source.Start.Line, cfg.Dir, report.ShellWord(cfg.Dir))}
	}
	found, err := a.readAnchors(ctx, cfg, where, state)
	if _, unreadable := errors.AsType[*unreadableAnchorError](err); unreadable || err != nil && wanted {
		return err
	}
	if err != nil {
		fmt.Fprintf(a.env.Stderr, "Note: whether the ledger was anchored cannot be read (%s), so an older copy of it would not be noticed.\n", report.Visible(err.Error()))
		return nil
	}
	if err := anchor.Check(state, found.place, found.tags); err != nil {
		return err
	}
	// An entry alone is the ledger's own beginning.
	if _, seq := state.Head(); wanted && seq > 1 && len(found.tags) == 0 {
		return &unanchoredError{fmt.Sprintf("the ledger block wants anchors (%s line %d), and this repository has none of ledger %s, so an older copy of it could not be told from the newest; nothing was read or sent. Fetch them:\n\n  git fetch origin 'refs/tags/flexform/*:refs/tags/flexform/*'\n\nOnly if it never had one, and this is the newest:\n\n  flexform audit anchor %s",
			cfg.Ledger.Source.File, cfg.Ledger.Source.Start.Line, where, report.ShellWord(cfg.Dir))}
	}
	return nil
}

// writeAnchor makes the anchor of a ledger's head, signed if there is a key. It
// reports false when the head is anchored already.
func (a *app) writeAnchor(ctx context.Context, cfg *schema.Config, where place, state *statefile.State, key ssh.Signer) (anchor.Tag, bool, error) {
	head, seq := state.Head()
	if seq == 0 {
		return anchor.Tag{}, false, fmt.Errorf("there is no ledger at %s yet, so there is nothing to anchor", where)
	}
	found, err := a.readAnchors(ctx, cfg, where, state)
	if err != nil {
		return anchor.Tag{}, false, err
	}
	if err := anchor.Check(state, found.place, found.tags); err != nil {
		return anchor.Tag{}, false, err
	}
	for _, t := range found.tags {
		if t.Ledger == state.Ledger() && t.Seq == seq && (t.Signature != nil || key == nil) {
			return t, false, nil
		}
	}
	rev := readRevision(ctx, a.env, cfg.Dir)
	if rev.commit == "" {
		return anchor.Tag{}, false, fmt.Errorf("an anchor is a tag of a commit, and git tells no commit of %s. What does this say?\n\n  git -C %s log -1", cfg.Dir, report.ShellWord(cfg.Dir))
	}
	tag := anchor.Tag{
		Statement: anchor.Statement{Ledger: state.Ledger(), Seq: seq, Head: head},
		Commit:    rev.commit, Tagger: a.tagger(ctx, cfg.Dir), Time: a.env.Now(),
	}
	if tag.Place, err = a.placeInRepository(ctx, cfg.Dir, where); err != nil {
		return anchor.Tag{}, false, err
	}
	if key != nil {
		if tag, err = tag.Sign(key); err != nil {
			return anchor.Tag{}, false, err
		}
	}
	if _, err := anchor.Parse(tag.Encode()); err != nil {
		return anchor.Tag{}, false, fmt.Errorf("make anchor: %w", err)
	}
	id, err := runGit(ctx, a.env, cfg.Dir, tag.Encode(), "hash-object", "-t", "tag", "-w", "--stdin")
	if err != nil {
		return anchor.Tag{}, false, err
	}
	old := "" // no reference yet
	if i := slices.IndexFunc(found.tags, func(t anchor.Tag) bool { return t.Ref() == tag.Ref() }); i >= 0 {
		// Unsigned, of the same head: the signed one takes its place.
		if old, err = gitOutput(ctx, a.env, cfg.Dir, "rev-parse", "--verify", tag.Ref()); err != nil {
			return anchor.Tag{}, false, err
		}
	}
	_, err = runGit(ctx, a.env, cfg.Dir, nil, "update-ref", "-m", "flexform anchor", tag.Ref(), strings.TrimSpace(string(id)), old)
	return tag, err == nil, err
}

// tagger is who anchors: as git would write into a commit, else the login.
func (a *app) tagger(ctx context.Context, dir string) string {
	name, _ := gitOutput(ctx, a.env, dir, "config", "user.name")
	address, _ := gitOutput(ctx, a.env, dir, "config", "user.email")
	return anchor.Identity(cmp.Or(name, a.env.Actor.User), cmp.Or(address, a.env.Actor.User+"@"+a.env.Actor.Host))
}

// anchoringLedger is a ledger whose settings have its head anchored when a
// command has written to it.
type anchoringLedger struct {
	ledger
	head   string // when it was opened
	anchor func(*statefile.State) error
}

// Close anchors while nobody else can write yet.
func (l *anchoringLedger) Close() error {
	var err error
	if head, _ := l.State().Head(); head != l.head {
		err = l.anchor(l.State())
	}
	return errors.Join(err, l.ledger.Close())
}

// anchoring has the ledger anchored when it is closed, where the settings say
// so. What was written stays written if that fails; it is said at once, because
// a command's own result may say nothing more.
func (a *app) anchoring(ctx context.Context, cfg *schema.Config, where place, l ledger) ledger {
	if cfg.Ledger.Anchor != schema.AnchorGit {
		return l
	}
	head, _ := l.State().Head()
	ctx = context.WithoutCancel(ctx) // what was written is anchored, interrupted or not
	return &anchoringLedger{l, head, func(state *statefile.State) error {
		key, err := a.configuredKey(ctx, cfg.Dir)
		if err == nil {
			_, _, err = a.writeAnchor(ctx, cfg, where, state, key)
		}
		if err == nil {
			return nil
		}
		err = fmt.Errorf("the ledger was not anchored: %w. What happened is recorded. Anchor it before the next apply:\n\n  flexform audit anchor %s", err, report.ShellWord(cfg.Dir))
		return errors.Join(exitWith(exitError), report.Error(a.env.Stderr, err, a.style(a.env.StderrTerminal)))
	}}
}
