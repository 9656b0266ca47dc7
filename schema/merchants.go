package schema

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// readMerchants evaluates the merchant blocks.
func (l *loader) readMerchants(blocks []*hclsyntax.Block) []Merchant {
	var merchants []Merchant
	for _, b := range blocks {
		name, ok := l.name(b, "merchant \"shop\" {")
		if !ok {
			continue
		}
		if first, twice := l.merchants[name]; twice {
			l.add(b.LabelRanges[0], "Duplicate merchant", "There are two merchants called %q, here and at %s. Rename or delete one of them.", name, where(toHCL(first.Source)))
			continue
		}
		m, ok := l.readMerchant(name, b)
		l.merchants[name] = m
		if ok {
			l.distinct(m, merchants, b)
			merchants = append(merchants, m)
		}
	}
	l.oneMode(merchants)
	return merchants
}

// readMerchant evaluates one block. It returns false after a mistake.
func (l *loader) readMerchant(name string, b *hclsyntax.Block) (Merchant, bool) {
	attrs := l.attributes(b, "id", "gateway", "account", "mode", "pace", "settle_window", "bulk")
	m := Merchant{Name: name, Gateway: defaultGateway, Mode: ModeLive, Source: fromHCL(b.DefRange())}
	good := l.readID(&m, attrs["id"], b)
	if attr := attrs["gateway"]; attr != nil {
		given, ok := l.text(attr, l.settingsScope())
		if ok {
			m.Gateway, ok = l.readGateway(attr.Expr.Range(), given)
		}
		good = good && ok
	}
	if attr := attrs["account"]; attr != nil {
		account, ok := l.text(attr, l.settingsScope())
		if ok && (account == "" || utf8.RuneCountInString(account) > 50 || strings.ContainsFunc(account, invisible)) {
			l.add(attr.Expr.Range(), "Invalid account", "An account is the name of a sub-account at DIBS, 1 to 50 characters. Leave the attribute out when there is none.")
			ok = false
		}
		m.Account = account
		good = good && ok
	}
	good = l.readMode(&m, attrs["mode"]) && good
	good = l.readPace(&m, attrs["pace"]) && good
	good = l.readSettleWindow(&m, attrs["settle_window"]) && good
	good = l.readBulk(&m, attrs["bulk"]) && good
	return m, good
}

func (l *loader) readID(m *Merchant, attr *hclsyntax.Attribute, b *hclsyntax.Block) bool {
	if attr == nil {
		l.missing(b.DefRange(), "id", "the merchant's number at DIBS, as in id = \"12345678\"", row{})
		return false
	}
	id, ok := l.text(attr, l.settingsScope())
	if ok && (len(id) > 20 || !allDigits(id) || strings.Trim(id, "0") == "") {
		l.add(attr.Expr.Range(), "Invalid merchant id", "The id of a merchant is its number at DIBS, digits only, as in \"12345678\".")
		ok = false
	}
	if ok && strings.HasPrefix(id, "0") {
		// The gateway reads a number, and the ledger a text: two spellings would
		// be one merchant there and two here, each with totals of its own.
		l.add(attr.Expr.Range(), "Invalid merchant id", "The id of a merchant is a number without zeros before it. Write %q.", strings.TrimLeft(id, "0"))
		ok = false
	}
	m.ID = id
	return ok
}

