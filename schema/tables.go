package schema

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// tableOf recognises expressions that give a table, or some rows of one, so
// that they need not become values: csv(…), a local value that is a table, and
// { for k, r in TABLE : k => r if CONDITION }. The table is nil after a mistake.
func (l *loader) tableOf(expr hclsyntax.Expression) (t *keyedTable, is bool) {
	switch e := expr.(type) {
	case *hclsyntax.ParenthesesExpr:
		return l.tableOf(e.Expression)
	case *hclsyntax.ScopeTraversalExpr:
		if used := l.locals[member(e.Traversal)]; e.Traversal.RootName() == "local" && len(e.Traversal) == 2 && used != nil && used.isTable {
			return used.table, true
		}
	case *hclsyntax.FunctionCallExpr:
		if e.Name == "csv" && len(e.Args) == 2 && !e.ExpandFinal {
			return l.calledTable(e), true
		}
	case *hclsyntax.ForExpr:
		if e.KeyVar == "" || e.KeyVar == e.ValVar || e.Group || !names(e.KeyExpr, e.KeyVar) || !names(e.ValExpr, e.ValVar) {
			return nil, false
		}
		if t, is = l.tableOf(e.CollExpr); t != nil && e.CondExpr != nil {
			t = l.filtered(t, e)
		}
		return t, is
	}
	return nil, false
}

// names reports whether an expression is just a name.
func names(e hclsyntax.Expression, name string) bool {
	t, is := e.(*hclsyntax.ScopeTraversalExpr)
	return is && len(t.Traversal) == 1 && t.Traversal.RootName() == name
}

// filtered leaves out the rows for which a loop's condition is false.
func (l *loader) filtered(t *keyedTable, e *hclsyntax.ForExpr) *keyedTable {
	in := &instances{table: t, direct: true}
	if !l.knownColumns(e.CondExpr, in, e.ValVar) {
		return nil
	}
	columns := t.columnsUsed(e.CondExpr, e.ValVar)
	p, ok := l.prepare(e.CondExpr, scope{values: true, loop: [2]string{e.KeyVar, e.ValVar}})
	if !ok {
		return nil
	}
	kept := *t
	kept.shown, kept.cached = []int32{}, cty.NilVal
	for i := range t.len() {
		keep, ok := l.condition(p, row{in, i}, map[string]cty.Value{
			e.KeyVar: cty.StringVal(in.keyOf(i)),
			e.ValVar: in.value(i, columns),
		})
		if !ok {
			return nil // the same is probably wrong in every row
		}
		if keep {
			kept.shown = append(kept.shown, int32(t.row(i)))
		}
	}
	return &kept
}

// condition evaluates the condition of a loop for one row.
func (l *loader) condition(p program, r row, names map[string]cty.Value) (keep, ok bool) {
	l.meter.left += rowBudget
	v, ok := l.value(p, names, r)
	if !ok {
		return false, false
	}
	truth, err := convert.Convert(v, cty.Bool)
	if err != nil || v.IsNull() {
		l.add(p.rng, "Wrong type", "The condition of a loop must be true or false, and this is %s.%s", kindOf(v), r)
		return false, false
	}
	return truth.True(), true
}

// knownColumns checks ROW.NAME in an expression against the columns of a table,
// once for all rows.
func (l *loader) knownColumns(e hclsyntax.Expression, in *instances, steps ...string) bool {
	ok := true
	for _, ref := range hclsyntax.Variables(e) {
		if ref.RootName() != steps[0] || len(steps) == 2 && member(ref) != steps[1] || len(ref) <= len(steps) {
			continue
		}
		if name := member(ref[len(steps)-1:]); name != "" {
			ok = l.knownColumn(name, ref.SourceRange(), in) && ok
		}
	}
	return ok
}

// knownColumn checks the name of a column.
func (l *loader) knownColumn(name string, place hcl.Range, in *instances) bool {
	if !in.direct || in.table.column(name) >= 0 {
		return true
	}
	l.add(place, "Unknown column", "The table %s has no column %q.%s Its columns are %s.", in.table.name, name, didYouMean(name, in.table.columns), allOf(in.table.columns))
	return false
}

const csvNeeds = "csv needs the path of a file and the name of a column, both as text: csv(\"recall.csv\", \"transact\")."

// calledTable evaluates csv(path, column) without making a value of its rows.
// It returns nil after a mistake.
func (l *loader) calledTable(call *hclsyntax.FunctionCallExpr) *keyedTable {
	if !knownFunctions(&l.mistakes, call, l.functions) {
		return nil
	}
	var args [2]string
	ok := true
	for i, arg := range call.Args {
		rng := arg.Range()
		p, prepared := l.prepare(arg, scope{values: true})
		if !prepared {
			ok = false
			continue
		}
		v, known := l.value(p, nil, row{})
		switch {
		case !known:
			ok = false
		case v.IsNull() || v.Type() != cty.String:
			l.add(rng, "Wrong type", "%s", csvNeeds)
			ok = false
		default:
			args[i] = v.AsString()
		}
	}
	if !ok {
		return nil
	}
	t, err := l.table(args[0], args[1])
	if r, is := err.(*refusal); is {
		l.add(call.Range(), r.summary, "%s", r.detail)
	}
	return t
}
