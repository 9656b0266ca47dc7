package cli

import (
	"errors"
	"strings"
	"unicode"
)

// checkReason refuses a reason that says nothing, such as the "…" of a command
// that was copied and not filled in.
func checkReason(text string) error {
	if !says(text) {
		return errors.New("--evidence is empty: say what proves it (a report, a console entry, a person), it goes into the ledger")
	}
	return nil
}

// says reports whether a text has any word.
func says(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}
