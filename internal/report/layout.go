package report

import (
	"bufio"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// columns returns how many terminal columns the escaped text s takes. The only
// escape sequences in it are those of [Style], which take none.
func columns(s string) int {
	n, inSequence := 0, false
	for _, r := range s {
		switch {
		case inSequence:
			inSequence = r != 'm'
		case r == 0x1b:
			inSequence = true
		default:
			n += runeColumns(r)
		}
	}
	return n
}

func runeColumns(r rune) int {
	if r < 0x7f {
		return 1
	}
	if unicode.IsMark(r) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// padRight fills s with spaces up to n columns.
func padRight(s string, n int) string { return s + strings.Repeat(" ", max(0, n-columns(s))) }

// clip shortens s to n columns, with an ellipsis where it cut.
func clip(s string, n int) string {
	if n <= 0 || len(s) <= n || columns(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		w := runeColumns(r)
		if used+w > n-1 {
			return s[:i] + "…"
		}
		used += w
	}
	return s
}

// writeWrapped writes the escaped text s in lines of at most width columns
// (0: as they are), each behind indent. A line that begins with a space is a
// command or a quotation and is never broken.
func writeWrapped(b *bufio.Writer, s, indent string, width int) { writeHanging(b, indent, s, width) }

// writeHanging is [writeWrapped] with a label before the first line; the others
// are indented as far as it reaches.
func writeHanging(b *bufio.Writer, label, s string, width int) {
	indent := strings.Repeat(" ", columns(label))
	for line := range strings.SplitSeq(strings.TrimRight(s, "\n"), "\n") {
		for _, part := range wrapLine(line, width-len(indent)) {
			if part != "" || strings.TrimSpace(label) != "" {
				b.WriteString(label)
				b.WriteString(part)
			}
			label = indent
			b.WriteByte('\n')
		}
	}
}

func wrapLine(line string, width int) []string {
	if width <= 0 || strings.HasPrefix(line, " ") || columns(line) <= width {
		return []string{strings.TrimRight(line, " ")}
	}
	var lines []string
	current, used := "", 0
	for word := range strings.FieldsSeq(line) {
		n := columns(word)
		if used > 0 && used+1+n > width {
			lines = append(lines, current)
			current, used = "", 0
		}
		if used > 0 {
			current += " "
			used++
		}
		current += word
		used += n
	}
	return append(lines, current)
}

// clipBytes is [clip] by bytes, for what must fit in a given space.
func clipBytes(s string, n int) string {
	const ellipsis = "…"
	if len(s) <= n {
		return s
	}
	n = max(0, n-len(ellipsis))
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + ellipsis
}
