package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// OS returns the operating system's file system.
func OS() FS { return osFS{} }

type osFS struct{}

func (osFS) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) Stat(name string) (Info, error) {
	i, err := os.Stat(name)
	if err != nil {
		return Info{}, err
	}
	return info(i), nil
}

func (osFS) Link(from, to string) error   { return os.Link(from, to) }
func (osFS) Rename(from, to string) error { return os.Rename(from, to) }
func (osFS) Remove(name string) error     { return os.Remove(name) }

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

type osFile struct{ *os.File }

func (f osFile) Stat() (Info, error) {
	i, err := f.File.Stat()
	if err != nil {
		return Info{}, err
	}
	return info(i), nil
}

// Rewrite opens the file once more: a file that is open for appending writes
// at its end only, whatever the offset.
func (f osFile) Rewrite(b []byte, at int64) error {
	again, err := os.OpenFile(f.Name(), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	mine, err := f.File.Stat()
	if err == nil {
		err = sameFile(again, mine)
	}
	if err == nil {
		_, err = again.WriteAt(b, at)
	}
	return errors.Join(err, again.Close())
}

func sameFile(f *os.File, want fs.FileInfo) error {
	switch i, err := f.Stat(); {
	case err != nil:
		return err
	case !os.SameFile(i, want):
		return fmt.Errorf("%s was replaced while it was in use", f.Name())
	}
	return nil
}

func (f osFile) Reserve(size int64) error {
	if err := reserve(f.File, size); err != nil {
		return &fs.PathError{Op: "reserve", Path: f.Name(), Err: err}
	}
	return nil
}

func (f osFile) Lock() (bool, error) {
	ok, err := flock(f.File)
	if err != nil {
		return false, &fs.PathError{Op: "lock", Path: f.Name(), Err: err}
	}
	return ok, nil
}

func info(i fs.FileInfo) Info {
	return Info{Size: i.Size(), Mode: i.Mode(), ID: identity(i)}
}
