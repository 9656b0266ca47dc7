package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// maxUnsynced bounds what a [Log] writes before it syncs, and so what can be
// missing on the disk of a file that others read whole from memory: it is
// within so many bytes of the file's end.
const maxUnsynced = 256 << 10

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
	fsys     FS
	file     File
	name     string
	read     int64  // how many bytes were read
	tail     []byte // the last of them: maxUnsynced or more, if there are so many
	size     int64  // how long we left the file
	id       any    // which file it is
	reserved bool
	poison   *PoisonedError
}

// OpenLog opens an existing file for reading and appending and takes its lock.
// The error is a [*BusyError] when another Log has it. Before the first
// append, read the file to its end and call [Log.Keep].
func OpenLog(fsys FS, name string) (*Log, error) {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	l := &Log{fsys: fsys, file: f, name: name}
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
func (l *Log) Read(p []byte) (int, error) {
	n, err := l.file.Read(p)
	l.read += int64(n)
	l.tail = append(l.tail, p[:n]...)
	if len(l.tail) > 4*maxUnsynced {
		l.tail = append(l.tail[:0], l.tail[len(l.tail)-maxUnsynced:]...)
	}
	return n, err
}

// Stat describes the file as it is now.
func (l *Log) Stat() (Info, error) { return l.file.Stat() }

// Keep cuts the file, which was read to its end, down to its first size bytes
// and makes those and the file's name durable.
//
// A sync alone would not. The process before us may have died between a write
// and its sync, or have seen that sync fail. Then what we read may be in memory
// only, the kernel takes it for written, and what we append behind it would
// outlive it. So the end of the file, as far as that can reach, is written
// anew, the same bytes as were read, before it is synced.
func (l *Log) Keep(size int64) error {
	i, err := l.file.Stat()
	switch {
	case err != nil:
		return err
	case i.Size != l.read:
		return fmt.Errorf("keep %s: it has %d bytes, and %d were read", l.name, i.Size, l.read)
	case size > l.read:
		return fmt.Errorf("keep %d bytes of %s: it has %d", size, l.name, l.read)
	}
	if err := l.keep(size); err != nil {
		return l.fail(fmt.Errorf("make the end of %s durable: %w", l.name, err))
	}
	l.size, l.id, l.tail = size, i.ID, nil
	return nil
}

func (l *Log) keep(size int64) error {
	if size < l.read {
		if err := l.file.Truncate(size); err != nil {
			return err
		}
	}
	start := l.read - int64(len(l.tail))
	if size > start {
		if err := l.file.Rewrite(l.tail[:size-start], start); err != nil {
			return err
		}
	}
	if err := l.file.Sync(); err != nil {
		return err
	}
	return l.fsys.SyncDir(filepath.Dir(l.name))
}

// Append writes b at the end and returns when it is on the disk. Any error
// poisons the log: every later call returns a [*PoisonedError] too, and a
// failed sync is never tried again. Then a first part of b may be in the file.
func (l *Log) Append(b []byte) error {
	if l.poison != nil {
		return l.poison
	}
	for len(b) > 0 {
		n := min(len(b), maxUnsynced)
		if err := l.append(b[:n]); err != nil {
			return l.fail(err)
		}
		b = b[n:]
	}
	return nil
}

func (l *Log) append(b []byte) error {
	if err := l.check(); err != nil {
		return err
	}
	if err := Write(l.file, b); err != nil {
		return err
	}
	l.size += int64(len(b))
	return l.check()
}

// check sees to it that nobody else wrote the file and that it still has its
// name: what is appended to a file that was removed, or moved away while a copy
// took its place, is missing where the next process looks for it. Whether the
// file has other names does not matter.
func (l *Log) check() error {
	i, err := l.fsys.Stat(l.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s was removed or moved while it was in use: put that file back before anything else runs", l.name)
	case err != nil:
		return err
	case i.ID != l.id:
		return fmt.Errorf("%s was replaced while it was in use: put the file that was there back before anything else runs", l.name)
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
