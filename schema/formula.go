package schema

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A formula is an attribute of a transaction block made ready to give its
// value for each instance. Texts put together from fixed pieces and columns,
// which is nearly all of them, never reach HCL's evaluator.
type formula struct {
	attr   attribute
	place  hcl.Range // of the whole expression
	fixed  bool      // the same result for all instances
	result result    // when fixed
	text   bool      // a text with its parts inside, rather than one bare expression
	parts  []part
}

// A part is a piece of a formula.
type part struct {
	kind partKind
	text string // the fixed text, or the name of the column
	prog program
	// columns are all that prog takes from a table's row; nil for the whole row.
	columns []int
	rng     hcl.Range
}

type partKind uint8

const (
	_          partKind = iota
	fixedPart           // text
	keyPart             // each.key
	columnPart          // each.value.NAME
	slowPart            // anything else
)

// compile makes an attribute of a block ready. The instances are nil when the
// block has no for_each.
func (l *loader) compile(a attribute, f field, in *instances) formula {
	c := formula{attr: a, place: toHCL(f.rng), fixed: true}
	switch f.kind {
	case absent:
		c.result = result{kind: notWritten}
	case plainText:
		c.result = l.typedText(a, f.text, c.place, row{})
	case word:
		c.result = l.wordResult(a, f.text, c.place)
	case merchantNamed:
		if l.merchantReference(f.text, c.place, scope{merchants: true}) {
			c.result = result{kind: ownMerchant, text: f.text, place: c.place}
		}
	default:
		c.fixed = false
		l.compileExpression(&c, f.expr, in)
	}
	return c
}

// wordResult is the value of true, false, null and full.
func (l *loader) wordResult(a attribute, text string, place hcl.Range) result {
	switch {
	case text == "null":
		return result{kind: notWritten}
	case text != "full":
		return l.typed(a, cty.BoolVal(text == "true"), place, row{})
	case a.total():
		return result{kind: textResult, text: text, place: place}
	}
	l.add(place, "Unknown name", "%s", unknownName("full", scope{}))
	return result{}
}

// compileExpression sorts an expression into parts, and works it out at once
// when it is the same for all instances.
func (l *loader) compileExpression(c *formula, expr hclsyntax.Expression, in *instances) {
	s := scope{values: true, each: in != nil, merchants: c.attr == attrMerchant, full: c.attr.total()}
	pieces := []hclsyntax.Expression{expr}
	switch e := expr.(type) {
	case *hclsyntax.TemplateExpr:
		c.text = true
		pieces = e.Parts
	case *hclsyntax.TemplateWrapExpr:
		// HCL makes "${x}" whatever x is. Who writes quotes means a text.
		c.text = c.attr != attrMerchant
		pieces[0] = e.Wrapped
	}
	good, open := true, false
	for _, e := range pieces {
		p, ok := l.compilePart(c, e, s, in)
		c.parts = append(c.parts, p)
		good = good && ok
		open = open || p.kind != fixedPart
	}
	switch {
	case !good:
		c.fixed, c.result = true, result{}
	case c.text && !open:
		c.fixed, c.result = true, l.typedText(c.attr, joined(c.parts), c.place, row{})
	}
}

// joined is the text of parts that are all fixed.
func joined(parts []part) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString(p.text)
	}
	return b.String()
}

// compilePart makes one piece ready. It returns false after a mistake.
func (l *loader) compilePart(c *formula, e hclsyntax.Expression, s scope, in *instances) (part, bool) {
	p := part{kind: slowPart, rng: e.Range()}
	if lit, is := e.(*hclsyntax.LiteralValueExpr); is && c.text && lit.Val.Type() == cty.String {
		return part{kind: fixedPart, text: lit.Val.AsString(), rng: p.rng}, true
	}
	if t, is := e.(*hclsyntax.ScopeTraversalExpr); is && in != nil && eachPart(t.Traversal, &p) {
		return p, p.kind == keyPart || l.knownColumn(p.text, p.rng, in)
	}
	open := slices.ContainsFunc(hclsyntax.Variables(e), func(t hcl.Traversal) bool { return t.RootName() == "each" })
	known := in == nil || l.knownColumns(e, in, "each", "value")
	if in != nil && in.direct {
		p.columns = in.table.columnsUsed(e, "each", "value")
	}
	var ok bool
	if p.prog, ok = l.prepare(e, s); !ok || !known {
		return p, false
	}
	if open {
		return p, true
	}
	v, ok := l.value(p.prog, nil, row{})
	if !ok {
		return p, false
	}
	p.kind = fixedPart
	if c.text {
		p.text, ok = l.asText(c.attr, v, p.rng, row{})
		return p, ok
	}
	c.fixed, c.result = true, l.typed(c.attr, v, c.place, row{})
	return p, c.result.kind != failed
}

// eachPart recognises each.key and each.value.NAME.
func eachPart(t hcl.Traversal, p *part) bool {
	if t.RootName() != "each" {
		return false
	}
	switch name := member(t); {
	case name == "key" && len(t) == 2:
		p.kind = keyPart
		return true
	case name == "value" && len(t) == 3:
		p.kind, p.text = columnPart, member(t[1:])
		return p.text != ""
	}
	return false
}
