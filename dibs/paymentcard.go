package dibs

import (
	"errors"
	"fmt"
	"html"
	"log/slog"
	"strings"
	"time"
)

// A Card is a payment card's number, expiry and CVC. Like a [Secret], it prints
// as "redacted" through every formatting verb and every encoder; only this
// package reads it, to send it to auth.cgi. Whoever handles cards needs a PCI
// certification; tickets and the hosted form do without.
type Card struct{ number, month, year, cvc Secret }

// NewCard takes a number of 11 to 19 digits, the month and year of expiry, and
// a CVC of 3 or 4 digits, which may be empty where the shop asks for none. The
// number's check digit is not looked at, as test cards have none. Errors repeat
// nothing of what was given.
func NewCard(number string, month time.Month, year int, cvc string) (Card, error) {
	switch {
	case !allDigits(number) || len(number) < 11 || len(number) > maxCard:
		return Card{}, errors.New("card number is not 11 to 19 digits")
	case month < time.January || month > time.December:
		return Card{}, errors.New("card expiry: no such month")
	case year < 2000 || year > 2099:
		return Card{}, errors.New("card expiry: the year is not one of 2000 to 2099")
	case cvc != "" && (!allDigits(cvc) || len(cvc) < 3 || len(cvc) > 4):
		return Card{}, errors.New("cvc is not 3 or 4 digits")
	}
	return Card{
		NewSecret(number), NewSecret(fmt.Sprintf("%02d", int(month))), NewSecret(fmt.Sprintf("%02d", year%100)), NewSecret(cvc),
	}, nil
}

// Empty reports whether there is no card.
func (c Card) Empty() bool { return c.number.Empty() }

// Format implements [fmt.Formatter] for every verb.
func (c Card) Format(f fmt.State, _ rune) { fmt.Fprint(f, redacted) }

// String returns "redacted".
func (c Card) String() string { return redacted }

// MarshalText implements encoding.TextMarshaler, and through it JSON.
func (c Card) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue implements [slog.LogValuer].
func (c Card) LogValue() slog.Value { return slog.StringValue(redacted) }

// addTo appends the card's fields to a request (flexwin.md 5.1).
func (c Card) addTo(f *form) {
	f.add("cardno", c.number.reveal())
	f.add("expmon", c.month.reveal())
	f.add("expyear", c.year.reveal())
	f.addSome("cvc", c.cvc.reveal())
}

func allDigits(s string) bool {
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return s != ""
}

// maskCVC takes the CVC out of text, where it stands by itself: within other
// digits it is no CVC, and three digits occur in many numbers.
func (c Card) maskCVC(text string) string {
	if c.cvc.Empty() {
		return text
	}
	cvc := c.cvc.reveal()
	var b strings.Builder
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && digit(text[end]) {
			end++
		}
		switch {
		case end == i:
			end++
			b.WriteByte(text[i])
		case text[i:end] == cvc:
			b.WriteString(redacted)
		default:
			b.WriteString(text[i:end])
		}
		i = end
	}
	return b.String()
}

// shows reports whether text holds the number, with anything but digits within
// it, or the CVC, in some spelling.
func (c Card) shows(text string) bool {
	for _, spelling := range []string{text, percentDecode(text), html.UnescapeString(text), html.UnescapeString(percentDecode(text))} {
		if strings.Contains(digitsOf(spelling), c.number.reveal()) || c.maskCVC(spelling) != spelling {
			return true
		}
	}
	return false
}

func digitsOf(text string) string {
	b := make([]byte, 0, len(text))
	for i := range len(text) {
		if digit(text[i]) {
			b = append(b, text[i])
		}
	}
	return string(b)
}
