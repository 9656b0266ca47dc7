package plan

import (
	"fmt"
	"strings"

	"flexform/money"
)

// adoptCommand is the command that records a person's statement of the totals.
// An amount that only a person can find out stays a placeholder, which no
// command accepts.
func (s *subject) adoptCommand(captured, refunded *money.Amount) string {
	cancelled := ""
	if s.read() && phaseOf(s.seen.Status) == phaseCancelled {
		cancelled = " --cancelled"
	}
	return fmt.Sprintf(`flexform adopt %s --captured %s --refunded %s%s --evidence "…"`,
		shellQuote(s.want.Address), s.argument(captured), s.argument(refunded), cancelled)
}

func (s *subject) argument(a *money.Amount) string {
	if a == nil {
		return fmt.Sprintf(`"… %s"`, s.want.Amount.Currency())
	}
	return fmt.Sprintf(`"%s"`, *a)
}

// resolveCommand is the command that records a person's decision about an
// unknown action. The outcome is theirs to choose.
func resolveCommand(action string) string {
	return fmt.Sprintf(`flexform resolve %s --outcome "done|not-done" --evidence "…"`, shellQuote(action))
}

// shellQuote makes one word of s for a POSIX shell.
func shellQuote(s string) string {
	plain := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-/", r))
	}) < 0
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
