package report

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// A snippet is one source line in three parts, the middle one being meant.
// They are escaped.
type snippet struct{ before, marked, after string }

// maxSnippet bounds each part, in bytes: a line of CSV data has no end.
const maxSnippet = 300

// writeSnippet writes where r is, and the first line of it with the meant
// part underlined.
func writeSnippet(b *bufio.Writer, src []byte, r hcl.Range, s Style) {
	place := fmt.Sprintf("  on %s line %d", Ident(r.Filename), r.Start.Line)
	cut, ok := cutSnippet(src, r)
	if !ok {
		fmt.Fprintf(b, "%s, column %d\n\n", place, r.Start.Column)
		return
	}
	if block := enclosingBlock(src, r); block != "" {
		place += ", in " + Visible(block)
	} else if !strings.HasSuffix(r.Filename, ".hcl") {
		place += fmt.Sprintf(", column %d", r.Start.Column) // data has no names to go by
	}
	number := fmt.Sprintf("%6d: ", r.Start.Line)
	cut = cut.fit(s.Width - len(number))
	fmt.Fprintf(b, "%s:\n%s%s%s%s\n", place, number, cut.before, s.paint(inkMark, cut.marked), cut.after)
	fmt.Fprintf(b, "%s%s\n\n", strings.Repeat(" ", len(number)+columns(cut.before)), strings.Repeat("^", max(1, columns(cut.marked))))
}

// cutSnippet takes the line of r out of src. It fails when r is no place there.
func cutSnippet(src []byte, r hcl.Range) (snippet, bool) {
	start := r.Start.Byte
	if start < 0 || start > len(src) || len(src) == 0 {
		return snippet{}, false
	}
	lineStart := bytes.LastIndexByte(src[:start], '\n') + 1
	lineEnd := len(src)
	if i := bytes.IndexByte(src[start:], '\n'); i >= 0 {
		lineEnd = start + i
	}
	end := min(max(r.End.Byte, start), lineEnd)
	return snippet{
		before: sourceLine(tailBytes(src[lineStart:start])),
		marked: sourceLine(headBytes(src[start:end])),
		after:  strings.TrimRight(sourceLine(headBytes(bytes.TrimSuffix(src[end:lineEnd], []byte("\r")))), " "),
	}, true
}

func sourceLine(src []byte) string {
	return Visible(strings.ReplaceAll(string(src), "\t", "    "))
}

// headBytes and tailBytes cut a part to its bound, with an ellipsis.
func headBytes(b []byte) []byte {
	if len(b) <= maxSnippet {
		return b
	}
	n := maxSnippet
	for n > 0 && !utf8.RuneStart(b[n]) {
		n--
	}
	return append(bytes.Clone(b[:n]), "…"...)
}

func tailBytes(b []byte) []byte {
	if len(b) <= maxSnippet {
		return b
	}
	n := len(b) - maxSnippet
	for n < len(b) && !utf8.RuneStart(b[n]) {
		n++
	}
	return append([]byte("…"), b[n:]...)
}

// fit shortens what stands around the marked part so that the line has no more
// than width columns, if it can.
func (c snippet) fit(width int) snippet {
	over := columns(c.before) + columns(c.marked) + columns(c.after) - width
	if width <= 0 || over <= 0 {
		return c
	}
	c.marked = clip(c.marked, width)
	free := width - columns(c.marked)
	keep := min(columns(c.before), max(free/2, free-columns(c.after)))
	c.before = clipLeft(c.before, keep)
	if rest := free - columns(c.before); rest > 0 {
		c.after = clip(c.after, rest)
	} else {
		c.after = ""
	}
	return c
}

// clipLeft is [clip] at the other end.
func clipLeft(s string, n int) string {
	if columns(s) <= n {
		return s
	}
	for columns(s) > max(0, n-1) {
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	if n <= 0 {
		return ""
	}
	return "…" + s
}

// blockHeader is a block's first line as fmt leaves it: at the line's start.
var blockHeader = regexp.MustCompile(`^([a-z_]+(?: +"[^"\\]*")*) *\{`)

// enclosingBlock names the top-level block around r, `transaction "order_1"`,
// or returns "" when r is outside of one, or in its first line anyway.
func enclosingBlock(src []byte, r hcl.Range) string {
	if !strings.HasSuffix(r.Filename, ".hcl") {
		return ""
	}
	end := bytes.LastIndexByte(src[:r.Start.Byte], '\n') // of the line before r's
	for looked := 0; end >= 0 && looked < maxBlockLines; looked++ {
		start := bytes.LastIndexByte(src[:end], '\n') + 1
		line := src[start:end]
		switch {
		case looked == 0 && !indented(src[end+1:]):
			return "" // r's own line is at the top
		case bytes.HasPrefix(line, []byte("}")):
			return ""
		}
		if m := blockHeader.FindSubmatch(line); m != nil {
			return string(m[1])
		}
		end = start - 1
	}
	return ""
}

const maxBlockLines = 2000

func indented(line []byte) bool {
	return len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
}
