package schema

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"flexform/money"
)

// MerchantLimits are what flexform may do for one merchant. What no Limit
// names is not allowed.
type MerchantLimits struct {
	Merchant string // the merchant's DIBS id
	Limits   []Limit
	Source   Range // the block
}

// A Limit bounds one kind of action in one currency: the largest single
// action, what one plan may do, and what may be done in any 24 hours. At least
// one of its bounds is there.
type Limit struct {
	Action   string         // "capture", "refund", "cancel", "reauthorise", "charge", "delete"
	Currency money.Currency // not valid for a delete, which has none

	PerAction, PerPlan, PerDay money.Amount // the most; not valid: no bound
	CountPerPlan, CountPerDay  int          // the most; 0: no bound

	Source Range // the block
}

// LimitsOf returns the limits of the merchant with that DIBS id, and false
// when no limits block names it.
func (c *Config) LimitsOf(merchant string) (MerchantLimits, bool) {
	for _, m := range c.Limits {
		if m.Merchant == merchant {
			return m, true
		}
	}
	return MerchantLimits{}, false
}

const limitsExample = "limits \"shop\" {\n      refund \"DKK\" {\n        per_action = \"500.00 DKK\"\n        per_day    = \"20000.00 DKK\"\n      }\n    }"

// maxCount bounds what may be written for a number of actions.
const maxCount = 10_000_000

// limitable are the kinds of actions that a limits block bounds.
func limitable() []string {
	return []string{"capture", "refund", "cancel", "reauthorise", "charge", "delete"}
}

// moneyless is the kind of action that has no currency.
const moneyless = "delete"

func limitNames(action string) []string {
	counts := []string{"count_per_plan", "count_per_day"}
	if action == moneyless {
		return counts
	}
	return append([]string{"per_action", "per_plan", "per_day"}, counts...)
}

// readLimits evaluates the limits blocks, one for each merchant.
func (l *loader) readLimits(blocks []*hclsyntax.Block) []MerchantLimits {
	var all []MerchantLimits
	named := map[string]hcl.Range{}
	for _, b := range blocks {
		name, ok := l.name(b, limitsExample)
		if !ok {
			continue
		}
		if first, twice := named[name]; twice {
			l.add(b.DefRange(), "Duplicate limits", "There are limits of merchant %q at %s already. Put what both say into one block.", name, where(first))
			continue
		}
		named[name] = b.DefRange()
		m, known := l.merchants[name]
		if !known {
			l.unknownMerchant(name, b.LabelRanges[0])
			continue
		}
		all = append(all, MerchantLimits{Merchant: m.ID, Limits: l.readMerchantLimits(b), Source: fromHCL(b.DefRange())})
	}
	return all
}

func (l *loader) readMerchantLimits(b *hclsyntax.Block) []Limit {
	for _, attr := range inOrder(b.Body.Attributes) {
		l.unknownAttribute(attr, b, nil)
	}
	var limits []Limit
	for _, inner := range b.Body.Blocks {
		limit, ok := l.readLimit(inner)
		if !ok {
			continue
		}
		if i := slices.IndexFunc(limits, func(o Limit) bool { return o.Action == limit.Action && o.Currency == limit.Currency }); i >= 0 {
			l.add(inner.DefRange(), "Duplicate limits", "There is a block for the same actions at %s already. Put what both say into one block.", where(toHCL(limits[i].Source)))
			continue
		}
		limits = append(limits, limit)
	}
	if len(b.Body.Blocks) == 0 {
		l.add(b.DefRange(), "Empty limits", "This block allows nothing: what it does not name is not allowed. Name what may be done, as in:\n\n    %s", limitsExample)
	}
	return limits
}

// readLimit evaluates a block such as refund "DKK". It returns false after a
// mistake.
func (l *loader) readLimit(b *hclsyntax.Block) (Limit, bool) {
	limit := Limit{Action: b.Type, Source: fromHCL(b.DefRange())}
	if !slices.Contains(limitable(), b.Type) {
		hint := didYouMean(b.Type, limitable())
		if hint == "" {
			hint = " There are " + allOf(limitable()) + "."
		}
		l.add(b.TypeRange, "Unknown block", "A limits block has no block %q inside it.%s", b.Type, hint)
		return limit, false
	}
	good := l.limitCurrency(&limit, b)
	attrs := l.attributes(b, limitNames(b.Type)...)
	for _, bound := range []struct {
		name string
		into *money.Amount
	}{{"per_action", &limit.PerAction}, {"per_plan", &limit.PerPlan}, {"per_day", &limit.PerDay}} {
		if attr := attrs[bound.name]; attr != nil {
			good = l.limitAmount(attr, limit.Currency, bound.into) && good
		}
	}
	for _, bound := range []struct {
		name string
		into *int
	}{{"count_per_plan", &limit.CountPerPlan}, {"count_per_day", &limit.CountPerDay}} {
		if attr := attrs[bound.name]; attr != nil {
			good = l.limitCount(attr, bound.into) && good
		}
	}
	if good && len(b.Body.Attributes) == 0 {
		l.add(b.DefRange(), "Empty limits", "This block bounds nothing. Give it at least one of %s.", allOf(limitNames(b.Type)))
		return limit, false
	}
	return limit, good
}

func (l *loader) limitCurrency(limit *Limit, b *hclsyntax.Block) bool {
	switch {
	case b.Type == moneyless && len(b.Labels) > 0:
		l.add(b.LabelRanges[0], "Too many names", "A deletion has no currency. Write:\n\n    %s {", b.Type)
		return false
	case b.Type == moneyless:
		return true
	case len(b.Labels) != 1:
		l.add(b.TypeRange, "Missing currency", "This block needs the one currency that it is about. Write it in quotes, as in:\n\n    %s \"DKK\" {", b.Type)
		return false
	}
	c, err := money.ParseCurrency(b.Labels[0])
	if err != nil || c.Code() != b.Labels[0] || c.Decimals() < 0 {
		l.add(b.LabelRanges[0], "Unknown currency", "%q is not a currency that can be paid in. Write the three capital letters of ISO 4217, as in %s \"DKK\".", clip(b.Labels[0]), b.Type)
		return false
	}
	limit.Currency = c
	return true
}

func (l *loader) limitAmount(attr *hclsyntax.Attribute, c money.Currency, into *money.Amount) bool {
	text, ok := l.text(attr, l.settingsScope())
	if !ok {
		return false
	}
	a, err := money.ParseTotal(text) // a sum may be more than one transaction can have
	if err != nil {
		a, ok = new(formula).parseAmount(l, result{text: text, place: attr.Expr.Range()}, row{})
	}
	switch {
	case !ok:
		return false
	case c.Valid() && a.Currency() != c:
		l.add(attr.Expr.Range(), "Wrong currency", "This block is about %s, and %s is %s. Each currency has a block of its own.", c, attr.Name, a)
		return false
	case a.Zero():
		l.add(attr.Expr.Range(), "Limit of nothing", "A limit is more than zero. What must not be done at all has no block.")
		return false
	}
	*into = a
	return true
}

func (l *loader) limitCount(attr *hclsyntax.Attribute, into *int) bool {
	v, ok := l.setting(attr)
	if !ok {
		return false
	}
	n, ok := wholeFromOne(v, maxCount)
	if !ok {
		l.add(attr.Expr.Range(), "Invalid limit", "%s is the most actions, a whole number from 1 to %d. What must not be done at all has no block.", attr.Name, maxCount)
		return false
	}
	*into = n
	return true
}
