package statefile

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"
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

// A File is a ledger that this process may append to. Its methods are safe for
// concurrent use.
type File struct {
	path  string
	now   func() time.Time
	lock  *lock
	log   *durable.Log
	state *State

	turn  chan struct{} // holds a value while somebody uses what follows, or the log
	chain chain
	buf   []byte
	err   error // why nothing more is written

	mu    sync.Mutex
	queue []*request
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
	token := make([]byte, 8)
	if _, err := io.ReadFull(o.Rand, token); err != nil {
		return nil, fmt.Errorf("make an identity for the lock: %w", err)
	}
	me := Holder{
		User: o.Actor.User, Host: o.Actor.Host, PID: o.Actor.PID, Boot: durable.BootID(),
		Started: o.Started, Time: o.Now().UTC(), Command: o.Command, Token: hex.EncodeToString(token),
	}
	lock, err := takeLock(o.FS, path, me, o.Notify)
	if err != nil {
		return nil, accessError(path, err)
	}
	f := &File{path: path, now: o.Now, lock: lock, turn: make(chan struct{}, 1)}
	if err := f.open(o); err != nil {
		return nil, errors.Join(accessError(path, err), lock.release())
	}
	return f, nil
}

// open reads what is there, or makes it, once the lock is ours.
func (f *File) open(o Options) (err error) {
	if _, err := o.FS.Stat(f.path); errors.Is(err, fs.ErrNotExist) {
		if err := create(f.path, o); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	f.log, err = durable.OpenLog(o.FS, f.path)
	if _, busy := errors.AsType[*durable.BusyError](err); busy {
		// Somebody removed the lock file under a living holder.
		return &LockedError{Path: f.path + lockSuffix}
	}
	if err != nil {
		return err
	}
	if err = f.load(o); err != nil {
		err = errors.Join(err, f.log.Close())
	}
	return err
}

// load verifies the ledger and makes what was verified durable.
func (f *File) load(o Options) error {
	info, err := f.log.Stat()
	if err != nil {
		return err
	}
	if err := checkMode(f.path, info, o.Notify); err != nil {
		return err
	}
	state, s, err := readState(f.path, f.log)
	if err != nil {
		return err
	}
	if err := f.log.Keep(s.end.size); err != nil {
		return err
	}
	switch {
	case s.end.unfinished:
		if err := f.log.Append([]byte("\n")); err != nil {
			return err
		}
		o.Notify(fmt.Sprintf("the last entry of ledger %s, number %d, lacked its end of line, which was added", f.path, s.chain.seq))
	case s.end.torn > 0:
		o.Notify(fmt.Sprintf("the last %d bytes of ledger %s were an entry that was cut off, and were removed; entry %d is the last",
			s.end.torn, f.path, s.chain.seq))
	}
	state.torn = 0
	f.state, f.chain = state, s.chain
	return nil
}

// create makes a ledger with its first entry. It appears whole or not at all,
// and never in the place of one that is there: whoever lost the lock and does
// not know it yet must not replace the record of the one who has it now.
func create(path string, o Options) error {
	id := make([]byte, 16)
	if _, err := io.ReadFull(o.Rand, id); err != nil {
		return fmt.Errorf("make an identity for the ledger: %w", err)
	}
	created := Created{FormatVersion: FormatVersion, Ledger: hex.EncodeToString(id)}
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

// State returns what the ledger says. It is live: it shows every entry from
// the moment it is on the disk.
func (f *File) State() *State { return f.state }

// actionBytes is more than the entries about one action take: its intent, its
// outcome with a masked reply, and what is observed later.
const actionBytes = 3 << 10

// Reserve makes room on the disk for the entries of n actions, so that a full
// disk shows before the first call and not after it.
func (f *File) Reserve(n int) error {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	if f.err != nil {
		return f.err
	}
	if err := f.log.Reserve((int64(n) + 1) * actionBytes); err != nil {
		return fmt.Errorf("no room for the record of %d actions: %w", n, err)
	}
	return nil
}

// Close waits for the append that is under way and gives the lock back. Calls
// after it do nothing.
func (f *File) Close() error {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	if errors.Is(f.err, errClosed) {
		return nil
	}
	f.err = errClosed
	return errors.Join(f.log.Close(), f.lock.release())
}

var errClosed = fmt.Errorf("the ledger is closed: %w", fs.ErrClosed)

// Append writes payloads as the next entries, in that order, and returns them
// when they are on the disk. Calls at the same time share a sync. All of one
// call's payloads are written, or none.
//
// A [*ClaimedError] or an [*ImpossibleError] means that nothing was written
// and that the ledger can be used on. A [*WriteError] means that the entries
// may be on the disk or not; every later call returns it too.
//
// Append does not begin when ctx is done, and never stops half way: pass
// [context.WithoutCancel] for what has happened already.
func (f *File) Append(ctx context.Context, payloads ...Payload) ([]Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("append to ledger: %w", err)
	}
	if len(payloads) == 0 {
		return nil, nil
	}
	r := &request{payloads: payloads, done: make(chan struct{})}
	f.mu.Lock()
	f.queue = append(f.queue, r)
	f.mu.Unlock()
	select {
	case <-r.done: // somebody else's commit took it along
	case f.turn <- struct{}{}:
		f.commit()
		<-f.turn
		<-r.done
	}
	return r.entries, r.err
}
