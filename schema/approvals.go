package schema

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"flexform/money"
)

// Approvals say how many people must sign a plan before it can be applied, and
// who may. The zero Approvals: a plan needs no signature.
type Approvals struct {
	Signers    []Signer
	Signatures int           // that every plan needs, at least 1
	Tiers      []Tier        // in file order
	Expires    time.Duration // longest life of an approval
	Hold       time.Duration // from the last signature that is needed to the apply; 0: none
	BreakGlass []string      // names of signers, each of whom may have a plan applied without approvals
	Rehearsal  bool          // apply rehearses the plan first, and goes on only if that went well
	File       string        // the allowed signers, as messages name the file
	Source     Range         // the block
}

// Required reports whether a plan needs signatures at all.
func (a Approvals) Required() bool { return a.Signatures > 0 }

// A Tier asks for more signatures when much money moves in one currency. One of
// its two bounds is there.
type Tier struct {
	Currency    money.Currency
	PlanAbove   money.Amount // sum of the plan's actions in the currency; not valid: no bound
	ActionAbove money.Amount // largest single action; not valid: no bound
	Signatures  int
	Source      Range // the block
}

const (
	approvalsExample = "approvals {\n      signers    = \"allowed_signers\"\n      signatures = 1\n    }"
	tierExample      = "tier \"DKK\" {\n        plan_above = \"10000.00 DKK\"\n        signatures = 2\n      }"

	// defaultExpires is how long an approval holds at most, unless the block
	// says otherwise: as long as a plan.
	defaultExpires = 72 * time.Hour
	maxExpires     = 90 * 24 * time.Hour
	maxHold        = 30 * 24 * time.Hour
	maxSignatures  = 20
)

func approvalNames() []string {
	return []string{"signers", "signatures", "expires", "hold", "rehearsal", "break_glass"}
}

func tierNames() []string { return []string{"plan_above", "action_above", "signatures"} }

// readApprovals evaluates the approvals block.
func (l *loader) readApprovals(blocks []*hclsyntax.Block) Approvals {
	b := l.single(blocks)
	if b == nil {
		return Approvals{}
	}
	l.noLabels(b)
	a := Approvals{Signatures: 1, Expires: defaultExpires, Source: fromHCL(b.DefRange())}
	for _, attr := range inOrder(b.Body.Attributes) {
		switch attr.Name {
		case "signers":
			l.readSigners(&a, attr)
		case "signatures":
			l.signatures(attr, &a.Signatures)
		case "expires":
			l.approvalTime(attr, &a.Expires, time.Minute, maxExpires)
		case "hold":
			l.approvalTime(attr, &a.Hold, 0, maxHold)
		case "rehearsal":
			l.flag(attr, &a.Rehearsal)
		case "break_glass": // below
		default:
			l.unknownAttribute(attr, b, approvalNames())
		}
	}
	if attr := b.Body.Attributes["break_glass"]; attr != nil { // once the signers are known
		l.readBreakGlass(&a, attr)
	}
	if b.Body.Attributes["signers"] == nil {
		l.add(b.DefRange(), "Missing attribute", "This block does not say who may sign. Name a file in the form of OpenSSH's allowed_signers, as in:\n\n    %s", approvalsExample)
	}
	for _, inner := range b.Body.Blocks {
		if t, ok := l.readTier(inner, a); ok {
			a.Tiers = append(a.Tiers, t)
		}
	}
	if people := persons(a.Signers); len(a.Signers) > 0 {
		for _, need := range append([]Tier{{Signatures: a.Signatures, Source: a.Source}}, a.Tiers...) {
			if need.Signatures > people {
				l.add(toHCL(need.Source), "More signatures than signers", "This asks for %d signatures, and %s names only %d people who may sign, so no plan could ever be approved.", need.Signatures, a.File, people)
			}
		}
	}
	if a.Hold >= a.Expires {
		l.add(b.DefRange(), "Approvals that never count", "An approval would be over (expires) before the time to wait after it (hold) is. Make hold shorter, or expires longer.")
	}
	return a
}

func (l *loader) readTier(b *hclsyntax.Block, all Approvals) (Tier, bool) {
	t := Tier{Source: fromHCL(b.DefRange())}
	if b.Type != "tier" {
		l.add(b.TypeRange, "Unknown block", "An approvals block has no block %q inside it, only tier.%s", b.Type, didYouMean(b.Type, []string{"tier"}))
		return t, false
	}
	var of Limit // a limit's currency and amounts are read in the same way
	good := l.limitCurrency(&of, b)
	t.Currency = of.Currency
	attrs := l.attributes(b, tierNames()...)
	for _, bound := range []struct {
		name string
		into *money.Amount
	}{{"plan_above", &t.PlanAbove}, {"action_above", &t.ActionAbove}} {
		if attr := attrs[bound.name]; attr != nil {
			good = l.limitAmount(attr, t.Currency, bound.into) && good
		}
	}
	attr := attrs["signatures"]
	switch {
	case attr == nil:
		l.add(b.DefRange(), "Missing attribute", "This block does not say how many signatures it asks for. Write it as in:\n\n    %s", tierExample)
		return t, false
	case attrs["plan_above"] == nil && attrs["action_above"] == nil:
		l.add(b.DefRange(), "Missing attribute", "This block does not say above which amount it holds: give it plan_above, action_above, or both, as in:\n\n    %s", tierExample)
		return t, false
	case !l.signatures(attr, &t.Signatures):
		return t, false
	case t.Signatures < all.Signatures:
		l.add(attr.Expr.Range(), "Invalid number of signatures", "Every plan needs %d already, so a tier asks for at least that many.", all.Signatures)
		return t, false
	}
	return t, good
}

