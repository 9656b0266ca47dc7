package schema

import (
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const maxSettleWindow = 24 * time.Hour

// DefaultSettleWindow is how long after it was sent a call may still take
// effect, unless the merchant says more: two minutes (flexwin.md 11.1), or two
// seconds at our own gateway, which answers only when it has committed.
func DefaultSettleWindow(m Mode) time.Duration {
	if m == ModeSandbox {
		return 2 * time.Second
	}
	return 2 * time.Minute
}

// readSettleWindow evaluates settle_window = "10m". It can only be longer than
// the default: what the ledger does not record is then never longer than what
// holds now.
func (l *loader) readSettleWindow(m *Merchant, attr *hclsyntax.Attribute) bool {
	least := DefaultSettleWindow(m.Mode)
	m.SettleWindow = least
	if attr == nil || m.Gateway == "" { // without a gateway nobody knows the mode
		return true
	}
	text, ok := l.text(attr, l.settingsScope())
	if !ok {
		return false
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < least || d > maxSettleWindow {
		l.add(attr.Expr.Range(), "Invalid settle window", "settle_window is how long after it was sent a call may still take effect at the gateway, a text such as \"10m\". In mode %s it is at least %q, which is the default, and at most \"24h\".", m.Mode, brief(least))
		return false
	}
	m.SettleWindow = d
	return true
}

// brief writes a whole number of minutes or seconds without zeros behind it.
func brief(d time.Duration) string {
	if d%time.Minute == 0 {
		return strings.TrimSuffix(d.String(), "0s")
	}
	return d.String()
}
