package schema

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A Check is a rule of the settings that plans are held against: see
// [Check.Try].
type Check struct {
	Name     string // the block's label
	Severity Severity
	// PerAction says that the condition names action: it is worked out for each
	// action of a plan by itself, and not once for the whole plan.
	PerAction bool
	Source    Range // the block

	condition, message phrase
	merchants          cty.Value // what merchant.NAME stands for
}

// A Severity says what a check does to a plan for which it does not hold. The
// zero value is invalid.
type Severity string

const (
	SeverityError   Severity = "error"   // it is not carried out
	SeverityWarning Severity = "warning" // people are told
)

// A phrase is an expression as it stands in a file. It is parsed anew for each
// plan, so that no two evaluations share anything.
type phrase struct {
	text  string
	place hcl.Range
}

const checkExample = "check \"small refunds\" {\n      condition     = action.action != \"refund\" || action.currency != \"DKK\" || action.amount <= \"500.00 DKK\"\n      error_message = \"Refunds of more than 500.00 DKK go through the back-office.\"\n    }"

// maxChecks bounds how many there may be: each costs time for every plan.
const maxChecks = 100

// readChecks reads the check blocks. Their conditions are about plans, of
// which there is none yet: only their names and types are looked at.
func (l *loader) readChecks(blocks []*hclsyntax.Block) []Check {
	var all []Check
	named := map[string]hcl.Range{}
	if len(blocks) > maxChecks {
		l.add(blocks[maxChecks].DefRange(), "Too many checks", "There may be %d checks. Put what several say into one, with && between the conditions.", maxChecks)
		return nil
	}
	for _, b := range blocks {
		name, ok := l.checkName(b)
		if first, twice := named[name]; ok && twice {
			l.add(b.LabelRanges[0], "Duplicate check", "There is a check called %q at %s already. Rename or delete one of them.", clip(name), where(first))
			continue
		}
		named[name] = b.DefRange()
		if c, good := l.readCheck(name, b); ok && good {
			all = append(all, c)
		}
	}
	return all
}

// checkName returns what a check is called: any text, as people read it.
func (l *loader) checkName(b *hclsyntax.Block) (string, bool) {
	switch {
	case len(b.Labels) == 0:
		l.add(b.TypeRange, "Missing name", "A check needs a name of its own. Write it in quotes, as in:\n\n    %s", checkExample)
		return "", false
	case len(b.Labels) > 1:
		l.add(b.LabelRanges[1], "Too many names", "A check has one name. Write it in quotes, as in:\n\n    %s", checkExample)
		return "", false
	}
	name := b.Labels[0]
	if name == "" || len(name) > 100 || strings.ContainsFunc(name, invisible) {
		l.add(b.LabelRanges[0], "Invalid name", "The name of a check is a text of 1 to 100 bytes, without line ends and invisible characters.")
		return "", false
	}
	return name, true
}

// readCheck reads one block. It returns false after a mistake.
func (l *loader) readCheck(name string, b *hclsyntax.Block) (Check, bool) {
	c := Check{Name: name, Severity: SeverityError, Source: fromHCL(b.DefRange()), merchants: l.merchantValues()}
	attrs := l.attributes(b, "condition", "error_message", "severity")
	good := true
	for attr, what := range map[string]string{
		"condition":     "what must be true of a plan, as in condition = length(plan.actions) <= 100",
		"error_message": "the text that people read where the condition is not true",
	} {
		if attrs[attr] == nil {
			l.missing(b.DefRange(), attr, what, row{})
			good = false
		}
	}
	if attr := attrs["severity"]; attr != nil {
		text, ok := l.text(attr, scope{})
		c.Severity = Severity(text)
		if ok && c.Severity != SeverityError && c.Severity != SeverityWarning {
			l.add(attr.Expr.Range(), "Invalid severity", "The severity of a check is \"error\", which is the default and keeps a plan from being applied, or \"warning\", which is shown.%s", didYouMean(text, []string{string(SeverityError), string(SeverityWarning)}))
			ok = false
		}
		good = good && ok
	}
	if attr := attrs["condition"]; attr != nil {
		c.PerAction = slices.ContainsFunc(hclsyntax.Variables(attr.Expr), func(t hcl.Traversal) bool { return t.RootName() == "action" })
		c.condition = l.phraseOf(attr)
		good = l.checkPhrase(attr, cty.Bool, c) && good
	}
	if attr := attrs["error_message"]; attr != nil {
		c.message = l.phraseOf(attr)
		good = l.checkPhrase(attr, cty.String, c) && good
	}
	return c, good
}

// phraseOf is the expression of an attribute, as it stands in its file.
func (l *loader) phraseOf(attr *hclsyntax.Attribute) phrase {
	place := hcl.RangeBetween(hcl.Range{Filename: attr.SrcRange.Filename, Start: attr.EqualsRange.End, End: attr.EqualsRange.End}, attr.Expr.Range())
	text := ""
	if l.settings != nil && l.settings.name == place.Filename {
		text = l.settings.text
	} else {
		text = l.folder.files[place.Filename].text
	}
	return phrase{text: text[place.Start.Byte:place.End.Byte] + "\n", place: place} // a heredoc ends with its line
}

// checkPhrase finds what is wrong with a condition or message whatever the
// plan: unknown names, and values of the wrong kind. It returns false after a
// mistake.
func (l *loader) checkPhrase(attr *hclsyntax.Attribute, want cty.Type, c Check) bool {
	if !knownFunctions(&l.mistakes, attr.Expr, pureFunctions()) {
		return false
	}
	n := newCheckNames(&l.mistakes, attr.Name, c)
	n.walk(attr.Expr)
	if n.wrong {
		return false
	}
	withOperators(attr.Expr)
	expr := l.meter.metered(attr.Expr, 1)
	good := true
	for _, part := range n.parts {
		ctx := &hcl.EvalContext{Functions: pureFunctions(), Variables: part.values}
		p := program{expr: part.expr, rng: part.expr.Range(), ctx: ctx}
		if part.whole {
			p.expr = expr
		}
		v, diags := l.meter.evaluate(p, ctx)
		l.append(diags...)
		good = good && !diags.HasErrors()
		if part.whole && good && v.Type() != want && v.Type() != cty.DynamicPseudoType {
			kind := map[cty.Type]string{cty.Bool: "true or false", cty.String: "a text"}[want]
			l.add(attr.Expr.Range(), "Wrong type", "%s of a check must be %s, and this is %s.", attr.Name, kind, kindOf(v))
			good = false
		}
	}
	return good
}
