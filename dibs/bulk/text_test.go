package bulk

import (
	"strings"
	"testing"
)

// R68, R74
func TestCleanTexts(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"amount too high":        "amount too high",
		`a\b "c"`:                `a\\b "c"`,
		"\x1b[2J\r\n\x00":        `\x1b[2J\r\n\x00`,
		"Ærø \u202e":             `\u00c6r\u00f8 \u202e`,
		"\xc6r\xf8":              `\xc6r\xf8`,
		strings.Repeat("x", 300): strings.Repeat("x", 256) + "...",

		"1119139223":                   "1119139223",
		"2015-11-21 01:42:03":          "2015-11-21 01:42:03",
		"4111111111111112":             "4111111111111112", // fails the check
		"4111111111111111":             withheld,
		"card 4111-1111 1111.1111!":    withheld,
		"order 12 4111111111111111":    withheld,
		"4111111111111111 1234567890":  withheld,
		"41111111111111111":            "41111111111111111",
		"12345678901234567890":         withheld,
		"411111111111 1111":            withheld,
		"4111111111--11111":            "4111111111--11111",
		"4111111111,111111":            "4111111111,111111",
		"1234567890 1234567890 123456": "1234567890 1234567890 123456",
	} {
		if got := clean(text); got != want {
			t.Errorf("clean(%q) = %q, want %q", text, got, want)
		}
	}
}
