package schema

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A local is one value of the locals blocks.
type local struct {
	attr    *hclsyntax.Attribute
	value   cty.Value   // NilVal after a mistake, and when isTable
	table   *keyedTable // when isTable; nil after a mistake
	isTable bool        // the expression gives a table whole, or some of its rows
	// tables are those that the value was made from, directly or not.
	tables []*keyedTable
}

// readLocals evaluates the locals blocks, each value after those it uses.
func (l *loader) readLocals(blocks []*hclsyntax.Block) {
	for _, b := range blocks {
		if len(b.Labels) > 0 {
			l.add(b.LabelRanges[0], "Too many names", "A locals block has no name of its own. Write:\n\n    locals {")
		}
		l.noBlocks(b, nil)
		for _, attr := range inOrder(b.Body.Attributes) {
			if ending, secret := unmistakable(attr.Name); secret {
				l.secretInConfig(attr, ending, "")
			}
			if first, twice := l.locals[attr.Name]; twice {
				l.add(attr.NameRange, "Duplicate local value", "local.%s has a value at %s already. Rename or delete one of them.", attr.Name, where(first.attr.NameRange))
				continue
			}
			l.locals[attr.Name] = &local{attr: attr}
		}
	}
	sorted, cycles := l.localGraph().order(l.localNames())
	inCycle := map[string]bool{}
	for _, cycle := range cycles {
		l.reportCycle(cycle)
		for _, name := range cycle {
			inCycle[name] = true
		}
	}
	for _, name := range sorted {
		if !inCycle[name] {
			l.readLocal(l.locals[name])
		}
	}
}

// localNames returns the names in the order of the files.
func (l *loader) localNames() []string {
	names := slices.Collect(maps.Keys(l.locals))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(comparePlaces(&l.locals[a].attr.NameRange, &l.locals[b].attr.NameRange), cmp.Compare(a, b))
	})
	return names
}

func (l *loader) localGraph() graph {
	g := graph{}
	for name, value := range l.locals {
		for _, t := range hclsyntax.Variables(value.attr.Expr) {
			if used := member(t); t.RootName() == "local" && l.locals[used] != nil {
				g[name] = append(g[name], used)
			}
		}
	}
	return g
}

// reportCycle says that local values are defined by one another.
func (l *loader) reportCycle(cycle []string) {
	place := l.locals[cycle[0]].attr.NameRange
	if len(cycle) == 1 {
		l.add(place, "Circular local values", "local.%s is defined by itself. Write out what it should be.", cycle[0])
		return
	}
	shown := slices.Clone(cycle)
	if len(shown) > 12 {
		shown = append(append(shown[:6:6], "…"), shown[len(shown)-5:]...)
	}
	path := strings.ReplaceAll("local."+strings.Join(append(shown, cycle[0]), " uses local."), "local.…", "…")
	l.add(place, "Circular local values", "These local values are defined by one another, so none of them has a value: %s. Write out one of them.", path)
}

func (l *loader) readLocal(v *local) {
	expr := v.attr.Expr
	v.tables = l.tablesBehind(expr)
	if v.table, v.isTable = l.tableOf(expr); v.isTable {
		if v.table != nil {
			v.tables = mergeTables(v.tables, []*keyedTable{v.table.origin})
		}
		return
	}
	v.tables = mergeTables(v.tables, l.tablesRead(func() {
		if p, ok := l.prepare(expr, scope{values: true}); ok {
			if value, ok := l.value(p, nil, row{}); ok {
				v.value = value
			}
		}
	}))
}

// tablesBehind returns the tables behind the local values in an expression.
func (l *loader) tablesBehind(expr hclsyntax.Expression) (tables []*keyedTable) {
	for _, t := range hclsyntax.Variables(expr) {
		if used := l.locals[member(t)]; t.RootName() == "local" && used != nil {
			tables = mergeTables(tables, used.tables)
		}
	}
	return tables
}

// tablesRead returns the tables that the function csv gives out while do runs.
func (l *loader) tablesRead(do func()) []*keyedTable {
	l.used = nil
	do()
	return l.used
}

func mergeTables(a, b []*keyedTable) []*keyedTable {
	for _, t := range b {
		if !slices.Contains(a, t) {
			a = append(a, t)
		}
	}
	return a
}

// local looks a local value up for an expression.
func (l *loader) local(name string, place hcl.Range) (cty.Value, bool) {
	v, ok := l.locals[name]
	switch {
	case !ok && l.incomplete:
		return cty.NilVal, false
	case !ok:
		l.add(place, "Unknown name", "There is no local value %q.%s Give it a value in a locals block.", name, didYouMean(name, l.localNames()))
		return cty.NilVal, false
	case !v.isTable:
		return v.value, v.value != cty.NilVal
	case v.table == nil:
		return cty.NilVal, false
	}
	value, err := v.table.value()
	if err != nil {
		l.add(place, "Table too long", "%s.", err.Error())
		return cty.NilVal, false
	}
	return value, true
}

// inOrder returns the attributes of a block in the order of the file.
func inOrder(attrs hclsyntax.Attributes) []*hclsyntax.Attribute {
	list := slices.Collect(maps.Values(attrs))
	slices.SortFunc(list, func(a, b *hclsyntax.Attribute) int { return comparePlaces(&a.NameRange, &b.NameRange) })
	return list
}
