package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"flexform/internal/report"
	"flexform/schema"
	"flexform/statefile"
)

// ciOptions are the flags that ci plan and ci apply share.
type ciOptions struct {
	planOptions
	base, head string
	approvals  string
}

// A change is what a pull request, or its merge, would change: from the base,
// which is the protected branch, to the head. The head says what is wanted; who
// guards it, the settings and the ledger, is read from the base (hazards R80,
// R81, R84).
type change struct {
	repo       *repository
	base, head revision
	from       string // the commit at which head left base
	folder     string // of the configuration, within the repository
	approvals  string // the folder of the approvals, within the repository; empty when it is elsewhere
	elsewhere  string // that folder, when it is elsewhere
	settings   string // the settings file within the repository; empty when it is elsewhere
	touched    []string
	merged     bool   // the head stands on the protected branch
	temp       string // where files of the commits are unpacked, until close
	options    ciOptions
	database   func(context.Context, *schema.Config) (*statefile.State, error) // reads a ledger that is in one
}

// readChange finds out what is to be looked at. Close the change when done.
func (a *app) readChange(ctx context.Context, folder string, o ciOptions) (c *change, err error) {
	c = &change{options: o, database: a.readLedger}
	if c.repo, err = findRepository(ctx, a.env); err != nil {
		return nil, err
	}
	if err := c.findPlaces(folder, a.settingsOf(o.config)); err != nil {
		return nil, err
	}
	for _, end := range []struct {
		flag, name string
		into       *revision
	}{{"base", o.base, &c.base}, {"head", o.head, &c.head}} {
		if end.into.commit, err = c.repo.commit(ctx, end.flag, end.name); err != nil {
			return nil, err
		}
		*end.into = revisionOf(c.repo.text(ctx, "log", "-1", "--no-show-signature", revisionFormat, end.into.commit))
	}
	if c.from, err = c.repo.text(ctx, "merge-base", c.base.commit, c.head.commit); err != nil {
		return nil, refusedChange("--base %s and --head %s have no history in common, so nothing can be said of what changed", report.Visible(o.base), report.Visible(o.head))
	}
	if c.touched, err = c.differs(ctx, c.from, c.head.commit, "."); err != nil {
		return nil, err
	}
	if c.temp, err = os.MkdirTemp("", "flexform-ci-"); err != nil {
		return nil, err
	}
	return c, nil
}

// close removes what was unpacked.
func (c *change) close() error { return os.RemoveAll(c.temp) }

// findPlaces maps the paths of the command line into the repository.
func (c *change) findPlaces(folder, settings string) error {
	var ok bool
	var err error
	if c.folder, ok, err = c.repo.inside(folder); err != nil || !ok {
		return errors.Join(err, outsideRepository("the folder", folder, ok || err != nil))
	}
	if settings == "" {
		return errors.New("ci: no settings file is named, and settings in the folder would be the pull request's own. Keep the blocks merchant, ledger, limits and approvals in a file of their own, on the protected branch or with the runner, and name it:\n\n  --settings FILE\n  export " + settingsVariable + "=FILE")
	}
	if c.settings, ok, err = c.repo.inside(settings); err != nil {
		return err
	} else if !ok {
		c.settings = ""
	}
	if c.approvals, ok, err = c.repo.inside(c.options.approvals); err != nil {
		return err
	}
	if !ok {
		c.approvals, c.elsewhere = "", c.options.approvals
		return nil
	}
	if within(c.approvals, c.folder) || within(c.folder, c.approvals) || c.settings != "" && within(c.settings, c.approvals) {
		return fmt.Errorf("ci: the approvals in %s, the configuration in %s and the settings must lie apart, because who adds an approval changes nothing else. Name another folder with --approvals", c.approvals, c.folder)
	}
	return nil
}

func outsideRepository(what, name string, fine bool) error {
	if fine {
		return nil
	}
	return fmt.Errorf("ci: %s %s is not in the repository of the current folder", what, name)
}

