package schema

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// A table is a CSV file, read strictly by RFC 4180, with the place of every
// cell.
type table struct {
	source
	columns []string
	header  []int // where each name begins in the file
	cells   []string
	starts  []uint32 // where each cell begins in the file
	lines   []uint32 // the line on which each row begins
}

func (t *table) rows() int { return len(t.lines) }

// column returns the index of a column, or -1.
func (t *table) column(name string) int {
	for i, c := range t.columns {
		if c == name {
			return i
		}
	}
	return -1
}

// cell returns the text of a cell, without the quotes around it.
func (t *table) cell(row, column int) string { return t.cells[row*len(t.columns)+column] }

// place returns where a cell stands.
func (t *table) place(row, column int) hcl.Range {
	start := int(t.starts[row*len(t.columns)+column])
	line, lineStart := t.line(row, start)
	end := t.cellEnd(start)
	if start == end && column > 0 {
		start-- // nothing to point at, so the comma before it
	}
	return t.at(line, lineStart, start, end)
}

// line returns the line, and its beginning, of a cell in a row: not the row's
// own when a cell before it holds a line break.
func (t *table) line(row, start int) (line, lineStart int) {
	line, lineStart = int(t.lines[row]), int(t.starts[row*len(t.columns)])
	before := t.text[lineStart:start]
	if n := strings.Count(before, "\n"); n > 0 {
		return line + n, lineStart + strings.LastIndexByte(before, '\n') + 1
	}
	return line, lineStart
}

// cellEnd returns where the cell ends that begins at start, with its quotes.
func (t *table) cellEnd(start int) int {
	rest := t.text[start:]
	if !strings.HasPrefix(rest, `"`) {
		for i := range len(rest) { // cells are short, so this is faster than IndexAny
			if c := rest[i]; c == ',' || c == '\r' || c == '\n' {
				return start + i
			}
		}
		return len(t.text)
	}
	for i := 1; i < len(rest); i++ {
		if rest[i] != '"' {
			continue
		}
		if i+1 == len(rest) || rest[i+1] != '"' {
			return start + i + 1
		}
		i++
	}
	return len(t.text)
}

// headerLine is the place of the whole first line.
func (t *table) headerLine() hcl.Range {
	last := t.header[len(t.header)-1]
	return t.at(1, 0, 0, t.cellEnd(last))
}

// keyed checks that a column can name the rows: it exists, and no cell in it is
// empty or stands twice. It returns the column and the row of each key, or no
// rows when something is wrong.
func (t *table) keyed(name string, m *mistakes) (column int, rows map[string]int32) {
	if column = t.column(name); column < 0 {
		hint := didYouMean(name, t.columns)
		if len(t.columns) == 1 && strings.ContainsAny(t.columns[0], ";\t") {
			hint = " The columns seem to be parted by semicolons or tabs; save the file with commas."
		}
		m.add(t.headerLine(), "Missing column", "The rows of %s are to be named by the column %q, and the first line has no such column, only %s.%s", t.name, name, allOf(t.columns), hint)
		return -1, nil
	}
	rows = make(map[string]int32, t.rows())
	before := len(m.list)
	for row := range t.rows() {
		key := t.cell(row, column)
		first, twice := rows[key]
		switch {
		case key == "":
			m.add(t.place(row, column), "Empty key", "The column %q names the rows, and this row has nothing in it. Fill the cell or delete the row.", name)
		case len(key) > maxKey:
			m.add(t.place(row, column), "Key too long", "The column %q names the rows, and this name is longer than %d bytes. Use a column with short, unique values, such as the transact.", name, maxKey)
		case twice:
			m.add(t.place(row, column), "Duplicate key", "The column %q names the rows, so a value may stand in it once. %q stands on line %d and on line %d. Delete one of the rows, or name the rows by another column.", name, key, t.lines[first], t.lines[row])
		default:
			rows[key] = int32(row)
		}
	}
	if len(m.list) > before {
		return column, nil
	}
	return column, rows
}

// maxKey is how many bytes the name of an instance may have: it stands in
// addresses everywhere.
const maxKey = 256
