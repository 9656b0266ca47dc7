package schema

import "strings"

// A span is a piece of a text, in bytes.
type span struct{ start, end int }

// cards finds what looks like a payment card number: 13 to 19 digits that pass
// the Luhn check, in one piece or in the groups printed on cards (4-4-4-4, with
// up to three digits more, and 4-6-5 or 4-6-4) parted by single spaces or
// hyphens.
func cards(text string) []span {
	var found []span
	for i := 0; i < len(text); {
		if !digit(text[i]) {
			i++
			continue
		}
		end := i + 1
		for end < len(text) && digit(text[end]) {
			end++
		}
		switch n := end - i; {
		case n >= 13 && n <= 19:
			if luhn(text[i:end]) {
				found = append(found, span{i, end})
			}
		case n == 4:
			if g := grouped(text[i:]); g > 0 && luhn(text[i:i+g]) {
				found = append(found, span{i, i + g})
				end = i + g
			}
		}
		i = end
	}
	return found
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// grouped returns the length of a card number in groups at the start of s,
// which begins with exactly four digits, or 0.
func grouped(s string) int {
	if len(s) < 5 || s[4] != ' ' && s[4] != '-' {
		return 0
	}
	var sizes []int
	end := 0
	for i := 0; i < len(s) && len(sizes) < 6; {
		n := 0
		for i+n < len(s) && digit(s[i+n]) {
			n++
		}
		if n == 0 {
			break
		}
		sizes = append(sizes, n)
		end = i + n
		if end == len(s) || s[end] != s[4] {
			break
		}
		i = end + 1
	}
	switch {
	case len(sizes) == 3 && sizes[1] == 6 && (sizes[2] == 5 || sizes[2] == 4):
		return end
	case (len(sizes) == 4 || len(sizes) == 5 && sizes[4] <= 3) && sizes[1] == 4 && sizes[2] == 4 && sizes[3] == 4:
		return end
	}
	return 0
}

// luhn reports whether the digits of s pass the check that card numbers do.
func luhn(s string) bool {
	sum, double := 0, false
	for i := len(s) - 1; i >= 0; i-- {
		if !digit(s[i]) {
			continue
		}
		d := int(s[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}

// maskCards returns text with every card number masked, digit by digit, so
// that places in it stay where they are. At most the first six and the last
// four digits remain.
func maskCards(text string) string {
	found := cards(text)
	if len(found) == 0 {
		return text
	}
	masked := []byte(text)
	for _, c := range found {
		maskCard(masked[c.start:c.end])
	}
	return string(masked)
}

func maskCard(b []byte) {
	digits := 0
	for _, c := range b {
		if digit(c) {
			digits++
		}
	}
	n := 0
	for i, c := range b {
		if !digit(c) {
			continue
		}
		if n >= 6 && n < digits-4 {
			b[i] = '*'
		}
		n++
	}
}

// cardNumber is what is said of a card number, with it masked.
func cardNumber(number string) (summary, detail string) {
	return "Card number", "This looks like the number of a payment card (" + strings.ToValidUTF8(maskCards(number), "") +
		"): 13 to 19 digits with a valid check digit. Card numbers must not stand in a configuration or its data. " +
		"Remove it; a payment is named by its transact, order id and amount. If it was committed to git, it must be removed from the history too."
}
