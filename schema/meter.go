package schema

import (
	"cmp"
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// What evaluation may cost. HCL's evaluator cannot be interrupted and has no
// limits of its own, so every value that comes about in an expression is paid
// for, roughly by its size. There is no clock in it: the same files cost the
// same everywhere. The figures end the worst expression within a few seconds
// and a few hundred megabytes.
const (
	budget      = 3_000_000 // for all expressions together
	rowBudget   = 50        // more of it for each attribute of each for_each instance
	maxText     = 4 << 20   // bytes of one text
	maxValues   = 500_000   // values within one value
	comparing   = 8         // times as dear as anything else: == looks at all values in both
	maxExponent = 512       // bits before or behind the point of a number
)

// A meter counts what evaluation has left to spend.
type meter struct {
	left int
	most int // values within one value; 0 stands for maxValues
}

// An exhausted panics through HCL's evaluator, which has no other way out of
// its loops. [evaluate] recovers it.
type exhausted struct {
	place           hcl.Range
	summary, detail string
}

func (m *meter) spend(n int, place hcl.Range) {
	if m.left -= n; m.left < 0 {
		panic(exhausted{place, "Expression too costly", "Working out this expression takes too long: loops or functions run over too many values. " +
			"Take a row with local.NAME[KEY] rather than with lookup or a loop, or prepare the data outside and read it with csv."})
	}
}

// A metered is an expression whose value is paid for.
type metered struct {
	hclsyntax.Expression
	meter *meter
	times int // 0: pay for the value itself; else so many times for all values inside, because something will walk over them
}

func (e metered) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := e.Expression.Value(ctx)
	e.meter.spend(e.cost(v), e.Expression.Range())
	return v, diags
}

func (e metered) cost(v cty.Value) int {
	if !v.IsKnown() || v.IsNull() {
		return 1
	}
	switch t := v.Type(); {
	case t == cty.String:
		n := len(v.AsString())
		if n > maxText {
			panic(exhausted{e.Expression.Range(), "Text too long", fmt.Sprintf("This expression makes a text of more than %d MiB.", maxText>>20)})
		}
		return 1 + n/8
	case t == cty.Number:
		if x := v.AsBigFloat(); x.IsInf() || x.MantExp(nil) > maxExponent || x.MantExp(nil) < -maxExponent {
			panic(exhausted{e.Expression.Range(), "Number too large", "This expression divides by zero, or makes a number too large or too small to be of use."})
		}
		return 1
	case t.IsPrimitiveType() || e.times == 0:
		return 1
	}
	most := cmp.Or(e.meter.most, maxValues)
	n := size(v, 0, most)
	if n > most {
		panic(exhausted{e.Expression.Range(), "Value too large", fmt.Sprintf("This expression makes a value with more than %d values in it, or with values nested more than %d deep.", most, maxDepth)})
	}
	return n * e.times
}

// size counts the values inside v, itself included. It gives up counting where
// the limits are passed, and returns more than the limit.
func size(v cty.Value, depth, most int) int {
	switch {
	case depth > maxDepth:
		return most + 1
	case !v.IsKnown() || v.IsNull() || !v.CanIterateElements():
		return 1
	}
	n := 1
	for it := v.ElementIterator(); it.Next() && n <= most; {
		_, inner := it.Element()
		n += size(inner, depth+1, most)
	}
	return n
}

// metered replaces every expression within e by its metered form, in place.
// Static analysis must be done before: it does not see through.
func (m *meter) metered(e hclsyntax.Expression, times int) hclsyntax.Expression {
	m.inside(e)
	return metered{e, m, times}
}

func (m *meter) inside(e hclsyntax.Expression) {
	one := func(times int, expressions ...*hclsyntax.Expression) {
		for _, p := range expressions {
			if *p != nil {
				*p = m.metered(*p, times)
			}
		}
	}
	switch e := e.(type) {
	case *hclsyntax.TemplateExpr:
		for i := range e.Parts {
			one(0, &e.Parts[i])
		}
	case *hclsyntax.TemplateWrapExpr:
		one(0, &e.Wrapped)
	case *hclsyntax.TemplateJoinExpr:
		one(1, &e.Tuple)
	case *hclsyntax.ParenthesesExpr:
		one(0, &e.Expression)
	case *hclsyntax.FunctionCallExpr:
		for i := range e.Args {
			one(1, &e.Args[i])
		}
	case *hclsyntax.ConditionalExpr:
		one(0, &e.Condition)
		one(1, &e.TrueResult, &e.FalseResult)
	case *hclsyntax.BinaryOpExpr:
		one(comparing, &e.LHS, &e.RHS)
	case *hclsyntax.UnaryOpExpr:
		one(0, &e.Val)
	case *hclsyntax.IndexExpr:
		one(0, &e.Collection, &e.Key)
	case *hclsyntax.RelativeTraversalExpr:
		one(0, &e.Source)
	case *hclsyntax.SplatExpr:
		one(0, &e.Source)
		one(1, &e.Each)
	case *hclsyntax.TupleConsExpr:
		for i := range e.Exprs {
			one(1, &e.Exprs[i])
		}
	case *hclsyntax.ObjectConsExpr:
		for i := range e.Items {
			m.inside(e.Items[i].KeyExpr)
			one(1, &e.Items[i].ValueExpr)
		}
	case *hclsyntax.ObjectConsKeyExpr:
		m.inside(e.Wrapped) // itself looked at by HCL, so it stays what it is
	case *hclsyntax.ForExpr:
		one(0, &e.CollExpr, &e.KeyExpr, &e.CondExpr)
		one(1, &e.ValExpr)
	}
}
