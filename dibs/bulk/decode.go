package bulk

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"flexform/dibs"
	"flexform/money"
)

// Decode reads a request file of a kind, in the form that [File.Encode] writes
// or in any other that DIBS documents: without a header, without optional
// columns, with columns in another order, with or without quotes. It is as
// strict as the reader that will move the money may be, and shows the first
// mistakes at once.
func Decode(k Kind, data []byte) (File, error) {
	if !k.Valid() {
		return File{}, errors.New("bulk file without a kind")
	}
	lines, err := splitLines(data, true)
	if err != nil {
		return File{}, err
	}
	b, lines, err := splitBlock(lines, true)
	if err != nil {
		return File{}, err
	}
	f := File{Kind: k}
	if f.Header, err = b.header(k); err != nil {
		return File{}, err
	}
	columns, lines, err := requestColumns(k, b, lines)
	if err != nil {
		return File{}, err
	}
	if err := b.checkCount(len(lines)); err != nil {
		return File{}, err
	}
	if f.Rows, err = readRows(columns, lines); err != nil {
		return File{}, err
	}
	if err := f.Check(); err != nil {
		return File{}, &FormatError{Err: err}
	}
	return f, nil
}

// header reads what the block asks for. Names that no page of DIBS' lists are
// refused: they may ask for more than we know.
func (b *block) header(k Kind) (*Header, error) {
	if b == nil {
		return nil, nil
	}
	h := &Header{}
	known := map[string]bool{strings.ToLower(csvHeader): true, strings.ToLower(numberOfRecords): true}
	for _, flag := range headerFlags {
		if flag.tickets && !k.Tickets() {
			continue
		}
		known[strings.ToLower(flag.name)] = true
		value, err := b.flag(flag.name)
		if err != nil {
			return nil, err
		}
		*flag.of(h) = value
	}
	for _, name := range slices.Sorted(maps.Keys(b.lines)) {
		if !known[name] {
			return nil, badLine(b.lines[name], "a %s file has no header %s", k, clean(name))
		}
	}
	return h, nil
}

// requestColumns returns the names of the columns and takes the line off that
// gives them. Only the header says that there is such a line.
func requestColumns(k Kind, b *block, lines []line) ([]string, []line, error) {
	named, err := b.flag(csvHeader)
	switch {
	case err != nil:
		return nil, nil, err
	case len(lines) == 0:
		return nil, nil, &FormatError{Err: errors.New("no rows")}
	case !named:
		return k.mandatory(), lines, nil
	}
	columns, err := fields(lines[0].text)
	if err != nil {
		return nil, nil, &FormatError{lines[0].number, err}
	}
	for i, c := range columns {
		if slices.Contains(columns[:i], c) {
			return nil, nil, badLine(lines[0].number, "column %s stands there twice", clean(c))
		}
		if !slices.Contains(k.mandatory(), c) && !slices.Contains(k.optional(), c) {
			return nil, nil, badLine(lines[0].number, "a %s file has no column %q", k, clean(c))
		}
	}
	for _, c := range k.mandatory() {
		if !slices.Contains(columns, c) {
			return nil, nil, badLine(lines[0].number, "no column %s", c)
		}
	}
	return columns, lines[1:], nil
}

func readRows(columns []string, lines []line) ([]Row, error) {
	var mistakes mistakes
	rows := make([]Row, 0, len(lines))
	for _, l := range lines {
		cells, err := fields(l.text)
		var r Row
		switch {
		case err != nil:
		case len(cells) != len(columns):
			err = fmt.Errorf("%d columns instead of %d", len(cells), len(columns))
		default:
			r, err = readRow(columns, cells)
		}
		if err != nil {
			mistakes.add(&FormatError{l.number, err})
			continue
		}
		rows = append(rows, r)
	}
	return rows, mistakes.err()
}

func readRow(columns, cells []string) (Row, error) {
	var r Row
	var amount, currency string
	for i, cell := range cells {
		var err error
		switch columns[i] {
		case colTransact:
			r.Transact = dibs.TransactID(cell)
		case colTicket:
			r.Ticket = dibs.TransactID(cell)
		case colOrderID:
			r.OrderID = cell
		case colAmount:
			amount = cell
		case colCurrency:
			currency = cell
		case colTicketOrderID:
			r.TicketOrderID = cell
		case colTest:
			r.Test, err = trueOrFalse(colTest, cell)
		case colAddFee:
			r.AddFee, err = trueOrFalse(colAddFee, cell)
		}
		if err != nil {
			return Row{}, err
		}
	}
	var err error
	r.Amount, err = readAmount(amount, currency)
	return r, err
}

func trueOrFalse(column, cell string) (bool, error) {
	switch cell {
	case "true":
		return true, nil
	case "false", "": // an optional value may be left out
		return false, nil
	}
	return false, fmt.Errorf("%s is %q, neither true nor false", column, clean(cell))
}

func readAmount(minor, currency string) (money.Amount, error) {
	if len(currency) != 3 || !digit(currency[0]) {
		return money.Amount{}, fmt.Errorf("currency %q is no ISO number of three digits", clean(currency))
	}
	c, err := money.ParseCurrency(currency)
	if err != nil {
		return money.Amount{}, err
	}
	n, err := strconv.ParseInt(minor, 10, 64)
	if err != nil || !number(minor) {
		return money.Amount{}, fmt.Errorf("amount %q is no number of minor units", clean(minor))
	}
	return money.New(n, c)
}
