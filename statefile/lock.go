package statefile

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"flexform/internal/durable"
)

const (
	lockSuffix   = ".lock"
	maxLockFile  = 4 << 10
	lockAttempts = 10 // while others let go or take over
)

// A Holder is who has a ledger locked.
type Holder struct {
	User    string    `json:"user"`
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Boot    string    `json:"boot,omitempty"`    // the kernel that the process runs under
	Started time.Time `json:"started,omitzero"`  // when the process started
	Time    time.Time `json:"time"`              // when the lock was taken
	Command string    `json:"command,omitempty"` // what it is doing
	Token   string    `json:"token"`             // tells this lock from every other
}

// String returns "anna on build7 (pid 4711, apply)".
func (h Holder) String() string {
	user, host := printable(h.User), printable(h.Host)
	if h.Command == "" {
		return fmt.Sprintf("%s on %s (pid %d)", user, host, h.PID)
	}
	return fmt.Sprintf("%s on %s (pid %d, %s)", user, host, h.PID, printable(h.Command))
}

// here reports whether h's process ran under the kernel that runs us, so that
// the kernel's own lock tells whether it lives. After a restart of the host it
// did.
func (h Holder) here(me Holder) bool {
	return h.Boot != "" && h.Boot == me.Boot || h.Host != "" && h.Host == me.Host
}

// A lock is the file beside a ledger that names its writer, held by the
// kernel's lock on that file. The file comes into being complete and locked;
// its name passes from a dead holder to us in one step.
type lock struct {
	fsys durable.FS
	path string
	me   Holder
	file durable.File
}

// takeLock takes the lock of a ledger or returns a [*LockedError].
func takeLock(fsys durable.FS, ledger string, me Holder, notify func(string)) (*lock, error) {
	l := &lock{fsys: fsys, path: ledger + lockSuffix, me: me}
	temp, err := l.prepare()
	if err != nil {
		return nil, err
	}
	if err := l.take(temp, notify); err != nil {
		l.file.Close() // nothing in it is of use
		return nil, err
	}
	return l, nil
}

// take gives the prepared file the lock's name.
func (l *lock) take(temp string, notify func(string)) error {
	for range lockAttempts {
		err := l.fsys.Link(temp, l.path)
		if err == nil {
			if err := l.fsys.Remove(temp); err != nil {
				return errors.Join(err, l.fsys.Remove(l.path))
			}
			return nil
		}
		if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
			// We could make temp here, so this is not about rights.
			err = fmt.Errorf("lock %s: the file system has no hard links, which the lock needs: keep the ledger on another (%v)", l.path, err)
		}
		if !errors.Is(err, fs.ErrExist) {
			return errors.Join(err, l.fsys.Remove(temp))
		}
		switch taken, err := l.takeOver(temp, notify); {
		case taken:
			return nil // and the temporary name is gone
		case err != nil:
			return errors.Join(err, l.fsys.Remove(temp))
		}
	}
	// It keeps changing hands.
	return errors.Join(&LockedError{Path: l.path}, l.fsys.Remove(temp))
}

// prepare writes and locks a file that can become the lock.
func (l *lock) prepare() (temp string, err error) {
	b, err := json.MarshalIndent(l.me, "", "  ")
	if err != nil {
		return "", err
	}
	l.file, temp, err = durable.CreateTemp(l.fsys, l.path, 0o600)
	if err != nil {
		return "", err
	}
	err = durable.Write(l.file, append(b, '\n'))
	if err == nil {
		var ok bool
		if ok, err = l.file.Lock(); err == nil && !ok {
			err = fmt.Errorf("lock %s: another process has it", temp)
		}
	}
	if err != nil {
		return "", errors.Join(err, l.file.Close(), l.fsys.Remove(temp))
	}
	return temp, nil
}

// takeOver puts temp in the place of the lock of a dead holder. It returns
// false and no error when the lock has gone or changed hands meanwhile.
func (l *lock) takeOver(temp string, notify func(string)) (bool, error) {
	old, err := l.fsys.OpenFile(l.path, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer old.Close() // only read
	free, err := old.Lock()
	if err != nil {
		return false, err
	}
	holder, err := readHolder(old)
	if err != nil {
		return false, err
	}
	locked := &LockedError{Path: l.path, Holder: holder}
	if holder != (Holder{}) {
		locked.Age = max(0, l.me.Time.Sub(holder.Time).Round(time.Second))
	}
	if !free {
		return false, locked
	}
	if now, err := readLock(l.fsys, l.path); err != nil || now.Token != holder.Token {
		return false, ignoreMissing(err) // the name is another file's now
	}
	if holder == (Holder{}) || !holder.here(l.me) {
		locked.Unsure = true
		return false, locked
	}
	if err := l.fsys.Rename(temp, l.path); err != nil {
		return false, err
	}
	notify(fmt.Sprintf("the ledger was locked by %s, which died; its lock of %s was taken over",
		holder, holder.Time.UTC().Format(time.DateTime+" MST")))
	return true, nil
}

// release gives the lock back. A lock that somebody else put there stays.
func (l *lock) release() error {
	now, err := readLock(l.fsys, l.path)
	if err == nil && now.Token == l.me.Token {
		err = l.fsys.Remove(l.path)
	}
	return errors.Join(ignoreMissing(err), l.file.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func readLock(fsys durable.FS, path string) (Holder, error) {
	f, err := fsys.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return Holder{}, err
	}
	defer f.Close() // only read
	return readHolder(f)
}

// readHolder returns the zero Holder when the file does not tell.
func readHolder(r io.Reader) (h Holder, err error) {
	b, err := io.ReadAll(io.LimitReader(r, maxLockFile))
	if err != nil {
		return Holder{}, err
	}
	if json.Unmarshal(b, &h) != nil || h.Token == "" {
		return Holder{}, nil
	}
	return h, nil
}
