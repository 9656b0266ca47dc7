package sandbox

import (
	"strings"
	"unicode/utf8"
)

// maxOrderID is where longer order ids are silently cut.
const maxOrderID = 50

// decodeText reads the bytes of a parameter: UTF-8 if they are, else Latin-1.
func decodeText(raw string) string {
	if utf8.ValidString(raw) {
		return raw
	}
	runes := make([]rune, len(raw))
	for i := range len(raw) {
		runes[i] = rune(raw[i])
	}
	return string(runes)
}

// escapeFully writes a value of a callback or a redirect: Latin-1, and encoded
// also the three that replies leave plain (flexwin.md 2).
func escapeFully(s string) string {
	return strings.NewReplacer("-", "%2D", "_", "%5F", ".", "%2E").Replace(Latin1.escape(s))
}

// unescape undoes form encoding. Unlike a strict decoder it leaves a percent
// sign that starts no escape as it is: some clients encode nothing at all.
func unescape(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b.WriteByte(' ')
		case s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			b.WriteByte(hexValue(s[i+1])<<4 | hexValue(s[i+2]))
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&^0x20 - 'A' + 10
}

func cutOrderID(s string) string {
	for i, n := 0, 0; i < len(s); n++ {
		if n == maxOrderID {
			return s[:i]
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return s
}

// isNumber reports whether s is from least to most decimal digits.
func isNumber(s string, least, most int) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return least <= len(s) && len(s) <= most
}
