package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// checkNames checks the names in a condition without a plan: the types of all that
// a plan has are known, also those that the variables of loops take.
type checkNames struct {
	*mistakes
	what      string // the attribute
	perAction bool
	roots     map[string]cty.Type
	values    map[string]cty.Value // of the roots: unknown ones, of their types
	loops     []*hclsyntax.ForExpr
	scopes    []map[string]cty.Type // what the loops around give
	parts     []conditionPart
	words     map[string][]string // what texts under a name can be, see [checkNames.compared]
	wrong     bool
}

// A conditionPart is an expression that can be worked out with values that are
// not known, to find values of the wrong kind: the whole of it, and the inside
// of each loop, which HCL leaves out where the list is not known.
type conditionPart struct {
	expr   hclsyntax.Expression
	whole  bool
	values map[string]cty.Value
}

func newCheckNames(m *mistakes, what string, c Check) *checkNames {
	n := &checkNames{mistakes: m, what: what, perAction: c.PerAction, roots: map[string]cty.Type{"plan": PlanType(), "merchant": c.merchants.Type()}}
	if c.PerAction {
		n.roots["action"] = ActionType()
	}
	n.values = map[string]cty.Value{"merchant": c.merchants}
	for root, t := range n.roots {
		if root != "merchant" {
			n.values[root] = notKnown(t)
		}
	}
	var ids []string
	for it := c.merchants.ElementIterator(); it.Next(); {
		if _, m := it.Element(); m.Type().HasAttribute("id") {
			ids = append(ids, m.GetAttr("id").AsString())
		}
	}
	n.words = conditionWords(ids)
	return n
}

// notKnown is a value of a type of which nothing but the type is known, of an
// object each of its attributes.
func notKnown(t cty.Type) cty.Value {
	if !t.IsObjectType() {
		return cty.UnknownVal(t)
	}
	members := map[string]cty.Value{}
	for name, inner := range t.AttributeTypes() {
		members[name] = notKnown(inner)
	}
	return cty.ObjectVal(members)
}

func (n *checkNames) walk(expr hclsyntax.Expression) {
	n.parts = append(n.parts, conditionPart{expr: expr, whole: true, values: n.values})
	// The walk itself finds nothing; what Enter finds is in n.
	_ = hclsyntax.Walk(expr, n)
}

// Enter is for hclsyntax.Walk.
func (n *checkNames) Enter(node hclsyntax.Node) hcl.Diagnostics {
	switch e := node.(type) {
	case *hclsyntax.ForExpr:
		n.loops = append(n.loops, e)
	case hclsyntax.ChildScope:
		n.enterLoop(e)
	case *hclsyntax.ScopeTraversalExpr:
		n.typeOf(e, true)
	case *hclsyntax.SplatExpr:
		n.splat(e)
	case *hclsyntax.BinaryOpExpr:
		n.compared(e)
	}
	return nil
}

// Exit is for hclsyntax.Walk.
func (n *checkNames) Exit(node hclsyntax.Node) hcl.Diagnostics {
	switch node.(type) {
	case *hclsyntax.ForExpr:
		n.loops = n.loops[:len(n.loops)-1]
	case hclsyntax.ChildScope:
		n.scopes = n.scopes[:len(n.scopes)-1]
	}
	return nil
}

// enterLoop gives the variables of the innermost loop their types. They are
// those of the list that it runs over, which stands outside of it.
func (n *checkNames) enterLoop(s hclsyntax.ChildScope) {
	loop := n.loops[len(n.loops)-1]
	key, element := inside(n.typeOf(loop.CollExpr, false))
	given := map[string]cty.Type{loop.ValVar: element}
	if loop.KeyVar != "" {
		given[loop.KeyVar] = key
	}
	n.scopes = append(n.scopes, given)
	values := maps.Clone(n.values)
	for _, scope := range n.scopes {
		for name, t := range scope {
			values[name] = notKnown(t)
		}
	}
	n.parts = append(n.parts, conditionPart{expr: s.Expr, values: values})
}

// inside returns the types of the keys and of the elements of a collection.
func inside(t cty.Type) (key, element cty.Type) {
	switch {
	case t.IsListType():
		return cty.Number, t.ElementType()
	case t.IsObjectType():
		element = cty.DynamicPseudoType
		types := slices.Collect(maps.Values(t.AttributeTypes()))
		if len(types) > 0 && !slices.ContainsFunc(types, func(o cty.Type) bool { return !o.Equals(types[0]) }) {
			element = types[0]
		}
		return cty.String, element
	}
	return cty.DynamicPseudoType, cty.DynamicPseudoType
}

// typeOf is the type of an expression as far as names alone tell, and
// cty.DynamicPseudoType beyond. It says what is wrong only when it is told to.
func (n *checkNames) typeOf(e hclsyntax.Expression, say bool) cty.Type {
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return n.typeOf(e.Expression, say)
	case *hclsyntax.ScopeTraversalExpr:
		t, ok := n.root(e.Traversal)
		if !ok {
			if say {
				n.unknown(e.Traversal)
			}
			return cty.DynamicPseudoType
		}
		return n.steps(t, e.Traversal.RootName(), e.Traversal[1:], say)
	}
	return cty.DynamicPseudoType
}

func (n *checkNames) root(t hcl.Traversal) (cty.Type, bool) {
	for _, scope := range slices.Backward(n.scopes) {
		if found, ok := scope[t.RootName()]; ok {
			return found, true
		}
	}
	found, ok := n.roots[t.RootName()]
	return found, ok
}

