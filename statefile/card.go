package statefile

import "slices"

// A card number has 13 to 19 digits, in one run or in groups of 3 to 6 with a
// space or a dash between, and its last digit is a check digit.
const (
	minCard, maxCard   = 13, 19
	minGroup, maxGroup = 3, 6
)

// A span is a part of a text.
type span struct{ from, to int }

// hasCard reports whether s holds what looks like a card number, other than
// the number except.
func hasCard(s, except string) bool { return len(cards(s, except)) > 0 }

// maskCards puts a star for every digit of what looks like a card number.
func maskCards(s, except string) string {
	found := cards(s, except)
	if len(found) == 0 {
		return s
	}
	b := []byte(s)
	for _, c := range found {
		for i := c.from; i < c.to; i++ {
			if digit(b[i]) {
				b[i] = '*'
			}
		}
	}
	return string(b)
}

func cards(s, except string) (found []span) {
	for _, run := range numbers(s) {
		for i, first := range run {
			for j := i; j < len(run) && j < i+maxCard; j++ {
				c := span{first.from, run[j].to}
				if text := s[c.from:c.to]; text != except && looksLikeCard(text, run[i:j+1]) {
					found = append(found, c)
				}
			}
		}
	}
	return found
}

// numbers returns the groups of digits in s. Groups with one space or dash
// between them are of one run.
func numbers(s string) (runs [][]span) {
	for i := 0; i < len(s); {
		if !digit(s[i]) {
			i++
			continue
		}
		from := i
		for i < len(s) && digit(s[i]) {
			i++
		}
		joined := from > 1 && (s[from-1] == ' ' || s[from-1] == '-') && digit(s[from-2])
		if !joined {
			runs = append(runs, nil)
		}
		last := len(runs) - 1
		runs[last] = append(runs[last], span{from, i})
	}
	return runs
}

func looksLikeCard(text string, groups []span) bool {
	odd := slices.ContainsFunc(groups, func(g span) bool { return g.to-g.from < minGroup || g.to-g.from > maxGroup })
	if len(groups) > 1 && odd {
		return false
	}
	n := len(text) - (len(groups) - 1) // without what stands between the groups
	return n >= minCard && n <= maxCard && text[0] != '0' && luhn(text)
}

// luhn reports whether the last digit is the check digit of those before.
func luhn(text string) bool {
	total, double := 0, false
	for i := len(text) - 1; i >= 0; i-- {
		if !digit(text[i]) {
			continue
		}
		d := int(text[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		total, double = total+d, !double
	}
	return total%10 == 0
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
