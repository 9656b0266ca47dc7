package schema

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

const (
	maxRows    = 1_000_000 // of one table, and transactions of one configuration
	maxColumns = 500
	maxCells   = 16_000_000
)

// A csvReader reads one table. RFC 4180 to the letter, except that a line may
// end with LF alone: what spreadsheets guess about half-broken files, money
// must not.
type csvReader struct {
	*table
	m         *mistakes
	pos, line int
	lineStart int
}

// readCSV reads a table. It returns nil when the file cannot be used at all;
// other mistakes are recorded and the rows that have them left out.
func readCSV(src source, m *mistakes) *table {
	r := &csvReader{table: &table{source: src}, m: m, line: 1}
	if !r.usable() || !r.readHeader() {
		return nil
	}
	r.reserve()
	for r.pos < len(r.text) {
		if len(r.lines) == maxRows || len(r.cells) > maxCells {
			r.m.add(r.here(1), "Too many rows", "A table may have %d rows and %d cells, and this one goes on. Split it into several files, and the configuration into several folders.", maxRows, maxCells)
			break
		}
		if !r.readRow() {
			break
		}
	}
	return r.table
}

// reserve makes room for the rows that the file can hold at most, so that a
// long table is not copied over and over while it grows.
func (r *csvReader) reserve() {
	rows := min(strings.Count(r.text, "\n")+1, maxRows)
	cells := min(rows*len(r.columns), strings.Count(r.text, ",")+rows, maxCells)
	r.cells = make([]string, 0, cells)
	r.starts = make([]uint32, 0, cells)
	r.lines = make([]uint32, 0, rows)
}

// usable looks for what makes a file no CSV text at all.
func (r *csvReader) usable() bool {
	text := r.text
	switch {
	case strings.HasPrefix(text, byteOrderMark):
		r.m.add(r.at(1, 0, 0, len(byteOrderMark)), "Byte order mark", "The file begins with an invisible mark (U+FEFF) that would become part of the first column's name. Save it without: in Excel choose \"CSV (comma delimited)\" rather than \"CSV UTF-8\"; in an editor choose the encoding \"UTF-8\", not \"UTF-8 with BOM\".")
	case strings.HasPrefix(text, "\xff\xfe"), strings.HasPrefix(text, "\xfe\xff"):
		r.m.add(r.at(1, 0, 0, 2), "Not UTF-8 text", "The file is in the encoding UTF-16. Save it again with the encoding UTF-8.")
	case invalidUTF8(text) >= 0:
		i := invalidUTF8(text)
		r.m.add(r.lookup(i, i+1), "Not UTF-8 text", notUTF8)
	case strings.IndexByte(text, 0) >= 0:
		i := strings.IndexByte(text, 0)
		r.m.add(r.lookup(i, i+1), "Control character", "There is a NUL character here. The file is damaged or no CSV text; export it again.")
	case strings.TrimSpace(text) == "":
		r.m.add(r.top(), "Empty table", "The file is empty. Its first line must name the columns, such as \"transact,orderid,amount\".")
	default:
		return true
	}
	return false
}

func (r *csvReader) readHeader() bool {
	var starts []uint32
	ok := r.record(&r.columns, &starts)
	for i, name := range r.columns {
		r.header = append(r.header, int(starts[i]))
		start := int(starts[i])
		end := r.cellEnd(start)
		if start == end && i > 0 {
			start-- // nothing to point at, so the comma before it
		}
		place := r.at(1, 0, start, end)
		switch first := r.column(name); {
		case strings.TrimSpace(name) == "" || strings.ContainsAny(name, "\r\n"):
			r.m.add(place, "Column without a name", "Column %d has no name in the first line, or one that is broken over two lines. Name it, or delete it.", i+1)
			ok = false
		case first < i:
			r.m.add(place, "Duplicate column", "Columns %d and %d are both called %q. Rename one of them.", first+1, i+1, name)
			ok = false
		}
	}
	return ok
}

// readRow reads one row. It reports whether reading can go on after it.
func (r *csvReader) readRow() bool {
	line, lineStart, start, have := r.line, r.lineStart, r.pos, len(r.cells)
	ok := r.record(&r.cells, &r.starts)
	got := len(r.cells) - have
	switch place := r.at(line, lineStart, start, r.rowEnd(start)); {
	case !ok:
	case got == 1 && r.cells[have] == "" && len(r.columns) > 1:
		r.m.add(place, "Empty line", "There is nothing on line %d. Delete the line: every line is one row.", line)
	case got < len(r.columns):
		r.m.add(place, "Row too short", "This row has %d of %d cells: the first line names %s. Fill in what is missing; an empty cell still needs its comma.", got, len(r.columns), allOf(r.columns))
	case got > len(r.columns):
		r.m.add(place, "Row too long", "This row has %d cells, and the first line names only %d columns: %s. A comma inside a cell needs quotes around the cell, as in \"1,5\".", got, len(r.columns), allOf(r.columns))
	default:
		r.lines = append(r.lines, uint32(line))
		return true
	}
	r.cells, r.starts = r.cells[:have], r.starts[:have]
	return r.pos < len(r.text)
}

