package cli

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"flexform/apply"
	"flexform/internal/report"
	"flexform/schema"
	"flexform/statefile"
)

// A ledger is one that a command appends to. Nobody else does until it is
// closed.
type ledger interface {
	apply.Ledger
	Close() error
}

// A place is where a configuration keeps its ledger.
type place interface {
	// String names the ledger for people.
	String() string
	// Read returns what the ledger says, without locking it. One that is not
	// there yet has no entries.
	Read(context.Context) (*statefile.State, error)
	// Entries yields the entries in order, each one verified. An error is the
	// last that it yields.
	Entries(context.Context) iter.Seq2[statefile.Entry, error]
	// Open opens the ledger for writing, and makes one that is not there. The
	// error is a [*statefile.LockedError] when somebody else has it.
	Open(context.Context, statefile.Options) (ledger, error)
	// Lock looks at the ledger's lock; nil when there is none.
	Lock(context.Context, statefile.Options) (*statefile.LockInfo, error)
	// Break removes a lock that was looked at, and records that.
	Break(ctx context.Context, o statefile.Options, seen statefile.LockInfo, reason string) (statefile.Entry, error)
}

// place returns where the configuration keeps its ledger.
func (a *app) place(cfg *schema.Config) (place, error) {
	if cfg.Ledger.Postgres.Valid() {
		return a.databasePlaceOf(cfg)
	}
	return filePlaceOf(cfg)
}

// A filePlace is the path of a ledger that is a file.
type filePlace string

// filePlaceOf finds the file. A ledger in a folder that does not exist is a
// mistake, not a new folder.
func filePlaceOf(cfg *schema.Config) (place, error) {
	path := cfg.Ledger.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(cfg.Dir, path)
	}
	dir := filepath.Dir(path)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		place := ""
		if at := cfg.Ledger.Source; at.Valid() {
			place = fmt.Sprintf(" (%s line %d)", at.File, at.Start.Line)
		}
		return nil, fmt.Errorf("the ledger's folder %s does not exist; create it, or change the path of the ledger block%s:\n\n  mkdir -p %s", dir, place, report.ShellWord(dir))
	}
	return filePlace(path), nil
}

func (p filePlace) String() string { return string(p) }

func (p filePlace) Read(context.Context) (*statefile.State, error) { return statefile.Read(string(p)) }

func (p filePlace) Entries(context.Context) iter.Seq2[statefile.Entry, error] {
	return statefile.ReadEntries(string(p))
}

func (p filePlace) Open(_ context.Context, o statefile.Options) (ledger, error) {
	file, err := statefile.Open(string(p), o)
	if err != nil {
		return nil, err // and not an interface that holds a nil file
	}
	return file, nil
}

func (p filePlace) Lock(_ context.Context, o statefile.Options) (*statefile.LockInfo, error) {
	return statefile.ReadLock(string(p), o)
}

func (p filePlace) Break(ctx context.Context, o statefile.Options, seen statefile.LockInfo, reason string) (statefile.Entry, error) {
	return statefile.BreakLock(ctx, string(p), o, seen, reason)
}