// dir is the configuration's folder in the working tree: what is kept there on
// this machine alone is found under it.
func (c *change) dir() string { return filepath.Join(c.repo.top, filepath.FromSlash(c.folder)) }

// unpacked is the folder of an unpacked commit.
func (c *change) unpacked(what string) string { return filepath.Join(c.temp, what) }

const (
	maxCIFiles    = 10_000
	maxCITotal    = 256 << 20 // bytes of the configuration
	maxSettings   = 1000      // files beside the settings
	maxSettingsTo = 16 << 20  // their bytes
)

// unpackFolder writes the configuration, as a commit has it, into a folder of its
// own. Links and submodules are refused: only what a review shows is read.
func (c *change) unpackFolder(ctx context.Context, commit, into string) error {
	entries, err := c.repo.list(ctx, commit, c.folder)
	if err != nil {
		return err
	}
	total := int64(0)
	for _, e := range entries {
		total += e.size
		switch {
		case e.mode == "120000":
			return refusedChange("%s is a link in the head. In CI only regular files are read, so that a review sees everything that decides. Put the file itself in its place", report.Visible(e.path))
		case !e.regular():
			return refusedChange("%s is a submodule in the head. In CI only the files of the repository itself are read. Put the files in its place", report.Visible(e.path))
		case e.path == c.folder:
			return refusedChange("%s is a file in the head, and the configuration is a folder", report.Visible(e.path))
		case path.Base(e.path) == ".flexform" || strings.Contains(e.path, "/.flexform/"):
			return refusedChange("%s belongs to one machine, not into the repository: there the built-in gateway keeps its money. Delete it from the branch", report.Visible(e.path))
		}
	}
	if len(entries) == 0 {
		return refusedChange("the head has no folder %s. Absence means nothing: what was declared there is forgotten, and nothing is reversed", report.Visible(c.folder))
	}
	if len(entries) > maxCIFiles || total > maxCITotal {
		return refusedChange("the folder %s has %d files with %d MiB in the head, and at most %d files with %d MiB are read. Split the configuration into several folders", report.Visible(c.folder), len(entries), total>>20, maxCIFiles, maxCITotal>>20)
	}
	return c.unpack(ctx, into, entries, c.folder)
}

// unpackSettings writes the settings file and what stands beside it, as a commit
// has them, into a folder, and returns the file's path there.
func (c *change) unpackSettings(ctx context.Context, commit, into string) (string, error) {
	from := path.Dir(c.settings)
	entries, err := c.repo.list(ctx, commit, from)
	if err != nil {
		return "", err
	}
	found, total := false, int64(0)
	entries = slices.DeleteFunc(entries, func(e treeEntry) bool {
		drop := !e.regular() || c.folder != "." && within(e.path, c.folder) || c.approvals != "" && within(e.path, c.approvals)
		found = found || !drop && e.path == c.settings
		if !drop {
			total += e.size
		}
		return drop
	})
	switch {
	case !found:
		return "", refusedChange("there is no settings file %s at %.12s. Settings count only as a regular file on the protected branch: put it there first, in a change of its own", c.settings, commit)
	case len(entries) > maxSettings || total > maxSettingsTo:
		return "", refusedChange("beside the settings file %s there are %d files with %d MiB; put it into a folder of its own, with the allowed signers", c.settings, len(entries), total>>20)
	}
	if err := c.unpack(ctx, into, entries, from); err != nil {
		return "", err
	}
	return filepath.Join(c.unpacked(into), path.Base(c.settings)), nil
}

