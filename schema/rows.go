package schema

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// A keyedTable is a table whose rows are named by one of its columns: what
// csv(path, column) gives.
type keyedTable struct {
	*table
	key    int // the column
	byKey  map[string]int32
	cached cty.Value
}

// maxLoopRows is how long a table may be to be used as a value, in loops and
// functions. As for_each itself it may have [maxRows].
const maxLoopRows = 100_000

// table reads a table once and names its rows by a column. All mistakes in it
// are recorded by the time it returns an error.
func (l *loader) table(path, column string) (*keyedTable, error) {
	if path == "" || column == "" {
		return nil, fmt.Errorf("it needs the path of a file and the name of a column, as in csv(\"recall.csv\", \"transact\")")
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
	case t.rows() > maxLoopRows:
		return cty.NilVal, fmt.Errorf("%s has more than %d rows: a table as long as that can stand only as for_each itself, not in loops or functions. Leave out rows in the file", t.name, maxLoopRows)
	}
	types := map[string]cty.Type{}
	for _, c := range t.columns {
		types[c] = cty.String
	}
	if t.rows() == 0 {
		return cty.MapValEmpty(cty.Object(types)), nil
	}
	rows := make(map[string]cty.Value, t.rows())
	for row := range t.rows() {
		rows[t.cell(row, t.key)] = t.object(row)
	}
	t.cached = cty.MapVal(rows)
	return t.cached, nil
}

// object returns one row as an object of texts.
func (t *keyedTable) object(row int) cty.Value {
	cells := make(map[string]cty.Value, len(t.columns))
	for i, c := range t.columns {
		cells[c] = cty.StringVal(t.cell(row, i))
	}
	return cty.ObjectVal(cells)
}

// instances is what for_each stands for: one transaction for each row of a
// table, in its order, or for each element of a map or set, by key.
type instances struct {
	table  *keyedTable // nil when the values come from elsewhere
	direct bool        // the rows are the table's own, all of them
	keys   []string
	values []cty.Value // nil when direct
}

// orderBy puts the keys into the order of the table that they come from, if
// they all do.
func (in *instances) orderBy(t *keyedTable) {
	in.table = t
	for _, k := range in.keys {
		if _, ok := t.byKey[k]; !ok {
			return
		}
	}
	slices.SortFunc(in.keys, func(a, b string) int { return cmp.Compare(t.byKey[a], t.byKey[b]) })
}

func (in *instances) len() int {
	if in.direct {
		return in.table.rows()
	}
	return len(in.keys)
}

func (in *instances) keyOf(i int) string {
	if in.direct {
		return in.table.cell(i, in.table.key)
	}
	return in.keys[i]
}

// value returns each.value of instance i.
func (in *instances) value(i int) cty.Value {
	if in.direct {
		return in.table.object(i)
	}
	return in.values[i]
}

// text returns each.value.NAME of instance i when it is a plain text.
func (in *instances) text(i int, name string) (string, bool) {
	if in.direct {
		c := in.table.column(name)
		if c < 0 {
			return "", false
		}
		return in.table.cell(i, c), true
	}
	v := in.values[i]
	switch t := v.Type(); {
	case v.IsNull() || !v.IsKnown():
		return "", false
	case t.IsObjectType() && t.HasAttribute(name):
		v = v.GetAttr(name)
	case t.IsMapType() && v.HasIndex(cty.StringVal(name)).True():
		v = v.Index(cty.StringVal(name))
	default:
		return "", false
	}
	if v.Type() != cty.String || v.IsNull() || !v.IsKnown() {
		return "", false
	}
	return v.AsString(), true
}

// cell returns where the column's value for instance i stands in the data, if
// it is still the value there.
func (in *instances) cell(i int, name string) (hcl.Range, bool) {
	if in.table == nil {
		return hcl.Range{}, false
	}
	c := in.table.column(name)
	if c < 0 {
		return hcl.Range{}, false
	}
	if in.direct {
		return in.table.place(i, c), true
	}
	row, ok := in.table.byKey[in.keys[i]]
	if !ok {
		return hcl.Range{}, false
	}
	if text, same := in.text(i, name); !same || text != in.table.cell(int(row), c) {
		return hcl.Range{}, false
	}
	return in.table.place(int(row), c), true
}

// keyCell returns where the key of instance i stands in the data.
func (in *instances) keyCell(i int) (hcl.Range, bool) {
	if in.table == nil {
		return hcl.Range{}, false
	}
	if in.direct {
		return in.table.place(i, in.table.key), true
	}
	if row, ok := in.table.byKey[in.keys[i]]; ok {
		return in.table.place(int(row), in.table.key), true
	}
	return hcl.Range{}, false
}
