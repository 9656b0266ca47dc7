package schema

import (
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
)

// A source is one file as it was read. All places in messages are worked out
// from these bytes.
type source struct {
	name string
	text string
}

// at returns the place of text[start:end], which stands on the given line; the
// line begins at lineStart.
func (s source) at(line, lineStart, start, end int) hcl.Range {
	from := hcl.Pos{Line: line, Column: 1 + width(s.text[lineStart:start]), Byte: start}
	to := from
	to.Byte = end
	for {
		i := strings.IndexByte(s.text[start:end], '\n')
		if i < 0 {
			break
		}
		to.Line++
		to.Column = 1
		start += i + 1
	}
	to.Column += width(s.text[start:end])
	return hcl.Range{Filename: s.name, Start: from, End: to}
}

// lookup is [source.at] for a caller that does not know the line. It costs a
// walk over the file.
func (s source) lookup(start, end int) hcl.Range {
	line := 1 + strings.Count(s.text[:start], "\n")
	return s.at(line, strings.LastIndexByte(s.text[:start], '\n')+1, start, end)
}

// top is the very beginning of the file, for what concerns it as a whole.
func (s source) top() hcl.Range {
	return hcl.Range{Filename: s.name, Start: hcl.InitialPos, End: hcl.InitialPos}
}

// width counts the characters of a piece of one line as HCL does: grapheme
// clusters, so that an accent written apart does not move the column.
func width(s string) int {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			i = max(0, i-1) // the character before may be what an accent belongs to
			return i + clusters(s[i:])
		}
	}
	return len(s)
}

func clusters(s string) int {
	sc := hcl.NewRangeScanner([]byte(s), "", func(data []byte, atEOF bool) (int, []byte, error) {
		if len(data) == 0 {
			return 0, nil, nil
		}
		return len(data), data, nil
	})
	if !sc.Scan() {
		return 0
	}
	return sc.Range().End.Column - 1
}

// toHCL and fromHCL convert between our places and HCL's.
func toHCL(r Range) hcl.Range {
	return hcl.Range{Filename: r.File, Start: hcl.Pos(r.Start), End: hcl.Pos(r.End)}
}

func fromHCL(r hcl.Range) Range {
	return Range{File: r.Filename, Start: Pos(r.Start), End: Pos(r.End)}
}
