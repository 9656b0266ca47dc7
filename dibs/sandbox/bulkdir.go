package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Limits of the bulk directory. DIBS documents none; these were chosen.
const (
	maxBulkFiles = 10_000
	maxBulkSize  = 32 << 20 // bytes of one file
	maxBulkName  = 100      // bytes
)

// A BulkFile is a file in the gateway's bulk directory, which clients reach
// over SFTP and FTP (see [ServeSFTP], [ServeFTP]).
type BulkFile struct {
	Name string
	Data []byte    // not to be changed
	Time time.Time // when it was last written
}

// BulkFiles returns the files of the bulk directory, by name.
func (g *Gateway) BulkFiles() []BulkFile { return g.book.listFiles() }

// PutBulkFile writes a file as an upload would: a new one, or over an old one,
// under the same rules. An error that wraps [fs.ErrPermission] says that the
// state of its batch forbids it.
func (g *Gateway) PutBulkFile(name string, data []byte) error {
	u, err := g.upload(name, openMode{create: true, truncate: true})
	if err != nil {
		return err
	}
	_, err = u.WriteAt(data, 0)
	return errors.Join(err, u.Close())
}

// RemoveBulkFile deletes a file by the gateway's own hand, as one that clears
// up: also what a client could not take back. The error wraps
// [fs.ErrNotExist] when there is no such file.
func (g *Gateway) RemoveBulkFile(name string) error {
	return g.changeFiles(func(c *batch) error { return c.removeFile(name) })
}

// removeForClient deletes a file unless its batch is released and waits: that
// cannot be taken back. The error wraps [fs.ErrPermission] then.
func (g *Gateway) removeForClient(name string) error {
	return g.changeFiles(func(c *batch) error {
		if err := c.mayRemove(name); err != nil {
			return err
		}
		return c.removeFile(name)
	})
}

// renameBulkFile gives a file a name that is not taken.
func (g *Gateway) renameBulkFile(from, to string) error {
	return g.changeFiles(func(c *batch) error {
		f := c.file(from)
		if f == nil {
			return fmt.Errorf("rename %s: %w", from, fs.ErrNotExist)
		}
		if c.file(to) != nil {
			return fmt.Errorf("rename %s to %s: %w", from, to, fs.ErrExist)
		}
		// Both names are looked at before anything is changed.
		if err := errors.Join(c.mayRemove(from), c.mayMake(to)); err != nil {
			return err
		}
		c.files[from] = nil
		g.release(c, c.putFile(BulkFile{Name: to, Data: f.Data, Time: g.now()}))
		return nil
	})
}

// changeFiles carries out a change of the directory that is allowed or not.
func (g *Gateway) changeFiles(change func(*batch) error) error {
	var refused error
	if err := g.writer.do(func(c *batch) { refused = change(c) }); err != nil {
		return err
	}
	return refused
}

// listFiles returns the files by name.
func (b *book) listFiles() []BulkFile {
	b.mu.RLock()
	files := make([]BulkFile, 0, len(b.files))
	for _, f := range b.files {
		files = append(files, *f)
	}
	b.mu.RUnlock()
	slices.SortFunc(files, func(x, y BulkFile) int { return cmp.Compare(x.Name, y.Name) })
	return files
}

// file returns the file of that name, or nil. It is never changed, only
// replaced.
func (b *book) file(name string) *BulkFile {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.files[name]
}

// file is that of the book, with the batch's own changes.
func (c *batch) file(name string) *BulkFile {
	if f, changed := c.files[name]; changed {
		return f
	}
	return c.book.file(name)
}

func (c *batch) putFile(f BulkFile) *BulkFile {
	c.files[f.Name] = &f
	return &f
}

func (c *batch) removeFile(name string) error {
	if c.file(name) == nil {
		return fmt.Errorf("remove %s: %w", name, fs.ErrNotExist)
	}
	c.files[name] = nil
	return nil
}

// mayMake reports whether a client may make a file of that name, which is not
// there. A batch's name is used once: what was cleared away does not come back.
func (c *batch) mayMake(name string) error {
	if name == "" || len(name) > maxBulkName || strings.ContainsFunc(name, func(r rune) bool { return hidden(r) || r == '/' || r == '\\' }) || strings.HasPrefix(name, ".") {
		return fmt.Errorf("make %q: %w: no plain file name of at most %d bytes", cut(name), fs.ErrInvalid, maxBulkName)
	}
	if c.countFiles() >= maxBulkFiles {
		return fmt.Errorf("make %s: the directory holds %d files, and that is all it can", name, maxBulkFiles)
	}
	return c.mayWrite(name)
}

// mayWrite reports whether a client may write a file of that name, there or
// not. Nobody but the gateway writes responses, and rows stay as they were
// when they were released.
func (c *batch) mayWrite(name string) error {
	n, ofBatch := parseBulkName(name)
	switch {
	case !ofBatch:
		return nil
	case n.part == bulkResponse || n.part == bulkResponseRun:
		return forbidden(name, "responses are the gateway's")
	case n.part == bulkRows && c.file(n.file(bulkRun)) != nil:
		return forbidden(name, "its batch was released")
	case c.file(name) == nil && c.used(n.batch):
		return forbidden(name, "its batch was carried out, and each name is used once")
	case n.part == bulkRows && c.used(n.batch):
		return forbidden(name, "its batch was carried out")
	}
	return nil
}

// mayRemove reports whether a client may take a file away.
func (c *batch) mayRemove(name string) error {
	n, ofBatch := parseBulkName(name)
	if ofBatch && n.part <= bulkRun && c.file(n.file(bulkRun)) != nil && !c.used(n.batch) {
		return forbidden(name, "its batch was released, and cannot be taken back")
	}
	return nil
}

func forbidden(name, why string) error { return fmt.Errorf("%s: %w: %s", name, fs.ErrPermission, why) }

func (c *batch) countFiles() int {
	n := c.book.countFiles()
	for name, f := range c.files {
		there := c.book.file(name) != nil
		if f != nil && !there {
			n++
		} else if f == nil && there {
			n--
		}
	}
	return n
}

func (b *book) countFiles() int {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return len(b.files)
}
