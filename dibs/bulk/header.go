package bulk

import (
	"fmt"
	"strconv"
	"strings"
)

const maxHeader = 32 // lines

// The names in a header block, as DIBS writes them.
const (
	csvHeader       = "CsvHeader"
	numberOfRecords = "NumberOfCsvRecords"
)

// A block is the header block of a file: `Name: value` lines, before the rows.
type block struct {
	values map[string]string // by lower-case name
	lines  map[string]int
}

// splitBlock takes the header block off the top of a file, if there is one. An
// empty line ends it. Responses may lack that line: a row cannot be mistaken
// for one of the block.
func splitBlock(lines []line, strict bool) (*block, []line, error) {
	if len(lines) == 0 {
		return nil, lines, nil
	}
	if _, _, ok := headerLine(lines[0].text); !ok {
		return nil, lines, nil
	}
	b := &block{map[string]string{}, map[string]int{}}
	for i, l := range lines {
		name, value, ok := headerLine(l.text)
		name = strings.ToLower(name)
		switch {
		case !ok && l.text == "":
			return b, lines[i+1:], nil
		case !ok && strict:
			return nil, nil, badLine(l.number, "no empty line between the header and the rows")
		case !ok:
			return b, lines[i:], nil
		case i == maxHeader:
			return nil, nil, badLine(l.number, "more than %d lines in the header", maxHeader)
		case b.lines[name] != 0:
			return nil, nil, badLine(l.number, "header %s stands in line %d already", name, b.lines[name])
		}
		b.values[name], b.lines[name] = value, l.number
	}
	return b, nil, nil
}

// headerLine reads `Name: value`.
func headerLine(text string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(text, ":")
	if !ok || name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	}) {
		return "", "", false
	}
	return name, strings.TrimPrefix(value, " "), true
}

// get returns a header's value and its line; line 0 means that it is absent.
func (b *block) get(name string) (value string, line int) {
	if b == nil {
		return "", 0
	}
	name = strings.ToLower(name)
	return b.values[name], b.lines[name]
}

// flag reads a header that is true or false; absent is false.
func (b *block) flag(name string) (bool, error) {
	value, line := b.get(name)
	switch {
	case line == 0 || strings.EqualFold(value, "false"):
		return false, nil
	case strings.EqualFold(value, "true"):
		return true, nil
	}
	return false, badLine(line, "%s is %q, neither true nor false", name, clean(value))
}

// checkCount compares the header's number of rows with what is there. Fewer
// mean that a part of the file got lost.
func (b *block) checkCount(rows int) error {
	value, line := b.get(numberOfRecords)
	if line == 0 {
		return nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 || strconv.Itoa(n) != value {
		return badLine(line, "%s is %q, no number", numberOfRecords, clean(value))
	}
	if n != rows {
		return &FormatError{Err: fmt.Errorf("the header announces %d rows, and there are %d", n, rows)}
	}
	return nil
}