// rowEnd is where the line ends that begins at start.
func (r *csvReader) rowEnd(start int) int {
	if n := strings.IndexAny(r.text[start:], "\r\n"); n >= 0 {
		return start + n
	}
	return len(r.text)
}

// record appends the cells of one row and moves behind its line end. After a
// mistake it moves behind the line and returns false.
func (r *csvReader) record(cells *[]string, starts *[]uint32) bool {
	for n := 0; ; n++ {
		if n > maxColumns {
			r.m.add(r.here(1), "Too many columns", "A table may have %d columns, and this line has more.", maxColumns)
			r.skipLine()
			return false
		}
		*starts = append(*starts, uint32(r.pos))
		cell, ok := r.readCell()
		*cells = append(*cells, cty.NormalizeString(cell)) // as HCL does with every text
		switch {
		case !ok:
			r.skipLine()
			return false
		case r.pos == len(r.text):
			return true
		case r.text[r.pos] == ',':
			r.pos++
			continue
		case r.text[r.pos] == '\r':
			r.pos++
		}
		r.pos++
		r.line++
		r.lineStart = r.pos
		return true
	}
}

// readCell moves over one cell, up to its comma or line end.
func (r *csvReader) readCell() (string, bool) {
	if strings.HasPrefix(r.text[r.pos:], `"`) {
		return r.quotedCell()
	}
	rest := r.text[r.pos:]
	n := strings.IndexAny(rest, ",\"\r\n")
	if n < 0 {
		n = len(rest)
	}
	cell := rest[:n]
	r.pos += n
	switch rest = rest[n:]; {
	case strings.HasPrefix(rest, `"`):
		r.m.add(r.here(1), "Quote inside a cell", "A quotation mark stands inside a cell that is not in quotes. Put the whole cell in quotes and write the mark twice: \"say \"\"yes\"\"\".")
		return cell, false
	case strings.HasPrefix(rest, "\r") && !strings.HasPrefix(rest, "\r\n"):
		r.m.add(r.here(1), "Stray carriage return", "A carriage return stands here without the line feed that ends a line. Save the file with the line ends of Windows (CRLF) or Unix (LF).")
		return cell, false
	}
	return cell, true
}

// quotedCell moves over a cell in quotes, in which "" stands for ".
func (r *csvReader) quotedCell() (string, bool) {
	start, opening := r.pos+1, r.here(1)
	doubled := false
	for r.pos++; ; r.pos++ {
		n := strings.IndexAny(r.text[r.pos:], "\"\n")
		if n < 0 {
			r.pos = len(r.text)
			r.m.add(opening, "Quote not closed", "This quotation mark opens a cell that is never closed. Put another one at the end of the cell.")
			return "", false
		}
		if r.pos += n; r.text[r.pos] == '\n' {
			r.line++
			r.lineStart = r.pos + 1
			continue
		}
		if !strings.HasPrefix(r.text[r.pos+1:], `"`) {
			break
		}
		doubled = true
		r.pos++
	}
	cell := r.text[start:r.pos]
	if doubled {
		cell = strings.ReplaceAll(cell, `""`, `"`)
	}
	r.pos++
	rest := r.text[r.pos:]
	if rest != "" && rest[0] != ',' && rest[0] != '\n' && !strings.HasPrefix(rest, "\r\n") {
		r.m.add(r.here(1), "Text after a quote", "A cell in quotes ends with its quote, and a comma or the end of the line must follow. Write a quotation mark inside the cell twice: \"say \"\"yes\"\"\".")
		return cell, false
	}
	return cell, true
}

func (r *csvReader) skipLine() {
	n := strings.IndexByte(r.text[r.pos:], '\n')
	if n < 0 {
		r.pos = len(r.text)
		return
	}
	r.pos += n + 1
	r.line++
	r.lineStart = r.pos
}

// here is the place of the n bytes at the reader.
func (r *csvReader) here(n int) hcl.Range {
	return r.at(r.line, r.lineStart, r.pos, min(r.pos+n, len(r.text)))
}
