package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// valuesOf says which values the variables of a failed expression had, for one
// written once and evaluated many times: `with each.key as "11111111"`. Marked
// values are left out.
func valuesOf(d *hcl.Diagnostic) string {
	if d.Expression == nil || d.EvalContext == nil {
		return ""
	}
	var parts []string
	for _, traversal := range d.Expression.Variables() {
		name, ok := traversalText(traversal)
		if !ok {
			continue
		}
		value, diags := traversal.TraverseAbs(d.EvalContext)
		if diags.HasErrors() || value.IsMarked() || !value.IsKnown() {
			continue
		}
		parts = append(parts, name+" as "+clip(valueText(value), 80))
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return "with " + strings.Join(slices.Compact(parts), ", ")
}

// traversalText writes a reference as in the source; one with an index that is
// no plain key is left out.
func traversalText(traversal hcl.Traversal) (string, bool) {
	var b strings.Builder
	for _, step := range traversal {
		switch t := step.(type) {
		case hcl.TraverseRoot:
			b.WriteString(Ident(t.Name))
		case hcl.TraverseAttr:
			b.WriteString("." + Ident(t.Name))
		case hcl.TraverseIndex:
			if t.Key.IsMarked() || !t.Key.IsKnown() {
				return "", false
			}
			b.WriteString("[" + valueText(t.Key) + "]")
		default:
			return "", false
		}
	}
	return b.String(), true
}

func valueText(v cty.Value) string {
	switch t := v.Type(); {
	case v.IsNull():
		return "null"
	case t == cty.String:
		return `"` + Ident(v.AsString()) + `"`
	case t == cty.Bool:
		return fmt.Sprint(v.True())
	case t == cty.Number:
		return v.AsBigFloat().Text('f', -1)
	default:
		return "a value of type " + Visible(t.FriendlyName())
	}
}
