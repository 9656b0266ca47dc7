package statefile

import (
	"fmt"
	"strings"
)

const (
	maxMessage = 4 << 10 // bytes kept of a message
	maxReply   = 64 << 10
)

// A cleaner is a codec that makes an entry's texts fit to be written. It
// changes what the gateway said, because an outcome has to be recorded
// whatever it holds, and refuses what people wrote.
type cleaner struct {
	transact string // may look like a card number by chance
	why      string // the first refusal
}

// clean prepares e for the ledger, or says why it must not be written.
func clean(e *Entry) string {
	c := &cleaner{transact: e.transact()}
	e.payload(false)(c)
	return c.why
}

// transact returns the transaction that e is about, as far as e tells.
func (e *Entry) transact() string {
	switch {
	case e.Intent != nil:
		return e.Intent.Transact
	case e.Adopted != nil:
		return e.Adopted.Transact
	case e.Called != nil:
		return e.Called.Transact
	case e.Outcome != nil:
		return transactOf(e.Outcome.Action)
	case e.Resolved != nil:
		return transactOf(e.Resolved.Action)
	}
	return ""
}

// transactOf returns the transaction in an action's id.
func transactOf(action string) string {
	_, rest, _ := strings.Cut(action, "/")
	transact, _, _ := strings.Cut(rest, "/")
	return transact
}

func (c *cleaner) text(name string, v *string) {
	// What is not UTF-8 would come back from the ledger as something else.
	*v = strings.ToValidUTF8(*v, "\uFFFD")
	switch name {
	case "message":
		*v = maskCards(clip(*v, maxMessage), c.transact)
	case "command": // it comes from the lock file, which anybody may have written
		*v = maskCards(clip(*v, maxMessage), c.transact)
	case "reply":
		*v = maskCards(clip(*v, maxReply), c.transact)
	case "address", "orderid", "reason", "evidence", "parameters", "break_glass":
		if hasCard(*v, c.transact) && c.why == "" {
			c.why = fmt.Sprintf("its %s holds what looks like a card number, which must not be kept: write it without", name)
		}
	}
}

func (c *cleaner) word(name string, v *string)          { c.text(name, v) }
func (c *cleaner) optional(name string, v *string)      { c.text(name, v) }
func (c *cleaner) object(_ string, members func(codec)) { members(c) }
func (c *cleaner) number(name string, v *int)           {}
func (c *cleaner) long(name string, v *int64)           {}
func (c *cleaner) optionalNumber(name string, v **int)  {}
func (c *cleaner) flag(name string, v *bool)            {}
func (c *cleaner) optionalFlag(name string, v *bool)    {}

// clip shortens s to at most n bytes of whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
