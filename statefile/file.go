package statefile

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"flexform/internal/durable"
)

// Options say how a ledger is opened. Now is required.
type Options struct {
	Now     func() time.Time
	Actor   Actor        // whom the lock names as its holder
	Command string       // what the holder is doing, "apply"; may be empty
	Started time.Time    // when this process started; may be zero
	Notify  func(string) // takes notes for people: a dead holder's lock taken over, a torn tail cut; may be nil
	FS      durable.FS   // nil: the operating system's
	Rand    io.Reader    // of identities; nil: crypto/rand
}

func (o Options) withDefaults() Options {
	if o.Notify == nil {
		o.Notify = func(string) {}
	}
	if o.FS == nil {
		o.FS = durable.OS()
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return o
}

// Holder returns who is named as the holder of a lock that is taken now, with a
// token of its own.
func (o Options) Holder() (Holder, error) {
	o = o.withDefaults()
	token := make([]byte, 8)
	if _, err := io.ReadFull(o.Rand, token); err != nil {
		return Holder{}, fmt.Errorf("make an identity for the lock: %w", err)
	}
	return Holder{
		User: o.Actor.User, Host: o.Actor.Host, PID: o.Actor.PID, Boot: durable.BootID(),
		Started: o.Started, Time: o.Now().UTC(), Command: o.Command, Token: hex.EncodeToString(token),
	}, nil
}

// NewLedger returns the first payload of a ledger, which gives it its identity.
func (o Options) NewLedger() (Created, error) {
	id := make([]byte, 16)
	if _, err := io.ReadFull(o.withDefaults().Rand, id); err != nil {
		return Created{}, fmt.Errorf("make an identity for the ledger: %w", err)
	}
	return Created{FormatVersion: FormatVersion, Ledger: hex.EncodeToString(id)}, nil
}

// A File is a ledger in a file that this process may append to. Its methods
// are safe for concurrent use.
type File struct {
	*Writer
	disk *disk
}

// A disk is the [Store] of a File: one text file, and the lock beside it.
type disk struct {
	path string
	lock *lock
	log  *durable.Log
}

// Open locks the ledger for writing and verifies it. A missing file is made,
// with a created entry. An entry that was cut off at the end is cut away: it
// was never reported as written. Close the File to give the lock back.
//
// The error is a [*LockedError] when somebody else has the ledger; else a
// [*CorruptError], [*VersionError], [*ForeignError], [*EmptyError],
// [*FolderError], [*AccessError], [*ModeError] or an error of the disk.
func Open(path string, o Options) (*File, error) {
	o = o.withDefaults()
	if err := checkPlace(o.FS, path); err != nil {
		return nil, err
	}
	me, err := o.Holder()
	if err != nil {
		return nil, err
	}
	lock, err := takeLock(o.FS, path, me, o.Notify)
	if err != nil {
		return nil, accessError(path, err)
	}
	f, err := (&disk{path: path, lock: lock}).open(o)
	if err != nil {
		return nil, errors.Join(accessError(path, err), lock.release())
	}
	return f, nil
}

// open reads what is there, or makes it, once the lock is ours.
func (d *disk) open(o Options) (*File, error) {
	if _, err := o.FS.Stat(d.path); errors.Is(err, fs.ErrNotExist) {
		if err := create(d.path, o); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	log, err := durable.OpenLog(o.FS, d.path)
	if _, busy := errors.AsType[*durable.BusyError](err); busy {
		// Somebody removed the lock file under a living holder.
		return nil, &LockedError{Path: d.path + lockSuffix}
	}
	if err != nil {
		return nil, err
	}
	d.log = log
	w, err := d.load(o)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	return &File{w, d}, nil
}

// load verifies the ledger and makes what was verified durable.
func (d *disk) load(o Options) (*Writer, error) {
	info, err := d.log.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkMode(d.path, info, o.Notify); err != nil {
		return nil, err
	}
	state, s, err := readState(d.path, d.log)
	if err != nil {
		return nil, err
	}
	if err := d.log.Keep(s.end.size); err != nil {
		return nil, err
	}
	switch {
	case s.end.unfinished:
		if err := d.log.Append([]byte("\n")); err != nil {
			return nil, err
		}
		o.Notify(fmt.Sprintf("the last entry of ledger %s, number %d, lacked its end of line, which was added", d.path, s.chain.seq))
	case s.end.torn > 0:
		o.Notify(fmt.Sprintf("the last %d bytes of ledger %s were an entry that was cut off, and were removed; entry %d is the last",
			s.end.torn, d.path, s.chain.seq))
	}
	state.torn = 0
	return newWriter(d.path, state, s.chain, o.Now, d), nil
}

// create makes a ledger with its first entry. It appears whole or not at all,
// and never in the place of one that is there: whoever lost the lock and does
// not know it yet must not replace the record of the one who has it now.
func create(path string, o Options) error {
	created, err := o.NewLedger()
	if err != nil {
		return err
	}
	line, _, err := new(chain).write(nil, newLayer(nil), created, o.Now())
	if err != nil {
		return err
	}
	temp, err := durable.WriteTemp(o.FS, path, line, 0o600)
	if err != nil {
		return err
	}
	err = o.FS.Link(temp, path)
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err = errors.Join(err, o.FS.Remove(temp)); err != nil {
		return err
	}
	return o.FS.SyncDir(filepath.Dir(path))
}

// checkPlace tells apart the ways in which a path cannot be a ledger.
func checkPlace(fsys durable.FS, path string) error {
	dir, err := fsys.Stat(filepath.Dir(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &FolderError{path, err}
	case err != nil:
		return accessError(path, err)
	case !dir.Mode.IsDir():
		return &FolderError{path, fmt.Errorf("%s is not a folder: %w", filepath.Dir(path), fs.ErrNotExist)}
	}
	file, err := fsys.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return accessError(path, err)
	case !file.Mode.IsRegular():
		return &ForeignError{path, "it is not a plain file"}
	}
	return nil
}

// checkMode holds R75: nobody else may write a ledger, and nobody else should
// read it.
func checkMode(path string, info durable.Info, notify func(string)) error {
	perm := uint32(info.Mode.Perm())
	if perm&0o022 != 0 {
		return &ModeError{path, perm}
	}
	if perm&0o044 != 0 {
		notify(fmt.Sprintf("other users can read ledger %s (mode %04o); to keep it to yourself:\n    chmod 600 %s", path, perm, quoted(path)))
	}
	return nil
}

func accessError(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return &AccessError{path, err}
	}
	return err
}

// actionBytes is more than the entries about one action take: its intent, its
// outcome with a masked reply, and what is observed later.
const actionBytes = 3 << 10

// Append is that of [Store].
func (d *disk) Append(l Lines) error { return d.log.Append(l.Text) }

// Reserve makes room on the disk, so that a full disk shows before the first
// call and not after it.
func (d *disk) Reserve(n int) error {
	if err := d.log.Reserve((int64(n) + 1) * actionBytes); err != nil {
		return fmt.Errorf("no room for the record of %d actions: %w", n, err)
	}
	return nil
}

// Close gives the lock back.
func (d *disk) Close() error { return errors.Join(d.log.Close(), d.lock.release()) }
