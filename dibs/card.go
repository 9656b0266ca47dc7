package dibs

const (
	minCard, maxCard   = 13, 19 // digits of a card number
	cardHead, cardTail = 6, 4   // digits of it that may be seen
)

// A run is a stretch of digits, text[from:to].
type run struct{ from, to int }

// maskCards replaces the middle of everything that could be a card number: 13
// to 19 digits that pass the Luhn check, written together or in groups, and
// any longer stretch of digits (hazards R74). What is left of one must not make
// another with the digits before it, so it looks again until nothing changes.
func maskCards(text string) string {
	for holdsDigits(text, minCard) {
		masked := maskOnce(text)
		if masked == text {
			break
		}
		text = masked // with fewer digits, so there is an end
	}
	return text
}

func maskOnce(text string) string {
	var masked []byte
	for i := 0; i < len(text); {
		var runs []run
		runs, i = nextRuns(text, i)
		for from := range runs {
			for to := from; to < len(runs); to++ {
				if digits := together(text, runs[from:to+1]); len(digits) > maxCard && to > from {
					break
				} else if cardLike(digits) {
					if masked == nil {
						masked = []byte(text)
					}
					maskRuns(masked, runs[from:to+1], len(digits))
				}
			}
		}
	}
	if masked == nil {
		return text
	}
	return string(masked)
}

// holdsDigits reports whether there are n digits in text at all: most replies
// have fewer than a card number.
func holdsDigits(text string, n int) bool {
	for i := range len(text) {
		if digit(text[i]) {
			n--
		}
	}
	return n <= 0
}

// nextRuns finds the next digits at or after i, with all further runs that
// only a separator parts from them, and returns where to go on. Two digits
// after a percent sign are a run of their own, as they may be an encoded
// character and not part of the number that follows.
func nextRuns(text string, i int) (runs []run, next int) {
	for i < len(text) && !digit(text[i]) {
		i++
	}
	for i < len(text) && digit(text[i]) {
		from := i
		for i < len(text) && digit(text[i]) {
			i++
		}
		if from > 0 && text[from-1] == '%' && i-from > 2 {
			runs = append(runs, run{from, from + 2}, run{from + 2, i})
		} else {
			runs = append(runs, run{from, i})
		}
		if n := separator(text[i:]); n > 0 && i+n < len(text) && digit(text[i+n]) {
			i += n
		}
	}
	return runs, i
}

// separator returns the length of what people put between groups of digits, as
// it stands at the start of text: plain, percent-encoded, or the zero byte
// that UTF-16 puts between ASCII characters. 0 means there is none.
func separator(text string) int {
	if text == "" {
		return 0
	}
	switch text[0] {
	case ' ', '-', '.', '+', 0:
		return 1
	case '%':
		if len(text) >= 3 && text[1] == '2' && (text[2] == '0' || text[2]|0x20 == 'd' || text[2]|0x20 == 'e') {
			return 3
		}
	}
	return 0
}

func together(text string, runs []run) string {
	if len(runs) == 1 {
		return text[runs[0].from:runs[0].to]
	}
	var digits []byte
	for _, r := range runs {
		digits = append(digits, text[r.from:r.to]...)
	}
	return string(digits)
}

func cardLike(digits string) bool {
	return len(digits) > maxCard || len(digits) >= minCard && luhn(digits)
}

// luhn reports whether digits pass the check that all card numbers pass.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
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

// maskRuns overwrites all of the runs' total digits but the first six and the
// last four.
func maskRuns(text []byte, runs []run, total int) {
	place := 0
	for _, r := range runs {
		for i := r.from; i < r.to; i++ {
			if place >= cardHead && place < total-cardTail {
				text[i] = 'X'
			}
			place++
		}
	}
}

func digit(c byte) bool { return '0' <= c && c <= '9' }
