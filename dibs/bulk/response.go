package bulk

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The columns of responses, beside those of requests. Some have two names in
// DIBS' own examples.
const (
	colResultCode  = "resultcode"
	colResult      = "result"
	colStatus      = "status"
	colTransaction = "transaction"
	colReason      = "reason"
	colActionCode  = "actioncode"
	colAcquirer    = "acquirer"
	colTime        = "authorizationtime"
	colFee         = "fee"
	colTotal       = "totalamount"
)

// A Response is what DIBS says about a file.
type Response struct {
	Answers  []Answer  // one for each row of the file, in its order
	Problems []Problem // what stands in the response and should not, or not so
}

// A Problem is something in a response that a person should look at. The rows
// that it concerns are Unknown already.
type Problem struct {
	Line int
	Text string
}

// String returns "line 7: ...".
func (p Problem) String() string { return fmt.Sprintf("line %d: %s", p.Line, p.Text) }

// ReadResponse reads the response to f, which is what was sent. An error means
// that the response as a whole cannot be trusted, and that nothing is known
// about any row; a [*FormatError] says why. Everything else has its place in
// the result: rows that lack, that stand there twice or that nobody asked for,
// and rows that do not say what they must.
func (f File) ReadResponse(data []byte) (Response, error) {
	if err := f.Check(); err != nil {
		return Response{}, err
	}
	lines, err := splitLines(data, false)
	if err != nil {
		return Response{}, err
	}
	b, lines, err := splitBlock(lines, false)
	if err != nil {
		return Response{}, err
	}
	lines = slices.DeleteFunc(lines, func(l line) bool { return l.text == "" })
	t, lines, err := responseTable(f.Kind, b, lines)
	if err != nil {
		return Response{}, err
	}
	if err := b.checkCount(len(lines)); err != nil {
		return Response{}, err
	}
	m := newMatch(f)
	for _, l := range lines {
		if err := m.line(t, l); err != nil {
			return Response{}, err
		}
	}
	return m.response(), nil
}

// A table knows the columns of a response.
type table struct {
	kind    Kind
	columns []string
}

// responseTable finds out the columns, and takes the line off that names them.
func responseTable(k Kind, b *block, lines []line) (table, []line, error) {
	named, err := b.flag(csvHeader)
	if err != nil {
		return table{}, nil, err
	}
	if len(lines) == 0 {
		return table{}, nil, &FormatError{Err: errors.New("no rows")}
	}
	first, err := fields(lines[0].text)
	if err != nil {
		return table{}, nil, &FormatError{lines[0].number, err}
	}
	t := table{kind: k}
	// Numbers begin each row, so a word there is a name.
	if !named && number(first[0]) {
		t.columns = k.simpleResponse()
		return t, lines, nil
	}
	for _, c := range first {
		t.columns = append(t.columns, strings.ToLower(c))
	}
	if err := t.check(); err != nil {
		return table{}, nil, &FormatError{lines[0].number, err}
	}
	return t, lines[1:], nil
}

// simpleResponse returns the columns of a response that names none. DIBS
// documents those of ticket authorisation; the others are formed alike.
func (k Kind) simpleResponse() []string {
	if k.Tickets() {
		return []string{colTicket, colStatus, colTransaction, colOrderID}
	}
	return []string{colTransact, colStatus, colOrderID}
}

// check makes sure that the columns say all that is needed, and once.
func (t table) check() error {
	for i, c := range t.columns {
		if c != "" && slices.Contains(t.columns[:i], c) {
			return fmt.Errorf("column %s stands there twice", clean(c))
		}
	}
	has := func(c string) bool { return slices.Contains(t.columns, c) }
	switch {
	case has(colTransact) && has(colTransaction):
		return errors.New("columns transact and transaction name the same")
	case !has(colTransact) && !has(colTransaction):
		return errors.New("no column transact")
	case t.kind.Tickets() && !has(colTicket):
		return errors.New("no column ticket")
	case !has(colOrderID):
		return errors.New("no column orderid")
	case !has(colResultCode) && !has(colResult) && !has(colStatus):
		return errors.New("no column resultcode")
	}
	return nil
}

// A record is one row of a response, as it stands there.
type record struct {
	line  int
	table table
	cells []string
	cut   bool // the end of the line is missing, so the last cell may be too
}

// cell returns what stands in a column; "" also when there is no such column.
func (r record) cell(column string) string {
	if i := slices.Index(r.table.columns, column); i >= 0 {
		return r.cells[i]
	}
	return ""
}

// transact returns the transaction, under either name.
func (r record) transact() string { return r.cell(colTransact) + r.cell(colTransaction) }

// id returns what the request named the row by.
func (r record) id() string {
	if r.table.kind.Tickets() {
		return r.cell(colTicket)
	}
	return r.transact()
}

// deciding returns the cells that say what became of the row.
func (r record) deciding() []string {
	var cells []string
	for _, column := range []string{colResultCode, colResult, colStatus} {
		if slices.Contains(r.table.columns, column) {
			cells = append(cells, r.cell(column))
		}
	}
	return cells
}

// mayBeCut reports whether the row ends, without the end of a line, in a
// column where a shorter text means something else: 10 is a refusal, and 1000
// an acceptance.
func (r record) mayBeCut() bool {
	last := r.table.columns[len(r.table.columns)-1]
	return r.cut && slices.Contains([]string{colResultCode, colResult, colStatus, colReason, colTransact, colTransaction, colTicket, colFee, colTotal}, last)
}
