package durable

import (
	"fmt"
	"os"
)

// A PoisonedError reports that a [Log] takes no more writes, because one of
// them failed. What the failed one wrote may or may not be on the disk; only
// reading the file anew can tell.
type PoisonedError struct {
	Name string
	Err  error // the first failure
}

func (e *PoisonedError) Error() string {
	return fmt.Sprintf("%v; nothing more is written to %s", e.Err, e.Name)
}

// Unwrap returns the first failure.
func (e *PoisonedError) Unwrap() error { return e.Err }

// A Log is an append-only file with one writer. It is not safe for concurrent
// use.
type Log struct {
	file     File
	name     string
	size     int64 // how long we left the file
	reserved bool
	poison   *PoisonedError
}

// OpenLog opens an existing file for reading and appending and takes its lock.
// The error is a [*BusyError] when another Log has it. Before the first
// append, read the file and call [Log.Keep].
func OpenLog(fsys FS, name string) (*Log, error) {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	l := &Log{file: f, name: name}
	switch ok, err := f.Lock(); {
	case err != nil:
		f.Close() // nothing was written
		return nil, err
	case !ok:
		f.Close()
		return nil, &BusyError{name}
	}
	return l, nil
}

// A BusyError reports that a file is open in another [Log].
type BusyError struct{ Name string }

func (e *BusyError) Error() string { return fmt.Sprintf("open %s: another process writes it", e.Name) }

// Read reads the file from its start.
func (l *Log) Read(p []byte) (int, error) { return l.file.Read(p) }

// Stat describes the file as it is now.
func (l *Log) Stat() (Info, error) { return l.file.Stat() }

// Keep cuts the file down to its first size bytes and makes those durable:
// what was read may have been in memory only, left by a process that died
// between write and sync.
func (l *Log) Keep(size int64) error {
	i, err := l.file.Stat()
	if err != nil {
		return err
	}
	if i.Size < size {
		return fmt.Errorf("keep %d bytes of %s: it has %d", size, l.name, i.Size)
	}
	if i.Size > size {
		if err := l.file.Truncate(size); err != nil {
			return l.fail(err)
		}
	}
	if err := l.file.Sync(); err != nil {
		return l.fail(err)
	}
	l.size = size
	return nil
}

// Append writes b at the end and returns when it is on the disk. Any error
// poisons the log: every later call returns a [*PoisonedError] too, and a
// failed sync is never tried again.
func (l *Log) Append(b []byte) error {
	if l.poison != nil {
		return l.poison
	}
	if err := l.check(); err != nil {
		return l.fail(err)
	}
	if err := Write(l.file, b); err != nil {
		return l.fail(err)
	}
	l.size += int64(len(b))
	if err := l.check(); err != nil {
		return l.fail(err)
	}
	return nil
}

// check sees to it that nobody else wrote the file and that it still has its
// name: what is appended to a removed file is lost.
func (l *Log) check() error {
	i, err := l.file.Stat()
	switch {
	case err != nil:
		return err
	case i.Links == 0:
		return fmt.Errorf("%s was removed or replaced while it was in use", l.name)
	case i.Size != l.size:
		return fmt.Errorf("%s has %d bytes and should have %d: something else wrote it", l.name, i.Size, l.size)
	}
	return nil
}

// Reserve makes room on the disk for n more bytes. An error means that there
// is none; the log stays usable.
func (l *Log) Reserve(n int64) error {
	if l.poison != nil {
		return l.poison
	}
	l.reserved = true
	return l.file.Reserve(l.size + n)
}

// Close gives back reserved room that was not used, and closes the file.
func (l *Log) Close() error {
	var err error
	if l.reserved && l.poison == nil && l.check() == nil {
		err = l.file.Truncate(l.size) // frees the blocks behind the end
	}
	if e := l.file.Close(); err == nil {
		err = e
	}
	return err
}

func (l *Log) fail(err error) error {
	l.poison = &PoisonedError{l.name, err}
	return l.poison
}
