package schema

import (
	"cmp"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// instances is what for_each stands for: one transaction for each row of a
// table, in its order, or for each element of a map or set, by key.
type instances struct {
	table  *keyedTable // nil when the values come from elsewhere
	direct bool        // the instances are the rows that the table shows
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
		return in.table.len()
	}
	return len(in.keys)
}

func (in *instances) keyOf(i int) string {
	if in.direct {
		return in.table.cell(in.table.row(i), in.table.key)
	}
	return in.keys[i]
}

// value returns each.value of instance i, with at least the given columns of a
// table's row; nil stands for all.
func (in *instances) value(i int, columns []int) cty.Value {
	if in.direct {
		return in.table.object(in.table.row(i), columns)
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
		return in.table.cell(in.table.row(i), c), true
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
		return in.table.place(in.table.row(i), c), true
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
		return in.table.place(in.table.row(i), in.table.key), true
	}
	if row, ok := in.table.byKey[in.keys[i]]; ok {
		return in.table.place(int(row), in.table.key), true
	}
	return hcl.Range{}, false
}
