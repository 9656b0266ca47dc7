package schema

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// typed checks that a value is of the kind that an attribute needs.
func (l *loader) typed(a attribute, v cty.Value, place hcl.Range, r row) result {
	switch t := v.Type(); {
	case v.IsNull():
		return result{kind: notWritten}
	case a == attrMerchant && t.IsObjectType() && t.HasAttribute("id") && t.HasAttribute("name"):
		return result{kind: ownMerchant, text: v.GetAttr("name").AsString(), place: place}
	case a.flag() && t == cty.Bool:
		return result{kind: flagResult, flag: v.True(), place: place}
	case t == cty.String:
		return l.typedText(a, v.AsString(), place, r)
	}
	l.wrongType(a, v, place, r)
	return result{}
}

// typedText is typed for a text, the usual case.
func (l *loader) typedText(a attribute, text string, place hcl.Range, r row) result {
	switch {
	case a == attrMerchant:
		l.add(place, "Wrong type", "The attribute merchant refers to a merchant block: write merchant.NAME, without quotes.%s%s", l.asReference(text), r)
		return result{}
	case a.flag():
		if text != "true" && text != "false" {
			l.add(place, "Wrong type", "%s must be true or false, and this is the text %q.%s", a, clip(text), r)
			return result{}
		}
		return result{kind: flagResult, flag: text == "true", place: place}
	}
	return result{kind: textResult, text: text, place: place}
}

// asReference offers the reference to a merchant whose name was written as
// text.
func (l *loader) asReference(name string) string {
	if _, ok := l.merchants[name]; ok {
		return " Here that is merchant." + name + "."
	}
	return ""
}

func (l *loader) wrongType(a attribute, v cty.Value, place hcl.Range, r row) {
	switch {
	case a.money() && v.Type() == cty.Number:
		l.add(place, "Number instead of money", "%s must be a text with a number and a currency, as in \"200.00 DKK\", or minor(20000, \"DKK\"): a bare number says no currency, and numbers lose decimals when they are calculated with.%s", a, r)
	case a.flag():
		l.add(place, "Wrong type", "%s must be true or false, and this is %s.%s", a, kindOf(v), r)
	case a == attrMerchant:
		l.add(place, "Wrong type", "The attribute merchant refers to a merchant block: write merchant.NAME. This is %s.%s", kindOf(v), r)
	case v.Type() == cty.Number:
		l.add(place, "Wrong type", "%s must be a text, and this is a number, which may lose zeros at its beginning. Put it in quotes.%s", a, r)
	default:
		l.add(place, "Wrong type", "%s must be a text in quotes, and this is %s.%s", a, kindOf(v), r)
	}
}

// clip shortens a text for a message.
func clip(s string) string {
	const most = 60
	n := 0
	for i := range s {
		if n++; n > most {
			return s[:i] + "…"
		}
	}
	return s
}
