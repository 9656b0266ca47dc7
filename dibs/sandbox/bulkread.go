package sandbox

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	maxBulkRows   = 100_000
	maxBulkHeader = 32 // lines
)

// A bulkText is a bulk file from a client, read.
type bulkText struct {
	block bool              // there is a header block, so the response gets one
	named bool              // a line names the columns, in the response, too
	asks  map[string]bool   // columns of the response that the header asks for
	rows  []bulkCells       // in the file's order
	heads map[string]string // the header block, by lower-case name
}

// bulkCells is a row by columns, its values as they stand in the file.
type bulkCells struct {
	line  int
	cells map[string]string
}

// bulkColumns are the columns of a request: those that each row has, in the
// order of the simple form, and those that a named file may have.
func bulkColumns(k bulkKind) (always, optional []string) {
	if k.tickets() {
		return []string{"ticket", "orderid", "amount", "currency"}, []string{"ticketorderid", "test", "addfee"}
	}
	return []string{"transact", "orderid", "amount", "currency"}, []string{"test"}
}

// bulkAsks are the flags of a header block and the columns of the response that
// they ask for; the last four are for ticket files.
var bulkAsks = []struct {
	flag, column string
	tickets      bool
}{
	{"returnreason", "reason", false}, {"returnactioncode", "actioncode", false}, {"returntotalamount", "totalamount", true},
	{"returnfee", "fee", true}, {"returnacquirer", "acquirer", true}, {"returnauthorizationtime", "authorizationtime", true},
}

// readBulk reads a file of a kind (flexwin.md 9.7). An error means that nothing
// of it may be carried out. Whatever is not as documented is one; that was
// chosen, so that a file that lost something on its way does nothing. What a
// row says is not looked at here.
func readBulk(k bulkKind, data []byte) (*bulkText, error) {
	lines, err := checkBulkLines(data)
	if err != nil {
		return nil, err
	}
	t := &bulkText{asks: map[string]bool{}, heads: map[string]string{}}
	rest, skipped, err := t.readBlock(data)
	if err != nil {
		return nil, err
	}
	if err := t.readHeads(k); err != nil {
		return nil, err
	}
	records := csv.NewReader(bytes.NewReader(rest))
	columns, err := t.readColumns(k, records, skipped)
	if err != nil {
		return nil, err
	}
	if err := t.readRows(records, columns, skipped); err != nil {
		return nil, err
	}
	if last := t.rows[len(t.rows)-1].line; last != lines {
		return nil, fmt.Errorf("line %d: an empty line", last+1)
	}
	return t, t.checkCount()
}

// checkBulkLines makes sure that every line ends in CRLF and that no other
// control character is there, so that a line is a line to everybody. It returns
// how many there are.
func checkBulkLines(data []byte) (n int, err error) {
	if len(data) == 0 {
		return 0, errors.New("the file is empty")
	}
	for line := range bytes.Lines(data) {
		n++
		text, ended := bytes.CutSuffix(line, []byte("\r\n"))
		switch {
		case !ended && bytes.HasSuffix(line, []byte("\n")):
			return 0, fmt.Errorf("line %d does not end in CRLF", n)
		case !ended:
			return 0, fmt.Errorf("line %d does not end: the file was cut", n)
		case bytes.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfeff }):
			return 0, fmt.Errorf("line %d holds a control character", n)
		}
	}
	return n, nil
}

var bulkHead = regexp.MustCompile(`^([A-Za-z]+): ?(.*)$`)

// readBlock takes the header block off, if there is one, and returns what
// follows it and how many lines it was long. An empty line ends it.
func (t *bulkText) readBlock(data []byte) (rest []byte, lines int, err error) {
	for rest = data; len(rest) > 0; lines++ {
		line, after, _ := bytes.Cut(rest, []byte("\r\n"))
		head := bulkHead.FindSubmatch(line)
		switch {
		case head == nil && lines == 0:
			return rest, 0, nil
		case head == nil && len(line) == 0:
			t.block = true
			return after, lines + 1, nil
		case head == nil:
			return nil, 0, fmt.Errorf("line %d: no empty line ends the header", lines+1)
		case lines == maxBulkHeader:
			return nil, 0, fmt.Errorf("line %d: the header is longer than %d lines", lines+1, maxBulkHeader)
		}
		name := strings.ToLower(string(head[1]))
		if _, twice := t.heads[name]; twice {
			return nil, 0, fmt.Errorf("line %d: %s stands there twice", lines+1, head[1])
		}
		t.heads[name] = string(head[2])
		rest = after
	}
	return nil, 0, errors.New("no rows after the header")
}

