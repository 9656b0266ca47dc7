package bulk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxText  = 256 // bytes kept of one text of the server's
	minCard  = 13  // digits of a card number
	maxCard  = 19
	withheld = "withheld: it could hold a card number"
)

// clean makes text that came from elsewhere fit to be kept and shown: short,
// printable ASCII, and no card number (hazards R68, R74).
func clean(s string) string {
	if holdsCard(s) {
		return withheld
	}
	return shown(s)
}

// shown is clean for what is ours: it escapes everything but printable ASCII.
func shown(s string) string {
	cut := len(s) > maxText
	if cut {
		s = s[:maxText]
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case ' ' <= r && r <= '~' && r != '\\':
			b.WriteRune(r)
		default:
			quoted := strconv.QuoteRuneToASCII(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	if cut {
		b.WriteString("...")
	}
	return b.String()
}

// holdsCard reports whether s holds digits that could be a card number: 13 to
// 19, in one or more groups, that pass the check of card numbers, or more in
// one group.
func holdsCard(s string) bool {
	var groups []string // of digits, that only one separator parts
	for i := 0; i < len(s); {
		if !digit(s[i]) {
			if i == 0 || !digit(s[i-1]) || strings.IndexByte(" -.", s[i]) < 0 {
				groups = groups[:0]
			}
			i++
			continue
		}
		from := i
		for i < len(s) && digit(s[i]) {
			i++
		}
		groups = append(groups, s[from:i])
		if endsInCard(groups) {
			return true
		}
	}
	return false
}

func endsInCard(groups []string) bool {
	digits := ""
	for _, g := range slices.Backward(groups) {
		digits = g + digits
		switch {
		case len(digits) > maxCard:
			return len(digits) == len(g)
		case len(digits) >= minCard && luhn(digits):
			return true
		}
	}
	return false
}

func luhn(digits string) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// number reports whether s is a whole number above zero in its one usual
// spelling.
func number(s string) bool {
	if s == "" || s[0] == '0' {
		return false
	}
	for i := range len(s) {
		if !digit(s[i]) {
			return false
		}
	}
	return true
}

// printable reports whether s is all printable ASCII.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
