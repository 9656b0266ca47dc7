package disktest

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"flexform/internal/durable"
)

// A Process is one program's view of a [Disk]: a [durable.FS] until it dies.
type Process struct {
	disk *Disk
	dead bool
	open []*handle
}

// Kill ends the process: its locks are free, what it wrote stays in memory and
// later calls return [ErrDead].
func (p *Process) Kill() {
	p.disk.mu.Lock()
	defer p.disk.mu.Unlock()
	p.die()
}

func (p *Process) die() {
	p.dead = true
	for _, h := range p.open {
		h.unlock()
	}
}

// do runs one call under the disk's lock and its fault.
func (p *Process) do(op, name string, effect func(Fault) error) error {
	d := p.disk
	d.mu.Lock()
	defer d.mu.Unlock()
	if p.dead {
		return ErrDead
	}
	d.calls++
	var f Fault
	if d.faults != nil {
		f = d.faults(Call{N: d.calls, Op: op, Name: name})
	}
	var err error
	if f.Err == nil && !f.Kill || f.Done || f.Short {
		err = effect(f)
	} else if op == "sync" || op == "close" {
		effect(f) // marks the data as lost; frees the file even so
	}
	switch {
	case f.Kill:
		p.die()
		return ErrDead
	case f.Err != nil:
		return &fs.PathError{Op: op, Path: name, Err: f.Err}
	case err != nil:
		return &fs.PathError{Op: op, Path: name, Err: err}
	}
	return nil
}

// OpenFile implements [durable.FS].
func (p *Process) OpenFile(name string, flag int, perm fs.FileMode) (durable.File, error) {
	name = filepath.Clean(name)
	h := &handle{proc: p, name: name, append: flag&os.O_APPEND != 0}
	err := p.do("open", name, func(Fault) error {
		n := p.disk.names[name]
		switch {
		case n == nil && flag&os.O_CREATE == 0:
			return fs.ErrNotExist
		case n != nil && flag&os.O_EXCL != 0:
			return fs.ErrExist
		case n == nil:
			n = &node{mode: perm}
			p.disk.bind(name, n)
		}
		h.node = n
		p.open = append(p.open, h)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// Stat implements [durable.FS]. A name without a dot that is no file is taken
// for a folder.
func (p *Process) Stat(name string) (info durable.Info, err error) {
	name = filepath.Clean(name)
	err = p.do("stat", name, func(Fault) error {
		n := p.disk.names[name]
		if n == nil {
			if name == "." || filepath.Ext(name) == "" {
				info = durable.Info{Mode: fs.ModeDir | 0o755}
				return nil
			}
			return fs.ErrNotExist
		}
		info = p.disk.info(n)
		return nil
	})
	return info, err
}

func (d *Disk) info(n *node) durable.Info {
	return durable.Info{Size: int64(len(n.data)), Mode: n.mode, ID: n}
}

// Link implements [durable.FS].
func (p *Process) Link(from, to string) error {
	from, to = filepath.Clean(from), filepath.Clean(to)
	return p.do("link", to, func(Fault) error {
		n := p.disk.names[from]
		switch {
		case n == nil:
			return fs.ErrNotExist
		case p.disk.names[to] != nil:
			return fs.ErrExist
		}
		p.disk.bind(to, n)
		return nil
	})
}

// Rename implements [durable.FS].
func (p *Process) Rename(from, to string) error {
	from, to = filepath.Clean(from), filepath.Clean(to)
	return p.do("rename", to, func(Fault) error {
		n := p.disk.names[from]
		if n == nil {
			return fs.ErrNotExist
		}
		p.disk.bind(to, n)
		p.disk.bind(from, nil)
		return nil
	})
}

// Remove implements [durable.FS].
func (p *Process) Remove(name string) error {
	name = filepath.Clean(name)
	return p.do("remove", name, func(Fault) error {
		if p.disk.names[name] == nil {
			return fs.ErrNotExist
		}
		p.disk.bind(name, nil)
		return nil
	})
}

// SyncDir implements [durable.FS].
func (p *Process) SyncDir(dir string) error {
	dir = filepath.Clean(dir)
	return p.do("syncdir", dir, func(f Fault) error {
		p.disk.syncDir(dir)
		return nil
	})
}

// A handle is an open file.
type handle struct {
	proc   *Process
	name   string
	node   *node
	at     int64
	append bool
	closed bool
}

func (h *handle) do(op string, effect func(Fault) error) error {
	return h.proc.do(op, h.name, func(f Fault) error {
		if h.closed {
			return fs.ErrClosed
		}
		return effect(f)
	})
}

func (h *handle) Read(p []byte) (n int, err error) {
	err = h.do("read", func(Fault) error {
		n = copy(p, h.node.data[min(h.at, int64(len(h.node.data))):])
		h.at += int64(n)
		return nil
	})
	if err == nil && n == 0 && len(p) > 0 {
		err = io.EOF
	}
	return n, err
}

func (h *handle) Write(p []byte) (n int, err error) {
	err = h.do("write", func(f Fault) error {
		b := append([]byte(nil), p...)
		if f.Short {
			b = b[:len(b)/2]
		}
		if h.append {
			h.at = int64(len(h.node.data))
		}
		h.node.write(write{at: h.at, b: b})
		h.at += int64(len(b))
		n = len(b)
		return nil
	})
	return n, err
}

// Rewrite writes in place. A fault may let half of it through.
func (h *handle) Rewrite(b []byte, at int64) error {
	return h.do("rewrite", func(f Fault) error {
		b := append([]byte(nil), b...)
		if f.Short {
			b = b[:len(b)/2]
		}
		h.node.write(write{at: at, b: b})
		if f.Short && f.Err == nil {
			return io.ErrShortWrite
		}
		return nil
	})
}

func (h *handle) Sync() error {
	return h.do("sync", func(f Fault) error {
		switch {
		case f.Kill && !f.Done:
		case f.Err != nil && !f.Done:
			h.node.lose()
		default:
			h.node.sync()
		}
		return nil
	})
}

func (h *handle) Truncate(size int64) error {
	return h.do("truncate", func(Fault) error {
		h.node.write(write{at: size, truncate: true})
		return nil
	})
}

func (h *handle) Stat() (info durable.Info, err error) {
	err = h.do("fstat", func(Fault) error {
		info = h.proc.disk.info(h.node)
		return nil
	})
	return info, err
}

func (h *handle) Reserve(int64) error {
	return h.do("reserve", func(Fault) error { return nil })
}

func (h *handle) Lock() (ok bool, err error) {
	err = h.do("lock", func(Fault) error {
		if h.node.locked == nil || h.node.locked == h {
			h.node.locked, ok = h, true
		}
		return nil
	})
	return ok, err
}

// Close frees the file whatever happens, as the operating system does.
func (h *handle) Close() error {
	return h.do("close", func(Fault) error {
		h.closed = true
		h.unlock()
		return nil
	})
}

func (h *handle) unlock() {
	if h.node.locked == h {
		h.node.locked = nil
	}
}
