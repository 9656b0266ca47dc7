package statefile

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// A CorruptError reports a ledger that does not verify. Nothing of it is used.
type CorruptError struct {
	Path string
	Seq  uint64 // the first bad entry, which is also its line
	Why  string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("ledger %s is damaged or was changed: entry %d (line %d) does not verify: %s; "+
		"put back the newest copy that does, and adopt what happened after it before you apply", e.Path, e.Seq, e.Seq, e.Why)
}

// A VersionError reports a ledger of another major format version, which only
// another flexform can read.
type VersionError struct {
	Path    string
	Version string // the ledger's own
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("ledger %s has format %s and this flexform knows format %s: use the flexform that wrote it, or a newer one",
		e.Path, printable(e.Version), FormatVersion)
}

// A ForeignError reports a file that is not a ledger.
type ForeignError struct {
	Path string
	Why  string
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is not a ledger: %s; name another file in the ledger block", e.Path, e.Why)
}

// An EmptyError reports a ledger file of zero bytes. A ledger holds at least
// its first entry from the moment it exists, so its content was lost.
type EmptyError struct{ Path string }

func (e *EmptyError) Error() string {
	return fmt.Sprintf("ledger %s is empty, and a ledger never is: restore it from a copy; "+
		"only if it never held anything, remove the file and a new one will be made", e.Path)
}

// A FolderError reports that the folder of the ledger does not exist. It wraps
// [io/fs.ErrNotExist].
type FolderError struct {
	Path string // the ledger
	Err  error
}

func (e *FolderError) Error() string {
	return fmt.Sprintf("the folder of ledger %s does not exist: make it first:\n    mkdir -p -m 700 %s", e.Path, quoted(filepath.Dir(e.Path)))
}

// Unwrap returns the cause.
func (e *FolderError) Unwrap() error { return e.Err }

// An AccessError reports a ledger that this user may not use. It wraps the
// operating system's error.
type AccessError struct {
	Path string
	Err  error
}

func (e *AccessError) Error() string {
	return fmt.Sprintf("no access to ledger %s: %v; run as the user who owns it", e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *AccessError) Unwrap() error { return e.Err }

// A ModeError reports a ledger that other users can write.
type ModeError struct {
	Path string
	Mode uint32 // permission bits
}

func (e *ModeError) Error() string {
	return fmt.Sprintf("other users can write ledger %s (mode %04o): make sure that nobody did, then take the right away:\n    chmod 600 %s",
		e.Path, e.Mode, quoted(e.Path))
}

// A ClaimedError refuses an intent whose action was claimed before: it was
// sent, or may have been.
type ClaimedError struct {
	Action string
	Seq    uint64 // the entry that claimed it
	State  ActionState
}

func (e *ClaimedError) Error() string {
	return fmt.Sprintf("action %s was claimed by entry %d and is %s: it cannot be claimed again", e.Action, e.Seq, e.State)
}

// An ImpossibleError refuses a payload that cannot follow what the ledger
// holds. Nothing was written; the ledger can still be used.
type ImpossibleError struct {
	Kind Kind
	Why  string
}

func (e *ImpossibleError) Error() string { return fmt.Sprintf("%s entry: %s", e.Kind, e.Why) }

// A WriteError reports that entries may not be on the disk. The [File] writes
// nothing more; open the ledger anew to see how far it came.
type WriteError struct {
	Path string
	Err  error
}

func (e *WriteError) Error() string { return fmt.Sprintf("write ledger: %v", e.Err) }

// Unwrap returns the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// A LockedError reports that somebody else has the ledger, or may have it.
type LockedError struct {
	Path   string // the lock file
	Holder Holder // as far as it is known
	Age    time.Duration
	// Unsure means that nobody can tell from here whether the holder lives: it
	// ran on another host, or the lock file does not say whose it is.
	Unsure bool
}

func (e *LockedError) Error() string {
	ledger := strings.TrimSuffix(e.Path, lockSuffix)
	who := "another process"
	if e.Holder != (Holder{}) {
		who = fmt.Sprintf("%s, for %s (since %s)", e.Holder, e.Age, e.Holder.Time.UTC().Format(time.DateTime+" MST"))
	}
	if !e.Unsure {
		return fmt.Sprintf("ledger %s is in use by %s: wait until it is done", ledger, who)
	}
	return fmt.Sprintf("ledger %s is locked by %s, and this host cannot see whether that still runs; "+
		"when it is certain that it does not, break the lock (flexform lock break)", ledger, who)
}

// printable makes text from a file safe for a terminal.
func printable(s string) string {
	q := fmt.Sprintf("%+q", s)
	if q == `"`+s+`"` {
		return s
	}
	return q
}

// quoted makes a path safe to copy into a shell.
func quoted(path string) string {
	plain := strings.IndexFunc(path, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+@:", r))
	}) < 0
	if plain && path != "" && path[0] != '-' {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
