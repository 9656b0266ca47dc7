package durable

import (
	"io"
	"io/fs"
)

// An FS is the part of a file system that durable writes need. Names are
// paths as the operating system takes them; errors are those of package os
// and satisfy [errors.Is] with [fs.ErrNotExist] and its like.
type FS interface {
	// OpenFile is [os.OpenFile]. The permissions of a new file pass the umask.
	OpenFile(name string, flag int, perm fs.FileMode) (File, error)
	// Stat follows symbolic links.
	Stat(name string) (Info, error)
	// Link gives a file a second name. It fails when that name exists.
	Link(from, to string) error
	// Rename moves a file, replacing the one that has the name.
	Rename(from, to string) error
	Remove(name string) error
	// SyncDir makes the names in a folder durable.
	SyncDir(dir string) error
}

// A File is an open file of an [FS].
type File interface {
	io.Reader
	io.Writer
	io.Closer
	// Rewrite writes b over what the file has at an offset, which lies within
	// the file, also when the File was opened for appending.
	Rewrite(b []byte, at int64) error
	Sync() error
	Truncate(size int64) error
	Stat() (Info, error)
	// Reserve makes room on the disk for the file to grow to size. The file's
	// own size stays as it is. An error means that there is no such room.
	Reserve(size int64) error
	// Lock takes the file's exclusive lock, which ends with the File or with
	// the process, however that dies. It never waits: false means that another
	// File holds the lock.
	Lock() (bool, error)
}

// An Info describes a file.
type Info struct {
	Size int64
	Mode fs.FileMode
	// ID tells the file from every other that is there at the same time. It is
	// comparable; nil where the system does not tell.
	ID any
}
