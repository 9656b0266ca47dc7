package main

import (
	"bytes"
	"os/exec"
	"testing"
	"time"
)

// A process is a flexform under test.
type process struct {
	*exec.Cmd
	out   bytes.Buffer
	ended chan struct{} // closed when it is over
}

// start runs flexform with both streams kept.
func (s *shop) start(t *testing.T, args ...string) *process {
	t.Helper()
	return s.run(t, s.command(args...))
}

func (s *shop) run(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{Cmd: cmd, ended: make(chan struct{})}
	p.Stdout, p.Stderr = &p.out, &p.out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.Process.Kill()
		<-p.ended
	})
	return p
}

func (s *shop) startApply(t *testing.T) *process {
	return s.start(t, "apply", "--auto-approve", s.dir)
}

// exit waits for the end and returns the exit code, -1 after a signal.
func (p *process) exit(t *testing.T) int {
	t.Helper()
	select {
	case <-p.ended:
		return p.ProcessState.ExitCode()
	case <-time.After(time.Minute):
		p.Process.Kill()
		<-p.ended
		t.Fatalf("%v did not end within a minute:\n%s", p.Args[1:], p.out.String())
		return 0
	}
}

// await polls until the condition holds or p has ended by itself.
func (p *process) await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); {
		select {
		case <-p.ended:
			return
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}
