package bulk

import (
	"errors"
	"fmt"
	"strconv"

	"flexform/dibs"
	"flexform/money"
)

// An Answer is what the response says about one row of the file. Its texts are
// printable ASCII, and card numbers are withheld.
type Answer struct {
	Row     Row
	Line    int // of the response; 0 when there is no row for it
	Outcome Outcome
	Why     string      // for Unknown: what leaves it open
	Result  dibs.Result // NoResult when there is none

	Transact   dibs.TransactID // ticket files: the new transaction
	Reason     string          // as DIBS wrote it; empty when absent, like all below
	ActionCode string

	// Ticket files only.

	Acquirer          string
	AuthorizationTime string
	Fee, TotalAmount  money.Amount // the zero Amount when absent
}

// A match brings the rows of a response to those of the file.
type match struct {
	file     File
	rows     map[key]int
	answers  []Answer
	problems []Problem
}

func newMatch(f File) *match {
	m := &match{file: f, rows: make(map[key]int, len(f.Rows)), answers: make([]Answer, len(f.Rows))}
	for i, r := range f.Rows {
		m.rows[f.key(r.id(), r.OrderID)] = i
		m.answers[i] = Answer{Row: r, Outcome: Unknown, Why: "the response has no row for it", Result: NoResult}
	}
	return m
}

func (m *match) response() Response { return Response{m.answers, m.problems} }

func (m *match) problem(line int, format string, args ...any) {
	m.problems = append(m.problems, Problem{line, fmt.Sprintf(format, args...)})
}

// line takes one row of the response in. It returns an error only where the
// rows after this one are in doubt as well.
func (m *match) line(t table, l line) error {
	cells, err := fields(l.text)
	switch {
	case errors.Is(err, errUnclosed):
		return &FormatError{l.number, err}
	case err != nil:
		m.problem(l.number, "%v", err)
	case len(cells) != len(t.columns):
		m.problem(l.number, "%d columns instead of %d", len(cells), len(t.columns))
	default:
		m.record(record{l.number, t, cells, !l.ended})
	}
	return nil
}

func (m *match) record(r record) {
	id, orderID := r.id(), r.cell(colOrderID)
	i, asked := m.rows[m.file.key(dibs.TransactID(id), orderID)]
	if !asked {
		m.problem(r.line, "nobody asked for %s %s with order id %q", m.file.column(), clean(id), clean(orderID))
		return
	}
	a := &m.answers[i]
	if a.Line != 0 {
		m.problem(r.line, "%s %s stands in line %d already", m.file.column(), clean(id), a.Line)
		a.open("it stands in the response more than once")
		return
	}
	a.Line = r.line
	a.take(r)
	switch {
	case orderID != a.Row.OrderID:
		m.problem(r.line, "order id %q instead of %q", clean(orderID), clean(a.Row.OrderID))
		a.open("the response names another order")
	case r.mayBeCut():
		m.problem(r.line, "the last row lacks its end")
		a.open("its row may be cut")
	case a.Outcome == Accepted && m.file.Kind.Tickets() && a.Transact == "":
		m.problem(r.line, "accepted without the number of a transaction")
		a.open("accepted without the number of a transaction")
	}
	for _, column := range []string{colFee, colTotal} {
		if _, err := minorUnits(r.cell(column), a.Row.Amount.Currency()); err != nil {
			m.problem(r.line, "%s %q is no amount in minor units", column, clean(r.cell(column)))
		}
	}
}

// open says that a row decides nothing after all.
func (a *Answer) open(why string) { a.Outcome, a.Result, a.Why = Unknown, NoResult, why }

// take fills the answer from a row.
func (a *Answer) take(r record) {
	v := judge(r.table.kind, r.deciding(), r.cell(colReason))
	a.Outcome, a.Result, a.Why = v.outcome, v.result, v.why
	a.Reason, a.ActionCode = clean(r.cell(colReason)), clean(r.cell(colActionCode))
	if !r.table.kind.Tickets() {
		return
	}
	if id := r.transact(); number(id) && len(id) <= maxDigits {
		a.Transact = dibs.TransactID(id)
	}
	a.Acquirer, a.AuthorizationTime = clean(r.cell(colAcquirer)), clean(r.cell(colTime))
	a.Fee, _ = minorUnits(r.cell(colFee), a.Row.Amount.Currency())
	a.TotalAmount, _ = minorUnits(r.cell(colTotal), a.Row.Amount.Currency())
}

// minorUnits reads an amount; empty is the zero Amount.
func minorUnits(s string, c money.Currency) (money.Amount, error) {
	if s == "" {
		return money.Amount{}, nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s {
		return money.Amount{}, errors.New("no whole number")
	}
	return money.NewTotal(n, c)
}
