package schema

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// A scope says which names an expression may use, besides the functions.
type scope struct {
	values    bool      // var.NAME and local.NAME
	each      bool      // each.key and each.value
	merchants bool      // merchant.NAME
	full      bool      // the word full
	loop      [2]string // the names that the loop around it gives
}

// A program is an expression made ready to be evaluated, once or for each row.
type program struct {
	expr hclsyntax.Expression // metered
	ctx  *hcl.EvalContext
	rng  hcl.Range
}

// prepare checks the names in an expression and makes it ready. It returns
// false when a name is wrong, which is reported, or has no value because of a
// mistake reported elsewhere.
func (l *loader) prepare(expr hclsyntax.Expression, s scope) (program, bool) {
	p := program{rng: expr.Range(), ctx: &hcl.EvalContext{Functions: l.functions}}
	values, ok := l.resolve(expr, s)
	if !ok {
		return p, false
	}
	p.ctx.Variables = map[string]cty.Value{}
	for root, members := range values {
		p.ctx.Variables[root] = cty.ObjectVal(members)
	}
	if s.merchants {
		p.ctx.Variables["merchant"] = l.merchantValues()
	}
	if s.full {
		p.ctx.Variables["full"] = cty.StringVal("full")
	}
	p.expr = l.meter.metered(expr, 1)
	return p, true
}

// resolve looks up what an expression refers to: only that goes into its
// context, so that unused tables are never turned into values.
func (l *loader) resolve(expr hclsyntax.Expression, s scope) (map[string]map[string]cty.Value, bool) {
	values := map[string]map[string]cty.Value{"var": {}, "local": {}}
	ok := knownFunctions(&l.mistakes, expr, l.functions)
	for _, t := range hclsyntax.Variables(expr) {
		name, value, found := l.reference(t, s)
		ok = ok && found
		if found && value != cty.NilVal {
			values[t.RootName()][name] = value
		}
	}
	return values, ok
}

// knownFunctions reports whether all functions that are called exist.
func knownFunctions(m *mistakes, expr hclsyntax.Expression, functions map[string]function.Function) bool {
	ok := true
	hclsyntax.VisitAll(expr, func(n hclsyntax.Node) hcl.Diagnostics {
		call, is := n.(*hclsyntax.FunctionCallExpr)
		if !is {
			return nil
		}
		if _, known := functions[call.Name]; !known {
			ok = false
			m.add(call.NameRange, "Unknown function", "There is no function %q.%s%s", call.Name, didYouMean(call.Name, slices.Sorted(maps.Keys(functions))), whyNot(call.Name))
		}
		return nil
	})
	return ok
}

// whyNot says why a function that HCL users know is missing.
func whyNot(function string) string {
	switch function {
	case "csv", "file":
		return " A check reads nothing but the plan."
	case "timestamp", "timeadd", "plantimestamp", "uuid", "bcrypt":
		return " The same files must always give the same plan, so nothing here reads a clock or throws dice."
	case "env", "getenv", "sensitive":
		return " A configuration cannot read the environment; declare a variable and give it with --var."
	case "setproduct", "regex", "regexall", "csvdecode", "jsondecode", "yamldecode", "templatefile", "fileset", "try", "can", "distinct":
		return " Read data with csv(\"FILE.csv\", \"COLUMN\") and prepare it outside."
	}
	return ""
}

// reference checks one name that an expression uses. It returns the member of
// var or local with its value.
func (l *loader) reference(t hcl.Traversal, s scope) (string, cty.Value, bool) {
	root, place := t.RootName(), t.SourceRange()
	name := member(t)
	switch {
	case slices.Contains(s.loop[:], root):
		return "", cty.NilVal, true
	case root == "var" && s.values && name != "":
		v, ok := l.variable(name, place)
		return name, v, ok
	case root == "local" && s.values && name != "":
		v, ok := l.local(name, place)
		return name, v, ok
	case root == "each":
		return "", cty.NilVal, l.eachReference(name, place, s)
	case root == "merchant":
		return "", cty.NilVal, l.merchantReference(name, place, s)
	case root == "full" && s.full:
		return "", cty.NilVal, true
	}
	l.add(place, "Unknown name", "%s", unknownName(root, s))
	return "", cty.NilVal, false
}

