//go:build unix && !linux

package main

import (
	"syscall"
	"testing"
)

// starve kills a process: only Linux can take another one's memory away.
func (p *process) starve(t *testing.T) { p.signal(t, syscall.SIGKILL) }
