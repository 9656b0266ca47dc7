package schema

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strconv"
	"strings"

	"flexform/money"
)

// digest hashes the name and bytes of every file that was read, and the values
// given for variables. Each piece goes in with its length before it, so that no
// two configurations run together into the same bytes (R65).
func (l *loader) digest() string {
	h := newHasher("flexform configuration 1")
	for _, name := range slices.Sorted(maps.Keys(l.folder.files)) {
		h.write("file", name, l.folder.files[name].text)
	}
	if l.settings != nil {
		h.write("settings", l.settings.text)
	}
	if l.signers != nil {
		h.write("signers", l.signers.text)
	}
	for _, name := range slices.Sorted(maps.Keys(l.o.Variables)) {
		h.write("variable", name, l.o.Variables[name])
	}
	return h.sum()
}

// settingsDigest hashes the evaluated settings: what they say, not how it is
// written or where.
func settingsDigest(c *Config, signers string) string {
	h := newHasher("flexform settings 1")
	if p := c.Ledger.Postgres; p.Valid() {
		h.write("ledger", "postgres", p.Name, p.Database, p.Schema)
	} else {
		h.write("ledger", "file", c.Ledger.Path)
	}
	if c.Ledger.Anchor != "" { // without one the digest is what it was before there was any
		h.write("anchor", c.Ledger.Anchor)
	}
	merchants := slices.SortedFunc(slices.Values(c.Merchants), func(a, b Merchant) int { return strings.Compare(a.Name, b.Name) })
	for _, m := range merchants {
		h.write("merchant", m.Name, m.ID, m.Gateway, m.Account, string(m.Mode), strconv.Itoa(m.Pace.Concurrency), m.Pace.Interval.String())
		if m.SettleWindow != DefaultSettleWindow(m.Mode) { // as with bulk: only what is not the default
			h.write("settle_window", m.Name, m.SettleWindow.String())
		}
		if m.Bulk.Valid() { // without one the digest is what it was before there was any
			h.write(append([]string{"bulk", m.Name, m.Bulk.Address}, m.Bulk.HostKeys...)...)
		}
	}
	for _, m := range slices.SortedFunc(slices.Values(c.Limits), func(a, b MerchantLimits) int { return strings.Compare(a.Merchant, b.Merchant) }) {
		h.writeLimits(m)
	}
	for _, check := range slices.SortedFunc(slices.Values(c.Checks), func(a, b Check) int { return strings.Compare(a.Name, b.Name) }) {
		h.write("check", check.Name, string(check.Severity), strings.TrimSpace(check.condition.text), strings.TrimSpace(check.message.text))
	}
	if c.Approvals.Required() {
		h.writeApprovals(c.Approvals, signers)
	}
	return h.sum()
}

// writeApprovals hashes the bytes of the allowed signers as they are (R84).
func (h hasher) writeApprovals(a Approvals, signers string) {
	h.write("approvals", strconv.Itoa(a.Signatures), a.Expires.String(), a.Hold.String(), signers)
	if a.Rehearsal { // without it the digest is what it was before there was any
		h.write("rehearsal")
	}
	if len(a.BreakGlass) > 0 {
		h.write(append([]string{"break_glass"}, slices.Sorted(slices.Values(a.BreakGlass))...)...)
	}
	var tiers []string
	for _, t := range a.Tiers {
		tiers = append(tiers, strings.Join([]string{t.Currency.Code(), amountText(t.PlanAbove), amountText(t.ActionAbove), strconv.Itoa(t.Signatures)}, " "))
	}
	h.write(slices.Sorted(slices.Values(tiers))...)
}

// amountText is an amount that may be missing.
func amountText(a money.Amount) string {
	if !a.Valid() {
		return ""
	}
	return a.String()
}

func (h hasher) writeLimits(m MerchantLimits) {
	h.write("limits", m.Merchant)
	byKind := func(a, b Limit) int {
		return cmp.Or(strings.Compare(a.Action, b.Action), strings.Compare(a.Currency.Code(), b.Currency.Code()))
	}
	for _, limit := range slices.SortedFunc(slices.Values(m.Limits), byKind) {
		pieces := []string{limit.Action, limit.Currency.Code()}
		for _, bound := range []money.Amount{limit.PerAction, limit.PerPlan, limit.PerDay} {
			pieces = append(pieces, amountText(bound))
		}
		h.write(append(pieces, strconv.Itoa(limit.CountPerPlan), strconv.Itoa(limit.CountPerDay))...)
	}
}

type hasher struct{ hash.Hash }

func newHasher(purpose string) hasher {
	h := hasher{sha256.New()}
	h.write(purpose)
	return h
}

// write adds one record. A hash never fails to be written.
func (h hasher) write(pieces ...string) {
	h.length(len(pieces))
	for _, p := range pieces {
		h.length(len(p))
		h.Write([]byte(p))
	}
}

func (h hasher) length(n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}

func (h hasher) sum() string { return "sha256:" + hex.EncodeToString(h.Sum(nil)) }
