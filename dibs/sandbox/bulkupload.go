package sandbox

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
)

// An openMode says how a file is opened for writing.
type openMode struct{ create, exclusive, truncate, atEnd bool }

// An upload is a file that is being written. The file is there, durably, from
// the moment it is opened; what was written is there once it is closed, also
// when the connection broke and the server closes it: then it is what arrived,
// as on any server.
type upload struct {
	gateway *Gateway
	name    string
	atEnd   bool

	mu     sync.Mutex
	file   *BulkFile // as it is before what is written
	data   []byte
	at     int64 // of [upload.Write]
	closed bool
}

// upload opens a file for writing. An exclusive creation of a name that is
// taken is refused with an error that wraps [fs.ErrExist].
func (g *Gateway) upload(name string, how openMode) (*upload, error) {
	u := &upload{gateway: g, name: name, atEnd: how.atEnd}
	err := g.changeFiles(func(c *batch) error {
		f := c.file(name)
		switch {
		case f != nil && how.exclusive:
			return fmt.Errorf("make %s: %w", name, fs.ErrExist)
		case f == nil && !how.create:
			return fmt.Errorf("open %s: %w", name, fs.ErrNotExist)
		case f == nil:
			if err := c.mayMake(name); err != nil {
				return err
			}
			u.file = c.putFile(BulkFile{Name: name, Time: g.now()})
			g.release(c, u.file)
			return nil
		}
		if err := c.mayWrite(name); err != nil {
			return err
		}
		if isRunFile(name) {
			return nil // a mark that is set a second time
		}
		if how.truncate {
			f = c.putFile(BulkFile{Name: name, Time: g.now()})
		}
		u.file, u.data = f, append(u.data, f.Data...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return u, nil
}

// isRunFile reports whether a file is an empty mark: what is written into it
// is not kept.
func isRunFile(name string) bool {
	n, ofBatch := parseBulkName(name)
	return ofBatch && n.part == bulkRun
}

// WriteAt implements [io.WriterAt].
func (u *upload) WriteAt(b []byte, at int64) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.atEnd {
		at = int64(len(u.data))
	}
	return u.writeAt(b, at)
}

func (u *upload) writeAt(b []byte, at int64) (int, error) {
	end := at + int64(len(b))
	switch {
	case u.closed:
		return 0, fmt.Errorf("write %s: %w", u.name, fs.ErrClosed)
	case at < 0 || end > maxBulkSize:
		return 0, fmt.Errorf("write %s: a file has at most %d bytes here", u.name, maxBulkSize)
	}
	if grow := end - int64(len(u.data)); grow > 0 {
		u.data = append(u.data, make([]byte, grow)...)
	}
	return copy(u.data[at:], b), nil
}

// Write implements [io.Writer].
func (u *upload) Write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.atEnd {
		u.at = int64(len(u.data))
	}
	n, err := u.writeAt(b, u.at)
	u.at += int64(n)
	return n, err
}

// Read refuses: the file is open for writing.
func (u *upload) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// Seek moves where [upload.Write] goes on, from the beginning of the file.
func (u *upload) Seek(offset int64, whence int) (int64, error) {
	if whence != io.SeekStart || offset < 0 || offset > maxBulkSize {
		return 0, errors.ErrUnsupported
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.at = offset
	return offset, nil
}

// Close makes what was written durable. A file that was taken away, written by
// somebody else or released in the meantime stays as it is, and that is an
// error: a session that was given up long ago changes nothing any more.
func (u *upload) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return nil
	}
	u.closed = true
	if isRunFile(u.name) {
		return nil
	}
	return u.gateway.changeFiles(func(c *batch) error {
		if c.file(u.name) != u.file {
			return fmt.Errorf("write %s: %w any more", u.name, fs.ErrNotExist)
		}
		if err := c.mayWrite(u.name); err != nil {
			return err
		}
		c.putFile(BulkFile{Name: u.name, Data: u.data, Time: u.gateway.now()})
		return nil
	})
}