// member is the second step of a traversal, x in var.x or var["x"].
func member(t hcl.Traversal) string {
	if len(t) < 2 {
		return ""
	}
	switch step := t[1].(type) {
	case hcl.TraverseAttr:
		return step.Name
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.String && step.Key.IsKnown() && !step.Key.IsNull() {
			return step.Key.AsString()
		}
	}
	return ""
}

func unknownName(root string, s scope) string {
	switch {
	case root == "full":
		return "The word full stands for all there is, and only captured and refunded can be that. Write an amount such as \"200.00 DKK\"."
	case (root == "var" || root == "local") && !s.values:
		return "A fixed value must stand here, written out: variables and local values cannot be used in this place."
	case root == "var" || root == "local":
		return fmt.Sprintf("%s must be followed by a point and the name of one value, as in %s.batch.", root, root)
	}
	names := []string{"var", "local"}
	if s.full {
		names = append(names, "full")
	}
	if s.each {
		names = append(names, "each")
	}
	if hint := didYouMean(root, append(names, "true", "false", "null")); hint != "" {
		return fmt.Sprintf("Nothing is called %q here.%s If it is meant as text, put it in quotes: %q.", root, hint, root)
	}
	return fmt.Sprintf("Nothing is called %q here. If it is meant as text, put it in quotes: %q. Otherwise refer to a value as var.NAME or local.NAME.", root, root)
}

func (l *loader) eachReference(name string, place hcl.Range, s scope) bool {
	switch {
	case !s.each:
		l.add(place, "Unknown name", "each.key and each.value are the row that a block with for_each stands for, so they exist only in the other attributes of such a transaction block. Add for_each to the block, or write a fixed value.")
		return false
	case name != "key" && name != "value":
		l.add(place, "Unknown name", "each must be followed by .key, the name of the row, or by .value, its content.%s", didYouMean(name, []string{"key", "value"}))
		return false
	}
	return true
}

func (l *loader) merchantReference(name string, place hcl.Range, s scope) bool {
	if !s.merchants {
		l.add(place, "Unknown name", "A merchant block can be referred to only by the attribute merchant of a transaction.")
		return false
	}
	if name == "" {
		return true // merchant[…]: found out when it is evaluated
	}
	if _, ok := l.merchants[name]; !ok {
		l.unknownMerchant(name, place)
		return false
	}
	return true
}

// errReported is what a function returns when its mistake is already recorded,
// with a better place than the call.
var errReported = errors.New("reported")

// value evaluates a program. A variable each may be given with the row that it
// is for.
func (l *loader) value(p program, each map[string]cty.Value, r row) (v cty.Value, ok bool) {
	ctx := p.ctx
	if each != nil {
		ctx = ctx.NewChild()
		ctx.Variables = each
	}
	if l.meter.left <= 0 {
		return cty.DynamicVal, false // said already, by the expression that spent it
	}
	v, diags := l.meter.evaluate(p, ctx)
	if !diags.HasErrors() && !v.IsWhollyKnown() {
		l.add(p.rng, "Value not known", "Nothing tells what the value of this expression is. Write it in another way.")
	}
	for _, d := range diags {
		if extra, is := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d); is && errors.Is(extra.FunctionCallError(), errReported) {
			continue
		}
		d.Detail += r.String()
		l.append(d)
	}
	return v, !diags.HasErrors() && v.IsWhollyKnown()
}

// evaluate calls HCL's evaluator and turns a panic out of it into a message:
// the meter has no other way to stop it, and a panic of its own would be a bug
// that a hostile file found.
func (m *meter) evaluate(p program, ctx *hcl.EvalContext) (v cty.Value, diags hcl.Diagnostics) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Cannot evaluate expression", Detail: fmt.Sprintf("HCL gave up on this expression: %v.", cause), Subject: &p.rng}
		if e, is := cause.(exhausted); is {
			d.Summary, d.Detail, d.Subject = e.summary, e.detail, &e.place
			m.left = max(m.left, 0)
		}
		v, diags = cty.DynamicVal, hcl.Diagnostics{d}
	}()
	return p.expr.Value(ctx)
}
