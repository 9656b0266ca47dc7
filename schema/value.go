package schema

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"flexform/money"
)

// A result is the value of an attribute for one instance.
type result struct {
	kind   resultKind
	text   string // or the name of the merchant
	flag   bool
	amount money.Amount // of a text that is money, once checked
	full   bool         // the text is `full`
	place  hcl.Range
}

type resultKind uint8

const (
	failed      resultKind = iota // there was a mistake, which is reported
	notWritten                    // absent, or null
	textResult                    // text
	flagResult                    // flag
	ownMerchant                   // merchant.NAME
)

// A row is one instance of a block with for_each. The zero row is a block
// without.
type row struct {
	in *instances
	i  int
}

// String ends a message about one of several instances.
func (r row) String() string {
	if r.in == nil {
		return ""
	}
	return fmt.Sprintf(" This is about the instance %q.", clip(r.in.keyOf(r.i)))
}

// at returns the value of a formula for one row.
func (c *formula) at(l *loader, r row) result {
	switch {
	case c.fixed:
		return c.result
	case !c.text:
		return c.bare(l, r)
	}
	text := make([]byte, 0, 128)
	for i := range c.parts {
		part, ok := c.partText(l, &c.parts[i], r)
		if !ok {
			return result{}
		}
		if len(text)+len(part) > maxText {
			l.add(c.place, "Text too long", "This expression makes a text of more than %d MiB.%s", maxText>>20, r)
			return result{}
		}
		text = append(text, part...)
	}
	return l.typedText(c.attr, cty.NormalizeString(string(text)), c.source(r), r)
}

// bare is the value of a formula that is one expression.
func (c *formula) bare(l *loader, r row) result {
	switch p := &c.parts[0]; p.kind {
	case keyPart:
		return l.typedText(c.attr, r.in.keyOf(r.i), c.source(r), r)
	case columnPart:
		if text, ok := r.in.text(r.i, p.text); ok {
			return l.typedText(c.attr, text, c.source(r), r)
		}
	}
	v, ok := c.partValue(l, &c.parts[0], r)
	if !ok {
		return result{}
	}
	return l.typed(c.attr, v, c.source(r), r)
}

// partText is the text that a part adds.
func (c *formula) partText(l *loader, p *part, r row) (string, bool) {
	switch p.kind {
	case fixedPart:
		return p.text, true
	case keyPart:
		return r.in.keyOf(r.i), true
	case columnPart:
		if text, ok := r.in.text(r.i, p.text); ok {
			return text, true
		}
	}
	v, ok := c.partValue(l, p, r)
	if !ok {
		return "", false
	}
	return l.asText(c.attr, v, p.rng, r)
}

// partValue evaluates a part by HCL's rules.
func (c *formula) partValue(l *loader, p *part, r row) (cty.Value, bool) {
	if p.kind == columnPart {
		return l.attributeOf(r.in.value(r.i, nil), *p, r)
	}
	each := map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{
		"key":   cty.StringVal(r.in.keyOf(r.i)),
		"value": r.in.value(r.i, p.columns),
	})}
	l.meter.left += rowBudget
	return l.value(p.prog, each, r)
}

// attributeOf is each.value.NAME where that is not simply a text.
func (l *loader) attributeOf(v cty.Value, p part, r row) (cty.Value, bool) {
	switch t := v.Type(); {
	case v.IsNull():
		l.add(p.rng, "Unknown attribute", "each.value is null here, no value at all, so it has no %q.%s", p.text, r)
	case t.IsObjectType() && t.HasAttribute(p.text):
		return v.GetAttr(p.text), true
	case t.IsMapType() && v.HasIndex(cty.StringVal(p.text)).True():
		return v.Index(cty.StringVal(p.text)), true
	case t.IsObjectType():
		l.add(p.rng, "Unknown attribute", "each.value has no %q here, only %s.%s", p.text, allOf(slices.Sorted(maps.Keys(t.AttributeTypes()))), r)
	default:
		l.add(p.rng, "Unknown attribute", "each.value has no %q here: it is %s.%s", p.text, kindOf(v), r)
	}
	return cty.NilVal, false
}

// source is the cell that the formula takes first, or else the expression.
func (c *formula) source(r row) hcl.Range {
	for i := range c.parts {
		if place, ok := c.parts[i].cell(r); ok {
			return place
		}
	}
	return c.place
}

// cell is where a part's value for one row stands in the data.
func (p *part) cell(r row) (hcl.Range, bool) {
	switch p.kind {
	case keyPart:
		return r.in.keyCell(r.i)
	case columnPart:
		return r.in.cell(r.i, p.text)
	}
	return hcl.Range{}, false
}

// asText is a value inside a text. A number does not belong into money: it may
// have been rounded on the way, and 0.10 comes out as 0.1.
func (l *loader) asText(a attribute, v cty.Value, place hcl.Range, r row) (string, bool) {
	switch text, err := convert.Convert(v, cty.String); {
	case v.IsNull():
		l.add(place, "Value missing", "The value of this part of the text is null, no value at all.%s", r)
	case a.money() && v.Type() == cty.Number:
		l.add(place, "Number instead of money", "A number stands in an amount here, and numbers lose decimals when they are calculated with. Write the amount as text, as in \"200.00 DKK\", or give a whole number of the currency's smallest unit: minor(20000, \"DKK\").%s", r)
	case err != nil:
		l.add(place, "Wrong type", "Only a text, a number or true and false can stand inside a text, and this is %s.%s", kindOf(v), r)
	default:
		return text.AsString(), true
	}
	return "", false
}
