package bulk

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

const (
	maxLine    = 4096 // bytes
	maxColumns = 32
	maxLines   = MaxRows + maxHeader + 3 // of a response; the rows, names and an empty line or two
)

// A FormatError reports a file that cannot be read as a whole. Nothing in it
// is taken for an answer.
type FormatError struct {
	Line int // 0 for the file as a whole
	Err  error
}

func (e *FormatError) Error() string {
	if e.Line == 0 {
		return "bulk file: " + e.Err.Error()
	}
	return fmt.Sprintf("bulk file, line %d: %v", e.Line, e.Err)
}

func (e *FormatError) Unwrap() error { return e.Err }

func badLine(n int, format string, args ...any) error {
	return &FormatError{n, fmt.Errorf(format, args...)}
}

// A line is a line of a file, without its end.
type line struct {
	number int
	text   string
	ended  bool // only the last one may lack its end
}

// splitLines splits a file at CRLF or, unless strict, at LF. Control
// characters stand nowhere else: not in quoted fields either, where RFC 4180
// would allow a line break, because a text with a line break could pass for a
// row (hazards R66).
func splitLines(data []byte, strict bool) ([]line, error) {
	switch {
	case len(data) > MaxSize:
		return nil, &FormatError{Err: fmt.Errorf("more than %d bytes", MaxSize)}
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return nil, badLine(1, "byte order mark")
	}
	var lines []line
	for n := 1; len(data) > 0; n++ {
		text, rest, ended := bytes.Cut(data, []byte("\n"))
		data = rest
		text, crlf := bytes.CutSuffix(text, []byte("\r"))
		switch {
		case n > maxLines:
			return nil, badLine(n, "more than %d lines", maxLines)
		case len(text) > maxLine:
			return nil, badLine(n, "more than %d bytes", maxLine)
		case bytes.ContainsFunc(text, isControl) || crlf && !ended:
			return nil, badLine(n, "control character")
		case strict && !(crlf && ended):
			return nil, badLine(n, "line does not end in CRLF")
		}
		lines = append(lines, line{n, string(text), ended})
	}
	return lines, nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// fields splits one CSV line as RFC 4180 has it.
func fields(text string) ([]string, error) {
	var out []string
	for rest := text; ; {
		if len(out) == maxColumns {
			return nil, fmt.Errorf("more than %d columns", maxColumns)
		}
		field, after, err := nextField(rest)
		if err != nil {
			return nil, err
		}
		out = append(out, field)
		if after == "" {
			return out, nil
		}
		if after[0] != ',' {
			return nil, errors.New("text after a closing quote")
		}
		rest = after[1:]
	}
}

// nextField returns the first field of rest, and what follows it.
func nextField(rest string) (field, after string, err error) {
	if !strings.HasPrefix(rest, `"`) {
		field, after = rest, ""
		if i := strings.IndexByte(rest, ','); i >= 0 {
			field, after = rest[:i], rest[i:]
		}
		if strings.Contains(field, `"`) {
			return "", "", errors.New("quote inside a field that does not begin with one")
		}
		return field, after, nil
	}
	var b strings.Builder
	for rest = rest[1:]; ; {
		i := strings.IndexByte(rest, '"')
		if i < 0 {
			return "", "", errUnclosed
		}
		b.WriteString(rest[:i])
		if !strings.HasPrefix(rest[i+1:], `"`) {
			return b.String(), rest[i+1:], nil
		}
		b.WriteByte('"')
		rest = rest[i+2:]
	}
}

var errUnclosed = errors.New("quote that is not closed on its line")

// quote returns a field in quotes.
func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
