package sandbox

import (
	"fmt"
	"sync"
	"time"
)

// A User is an API user of the gateway's administration.
type User struct{ Name, Password string }

// maxBadLogins is how many wrong passwords in a row block a user.
const maxBadLogins = 3

const (
	usualLockout = 30 * time.Minute

	// NoLockout as Options.Lockout lets users try passwords without end.
	NoLockout time.Duration = -1
)

// A doorkeeper checks logins and blocks users who keep failing.
type doorkeeper struct {
	passwords map[string]string // by user; empty: any login will do
	lockout   time.Duration

	mu     sync.Mutex
	failed map[string]failures
}

type failures struct {
	count int
	until time.Time // blocked until then
}

func newDoorkeeper(users []User, lockout time.Duration) *doorkeeper {
	d := &doorkeeper{passwords: map[string]string{}, lockout: lockout, failed: map[string]failures{}}
	if lockout == 0 {
		d.lockout = usualLockout
	}
	for _, u := range users {
		d.passwords[u.Name] = u.Password
	}
	return d
}

// advice says when somebody who was locked out may try again.
func (d *doorkeeper) advice() string {
	if d.lockout < 0 {
		return ""
	}
	return ", and try again in " + spelled(d.lockout)
}

// spelled writes a duration for people: "30 minutes", "1m30s".
func spelled(d time.Duration) string {
	if minutes := d / time.Minute; d%time.Minute == 0 && minutes > 1 {
		return fmt.Sprintf("%d minutes", minutes)
	}
	return short(d)
}

// admits reports whether q comes from an API user. A request without any
// login is asked for one and is not held against anybody.
func (d *doorkeeper) admits(q query, now time.Time) bool {
	if !q.hasLogin || len(d.passwords) == 0 {
		return q.hasLogin
	}
	password, known := d.passwords[q.user]
	if !known {
		return false // nobody to block
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.failed[q.user]
	if now.Before(f.until) {
		return false // not even with the right password
	}
	if q.password == password {
		delete(d.failed, q.user)
		return true
	}
	f.count++
	if f.count >= maxBadLogins && d.lockout > 0 {
		f = failures{until: now.Add(d.lockout)}
	}
	d.failed[q.user] = f
	return false
}