func (c *change) unpack(ctx context.Context, what string, entries []treeEntry, from string) error {
	if err := os.MkdirAll(c.unpacked(what), 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(c.unpacked(what))
	if err != nil {
		return err
	}
	defer root.Close()
	return c.repo.extract(ctx, entries, from, root)
}

// ledgerAt reads the ledger as a commit has it. A commit without one has an
// empty ledger.
func (c *change) ledgerAt(ctx context.Context, commit string, cfg *schema.Config) (*statefile.State, error) {
	if cfg.Ledger.Postgres.Valid() { // one for all commits
		return c.database(ctx, cfg)
	}
	name := c.ledger(cfg)
	entry, ok, err := c.repo.file(ctx, commit, name)
	if err != nil {
		return nil, err
	}
	if ok && !entry.regular() {
		return nil, refusedChange("the ledger %s is no regular file at %.12s", name, commit)
	}
	file := c.unpacked("ledger-" + commit)
	if ok {
		err = c.repo.read(ctx, []treeEntry{entry}, func(_ treeEntry, body io.Reader) error {
			f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
			if err != nil {
				return err
			}
			_, err = io.Copy(f, body)
			return errors.Join(err, f.Close())
		})
		if err != nil {
			return nil, err
		}
	}
	state, err := statefile.Read(file)
	if err != nil {
		return nil, fmt.Errorf("the ledger %s at %.12s: %w", name, commit, err)
	}
	return state, oneMode(cfg, state, filePlace(name))
}

// isLedger reports whether a path within the repository is the ledger, or part
// of it.
func (c *change) isLedger(cfg *schema.Config, name string) bool {
	ledger := c.ledger(cfg)
	return ledger != "" && within(name, ledger)
}

// ledger is the ledger's path within the repository; empty when it is in a
// database.
func (c *change) ledger(cfg *schema.Config) string {
	if cfg.Ledger.Postgres.Valid() {
		return ""
	}
	return path.Join(c.folder, filepath.ToSlash(cfg.Ledger.Path))
}

// A touch says which parts of the repository a change is about.
type touch struct {
	settings, wishes []string
	ledger           []string
}

// parts sorts what was changed. The allowed signers are settings; what is
// neither in the folder nor a setting means nothing here.
func (c *change) parts(cfg *schema.Config) touch {
	var t touch
	for _, name := range c.touched {
		switch {
		case c.isLedger(cfg, name):
			t.ledger = append(t.ledger, name)
		case c.isSetting(cfg, name):
			t.settings = append(t.settings, name)
		case within(name, c.folder):
			t.wishes = append(t.wishes, name)
		}
	}
	return t
}

func (c *change) isSetting(cfg *schema.Config, name string) bool {
	return c.settings != "" && (name == c.settings || name == c.signers(cfg))
}

// signers is the path of the allowed signers within the repository, empty when
// they are elsewhere.
func (c *change) signers(cfg *schema.Config) string {
	if c.settings == "" || cfg.Approvals.File == "" {
		return ""
	}
	return filepath.ToSlash(cfg.Approvals.File)
}

// current refuses a head that lacks what the base has in the folder: its plan
// would not be the one of the merge.
func (c *change) current(ctx context.Context, cfg *schema.Config) error {
	if c.from == c.base.commit {
		return nil
	}
	names, err := c.differs(ctx, c.from, c.base.commit, c.folder)
	if err != nil {
		return err
	}
	for _, name := range names {
		if c.isLedger(cfg, name) || c.isSetting(cfg, name) || c.approvals != "" && within(name, c.approvals) {
			continue
		}
		return refusedChange("the base has changed %s since this branch left it, so the plan of the branch would not be that of the merge. Merge the base into the branch, or plan the commit that merges them", report.Visible(name))
	}
	return nil
}

// differs returns which files of a folder differ between two commits; of all
// for ".".
func (c *change) differs(ctx context.Context, from, to, folder string) ([]string, error) {
	args := []string{"diff-tree", "-r", "-z", "--no-renames", "--name-only", from, to}
	if folder != "." {
		args = append(args, "--", folder)
	}
	names, err := c.repo.names(ctx, args...)
	if err != nil {
		return nil, fmt.Errorf("compare %.12s with %.12s%s", from, to, gitSays(err))
	}
	return names, nil
}

// filesBelow returns a directory's regular files below it, for approvals that are
// kept outside the repository.
func filesBelow(dir string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && name == dir {
			return nil
		}
		if err == nil && d.Type().IsRegular() {
			all = append(all, name)
		}
		return err
	})
	return all, err
}
