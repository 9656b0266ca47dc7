package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"flexform/internal/inert"
)

// Visible returns s as one line of plain text that shows what s holds, for
// reasons, messages and other prose. Whatever could move the cursor, reorder
// or hide text, or pass for something else is written as an escape such as
// \x1b, \n or \u202e; bytes that are not UTF-8 likewise (hazards R68).
func Visible(s string) string { return escape(s, proseRune) }

// Ident is [Visible] for order ids, addresses and other names that people
// compare by eye. It is stricter: ASCII and the accented letters of European
// Latin, and a backslash is doubled, so that two different names never look
// the same.
func Ident(s string) string { return escape(s, identRune) }

// Lines is [Visible] for text of several paragraphs: line ends stay.
func Lines(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i := range lines {
		lines[i] = Visible(lines[i])
	}
	return strings.Join(lines, "\n")
}

// A runeRule reports whether r may stand in the output as it is. Mark counts
// the combining marks just before r, or is -1 where r has nothing to stand on;
// mixed says that r's word has Latin letters in it.
type runeRule func(r rune, marks int, mixed bool) bool

func escape(s string, rule runeRule) string {
	if harmless(s) {
		return s
	}
	var b strings.Builder
	marks, mixed, wordEnd := -1, false, 0
	for i, size := 0, 0; i < len(s); i += size {
		var r rune
		r, size = utf8.DecodeRuneInString(s[i:])
		if i >= wordEnd {
			mixed, wordEnd = scanWord(s, i)
		}
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
			marks = -1
		case rule(r, marks, mixed):
			b.WriteRune(r)
			marks = countMarks(r, marks)
		default:
			writeEscape(&b, r)
			marks = -1
		}
	}
	return b.String()
}

// harmless is the fast path: printable ASCII without a backslash.
func harmless(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '\\' {
			return false
		}
	}
	return true
}

func countMarks(r rune, marks int) int {
	if unicode.IsMark(r) {
		return marks + 1
	}
	return 0
}

func writeEscape(b *strings.Builder, r rune) {
	switch {
	case r == '\\':
		b.WriteString(`\\`)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r < utf8.RuneSelf:
		fmt.Fprintf(b, `\x%02x`, r)
	case r > 0xffff:
		fmt.Fprintf(b, `\U%08x`, r)
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}

// scanWord looks at the word that begins at s[i:], reports whether it has
// Latin letters, and returns where it ends, which is behind the first rune
// when that is no letter.
func scanWord(s string, i int) (latin bool, end int) {
	for j, r := range s[i:] {
		if !unicode.IsLetter(r) && !unicode.IsMark(r) {
			return latin, i + max(j, 1)
		}
		latin = latin || unicode.Is(unicode.Latin, r)
	}
	return latin, len(s)
}

func proseRune(r rune, marks int, mixed bool) bool {
	switch {
	case r < utf8.RuneSelf:
		return r >= ' ' && r <= '~'
	case inert.Acts(r):
		return false
	case unicode.IsMark(r):
		return marks >= 0 && marks < 2 // more would climb over other lines
	case unicode.Is(unicode.Nd, r):
		return false // a digit of another script passes for an amount
	case mixed && unicode.In(r, latinLike...):
		return false
	}
	return !unicode.IsLetter(r) && !unicode.IsNumber(r) || !foldsToASCII(r)
}

func identRune(r rune, _ int, _ bool) bool {
	switch {
	case r < utf8.RuneSelf:
		return r >= ' ' && r <= '~' && r != '\\'
	case r > 'ſ' || !unicode.IsLetter(r) || r == 'ı' || r == 'ĸ':
		return false // beyond Latin Extended-A the doubles of ASCII letters begin
	}
	s := string(r)
	return norm.NFKC.String(s) == s
}

// latinLike are the scripts with letters that look like Latin ones. They are
// shown in words of their own, not inside a Latin word.
var latinLike = []*unicode.RangeTable{
	unicode.Armenian, unicode.Cherokee, unicode.Coptic, unicode.Cyrillic, unicode.Deseret,
	unicode.Greek, unicode.Lisu, unicode.Osage, unicode.Tifinagh,
}

func foldsToASCII(r rune) bool {
	for _, f := range norm.NFKC.String(string(r)) {
		if f >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
