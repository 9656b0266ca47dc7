package sandbox

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"flexform/money"
)

// maxSeedErrors is how many mistakes of one seed file are reported.
const maxSeedErrors = 20

var (
	seedColumns   = []string{"transact", "orderid", "amount", "currency", "status", "merchant", "captured", "refunded", "authorised_at", "paytype"}
	neededColumns = seedColumns[:5]
)

// A SeedError is one mistake in a seed file, with its place.
type SeedError struct {
	Line, Column int // from 1; Column counts bytes, 1 for a whole line
	Err          error
}

// Error gives the place first: "line 3, column 17: amount: ...".
func (e *SeedError) Error() string {
	return fmt.Sprintf("line %d, column %d: %v", e.Line, e.Column, e.Err)
}

// Unwrap returns the mistake without its place.
func (e *SeedError) Unwrap() error { return e.Err }

// ReadSeed reads transactions from CSV (RFC 4180). The first line names the
// columns, in any order: transact, orderid, amount, currency and status are
// needed; merchant, captured, refunded, authorised_at and paytype may be there.
// Amounts are decimals of the currency ("200.00"), status is a FlexWin code or
// a word (see [ParseStatus]), authorised_at is RFC 3339 or a date. An empty
// cell means what the zero value of its field in [Transaction] means.
//
// Every mistake is a [*SeedError]; the error joins the first 20 of them.
func ReadSeed(r io.Reader) ([]Transaction, error) {
	br := bufio.NewReader(r)
	if bom, _ := br.Peek(3); string(bom) == "\ufeff" { // spreadsheets write one
		if _, err := br.Discard(len(bom)); err != nil {
			return nil, fmt.Errorf("read seed: %w", err)
		}
	}
	s := seedReader{csv: csv.NewReader(br), lines: map[string]int{}}
	if err := s.readHeader(); err != nil {
		return nil, err
	}
	for s.readRow() {
	}
	if len(s.errs) > 0 {
		return nil, errors.Join(s.errs...)
	}
	return s.seeds, nil
}

type seedReader struct {
	csv     *csv.Reader
	columns []string
	lines   map[string]int // transact -> line of its first appearance
	seeds   []Transaction
	errs    []error
}

func (s *seedReader) readHeader() error {
	header, err := s.csv.Read()
	if errors.Is(err, io.EOF) {
		return &SeedError{1, 1, fmt.Errorf("no header: the first line names the columns, %s", strings.Join(neededColumns, ","))}
	}
	if err != nil {
		return csvError(err)
	}
	s.columns = header
	for i, name := range header {
		if !slices.Contains(seedColumns, name) {
			s.fail(i, fmt.Errorf("unknown column %q: a seed has %s", name, strings.Join(seedColumns, ", ")))
		} else if slices.Index(header, name) != i {
			s.fail(i, fmt.Errorf("column %q appears twice", name))
		}
	}
	for _, name := range neededColumns {
		if !slices.Contains(header, name) {
			s.fail(0, fmt.Errorf("column %q is missing", name))
		}
	}
	return errors.Join(s.errs...)
}

// readRow reads one line and reports whether there may be another.
func (s *seedReader) readRow() bool {
	row, err := s.csv.Read()
	if errors.Is(err, io.EOF) || len(s.errs) >= maxSeedErrors {
		return false
	}
	if err != nil {
		s.errs = append(s.errs, csvError(err))
		return errors.Is(err, csv.ErrFieldCount) // the reader goes on after that one only
	}
	cell := func(name string) string {
		if i := slices.Index(s.columns, name); i >= 0 {
			return row[i]
		}
		return ""
	}
	t, err := parseSeed(cell)
	if err == nil {
		_, err = t.complete(time.Unix(0, 0)) // any time will do: it is not kept
	}
	if err == nil {
		err = s.checkUnique(t.Transact)
	}
	if err != nil {
		s.fail(s.columnOf(err), err)
		return true
	}
	s.seeds = append(s.seeds, t)
	return true
}

func (s *seedReader) checkUnique(transact string) error {
	if first, found := s.lines[transact]; found {
		return wrong("transact", "%s is on line %d already", transact, first)
	}
	s.lines[transact], _ = s.csv.FieldPos(0)
	return nil
}

// columnOf returns the place in the row of the field that err is about.
func (s *seedReader) columnOf(err error) int {
	var f *fieldError
	if errors.As(err, &f) {
		return max(0, slices.Index(s.columns, f.Field))
	}
	return 0
}

func (s *seedReader) fail(column int, err error) {
	line, at := s.csv.FieldPos(column)
	s.errs = append(s.errs, &SeedError{line, at, err})
}

func csvError(err error) error {
	var p *csv.ParseError
	if errors.As(err, &p) {
		return &SeedError{p.Line, max(1, p.Column), p.Err}
	}
	return fmt.Errorf("read seed: %w", err)
}

func parseSeed(cell func(string) string) (Transaction, error) {
	t := Transaction{
		Transact: cell("transact"), Merchant: cell("merchant"), OrderID: cell("orderid"), PayType: cell("paytype"),
	}
	currency, err := money.ParseCurrency(cell("currency"))
	if err != nil {
		return t, &fieldError{"currency", err}
	}
	amounts := map[string]*money.Amount{"amount": &t.Amount, "captured": &t.Captured, "refunded": &t.Refunded}
	for _, name := range []string{"amount", "captured", "refunded"} {
		if cell(name) == "" {
			continue
		}
		if *amounts[name], err = money.ParseDecimal(cell(name), currency); err != nil {
			return t, &fieldError{name, err}
		}
	}
	if t.Status, err = ParseStatus(cell("status")); err != nil {
		return t, &fieldError{"status", err}
	}
	if t.AuthorisedAt, err = parseTime(cell("authorised_at")); err != nil {
		return t, &fieldError{"authorised_at", err}
	}
	return t, nil
}

func parseTime(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write it as in 2026-11-02T09:30:00Z or 2026-11-02", s)
}
