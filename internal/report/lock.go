package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"flexform/statefile"
)

// LockText tells people who has a ledger locked; a nil lock is none.
func LockText(w io.Writer, ledger string, lock *statefile.LockInfo, s Style) error {
	var b strings.Builder
	if lock == nil {
		fmt.Fprintf(&b, "No lock stands on ledger %s: nobody writes to it.\n", Visible(ledger))
	} else {
		writeLock(&b, ledger, *lock)
		b.WriteByte('\n')
		writeLockAdvice(&b, lock.State, s)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// LockToBreak shows the lock that is about to be broken.
func LockToBreak(w io.Writer, ledger string, lock statefile.LockInfo) error {
	var b strings.Builder
	writeLock(&b, ledger, lock)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeLock(b *strings.Builder, ledger string, lock statefile.LockInfo) {
	fmt.Fprintf(b, "Lock of ledger %s:\n\n", Visible(ledger))
	for _, row := range lockRows(lock) {
		b.WriteString("  " + padRight(row[0], 8) + "  " + row[1] + "\n")
	}
}

func lockRows(lock statefile.LockInfo) [][2]string {
	rows := [][2]string{{"file", Visible(lock.Path)}}
	untold := "not told: the file is not one that flexform wrote whole"
	if lock.Session != 0 {
		rows = [][2]string{{"session", fmt.Sprintf("%d of the database server", lock.Session)}}
		untold = "not told: no note of flexform is there for the session"
	}
	h := lock.Holder
	if h == (statefile.Holder{}) {
		return append(rows, [2]string{"holder", untold})
	}
	rows = append(rows, [2]string{"holder", Ident(h.User) + "@" + Ident(h.Host)}, [2]string{"process", fmt.Sprint(h.PID)})
	if h.Command != "" {
		rows = append(rows, [2]string{"command", Visible(h.Command)})
	}
	if !h.Time.IsZero() {
		rows = append(rows, [2]string{"since", fmt.Sprintf("%s, %s ago", Time(h.Time), lock.Age)})
	}
	return rows
}

func writeLockAdvice(b *strings.Builder, state statefile.HolderState, s Style) {
	switch state {
	case statefile.HolderAlive:
		b.WriteString("Its process is alive and has the ledger. Wait until it is done.\n")
	case statefile.HolderDead:
		b.WriteString("Its process died. The next command that writes takes the lock over by itself.\n")
	default:
		fmt.Fprintf(b, "Whether its process is alive cannot be seen from this host. When it is certain that it is\nnot, break the lock; the ledger keeps who did, and why:\n\n    %s\n", s.command("lock break --reason 'WHY IT IS DEAD'"))
	}
}

// A lockDocument is what LockJSON writes of a lock.
type lockDocument struct {
	Path       string     `json:"path"`
	Session    int        `json:"session,omitempty"` // of a lock in a database
	Process    string     `json:"process"`           // "alive", "dead" or "unknown"
	User       string     `json:"user"`
	Host       string     `json:"host"`
	PID        int        `json:"pid"`
	Command    string     `json:"command"`
	Since      *time.Time `json:"since"` // null where it is not known
	AgeSeconds int64      `json:"age_seconds"`
}

// LockJSON writes who has a ledger locked as a document; its lock is null when
// there is none.
func LockJSON(w io.Writer, ledger string, lock *statefile.LockInfo) error {
	document := struct {
		FormatVersion string        `json:"format_version"`
		Ledger        string        `json:"ledger"`
		Lock          *lockDocument `json:"lock"`
	}{FormatVersion: formatVersion, Ledger: ledger}
	if lock != nil {
		h := lock.Holder
		document.Lock = &lockDocument{
			Path: lock.Path, Session: lock.Session, Process: holderWord(lock.State), User: h.User, Host: h.Host, PID: h.PID,
			Command: h.Command, AgeSeconds: int64(lock.Age / time.Second),
		}
		if !h.Time.IsZero() {
			document.Lock.Since = &h.Time
		}
	}
	return writeJSON(w, document)
}

func holderWord(state statefile.HolderState) string {
	switch state {
	case statefile.HolderAlive:
		return "alive"
	case statefile.HolderDead:
		return "dead"
	}
	return "unknown"
}

// Unlocked confirms that a lock was broken and that the ledger has it.
func Unlocked(w io.Writer, e statefile.Entry, s Style) error {
	_, err := fmt.Fprintf(w, "The lock is broken; entry %d of the ledger says so. What its holder left open is settled first by the next apply:\n\n    %s\n", e.Seq, s.command("apply"))
	return err
}

func unlockedText(v statefile.Unlocked) string {
	whose := "of a holder that it did not name"
	if v.Holder != (statefile.Actor{}) {
		whose = "of " + actorText(v.Holder)
	}
	if v.Command != "" {
		whose += ", " + Visible(v.Command)
	}
	if v.Since != "" {
		whose += ", since " + Visible(v.Since)
	}
	return fmt.Sprintf("lock %s, was broken; reason: %s; by %s", whose, Visible(v.Reason), actorText(v.Actor))
}