// steps follows the names behind a name.
func (n *checkNames) steps(t cty.Type, path string, steps hcl.Traversal, say bool) cty.Type {
	for _, step := range steps {
		name, place := "", step.SourceRange()
		switch s := step.(type) {
		case hcl.TraverseAttr:
			name = s.Name
		case hcl.TraverseIndex:
			if s.Key.Type() == cty.String && s.Key.IsKnown() && !s.Key.IsNull() {
				name = s.Key.AsString()
			}
		}
		switch {
		case t == cty.DynamicPseudoType:
			return t
		case t.IsObjectType() && t.HasAttribute(name):
			t, path = t.AttributeType(name), path+"."+name
		case t.IsObjectType() && name != "":
			return n.fault(say, place, "%s has no %q.%s", path, clip(name), orAll(name, slices.Sorted(maps.Keys(t.AttributeTypes()))))
		case t.IsListType() && name == "":
			t, path = t.ElementType(), path+"[…]"
		case t.IsListType():
			return n.fault(say, place, "%s is a list, and only what is in it has a %q. Ask for each, as in [for a in %[1]s : a.%[2]s].", path, clip(name))
		case t.IsPrimitiveType():
			return n.fault(say, place, "%s is a single value, so nothing can follow it.", path)
		default:
			return cty.DynamicPseudoType
		}
	}
	return t
}

func (n *checkNames) fault(say bool, place hcl.Range, detail string, args ...any) cty.Type {
	if say {
		n.wrong = true
		n.add(place, "Unknown name", detail, args...)
	}
	return cty.DynamicPseudoType
}

// orAll offers the nearest name, or all of them.
func orAll(given string, names []string) string {
	for _, as := range []string{given, strings.ToUpper(given), strings.ToLower(given)} {
		if hint := didYouMean(as, names); hint != "" {
			return hint
		}
	}
	return " There are " + allOf(names) + "."
}

// unknown says that nothing is called so.
func (n *checkNames) unknown(t hcl.Traversal) {
	n.wrong = true
	root := t.RootName()
	switch {
	case root == "action" && !n.perAction:
		n.add(t.SourceRange(), "Unknown name", "Only a condition that names action is held against each action, and then error_message can name it too. This condition is about the whole plan.")
	case root == "var" || root == "local" || root == "each":
		n.add(t.SourceRange(), "Unknown name", "A check is about a plan and refers to nothing in the configuration: to plan, to action, which is each action in turn, and to merchant.NAME.id.")
	default:
		n.add(t.SourceRange(), "Unknown name", "Nothing is called %q here.%s If it is meant as text, put it in quotes: %[1]q.", root, orAll(root, []string{"plan", "action", "merchant", "true", "false", "null"}))
	}
}

// splat checks list[*].name.
func (n *checkNames) splat(e *hclsyntax.SplatExpr) {
	_, element := inside(n.typeOf(e.Source, false))
	if each, ok := e.Each.(*hclsyntax.RelativeTraversalExpr); ok && !n.typeOf(e.Source, false).IsObjectType() {
		n.steps(element, "each of them", each.Traversal, true)
	}
}

// compared finds a text that is held against what it can never be, such as
// action.action == "refunds": that would be false for every action, and
// nobody would notice.
func (n *checkNames) compared(e *hclsyntax.BinaryOpExpr) {
	if e.Op != hclsyntax.OpEqual && e.Op != hclsyntax.OpNotEqual {
		return
	}
	for _, sides := range [][2]hclsyntax.Expression{{e.LHS, e.RHS}, {e.RHS, e.LHS}} {
		text, literal := literalText(sides[1])
		ref, named := sides[0].(*hclsyntax.ScopeTraversalExpr)
		if !literal || !named || len(ref.Traversal) < 2 {
			continue
		}
		last := len(ref.Traversal) - 1
		owner, ok := n.root(ref.Traversal)
		if ok {
			owner = n.steps(owner, "", ref.Traversal[1:last], false)
		}
		kind := ""
		switch {
		case owner.Equals(ActionType()):
			kind = "action."
		case owner.Equals(PlanType()):
			kind = "plan."
		}
		word, _ := ref.Traversal[last].(hcl.TraverseAttr)
		if words := n.words[kind+word.Name]; kind != "" && len(words) > 0 && !slices.Contains(words, text) {
			n.wrong = true
			n.add(sides[1].Range(), "Never equal", "%s is never %q.%s", strings.TrimPrefix(word.Name, "."), clip(text), orAll(text, words))
		}
	}
}

// literalText is the text of an expression that is nothing but a text.
func literalText(e hclsyntax.Expression) (string, bool) {
	if t, ok := e.(*hclsyntax.TemplateExpr); ok && t.IsStringLiteral() {
		v, diags := t.Value(nil)
		return v.AsString(), !diags.HasErrors()
	}
	return "", false
}

// conditionWords says what a text can be, where that is a closed list. The
// merchants are those of the configuration.
func conditionWords(merchants []string) map[string][]string {
	return map[string][]string{
		"action.action":   limitable(),
		"action.class":    {"self-limiting", "counted", "moneyless"},
		"action.currency": append(currencies(), ""),
		"action.merchant": merchants,
		"plan.mode":       {string(ModeSandbox), string(ModeTest), string(ModeLive)},
	}
}
