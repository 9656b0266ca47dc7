package schema

import (
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A keyedTable is a table whose rows are named by one of its columns: what
// csv(path, column) gives, and what a loop that only leaves out rows makes of
// it.
type keyedTable struct {
	*table
	key    int              // the column
	byKey  map[string]int32 // all rows
	shown  []int32          // the rows that are not left out; nil for all
	origin *keyedTable      // with all rows; itself for those of csv
	cached cty.Value
}

// len returns how many rows are shown.
func (t *keyedTable) len() int {
	if t.shown == nil {
		return t.rows()
	}
	return len(t.shown)
}

// row returns which row of the file is the i-th shown.
func (t *keyedTable) row(i int) int {
	if t.shown == nil {
		return i
	}
	return int(t.shown[i])
}

// maxLoopRows is how long a table may be to be used as a value, in loops and
// functions. As for_each itself it may have [maxRows].
const maxLoopRows = 50_000

// table reads a table once and names its rows by a column. All mistakes in it
// are recorded by the time it returns an error.
func (l *loader) table(path, column string) (*keyedTable, error) {
	if path == "" || column == "" {
		return nil, &refusal{"Wrong type", csvNeeds}
	}
	src, refused := l.folder.read(path)
	if refused != nil {
		return nil, refused
	}
	id := tableID{src.name, column}
	if t, seen := l.keyed[id]; seen {
		return usable(t)
	}
	t, seen := l.tables[src.name]
	if !seen {
		t = readCSV(src, &l.mistakes)
		l.tables[src.name] = t
	}
	if t == nil {
		return nil, errReported
	}
	k := &keyedTable{table: t}
	k.origin = k
	if k.key, k.byKey = t.keyed(column, &l.mistakes); k.byKey == nil {
		k = nil
	}
	l.keyed[id] = k
	return usable(k)
}

// A tableID names a table with its key column.
type tableID struct{ path, column string }

func usable(t *keyedTable) (*keyedTable, error) {
	if t == nil {
		return nil, errReported
	}
	return t, nil
}

// value returns the table as a map of objects, by key, for loops and
// functions.
func (t *keyedTable) value() (cty.Value, error) {
	switch {
	case t.cached != cty.NilVal:
		return t.cached, nil
	case t.len() > maxLoopRows:
		return cty.NilVal, fmt.Errorf("%s has more than %d rows here: a table as long as that can stand only as for_each itself, or in a loop that leaves out rows: { for k, r in TABLE : k => r if CONDITION }", t.name, maxLoopRows)
	}
	types := map[string]cty.Type{}
	for _, c := range t.columns {
		types[c] = cty.String
	}
	if t.len() == 0 {
		return cty.MapValEmpty(cty.Object(types)), nil
	}
	rows := make(map[string]cty.Value, t.len())
	for i := range t.len() {
		rows[t.cell(t.row(i), t.key)] = t.object(t.row(i), nil)
	}
	t.cached = cty.MapVal(rows)
	return t.cached, nil
}

// object returns one row of the file as an object of texts: the given columns,
// or all.
func (t *keyedTable) object(row int, columns []int) cty.Value {
	cells := make(map[string]cty.Value, len(t.columns))
	for _, i := range columns {
		cells[t.columns[i]] = cty.StringVal(t.cell(row, i))
	}
	if columns == nil {
		for i, c := range t.columns {
			cells[c] = cty.StringVal(t.cell(row, i))
		}
	}
	return cty.ObjectVal(cells)
}

// columnsUsed returns the columns that an expression takes from rows called
// name, as in r.amount, or nil for all when it does anything else with them.
// Steps says how many names lead to a row: two in each.value.
func (t *table) columnsUsed(e hclsyntax.Expression, steps ...string) []int {
	used := []int{}
	for _, ref := range hclsyntax.Variables(e) {
		switch {
		case ref.RootName() != steps[0]:
			continue
		case len(steps) == 2 && member(ref) != steps[1]:
			continue
		case len(ref) <= len(steps):
			return nil
		}
		c := t.column(member(ref[len(steps)-1:]))
		if c < 0 {
			return nil
		}
		if !slices.Contains(used, c) {
			used = append(used, c)
		}
	}
	return used
}
