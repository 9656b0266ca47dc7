//go:build unix

package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"flexform/internal/cli"
	"flexform/internal/durable"
)

// mortal is flexform on a disk that ends the process, as SIGKILL does, at one
// of its calls. Two variables tell where: mortalAt is a [point], mortalLog a
// file that gets the name of each call before it is made.
const (
	mortal    = "flexform-mortal"
	mortalAt  = "FLEXFORM_TEST_MORTAL_AT"
	mortalLog = "FLEXFORM_TEST_MORTAL_LOG"
)

func mortalMain() {
	signal.Ignore(syscall.SIGPIPE)
	log, err := os.OpenFile(os.Getenv(mortalLog), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d := &mortalDisk{FS: durable.OS(), log: log}
	if n, err := fmt.Sscanf(os.Getenv(mortalAt), "%s %d", &d.last.how, &d.last.n); err == nil && n == 2 {
		d.last.call = strings.SplitN(os.Getenv(mortalAt), " ", 3)[2]
	}
	env := cli.OS()
	env.FS = d
	os.Exit(cli.Run(context.Background(), env, os.Args[1:]))
}

// A mortalDisk is the operating system's, up to its last call.
type mortalDisk struct {
	durable.FS
	log  *os.File
	last point

	mu    sync.Mutex
	count int // of calls with the last one's name
}

// do makes a call; half is the first half of it, nil where it has none.
func (d *mortalDisk) do(op, name string, call func() error, half func()) error {
	if strings.HasSuffix(name, ".lock") || strings.Contains(name, ".lock.") {
		name = "the lock"
	} else {
		name = filepath.Base(name)
	}
	d.mu.Lock()
	defer d.mu.Unlock() // one after the other, so that the numbers mean something
	op += " " + name
	fmt.Fprintln(d.log, op)
	if op == d.last.call {
		d.count++
	}
	last := op == d.last.call && d.count == d.last.n
	if last && d.last.how == midway && half != nil {
		half()
	}
	if last && d.last.how != after {
		die()
	}
	err := call()
	if last {
		die()
	}
	return err
}

func die() {
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // it takes a moment
}

func (d *mortalDisk) OpenFile(name string, flag int, perm fs.FileMode) (f durable.File, err error) {
	err = d.do("open", name, func() error { f, err = d.FS.OpenFile(name, flag, perm); return err }, nil)
	if err != nil {
		return nil, err
	}
	return &mortalFile{f, d, name}, nil
}

func (d *mortalDisk) Link(from, to string) error {
	return d.do("link", to, func() error { return d.FS.Link(from, to) }, nil)
}

func (d *mortalDisk) Rename(from, to string) error {
	return d.do("rename", to, func() error { return d.FS.Rename(from, to) }, nil)
}

func (d *mortalDisk) Remove(name string) error {
	return d.do("remove", name, func() error { return d.FS.Remove(name) }, nil)
}

func (d *mortalDisk) SyncDir(dir string) error {
	return d.do("sync", "the folder", func() error { return d.FS.SyncDir(dir) }, nil)
}

type mortalFile struct {
	durable.File
	disk *mortalDisk
	name string
}

func (f *mortalFile) Write(b []byte) (n int, err error) {
	err = f.disk.do("write", f.name, func() error { n, err = f.File.Write(b); return err }, func() { f.File.Write(b[:len(b)/2]) })
	return n, err
}

func (f *mortalFile) Rewrite(b []byte, at int64) error {
	return f.disk.do("rewrite", f.name, func() error { return f.File.Rewrite(b, at) }, func() { f.File.Rewrite(b[:len(b)/2], at) })
}

func (f *mortalFile) Sync() error { return f.disk.do("sync", f.name, f.File.Sync, nil) }

func (f *mortalFile) Truncate(size int64) error {
	return f.disk.do("truncate", f.name, func() error { return f.File.Truncate(size) }, nil)
}

func (f *mortalFile) Reserve(size int64) error {
	return f.disk.do("reserve", f.name, func() error { return f.File.Reserve(size) }, nil)
}

func (f *mortalFile) Lock() (ok bool, err error) {
	err = f.disk.do("lock", f.name, func() error { ok, err = f.File.Lock(); return err }, nil)
	return ok, err
}
