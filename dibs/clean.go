package dibs

import (
	"errors"
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxKept    = 1 << 10 // of a reply in errors and receipts
	maxCleaned = 8 << 10 // looked at to make that; more than enough, as masking seldom shortens
	withheld   = "withheld: it repeats a secret"
)

// A cleaner makes text that came from the gateway fit to be kept and shown:
// no secret, no card number, nothing but printable ASCII.
type cleaner struct {
	secrets []string
	card    Card
}

// knowing returns c with one more secret.
func (c cleaner) knowing(secret string) cleaner {
	if secret == "" {
		return c
	}
	c.secrets = append(c.secrets[:len(c.secrets):len(c.secrets)], secret)
	return c
}

// knowingCard returns c with a card, none of which is to be seen.
func (c cleaner) knowingCard(card Card) cleaner {
	c.card = card
	return c
}

// clean returns raw masked, escaped and cut to limit bytes at most.
func (c cleaner) clean(raw string, limit int) string {
	long := len(raw) > maxCleaned
	if long {
		raw = raw[:maxCleaned]
	}
	// A secret cut in two, or in another spelling, cannot be taken out one to
	// one, so then everything goes.
	if long && c.holdsSecret(raw) {
		return withheld
	}
	for _, s := range c.secrets {
		raw = strings.ReplaceAll(raw, s, redacted)
	}
	if strings.ContainsAny(raw, "%+") && c.holdsSecret(percentDecode(raw)) ||
		strings.Contains(raw, ";") && c.holdsSecret(html.UnescapeString(raw)) {
		return withheld
	}
	if !c.card.Empty() {
		raw = c.card.maskCVC(strings.ReplaceAll(raw, c.card.number.reveal(), redacted))
		if c.card.shows(raw) {
			return withheld
		}
	}
	// Masked twice: first what came, then what leaves, as escapes bring digits
	// of their own and a cut makes new ends.
	return maskCards(escape(maskCards(raw), limit))
}

// A cleanError stands for an error whose text quotes what a stranger sent: a
// malformed header, or a name in a certificate. It can be asked what it is, but
// does not hand out the error itself.
type cleanError struct {
	text string
	err  error
}

func (e *cleanError) Error() string        { return e.text }
func (e *cleanError) Is(target error) bool { return errors.Is(e.err, target) }
func (e *cleanError) As(target any) bool   { return errors.As(e.err, target) }

// cleanError returns err, with another text if its own is not fit to be shown.
func (c cleaner) cleanError(err error) error {
	if err == nil {
		return nil
	}
	if text := c.clean(err.Error(), maxKept); text != err.Error() {
		return &cleanError{text, err}
	}
	return err
}

func (c cleaner) holdsSecret(text string) bool {
	return slices.ContainsFunc(c.secrets, func(s string) bool { return strings.Contains(text, s) })
}

// escape writes everything but printable ASCII as an escape of Go's. What does
// not fit in limit bytes it leaves out, and shows that it did.
func escape(s string, limit int) string {
	if printable(s) && !strings.Contains(s, `\`) && len(s) <= limit {
		return s
	}
	const mark = "..."
	var b []byte
	fits := 0 // how much of b leaves room for the mark
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\\':
			b = append(b, `\\`...)
		case ' ' <= r && r <= '~':
			b = append(b, byte(r))
		case r < 0x80 || r == utf8.RuneError && size == 1:
			b = fmt.Appendf(b, `\x%02x`, s[i])
		case r <= 0xffff:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = fmt.Appendf(b, `\U%08x`, r)
		}
		if len(b) > limit {
			return string(append(b[:fits], mark...))
		}
		if len(b) <= limit-len(mark) {
			fits = len(b)
		}
		i += size
	}
	return string(b)
}
