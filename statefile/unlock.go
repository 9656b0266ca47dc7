package statefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"flexform/internal/durable"
)

// Unlocked records that a person broke the lock of this ledger.
type Unlocked struct {
	Holder  Actor  `json:"holder"`            // whose lock it was; empty where it did not tell
	Command string `json:"command,omitempty"` // what the holder was doing
	Since   string `json:"since,omitempty"`   // when the lock was taken, RFC 3339 in UTC; empty where it did not tell
	Reason  string `json:"reason"`
	Actor   Actor  `json:"actor"` // who broke it
}

func (Unlocked) entryKind() Kind { return KindUnlocked }
func (v Unlocked) put(e *Entry)  { e.Unlocked = &v }

func (v *Unlocked) members(c codec) {
	c.object("holder", v.Holder.members)
	c.optional("command", &v.Command)
	c.optional("since", &v.Since)
	c.text("reason", &v.Reason)
	c.object("actor", v.Actor.members)
}

// applyUnlocked changes nothing of what the ledger says about money.
func (l *layer) applyUnlocked(v *Unlocked) string {
	if v.Reason == "" {
		return "a lock is broken for a reason, and it gives none"
	}
	if v.Since != "" {
		since, err := time.Parse(time.RFC3339, v.Since)
		if err != nil || since.UTC().Format(time.RFC3339) != v.Since {
			return fmt.Sprintf("%s is no time in UTC", printable(v.Since))
		}
	}
	return ""
}

// A HolderState says what is known of the process that has a ledger locked.
// The zero value is invalid.
type HolderState uint8

const (
	_             HolderState = iota
	HolderAlive               // the kernel's lock is held: the process lives
	HolderDead                // it ran here and died; the next command that writes takes the lock over
	HolderUnknown             // it ran on another host, or the lock file does not tell: nobody can see from here
)

// A LockInfo is what a look at a ledger's lock tells.
type LockInfo struct {
	Path string // the lock file; of a lock in a database, the ledger
	// Session is the process of the database server whose lock it is; 0 where
	// the lock is a file.
	Session int
	Holder  Holder // the zero Holder where the file does not tell
	State   HolderState
	Age     time.Duration // since the lock was taken, by the clock of who looks; 0 where that is not known
}

// ReadLock looks at the lock of a ledger; nil when there is none. It takes the
// kernel's lock for an instant to see whether it is free: a process that wants
// to take over a dead holder's lock just then may be told that it is in use.
func ReadLock(path string, o Options) (*LockInfo, error) {
	o = o.withDefaults()
	if err := checkPlace(o.FS, path); err != nil {
		return nil, err
	}
	info, file, err := lookAtLock(path, o)
	if err != nil || info == nil {
		return nil, accessError(path, err)
	}
	return info, file.Close()
}

// lookAtLock opens the lock file, and has the kernel's lock on it unless the
// holder is alive. Without a lock file all is nil.
func lookAtLock(path string, o Options) (*LockInfo, durable.File, error) {
	name := path + lockSuffix
	file, err := o.FS.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	free, err := file.Lock()
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	holder, err := readHolder(file)
	if err != nil {
		return nil, nil, errors.Join(err, file.Close())
	}
	info := &LockInfo{Path: name, Holder: holder, State: HolderUnknown}
	if !holder.Time.IsZero() {
		info.Age = max(0, o.Now().UTC().Sub(holder.Time).Round(time.Second))
	}
	switch me := (Holder{Host: o.Actor.Host, Boot: durable.BootID()}); {
	case !free:
		info.State = HolderAlive
	case holder != (Holder{}) && holder.here(me):
		info.State = HolderDead
	}
	return info, file, nil
}

// ErrLockChanged says that a ledger's lock is not the one any more that was to
// be broken: it was given back, or somebody else has it.
var ErrLockChanged = errors.New("the lock has changed hands since it was looked at; look again")

// BreakLock removes a lock that was looked at, and records in the ledger who
// did, whose it was and why. A holder that is alive keeps it: the error is a
// [*LockedError].
//
// The entry is written before the lock goes, under that very lock: nobody else
// can write meanwhile, and after an error the lock is where it was. The entry
// also stops a holder on another host that was given up and lives all the
// same: its ledger is not as it left it, so it can record no intent, and sends
// nothing more.
func BreakLock(ctx context.Context, path string, o Options, seen LockInfo, reason string) (entry Entry, err error) {
	o = o.withDefaults()
	info, file, err := lookAtLock(path, o)
	switch {
	case err != nil:
		return Entry{}, accessError(path, err)
	case info == nil:
		return Entry{}, ErrLockChanged
	}
	d := &disk{path: path, lock: &lock{fsys: o.FS, path: info.Path, me: info.Holder, file: file}}
	switch {
	case info.State == HolderAlive:
		return Entry{}, errors.Join(&LockedError{Path: info.Path, Holder: info.Holder, Age: info.Age}, file.Close())
	case info.Holder != seen.Holder:
		return Entry{}, errors.Join(ErrLockChanged, file.Close())
	}
	f, err := d.open(o)
	if err != nil {
		return Entry{}, errors.Join(accessError(path, err), file.Close())
	}
	entries, err := f.Append(ctx, info.Holder.Unlocked(reason, o.Actor))
	if err != nil {
		return Entry{}, errors.Join(err, d.log.Close(), file.Close())
	}
	return entries[0], f.Close()
}

// Unlocked returns the record of h's lock being broken.
func (h Holder) Unlocked(reason string, by Actor) Unlocked {
	v := Unlocked{Holder: Actor{User: h.User, Host: h.Host, PID: h.PID}, Command: h.Command, Reason: reason, Actor: by}
	if !h.Time.IsZero() {
		v.Since = h.Time.UTC().Format(time.RFC3339)
	}
	return v
}
