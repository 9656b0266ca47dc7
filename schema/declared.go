package schema

import (
	"slices"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A declared is one transaction block as it is written, not yet evaluated.
type declared struct {
	label  string
	header Range // transaction "label"
	fields [attributes]field
}

// An attribute is one of those that a transaction block may have.
type attribute uint8

const (
	attrMerchant attribute = iota
	attrTransact
	attrOrderID
	attrAmount
	attrCaptured
	attrRefunded
	attrCancelled
	attrReauthorise
	attrReason
	attrForEach
	attributes // how many there are
)

// The attributes that only a ticket block has, or a charge block within it.
const (
	attrTicket attribute = attributes + iota
	attrDeleted
	attrCapture
)

func (a attribute) String() string {
	return [...]string{"merchant", "transact", "orderid", "amount", "captured", "refunded", "cancelled", "reauthorise", "reason", "for_each",
		"ticket", "deleted", "capture"}[a]
}

// money reports whether a holds an amount.
func (a attribute) money() bool { return a == attrAmount || a.total() }

// total reports whether a holds a cumulative sum, which may be `full`.
func (a attribute) total() bool { return a == attrCaptured || a == attrRefunded }

// flag reports whether a is true or false.
func (a attribute) flag() bool {
	switch a {
	case attrCancelled, attrReauthorise, attrDeleted, attrCapture:
		return true
	}
	return false
}

func attributeNames() []string {
	names := make([]string, attributes)
	for a := range attributes {
		names[a] = a.String()
	}
	return names
}

// A field is the value of one attribute as it is written. Most are plain texts
// or single words; only the rest needs HCL's evaluation.
type field struct {
	kind fieldKind
	text string // of a plain text; the word; the merchant's name
	expr hclsyntax.Expression
	rng  Range
}

type fieldKind uint8

const (
	absent        fieldKind = iota // not written
	plainText                      // "200.00 DKK"
	word                           // full, true, false, null
	merchantNamed                  // merchant.shop
	expression                     // anything else
)

// classify sorts an expression into a field.
func classify(expr hclsyntax.Expression) field {
	f := field{kind: expression, expr: expr, rng: fromHCL(expr.Range())}
	switch e := expr.(type) {
	case *hclsyntax.TemplateExpr:
		if e.IsStringLiteral() {
			v, _ := e.Parts[0].Value(nil)
			f.kind, f.text = plainText, v.AsString()
		}
	case *hclsyntax.LiteralValueExpr:
		switch v := e.Val; {
		case v.IsNull():
			f.kind, f.text = word, "null"
		case v.Type() == cty.Bool && v.True():
			f.kind, f.text = word, "true"
		case v.Type() == cty.Bool:
			f.kind, f.text = word, "false"
		}
	case *hclsyntax.ScopeTraversalExpr:
		if len(e.Traversal) == 1 && e.Traversal.RootName() == "full" {
			f.kind, f.text = word, "full"
		}
		if len(e.Traversal) == 2 && e.Traversal.RootName() == "merchant" {
			if step, ok := e.Traversal[1].(hcl.TraverseAttr); ok {
				f.kind, f.text = merchantNamed, step.Name
			}
		}
	}
	if f.kind != expression {
		f.expr = nil
	}
	return f
}

// declare reads a transaction block. It returns false when the block is too
// broken to be looked at further.
func declare(b *hclsyntax.Block, m *mistakes) (declared, bool) {
	label, ok := m.name(b, "transaction \"order_1001\" {")
	if !ok {
		return declared{}, false
	}
	d := declared{label: label, header: fromHCL(b.DefRange())}
	for name, attr := range b.Body.Attributes {
		a, known := attributeNamed(name)
		if !known {
			m.unknownAttribute(attr, b, attributeNames())
			continue
		}
		d.fields[a] = classify(attr.Expr)
	}
	m.noBlocks(b, attributeNames())
	return d, true
}

func attributeNamed(name string) (attribute, bool) {
	for a := range attributes {
		if a.String() == name {
			return a, true
		}
	}
	return 0, false
}

// name returns the one label of a block. The example shows how it is written.
func (m *mistakes) name(b *hclsyntax.Block, example string) (string, bool) {
	switch {
	case len(b.Labels) == 0:
		m.add(b.TypeRange, "Missing name", "This block needs a name. Write it in quotes, as in:\n\n    %s", example)
		return "", false
	case len(b.Labels) > 1:
		m.add(b.LabelRanges[1], "Too many names", "This block has one name only. Write it as in:\n\n    %s", example)
		return "", false
	case !identifier(b.Labels[0]):
		m.add(b.LabelRanges[0], "Invalid name", "A name begins with a letter and goes on with letters, digits, _ and -, at most %d of them, so that it can be used in addresses and references.", maxName)
		return "", false
	}
	return b.Labels[0], true
}

const maxName = 100

// identifier reports whether s is a name. Only one with letters beyond ASCII
// needs HCL to tell.
func identifier(s string) bool {
	if s == "" || len(s) > maxName || s[0] < utf8.RuneSelf && !letter(s[0]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf {
			return hclsyntax.ValidIdentifier(s)
		} else if !letter(c) && !digit(c) && c != '-' {
			return false
		}
	}
	return true
}

// unknownAttribute says that a block has no attribute of that name.
func (m *mistakes) unknownAttribute(attr *hclsyntax.Attribute, b *hclsyntax.Block, names []string) {
	if b.Type == "ledger" && connectionName(attr.Name) {
		m.connectionInConfig(attr)
		return
	}
	if ending, ok := secretEnding(attr.Name); ok {
		merchant := ""
		if b.Type == "merchant" && len(b.Labels) == 1 {
			merchant = b.Labels[0]
		}
		m.secretInConfig(attr, ending, merchant)
		return
	}
	hint := didYouMean(attr.Name, names)
	if hint == "" && len(names) > 0 {
		hint = " It may have " + allOf(names) + "."
	}
	m.add(attr.NameRange, "Unknown attribute", "A %s block has no attribute %q.%s", b.Type, attr.Name, hint)
}

// noBlocks says that blocks do not stand inside other blocks.
func (m *mistakes) noBlocks(b *hclsyntax.Block, names []string) {
	for _, inner := range b.Body.Blocks {
		switch {
		case slices.Contains(names, inner.Type):
			m.add(inner.TypeRange, "Missing equals sign", "%s is an attribute, so an equals sign must follow its name:\n\n    %s = …", inner.Type, inner.Type)
		case slices.Contains(blockTypes(), inner.Type):
			m.add(inner.TypeRange, "Block inside a block", "A %s block cannot stand inside another block. Is the closing bracket } of the %s block above it missing?", inner.Type, b.Type)
		default:
			m.add(inner.TypeRange, "Unknown block", "A %s block has no block %q inside it.%s", b.Type, inner.Type, didYouMean(inner.Type, names))
		}
	}
}