// missing says that a block lacks an attribute that it needs.
func (l *loader) missing(block hcl.Range, name, what string, r row) {
	l.add(block, "Missing attribute", "This block needs the attribute %s: %s.%s", name, what, r)
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// invisible reports characters that are not seen but have an effect.
func invisible(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// readMode says whether money is real. The built-in gateway never moves any. A
// gateway on this machine is taken for a sandbox unless the mode is written
// out: it may be a tunnel to the real one.
func (l *loader) readMode(m *Merchant, attr *hclsyntax.Attribute) bool {
	if attr != nil {
		mode, ok := l.text(attr, l.settingsScope())
		if !ok {
			return false
		}
		if mode != string(ModeTest) && mode != string(ModeLive) {
			l.add(attr.Expr.Range(), "Invalid mode", "The mode is \"test\", for a test account at DIBS, or \"live\", where money moves. A gateway = \"sandbox\" needs no mode.")
			return false
		}
		m.Mode = Mode(mode)
	}
	if m.Gateway == builtIn || attr == nil && toy(m.Gateway) {
		m.Mode = ModeSandbox
	}
	return true
}

// readPace evaluates pace = { concurrency = 8, interval = "200ms" }.
func (l *loader) readPace(m *Merchant, attr *hclsyntax.Attribute) bool {
	m.Pace = Pace{Concurrency: 1, Interval: 200 * time.Millisecond}
	if m.Mode == ModeSandbox {
		m.Pace = Pace{Concurrency: 8}
	}
	if attr == nil {
		return true
	}
	place := attr.Expr.Range()
	v, ok := l.group(attr, `pace = { concurrency = 1, interval = "200ms" }`)
	if !ok {
		return false
	}
	good := true
	for _, name := range slices.Sorted(maps.Keys(v.Type().AttributeTypes())) {
		good = l.readPaceValue(&m.Pace, name, v.GetAttr(name), place) && good
	}
	return good
}

// setting evaluates an attribute of a block that guards money.
func (l *loader) setting(attr *hclsyntax.Attribute) (cty.Value, bool) {
	p, ok := l.prepare(attr.Expr, l.settingsScope())
	if !ok {
		return cty.NilVal, false
	}
	return l.value(p, nil, row{})
}

// wholeFromOne returns a whole number from 1 to most, and false for any other
// value.
func wholeFromOne(v cty.Value, most int) (int, bool) {
	if v.Type() != cty.Number || v.IsNull() {
		return 0, false
	}
	n, err := wholeNumber(v)
	return int(n), err == nil && n >= 1 && n <= int64(most)
}

// group evaluates a setting that is a group of values, such as the example.
func (l *loader) group(attr *hclsyntax.Attribute, example string) (cty.Value, bool) {
	v, ok := l.setting(attr)
	if !ok {
		return cty.NilVal, false
	}
	if v.IsNull() || !v.Type().IsObjectType() {
		l.add(attr.Expr.Range(), "Wrong type", "%s is a group of values: %s.", attr.Name, example)
		return cty.NilVal, false
	}
	return v, true
}

func (l *loader) readPaceValue(pace *Pace, name string, v cty.Value, place hcl.Range) bool {
	switch name {
	case "concurrency":
		n, ok := wholeFromOne(v, maxConcurrency)
		if !ok {
			l.add(place, "Invalid pace", "concurrency is how many calls may be under way at once, a whole number from 1 to %d.", maxConcurrency)
			return false
		}
		pace.Concurrency = n
	case "interval":
		d := time.Duration(-1)
		if v.Type() == cty.String && !v.IsNull() {
			if parsed, err := time.ParseDuration(v.AsString()); err == nil {
				d = parsed
			}
		}
		if d < 0 || d > maxInterval {
			l.add(place, "Invalid pace", "interval is the time from one call's start to the next, a text such as \"200ms\" or \"2s\", at most %q; \"0s\" is no wait.", "1h")
			return false
		}
		pace.Interval = d
	default:
		l.add(place, "Unknown attribute", "pace has no value %q, only concurrency and interval.%s", name, didYouMean(name, []string{"concurrency", "interval"}))
		return false
	}
	return true
}

// distinct checks a merchant against those before it.
func (l *loader) distinct(m Merchant, before []Merchant, b *hclsyntax.Block) {
	for _, other := range before {
		switch {
		case other.ID == m.ID:
			l.add(b.DefRange(), "Duplicate merchant", "The merchants %q and %q have the same id, %s; the other one is at %s. One merchant needs one block.", other.Name, m.Name, m.ID, where(toHCL(other.Source)))
		case Variable(other.Name, "") == Variable(m.Name, ""):
			l.add(b.LabelRanges[0], "Duplicate merchant", "The merchants %q and %q, at %s, would both find their secrets in %s… . Rename one of them.", other.Name, m.Name, where(toHCL(other.Source)), Variable(m.Name, ""))
		}
	}
}

// oneMode checks that test money and real money are not mixed.
func (l *loader) oneMode(merchants []Merchant) {
	for _, m := range merchants {
		if first := merchants[0]; m.Mode != first.Mode {
			l.add(toHCL(m.Source), "Modes mixed", "This merchant is in mode %s, and merchant %q at %s is in mode %s. A plan is for one mode, so that test and real money are never mixed up. Put them into different folders.", m.Mode, first.Name, where(toHCL(first.Source)), first.Mode)
		}
	}
}

func (l *loader) unknownMerchant(name string, place hcl.Range) {
	if l.incomplete {
		return
	}
	names := slices.Sorted(maps.Keys(l.merchants))
	hint := didYouMean(name, names)
	if hint == "" && len(names) > 0 {
		hint = " There is " + allOf(names) + "."
	}
	l.add(place, "Unknown merchant", "There is no merchant %q.%s", name, hint)
}

// merchantValues is what merchant.NAME stands for in an expression.
func (l *loader) merchantValues() cty.Value {
	values := map[string]cty.Value{}
	for name, m := range l.merchants {
		values[name] = cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(name), "id": cty.StringVal(m.ID)})
	}
	return cty.ObjectVal(values)
}
