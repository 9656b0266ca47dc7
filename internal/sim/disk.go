package sim

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"flexform/internal/durable"
	"flexform/internal/durable/disktest"
)

const ledgerName = "flexform.ledger"

// A disk is the file system as one process has it: every call is a contact.
type disk struct{ p *process }

var _ durable.FS = disk{}

// call makes one call of the disk, which goes wrong as luck has it.
func (p *process) call(op, name string, effect func() error) error {
	f, err := p.contact(op, name)
	if err != nil {
		return err
	}
	p.h.fault = f
	err = effect()
	p.h.fault = disktest.Fault{}
	if f.Kill {
		p.die()
		return disktest.ErrDead
	}
	if f.Err != nil {
		p.hurt = true
	}
	return err
}

func (d disk) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	f := &file{p: d.p, name: name}
	err := d.p.call("open", name, func() (err error) {
		f.inner, err = d.p.kernel.OpenFile(name, flag, perm)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (d disk) Stat(name string) (info durable.Info, err error) {
	err = d.p.call("stat", name, func() (err error) {
		info, err = d.p.kernel.Stat(name)
		return err
	})
	return info, err
}

func (d disk) Link(from, to string) error {
	return d.p.call("link", to, func() error {
		err := d.p.kernel.Link(from, to)
		if err == nil && to == ledgerName {
			d.p.h.audit.renamed(from)
		}
		return err
	})
}

func (d disk) Rename(from, to string) error {
	return d.p.call("rename", to, func() error {
		err := d.p.kernel.Rename(from, to)
		if err == nil && to == ledgerName {
			d.p.h.audit.renamed(from)
		}
		return err
	})
}

func (d disk) Remove(name string) error {
	return d.p.call("remove", name, func() error { return d.p.kernel.Remove(name) })
}

func (d disk) SyncDir(dir string) error {
	return d.p.call("syncdir", dir, func() error {
		err := d.p.kernel.SyncDir(dir)
		if err == nil {
			d.p.h.audit.named(d.p)
		}
		return err
	})
}

// A file is an open file of one process.
type file struct {
	p     *process
	inner durable.File
	name  string
}

func (f *file) Read(b []byte) (n int, err error) {
	err = f.p.call("read", f.name, func() (err error) {
		n, err = f.inner.Read(b)
		return err
	})
	return n, err
}

func (f *file) Write(b []byte) (n int, err error) {
	err = f.p.call("write", f.name, func() (err error) {
		n, err = f.inner.Write(b)
		return err
	})
	return n, err
}

func (f *file) Rewrite(b []byte, at int64) error {
	return f.p.call("rewrite", f.name, func() error { return f.inner.Rewrite(b, at) })
}

// Sync tells the audit what is on the disk from now on.
func (f *file) Sync() error {
	if f.p.h.bug == bugUnsynced {
		return f.p.call("sync", f.name, func() error { return nil })
	}
	return f.p.call("sync", f.name, func() error {
		err := f.inner.Sync()
		if err == nil && !strings.Contains(f.name, ".lock") {
			f.p.h.audit.synced(f.p, f.name, f.p.h.disk.Bytes(f.name))
		}
		return err
	})
}

func (f *file) Truncate(size int64) error {
	return f.p.call("truncate", f.name, func() error {
		err := f.inner.Truncate(size)
		if err == nil {
			f.p.h.audit.truncated(f.name, size)
		}
		return err
	})
}

func (f *file) Stat() (info durable.Info, err error) {
	err = f.p.call("fstat", f.name, func() (err error) {
		info, err = f.inner.Stat()
		return err
	})
	return info, err
}

func (f *file) Reserve(size int64) error {
	return f.p.call("reserve", f.name, func() error { return f.inner.Reserve(size) })
}

func (f *file) Lock() (ok bool, err error) {
	err = f.p.call("lock", f.name, func() (err error) {
		ok, err = f.inner.Lock()
		return err
	})
	if ok {
		f.p.locked = append(f.p.locked, f)
	}
	return ok, err
}

func (f *file) Close() error {
	return f.p.call("close", f.name, func() error { return f.inner.Close() })
}

// loseLocks takes the process' locks away while it lives, as a network file
// system may, and removes the lock file, as the message about it tells people
// to do when they are certain. They were wrong.
func (p *process) loseLocks() error {
	for _, f := range p.locked {
		if err := f.inner.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
			return err
		}
		again, err := p.kernel.OpenFile(f.name, os.O_RDWR|os.O_APPEND, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue // the temporary name of the lock file: nothing is done with it any more but to close it
		}
		if err != nil {
			return err
		}
		f.inner = again
	}
	err := p.kernel.Remove(ledgerName + ".lock")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
