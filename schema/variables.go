package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// A variable is declared in the files and gets its value from outside, or its
// default.
type variable struct {
	value cty.Value // NilVal after a mistake
	place hcl.Range
}

// readVariables evaluates the variable blocks and checks the values given for
// them.
func (l *loader) readVariables(blocks []*hclsyntax.Block) {
	for _, b := range blocks {
		name, ok := l.name(b, "variable \"batch\" {")
		if !ok {
			continue
		}
		if ending, secret := unmistakable(name); secret {
			l.noSecret(b.LabelRanges[0], name, ending, "")
			l.variables[name] = &variable{place: b.DefRange()}
			continue
		}
		if first, twice := l.variables[name]; twice {
			l.add(b.DefRange(), "Duplicate variable", "There are two variables called %q, here and at %s. Rename or delete one of them.", name, where(first.place))
			continue
		}
		l.variables[name] = &variable{place: b.DefRange()}
		l.variables[name].value = l.readVariable(name, b)
	}
	for _, name := range slices.Sorted(maps.Keys(l.o.Variables)) {
		if _, ok := l.variables[name]; !ok && !l.incomplete {
			l.add(l.commandLine(name).top(), "Unknown variable", "A value is given for the variable %q, and no file declares it.%s Declare it with a block:\n\n    variable %q {}", name, didYouMean(name, l.variableNames()), name)
		}
	}
}

func (l *loader) variableNames() []string { return slices.Sorted(maps.Keys(l.variables)) }

// readVariable returns the value of a variable, or NilVal after a mistake.
func (l *loader) readVariable(name string, b *hclsyntax.Block) cty.Value {
	attrs := l.attributes(b, "type", "default", "description")
	want, ok := cty.DynamicPseudoType, true
	if attr := attrs["type"]; attr != nil {
		want, ok = l.variableType(attr)
	}
	if attr := attrs["description"]; attr != nil {
		_, described := l.text(attr, scope{})
		ok = ok && described
	}
	var fallback cty.Value
	if attr := attrs["default"]; attr != nil {
		var valid bool
		if fallback, valid = l.constant(attr.Expr, want); !valid {
			return cty.NilVal
		}
	}
	given, has := l.o.Variables[name]
	switch {
	case !ok:
		return cty.NilVal
	case has && want == cty.DynamicPseudoType && fallback != cty.NilVal && !fallback.IsNull():
		return l.given(name, given, fallback.Type())
	case has:
		return l.given(name, given, want)
	case fallback == cty.NilVal:
		l.add(b.DefRange(), "Missing variable", "The variable %q has no value and no default. Give it on the command line:\n\n    --var %s=VALUE", name, name)
	}
	return fallback
}

// variableType reads a type such as string or list(string).
func (l *loader) variableType(attr *hclsyntax.Attribute) (cty.Type, bool) {
	t, diags := typeexpr.TypeConstraint(attr.Expr)
	if !diags.HasErrors() {
		return t, true
	}
	l.add(attr.Expr.Range(), "Unknown type", "A type is string, number, bool, list(string), set(string), map(string) or one made of these, without quotes. Left out, it is that of the default, or text.")
	return cty.DynamicPseudoType, false
}

// constant evaluates an expression without names and makes it a t.
func (l *loader) constant(expr hclsyntax.Expression, t cty.Type) (cty.Value, bool) {
	p, ok := l.prepare(expr, scope{})
	if !ok {
		return cty.NilVal, false
	}
	v, ok := l.value(p, nil, row{})
	if !ok {
		return cty.NilVal, false
	}
	v, err := convert.Convert(v, t)
	if err != nil {
		l.add(expr.Range(), "Wrong type", "The default does not have the type that the variable says, %s: %v.", t.FriendlyNameForConstraint(), err)
		return cty.NilVal, false
	}
	return v, true
}

// given turns what the command line says into a value. Text stays as it is;
// numbers and truth values are written plainly, everything else as in a file.
func (l *loader) given(name, text string, t cty.Type) cty.Value {
	src := l.commandLine(name)
	if len(text) > maxText || invalidUTF8(text) >= 0 {
		l.add(src.top(), "Wrong type", "The value given for the variable %q is not text in the encoding UTF-8, or longer than %d MiB.", name, maxText>>20)
		return cty.NilVal
	}
	var v cty.Value
	switch t {
	case cty.String, cty.DynamicPseudoType:
		return cty.StringVal(text)
	case cty.Number:
		n, err := plainNumber(text)
		if err != nil {
			l.add(src.at(1, 0, 0, len(text)), "Wrong type", "The variable %q is a number, and the value given for it is not: %v.", name, err)
			return cty.NilVal
		}
		return n
	case cty.Bool:
		v = cty.StringVal(strings.TrimSpace(text))
	default:
		var ok bool
		if v, ok = l.givenExpression(src); !ok {
			return cty.NilVal
		}
	}
	v, err := convert.Convert(v, t)
	if err != nil {
		l.add(src.at(1, 0, 0, len(firstLine(text))), "Wrong type", "The variable %q has the type %s, and the value given for it does not: %v.", name, t.FriendlyNameForConstraint(), err)
		return cty.NilVal
	}
	return v
}

// givenExpression reads a value such as ["a", "b"] from the command line.
func (l *loader) givenExpression(src source) (cty.Value, bool) {
	if _, fault := scan(src); fault != nil {
		l.append(fault)
		return cty.NilVal, false
	}
	expr, diags := hclsyntax.ParseExpression([]byte(src.text), src.name, hcl.InitialPos)
	if diags.HasErrors() {
		l.append(diags...)
		return cty.NilVal, false
	}
	return l.constant(expr, cty.DynamicPseudoType)
}

// commandLine is a source for what stands on the command line, so that
// messages can show it.
func (l *loader) commandLine(name string) source {
	src := source{"--var " + name, l.o.Variables[name]}
	l.commandLines[src.name] = src
	return src
}

// variable looks a variable up for an expression.
func (l *loader) variable(name string, place hcl.Range) (cty.Value, bool) {
	v, ok := l.variables[name]
	if !ok {
		if !l.incomplete {
			l.add(place, "Unknown name", "There is no variable %q.%s Declare it with a block:\n\n    variable %q {}", name, didYouMean(name, l.variableNames()), name)
		}
		return cty.NilVal, false
	}
	return v.value, v.value != cty.NilVal
}

// where names a place in a message: main.hcl, line 12.
func where(r hcl.Range) string { return fmt.Sprintf("%s, line %d", r.Filename, r.Start.Line) }

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
