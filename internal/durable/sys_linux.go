package durable

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// reserve allocates the blocks up to size without changing the file's size.
// A file system that cannot do that is asked for its free space instead.
func reserve(f *os.File, size int64) error {
	err := retry(func() error {
		return unix.Fallocate(int(f.Fd()), unix.FALLOC_FL_KEEP_SIZE, 0, size)
	})
	if !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.ENOSYS) {
		return err
	}
	var s unix.Statfs_t
	if err := retry(func() error { return unix.Fstatfs(int(f.Fd()), &s) }); err != nil {
		return err
	}
	i, err := f.Stat()
	if err != nil {
		return err
	}
	if need := size - i.Size(); need > 0 && uint64(need)/uint64(s.Bsize) >= s.Bavail {
		return unix.ENOSPC
	}
	return nil
}

// BootID names the running kernel, the same in all its containers and another
// after every start; "" when that cannot be told.
func BootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