// readHeads reads what the header asks for.
func (t *bulkText) readHeads(k bulkKind) error {
	known := []string{"csvheader", "numberofcsvrecords"}
	var err error
	if t.named, err = t.flag("csvheader"); err != nil {
		return err
	}
	for _, ask := range bulkAsks {
		if ask.tickets && !k.tickets() {
			continue
		}
		known = append(known, ask.flag)
		if t.asks[ask.column], err = t.flag(ask.flag); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.heads)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("a %s file has no header %s", k, name)
		}
	}
	return nil
}

func (t *bulkText) flag(name string) (bool, error) {
	switch value := strings.ToLower(t.heads[name]); value {
	case "true":
		return true, nil
	case "false", "":
		return false, nil
	default:
		return false, fmt.Errorf("header %s is %q, neither true nor false", name, cut(decodeText(value)))
	}
}

// readColumns returns the names of the columns.
func (t *bulkText) readColumns(k bulkKind, records *csv.Reader, skipped int) ([]string, error) {
	always, optional := bulkColumns(k)
	if !t.named {
		return always, nil
	}
	columns, err := records.Read()
	if err != nil {
		return nil, csvProblem(err, skipped)
	}
	for i, c := range columns {
		columns[i] = strings.ToLower(c)
		if slices.Contains(columns[:i], columns[i]) {
			return nil, fmt.Errorf("line %d: column %s stands there twice", skipped+1, columns[i])
		}
		if !slices.Contains(always, columns[i]) && !slices.Contains(optional, columns[i]) {
			return nil, fmt.Errorf("line %d: a %s file has no column %q", skipped+1, k, cut(decodeText(columns[i])))
		}
	}
	for _, c := range always {
		if !slices.Contains(columns, c) {
			return nil, fmt.Errorf("line %d: no column %s", skipped+1, c)
		}
	}
	return columns, nil
}

func (t *bulkText) readRows(records *csv.Reader, columns []string, skipped int) error {
	records.FieldsPerRecord, records.ReuseRecord = len(columns), true
	last := skipped
	if t.named {
		last++
	}
	for {
		fields, err := records.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return csvProblem(err, skipped)
		}
		row := bulkCells{cells: make(map[string]string, len(columns))}
		row.line, _ = records.FieldPos(0)
		row.line += skipped
		// The library skips empty lines, and reads line ends within quotes.
		if row.line != last+1 || slices.ContainsFunc(fields, func(s string) bool { return strings.Contains(s, "\n") }) {
			return fmt.Errorf("line %d: an empty line, or one that ends within quotes", last+1)
		}
		last = row.line
		for i, c := range columns {
			row.cells[c] = fields[i]
		}
		if t.rows = append(t.rows, row); len(t.rows) > maxBulkRows {
			return fmt.Errorf("more than %d rows", maxBulkRows)
		}
	}
	if len(t.rows) == 0 {
		return errors.New("no rows")
	}
	return nil
}

// csvProblem gives a mistake its line in the whole file.
func csvProblem(err error, skipped int) error {
	var bad *csv.ParseError
	switch {
	case errors.As(err, &bad):
		return fmt.Errorf("line %d: %w", bad.Line+skipped, bad.Err)
	case errors.Is(err, io.EOF):
		return errors.New("no rows")
	}
	return err
}

// checkCount compares the number of rows with what the header announces.
func (t *bulkText) checkCount() error {
	announced, given := t.heads["numberofcsvrecords"]
	if n, err := strconv.Atoi(announced); given && (err != nil || n != len(t.rows)) {
		return fmt.Errorf("the header announces %q rows, and there are %d", cut(decodeText(announced)), len(t.rows))
	}
	return nil
}
