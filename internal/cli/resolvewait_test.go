package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"flexform/internal/durable"
	"flexform/statefile"
)

// A busyFS does something before the first lock is taken.
type busyFS struct {
	durable.FS
	before func()
}

func (b *busyFS) Link(from, to string) error {
	if do := b.before; do != nil && strings.Contains(to, "lock") {
		b.before = nil
		do()
	}
	return b.FS.Link(from, to)
}

// R4: an action that another run sends and loses after resolve has looked, and
// before it has the ledger's lock, has its settle window ahead of it.
func TestResolveAnActionSentMeanwhile(t *testing.T) {
	dir := starterFolder(t)
	path := filepath.Join(dir, "flexform.ledger")
	actor := statefile.Actor{User: "test", Host: "here", PID: os.Getpid()}
	record := func(entries ...statefile.Payload) {
		t.Helper()
		file, err := statefile.Open(path, statefile.Options{Now: time.Now, Actor: actor, Command: "apply", FS: durable.OS()})
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.Append(t.Context(), entries...); err != nil {
			t.Fatal(err)
		}
	}
	const digest = "sha256:aaaa000000000000000000000000000000000000000000000000000000000001"
	const id = "12345678/11111111/refund/0-5000/DKK#1"
	record(statefile.Begin{Plan: digest, Mode: "sandbox", Actions: 1, Actor: actor, Version: "0.1.0"})
	var out, said bytes.Buffer
	env := envOf(nil)
	env.Stdout, env.Stderr, env.Now, env.Actor = &out, &said, time.Now, actor
	env.FS = &busyFS{FS: durable.OS(), before: func() {
		record(statefile.Intent{
			Action: id, Plan: digest, Address: "transaction.order_11223344", Merchant: "12345678", Transact: "11111111",
			OrderID: "11223344", Verb: statefile.Refund, Currency: "DKK", AmountMinor: 20000, ToMinor: 5000, Attempt: 1, Class: "counted", Status: 5,
		}, statefile.Outcome{Action: id, Result: statefile.Unknown, Message: "no answer"})
	}}
	code := Run(t.Context(), env, []string{"resolve", id, dir, "--outcome", "not-done", "--evidence", "looked too early"})
	if code != int(exitBlocked) || !strings.Contains(said.String(), "may still take effect") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out.String(), said.String())
	}
}

// R13: inside the settle window the status of a full refund has not moved, and
// proves nothing yet. Whoever says then that it happened would be believed for
// ever, also when the end of the window proves the contrary.
func TestResolveDoneInsideTheWindow(t *testing.T) {
	dir := starterFolder(t)
	path := filepath.Join(dir, "flexform.ledger")
	actor := statefile.Actor{User: "test", Host: "here", PID: os.Getpid()}
	file, err := statefile.Open(path, statefile.Options{Now: time.Now, Actor: actor, Command: "apply", FS: durable.OS()})
	if err != nil {
		t.Fatal(err)
	}
	const digest = "sha256:aaaa000000000000000000000000000000000000000000000000000000000001"
	const full = "12345678/11111111/refund/0-20000/DKK#1"
	_, err = file.Append(t.Context(),
		statefile.Begin{Plan: digest, Mode: "sandbox", Actions: 1, Actor: actor, Version: "0.1.0"},
		statefile.Intent{
			Action: full, Plan: digest, Address: "transaction.order_11223344", Merchant: "12345678", Transact: "11111111",
			OrderID: "11223344", Verb: statefile.Refund, Currency: "DKK", AmountMinor: 20000, ToMinor: 20000, Attempt: 1, Class: "self-limiting", Status: 5,
		}, statefile.Outcome{Action: full, Result: statefile.Unknown, Message: "no answer"})
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
	var out, said bytes.Buffer
	env := envOf(nil)
	env.Stdout, env.Stderr, env.Now, env.Actor, env.FS = &out, &said, time.Now, actor, durable.OS()
	code := Run(t.Context(), env, []string{"resolve", full, dir, "--outcome", "done", "--evidence", "looked too early"})
	if code != int(exitBlocked) || !strings.Contains(said.String(), "may still take effect until") {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out.String(), said.String())
	}
}