func (l *loader) signatures(attr *hclsyntax.Attribute, into *int) bool {
	v, ok := l.setting(attr)
	if !ok {
		return false
	}
	n, ok := wholeFromOne(v, maxSignatures)
	if !ok {
		l.add(attr.Expr.Range(), "Invalid number of signatures", "signatures is how many people must sign, a whole number from 1 to %d. Where no plan needs a signature, delete the approvals block.", maxSignatures)
		return false
	}
	*into = n
	return true
}

// readBreakGlass reads who may break the glass: signers, by one of their names.
func (l *loader) readBreakGlass(a *Approvals, attr *hclsyntax.Attribute) {
	v, ok := l.setting(attr)
	if !ok {
		return
	}
	var known []string
	for _, s := range a.Signers {
		known = append(known, s.Principals...)
	}
	names, err := convert.Convert(v, cty.List(cty.String))
	if err != nil || names.IsNull() || v.Type() == cty.String {
		l.add(attr.Expr.Range(), "Wrong type", "break_glass is a list of the names of signers, as in [\"anna@example.com\"], and this is %s.", kindOf(v))
		return
	}
	for it := names.ElementIterator(); it.Next(); {
		_, name := it.Element()
		if name.IsNull() {
			l.add(attr.Expr.Range(), "Wrong type", "One of these names is null, no value at all.")
			continue
		}
		text := strings.ToLower(name.AsString())
		if !slices.Contains(known, text) && len(known) > 0 {
			l.add(attr.Expr.Range(), "Unknown signer", "%s names nobody %q.%s Who breaks the glass signs for it, with a key of that file.", a.File, clip(text), didYouMean(text, known))
			continue
		}
		a.BreakGlass = append(a.BreakGlass, text)
	}
}

func (l *loader) flag(attr *hclsyntax.Attribute, into *bool) {
	v, ok := l.setting(attr)
	switch {
	case !ok:
	case v.IsNull() || v.Type() != cty.Bool:
		l.add(attr.Expr.Range(), "Wrong type", "%s must be true or false, and this is %s.", attr.Name, kindOf(v))
	default:
		*into = v.True()
	}
}

func (l *loader) approvalTime(attr *hclsyntax.Attribute, into *time.Duration, least, most time.Duration) {
	text, ok := l.text(attr, l.settingsScope())
	if !ok {
		return
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > most || d%time.Second != 0 {
		l.add(attr.Expr.Range(), "Invalid time", "%s is a time in whole seconds, a text such as \"10m\" or \"48h\": at least %q, at most %q.", attr.Name, brief(least), brief(most))
		return
	}
	*into = d
}

// readSigners reads the file that says who may sign. It stands beside the
// settings file when there is one, so that a pull request cannot add a signer
// (R84), and in the folder otherwise.
func (l *loader) readSigners(a *Approvals, attr *hclsyntax.Attribute) {
	path, ok := l.text(attr, l.settingsScope())
	if !ok {
		return
	}
	if !filepath.IsLocal(path) || filepath.Clean(path) == "." || strings.ContainsFunc(path, invisible) {
		l.add(attr.Expr.Range(), "File elsewhere", "signers must be the path of a file, seen from the file that this stands in, and not above it, such as \"allowed_signers\".")
		return
	}
	src, refused := l.signersFile(path)
	if refused != nil {
		l.incomplete = true
		l.add(attr.Expr.Range(), refused.summary, "The file of those who may sign cannot be used. %s", refused.detail)
		return
	}
	l.signers, a.File = &src, src.name
	a.Signers = l.parseSigners(src, ApprovalNamespace)
	if len(a.Signers) == 0 && !slices.ContainsFunc(l.list, isError) {
		l.add(attr.Expr.Range(), "Nobody may sign", "%s names nobody, so no plan could ever be approved. A line of it is such as:\n\n    %s", src.name, signerExample)
	}
}

func (l *loader) signersFile(path string) (source, *refusal) {
	if l.o.Settings == "" {
		return l.folder.read(path)
	}
	dir, refused := openFolder(filepath.Dir(l.o.Settings))
	if refused != nil {
		return source{}, refused
	}
	defer dir.root.Close()
	src, refused := dir.read(path)
	src.name = filepath.Join(filepath.Dir(l.o.SettingsName), path)
	return src, refused
}
