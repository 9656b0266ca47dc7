package main

import (
	"testing"

	"golang.org/x/sys/unix"
)

// starve lets a process have no more memory than it has: the next page that it
// asks for ends it.
func (p *process) starve(t *testing.T) {
	t.Helper()
	if err := unix.Prlimit(p.Process.Pid, unix.RLIMIT_AS, &unix.Rlimit{}, nil); err != nil && err != unix.ESRCH {
		t.Fatal(err)
	}
}
