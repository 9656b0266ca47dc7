package durable

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxTemps bounds the search for a free temporary name: dead processes may
// have left some behind.
const maxTemps = 1000

// WriteFile gives the file name the content b in one step: whoever reads it,
// even after a power cut, finds the old content or the new one. An error
// means that the new content may not survive a power cut; the old one is
// never damaged.
func WriteFile(fsys FS, name string, b []byte, perm fs.FileMode) error {
	temp, err := WriteTemp(fsys, name, b, perm)
	if err != nil {
		return err
	}
	if err := fsys.Rename(temp, name); err != nil {
		return errors.Join(err, fsys.Remove(temp))
	}
	return fsys.SyncDir(filepath.Dir(name))
}

// WriteTemp writes b, synced, to a new file beside name and returns that
// file's own name.
func WriteTemp(fsys FS, name string, b []byte, perm fs.FileMode) (temp string, err error) {
	f, temp, err := CreateTemp(fsys, name, perm)
	if err != nil {
		return "", err
	}
	err = Write(f, b)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return "", errors.Join(err, fsys.Remove(temp))
	}
	return temp, nil
}

// Write writes all of b to f and syncs it.
func Write(f File, b []byte) error {
	n, err := f.Write(b)
	if err == nil && n < len(b) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return err
	}
	return f.Sync()
}

// CreateTemp creates a new empty file beside name.
func CreateTemp(fsys FS, name string, perm fs.FileMode) (f File, temp string, err error) {
	for i := range maxTemps {
		temp = fmt.Sprintf("%s.tmp%d", name, i)
		f, err = fsys.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if !errors.Is(err, fs.ErrExist) {
			return f, temp, err
		}
	}
	return nil, "", err
}
