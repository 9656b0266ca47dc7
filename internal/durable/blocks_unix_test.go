//go:build unix

package durable_test

import (
	"syscall"
	"testing"
)

// blocks returns how many bytes a file takes on the disk.
func blocks(t *testing.T, name string) int64 {
	t.Helper()
	var s syscall.Stat_t
	if err := syscall.Stat(name, &s); err != nil {
		t.Fatal(err)
	}
	return s.Blocks * 512
}
